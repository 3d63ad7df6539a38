//! What a set-up keeps of the unpacked wheels, and the check that a tree has all of it.
//!
//! ```text
//! external/libtorch/torch/lib, include, build-version     LIBTORCH points at torch/
//! external/libtorch/nvidia/<part>/lib                      the libraries' RPATH leads here
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::{Kind, VERSION, elf, version};

/// The header that the C++ bindings include.
pub const HEADER: &str = "torch/include/torch/csrc/api/include/torch/torch.h";

const LIBRARIES: &str = "torch/lib";
const BUILD_VERSION: &str = "torch/build-version";

/// A linker script in the place of libtorch.so. The wheel's own needs libtorch_cuda.so, but adds
/// no symbols to libtorch_cpu.so, which torch-sys links as well.
const LIBTORCH_WITHOUT_CUDA: &str = "INPUT(libtorch_cpu.so)\n";

/// libtorch_cpu.so is linked against these two of NVIDIA's, even where no GPU is used.
const CPU_NEEDS_OF_NVIDIA: [&str; 2] = ["libcudart.so", "libcupti.so"];

/// What every set-up must have, beside the header.
const CPU_LIBRARIES: [&str; 5] = [
    "torch/lib/libtorch_cpu.so",
    "torch/lib/libc10.so",
    "torch/lib/libgomp.so.1",
    "nvidia/cu13/lib/libcudart.so.13",
    "nvidia/cu13/lib/libcupti.so.13",
];

/// What a CUDA set-up must have beyond that: libtorch's parts and what they are linked against.
const CUDA_LIBRARIES: [&str; 16] = [
    "torch/lib/libtorch.so",
    "torch/lib/libtorch_cuda.so",
    "torch/lib/libtorch_nvshmem.so",
    "torch/lib/libc10_cuda.so",
    "nvidia/cu13/lib/libcublas.so.13",
    "nvidia/cu13/lib/libcublasLt.so.13",
    "nvidia/cu13/lib/libcufft.so.12",
    "nvidia/cu13/lib/libcufile.so.0",
    "nvidia/cu13/lib/libcurand.so.10",
    "nvidia/cu13/lib/libcusparse.so.12",
    "nvidia/cu13/lib/libnvrtc.so.13",
    "nvidia/cu13/lib/libnvJitLink.so.13",
    "nvidia/cudnn/lib/libcudnn.so.9",
    "nvidia/cusparselt/lib/libcusparseLt.so.0",
    "nvidia/nccl/lib/libnccl.so.2",
    "nvidia/nvshmem/lib/libnvshmem_host.so.3",
];

/// Folders of libraries in a tree, relative to it.
pub fn library_folders(tree: &Path) -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from(LIBRARIES)];
    for entry in fs::read_dir(tree.join("nvidia")).into_iter().flatten().flatten() {
        let folder = Path::new("nvidia").join(entry.file_name()).join("lib");
        if tree.join(&folder).is_dir() {
            folders.push(folder);
        }
    }
    folders
}

/// Moves what is needed out of the unpacked wheels into a new tree; the rest stays behind.
///
/// # Errors
///
/// When a file cannot be moved or the wheels lack what is needed.
pub fn assemble(unpacked: &Path, tree: &Path, kind: Kind) -> Result<()> {
    take(unpacked, tree, Path::new("torch/include"))?;
    for folder in library_folders(unpacked) {
        let contents = unpacked.join(&folder);
        let entries = fs::read_dir(&contents).with_context(|| contents.display().to_string())?;
        for entry in entries {
            let file = folder.join(entry?.file_name());
            if is_needed(&file, kind) {
                take(unpacked, tree, &file)?;
            }
        }
    }
    if kind == Kind::Cpu {
        write(&tree.join(LIBRARIES).join("libtorch.so"), LIBTORCH_WITHOUT_CUDA)?;
    }
    // torch-sys refuses another version by this file.
    write(&tree.join(BUILD_VERSION), &format!("{VERSION}\n"))?;
    check(tree, kind)
}

fn is_needed(library: &Path, kind: Kind) -> bool {
    let name = library.file_name().unwrap_or_default().to_string_lossy();
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    let is_python = starts(&["libtorch_python", "libshm"]);
    let is_cuda = ["cuda", "nvrtc", "nvshmem"].iter().any(|part| name.contains(part));
    match (library.starts_with(LIBRARIES), kind) {
        (true, Kind::Cpu) => !is_python && !is_cuda && name != "libtorch.so",
        (true, Kind::Cuda) => !is_python,
        (false, Kind::Cpu) => starts(&CPU_NEEDS_OF_NVIDIA),
        (false, Kind::Cuda) => name.contains(".so"),
    }
}

