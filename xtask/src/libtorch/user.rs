//! The user's own libtorch: the variables that torch-sys reads, checked before a long build.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::{Kind, Libtorch, Origin, VERSION, elf, version};
use crate::host::{Host, LIBTORCH};

/// One line of Python that prints where PyTorch is installed.
const WHERE_IS_PYTORCH: &str = "import torch, os; print(os.path.dirname(torch.__file__))";

/// What torch-sys links whatever the kind, and what each must be: libtorch.so is a linker script in
/// a set-up of this project's own.
const LIBRARIES: [&str; 2] = ["libtorch_cpu.so", "libc10.so"];
const LIBRARY_OR_SCRIPT: &str = "libtorch.so";

/// The libtorch that the environment chooses, checked; none where it chooses none.
///
/// # Errors
///
/// When what the environment chooses is incomplete, damaged or of another version. One that does
/// not say its version is taken, as torch-sys takes it.
pub fn find(host: &Host) -> Result<Option<Libtorch>> {
    let found = if host.variable("LIBTORCH_USE_PYTORCH").is_some() {
        pytorch(host)?
    } else if let Some(folder) = host.variable("LIBTORCH") {
        libtorch(host, Path::new(folder))?
    } else {
        return Ok(None);
    };
    check_version(host, &found)?;
    Ok(Some(found))
}

fn pytorch(host: &Host) -> Result<Libtorch> {
    // torch-sys asks `python` inside a virtual environment and `python3` outside.
    let python = if host.variable("VIRTUAL_ENV").is_some() { "python" } else { "python3" };
    let Some(folder) = host.ask(python, &["-c", WHERE_IS_PYTORCH]) else {
        bail!(
            "LIBTORCH_USE_PYTORCH is set, but {python} cannot import torch: install torch \
             {VERSION} there, or unset LIBTORCH_USE_PYTORCH to let this project fetch its own"
        );
    };
    let folder = PathBuf::from(folder);
    let libraries = folder.join("lib");
    check_libraries(&libraries).with_context(|| {
        format!(
            "LIBTORCH_USE_PYTORCH chooses {}, which is damaged: install torch {VERSION} there \
             anew, or unset LIBTORCH_USE_PYTORCH to let this project fetch its own",
            folder.display()
        )
    })?;
    let kind = Kind::of_libraries(&libraries);
    Ok(Libtorch { version: version::of_folder(&folder), folder, kind, origin: Origin::PyTorch })
}

fn libtorch(host: &Host, folder: &Path) -> Result<Libtorch> {
    let shown = folder.display();
    ensure!(
        folder.is_absolute(),
        "LIBTORCH is the relative path {shown}, which would mean another folder in every crate's \
         build: make it absolute, or unset it to let this project fetch its own"
    );
    // LIBTORCH_LIB and LIBTORCH_INCLUDE move each half elsewhere, as torch-sys reads them.
    let half = |variable| host.variable(variable).map_or(folder, Path::new);
    let (libraries, include) = (half("LIBTORCH_LIB").join("lib"), half("LIBTORCH_INCLUDE"));
    let headers = include.join("include/torch");
    let headers = headers.is_dir().then_some(()).with_context(|| missing(&headers));
    headers.and_then(|()| check_libraries(&libraries)).with_context(|| {
        format!(
            "LIBTORCH is {shown}, which will not do: point it at the folder of libtorch \
             {VERSION} that holds lib and include, or unset it to let this project fetch its own"
        )
    })?;
    let (version, folder) = (version::of_folder(folder), folder.to_path_buf());
    let kind = Kind::of_libraries(&libraries);
    Ok(Libtorch { folder, version, kind, origin: Origin::Libtorch })
}

fn check_libraries(folder: &Path) -> Result<()> {
    for name in LIBRARIES {
        let library = folder.join(name);
        ensure!(library.exists(), missing(&library));
        elf::check_whole(&library)?;
    }
    let library = folder.join(LIBRARY_OR_SCRIPT);
    ensure!(library.exists(), missing(&library));
    Ok(())
}

fn missing(path: &Path) -> String {
    format!("there is no {}", path.display())
}