fn take(unpacked: &Path, tree: &Path, file: &Path) -> Result<()> {
    let (from, to) = (unpacked.join(file), tree.join(file));
    let parent = to.parent().unwrap_or(tree);
    fs::create_dir_all(parent)
        .and_then(|()| fs::rename(&from, &to))
        .with_context(|| format!("cannot move {} to {}", from.display(), to.display()))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Checks that a tree is whole: its version, and that each library it must have is complete.
///
/// # Errors
///
/// Names the first thing that is missing, cut short or of another version.
pub fn check(tree: &Path, kind: Kind) -> Result<()> {
    let version = version::of_folder(&tree.join("torch"));
    let version = version.as_deref().unwrap_or("unknown");
    ensure!(version == VERSION, "its version is {version}, not {VERSION}");
    ensure!(tree.join(HEADER).is_file(), "{HEADER} is missing");
    let cuda: &[&str] = if kind == Kind::Cuda { &CUDA_LIBRARIES } else { &[] };
    for library in CPU_LIBRARIES.iter().chain(cuda) {
        let path = tree.join(library);
        ensure!(path.is_file(), "{library} is missing");
        elf::check_whole(&path)?;
    }
    let libtorch = tree.join(LIBRARIES).join("libtorch.so");
    ensure!(libtorch.is_file(), "{LIBRARIES}/libtorch.so is missing");
    let is_script = fs::read(&libtorch).is_ok_and(|text| text.starts_with(b"INPUT"));
    ensure!(kind == Kind::Cuda || is_script, "{LIBRARIES}/libtorch.so still asks for CUDA");
    Ok(())
}

/// Writes what pip would unpack, Python and headers and all, for the tests.
#[cfg(test)]
pub fn example_wheel(folder: &Path) {
    let clutter = [
        "torch/__init__.py",
        "torch/lib/libtorch_python.so",
        "torch/lib/libshm.so",
        "torch/lib/libcaffe2_nvrtc.so",
        "torch/lib/libtorch_cuda_linalg.so",
        "torch/lib/libtorch_global_deps.so",
        "torch/bin/protoc",
        "torch-2.13.0.dist-info/METADATA",
        "functorch/__init__.py",
        "nvidia/cu13/include/cuda.h",
        "nvidia/cu13/lib/libcudart_static.a",
        "nvidia/cu13/lib/libnvperf_host.so",
        HEADER,
    ];
    for file in CPU_LIBRARIES.iter().chain(&CUDA_LIBRARIES).chain(&clutter) {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, elf::example(10)).unwrap();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::Machine;

    fn assembled(kind: Kind) -> Machine {
        let machine = Machine::new();
        example_wheel(&machine.path("unpacked"));
        assemble(&machine.path("unpacked"), &machine.path("tree"), kind).unwrap();
        machine
    }

    fn files(folder: &Path, start: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                found.extend(files(&entry.path(), start));
            } else {
                found.push(entry.path().strip_prefix(start).unwrap().display().to_string());
            }
        }
        found.sort();
        found
    }

    #[test]
    fn the_cpu_tree_holds_no_cuda_and_no_python() {
        let machine = assembled(Kind::Cpu);
        let tree = machine.path("tree");
        let expected = [
            "nvidia/cu13/lib/libcudart.so.13",
            "nvidia/cu13/lib/libcupti.so.13",
            "torch/build-version",
            HEADER,
            "torch/lib/libc10.so",
            "torch/lib/libgomp.so.1",
            "torch/lib/libtorch.so",
            "torch/lib/libtorch_cpu.so",
            "torch/lib/libtorch_global_deps.so",
        ];
        assert_eq!(files(&tree, &tree), expected);
        let script = fs::read_to_string(tree.join("torch/lib/libtorch.so")).unwrap();
        assert_eq!(script, LIBTORCH_WITHOUT_CUDA);
    }

    #[test]
    fn the_cuda_tree_holds_every_library_and_no_python() {
        let machine = assembled(Kind::Cuda);
        let tree = machine.path("tree");
        let found = files(&tree, &tree);
        for needed in CPU_LIBRARIES.iter().chain(&CUDA_LIBRARIES) {
            assert!(found.contains(&(*needed).to_owned()), "{needed} is missing");
        }
        for needed in ["torch/lib/libtorch_cuda_linalg.so", "torch/lib/libcaffe2_nvrtc.so"] {
            assert!(found.contains(&needed.to_owned()), "{needed} is missing");
        }
        let unneeded = |file: &&String| {
            [".py", ".a", "cuda.h", "python.so", "libshm.so"].iter().any(|end| file.ends_with(end))
        };
        assert_eq!(found.iter().find(unneeded), None);
    }

    #[test]
    fn a_library_cut_short_is_not_whole() {
        let machine = assembled(Kind::Cpu);
        check(&machine.path("tree"), Kind::Cpu).unwrap();
        let half = &elf::example(10)[..100];
        machine.write("tree/torch/lib/libtorch_cpu.so", half);
        let error = check(&machine.path("tree"), Kind::Cpu).unwrap_err().to_string();
        assert!(error.contains("libtorch_cpu.so is cut short"), "{error}");
    }

    #[test]
    fn every_missing_file_is_noticed() {
        let machine = assembled(Kind::Cpu);
        let tree = machine.path("tree");
        for file in CPU_LIBRARIES.iter().chain(&[HEADER, BUILD_VERSION, "torch/lib/libtorch.so"]) {
            let content = fs::read(tree.join(file)).unwrap();
            fs::remove_file(tree.join(file)).unwrap();
            assert!(check(&tree, Kind::Cpu).is_err(), "{file}");
            fs::write(tree.join(file), content).unwrap();
        }
        check(&tree, Kind::Cpu).unwrap();
    }
}