fn check_version(host: &Host, found: &Libtorch) -> Result<()> {
    let wrong = found.version.as_deref().filter(|&version| version != VERSION);
    let Some(wrong) = wrong else {
        return Ok(());
    };
    if host.variable("LIBTORCH_BYPASS_VERSION_CHECK").is_some() {
        return Ok(());
    }
    let variable = match found.origin {
        Origin::PyTorch => "LIBTORCH_USE_PYTORCH",
        Origin::Libtorch | Origin::SetUp => "LIBTORCH",
    };
    bail!(
        "{variable} chooses {}, which is version {wrong}; this project needs {VERSION}. Point it \
         at a libtorch {VERSION}, or unset it (`unset {variable}`) to let this project fetch its \
         own into {}",
        found.folder.display(),
        host.path(LIBTORCH).display(),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::Machine;

    fn machine(version: &str) -> Machine {
        let machine = Machine::new();
        machine.own_libtorch();
        machine.write("own/build-version", version);
        machine
    }

    fn find_own(machine: &Machine) -> Result<Option<Libtorch>> {
        find(&machine.host_with("LIBTORCH", machine.path("own")))
    }

    fn error(machine: &Machine) -> String {
        format!("{:#}", find_own(machine).unwrap_err())
    }

    #[test]
    fn no_variable_means_no_choice() {
        assert_eq!(find(&machine("2.13.0").host()).unwrap(), None);
        assert_eq!(find(&Machine::new().host_with("LIBTORCH", "")).unwrap(), None);
    }

    #[test]
    fn the_right_version_is_taken_with_its_kind() {
        let machine = machine("2.13.0+cu130\n");
        assert_eq!(find_own(&machine).unwrap().unwrap().kind, Kind::Cpu);
        machine.write("own/lib/libtorch_cuda.so", "");
        let found = find_own(&machine).unwrap().unwrap();
        assert_eq!((found.kind, found.version.as_deref()), (Kind::Cuda, Some("2.13.0")));
    }

    #[test]
    fn a_wrong_version_is_named_with_the_right_one() {
        let error = error(&machine("2.9.1+cpu"));
        for part in ["version 2.9.1", "needs 2.13.0", "own", "unset LIBTORCH"] {
            assert!(error.contains(part), "{part} is not in: {error}");
        }
    }

    #[test]
    fn torch_sys_own_bypass_is_honoured() {
        let machine = machine("2.9.1");
        let mut host = machine.host_with("LIBTORCH", machine.path("own"));
        host.variables.insert("LIBTORCH_BYPASS_VERSION_CHECK".into(), "1".into());
        assert_eq!(find(&host).unwrap().unwrap().version.as_deref(), Some("2.9.1"));
    }

    #[test]
    fn an_incomplete_folder_names_what_it_lacks() {
        let machine = machine("2.13.0");
        std::fs::remove_file(machine.path("own/lib/libtorch_cpu.so")).unwrap();
        assert!(error(&machine).contains("there is no"));
        assert!(error(&machine).contains("own/lib/libtorch_cpu.so"));
    }

    #[test]
    fn an_empty_or_cut_library_is_refused_whatever_the_version() {
        let whole = elf::example(10);
        for (library, content) in [("libtorch_cpu.so", &[][..]), ("libc10.so", &whole[..90])] {
            for version in ["2.13.0", ""] {
                let machine = machine(version);
                machine.write(&format!("own/lib/{library}"), content);
                let error = error(&machine);
                assert!(error.contains("LIBTORCH is") && error.contains(library), "{error}");
            }
        }
    }

    #[test]
    fn one_that_says_no_version_is_taken_with_a_note() {
        let machine = machine("");
        std::fs::remove_file(machine.path("own/build-version")).unwrap();
        let found = find_own(&machine).unwrap().unwrap();
        assert_eq!(found.version, None);
        assert!(found.unknown_version().unwrap().contains("needs 2.13.0"));
        let machine = super::tests::machine("2.13.0");
        assert_eq!(find_own(&machine).unwrap().unwrap().unknown_version(), None);
    }

    #[test]
    fn a_relative_path_is_refused() {
        let error = find(&Machine::new().host_with("LIBTORCH", "opt/libtorch")).unwrap_err();
        assert!(error.to_string().contains("make it absolute"));
    }

    #[test]
    fn pytorch_is_asked_of_python() {
        let machine = machine("2.13.0");
        machine.program("python3", &format!("echo {}", machine.path("own").display()));
        let found = find(&machine.host_with("LIBTORCH_USE_PYTORCH", "1")).unwrap().unwrap();
        assert_eq!((found.origin, found.folder), (Origin::PyTorch, machine.path("own")));
        machine.write("own/lib/libc10.so", "");
        let error = find(&machine.host_with("LIBTORCH_USE_PYTORCH", "1")).unwrap_err().to_string();
        assert!(error.contains("which is damaged"), "{error}");
        machine.program("python3", "exit 1");
        let error = find(&machine.host_with("LIBTORCH_USE_PYTORCH", "1")).unwrap_err().to_string();
        assert!(error.contains("cannot import torch"), "{error}");
    }
}
