//! The wheels that libtorch is taken from, and the pip command that unpacks them.

use std::path::Path;
use std::process::Command;

use super::{Kind, VERSION};
use crate::host::Host;

/// torch itself and the two of NVIDIA's that libtorch_cpu.so is linked against.
const CPU_PACKAGES: [&str; 2] = ["nvidia-cuda-runtime==13.0.96", "nvidia-cuda-cupti==13.0.85"];

/// What torch 2.13.0's metadata asks for beyond that, NVIDIA's libraries only, each pinned. (Its
/// Python dependencies and its compiler, Triton, are of no use to a program without Python.)
const CUDA_PACKAGES: [&str; 13] = [
    "nvidia-cublas==13.1.1.3",
    "nvidia-cuda-nvrtc==13.0.88",
    "nvidia-cudnn-cu13==9.20.0.48",
    "nvidia-cufft==12.0.0.61",
    "nvidia-cufile==1.15.1.6",
    "nvidia-curand==10.4.0.35",
    "nvidia-cusolver==12.0.4.66",
    "nvidia-cusparse==12.6.3.3",
    "nvidia-cusparselt-cu13==0.8.1",
    "nvidia-nccl-cu13==2.29.7",
    "nvidia-nvjitlink==13.0.88",
    "nvidia-nvshmem-cu13==3.4.5",
    "nvidia-nvtx==13.0.85",
];

/// pip takes a wheel only where one of its platform tags is named literally: 2.N does not stand
/// for 2.N and older, as it does when pip asks the machine itself.
const GLIBC_MINORS: std::ops::RangeInclusive<u32> = 5..=35;
const OLDER_PLATFORMS: [&str; 3] =
    ["manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"];

/// Bytes, measured with pip 23.2 and rounded up.
pub struct Sizes {
    /// All wheels.
    pub fetched: u64,
    /// The wheels and what is unpacked of them, at the same time.
    pub peak: u64,
    /// What stays.
    pub kept: u64,
}

/// What a set-up of a kind costs.
pub fn sizes(kind: Kind) -> Sizes {
    let megabytes = |fetched: u64, peak: u64, kept: u64| Sizes {
        fetched: fetched * 1_000_000,
        peak: peak * 1_000_000,
        kept: kept * 1_000_000,
    };
    match kind {
        Kind::Cpu => megabytes(540, 1_900, 520),
        Kind::Cuda => megabytes(2_520, 6_600, 3_900),
    }
}

/// The command that fetches and unpacks all wheels into a folder.
pub fn pip(host: &Host, kind: Kind, target: &Path, scratch: &Path) -> Command {
    let mut command = host.command("python3");
    command.args(["-m", "pip", "install", "--no-deps", "--progress-bar", "off", "--target"]);
    command.arg(target).args(python_tags()).args(packages(kind));
    // pip unpacks in its temporary folder first: on the same disk, and where progress is measured.
    command.env("TMPDIR", scratch);
    // Settings for the user's own environment, which --target does not touch, would make it fail.
    command.envs([("PIP_USER", "0"), ("PIP_REQUIRE_VIRTUALENV", "0")]);
    command
}

/// Which wheels to take, whatever Python runs pip: none of their Python parts is kept.
fn python_tags() -> Vec<String> {
    let mut tags: Vec<String> =
        ["--only-binary=:all:", "--python-version=3.12", "--implementation=cp"]
            .map(str::to_owned)
            .to_vec();
    tags.extend(GLIBC_MINORS.rev().map(|minor| format!("--platform=manylinux_2_{minor}_x86_64")));
    tags.extend(OLDER_PLATFORMS.map(|name| format!("--platform={name}")));
    tags
}

fn packages(kind: Kind) -> Vec<String> {
    let mut packages = vec![format!("torch=={VERSION}")];
    packages.extend(CPU_PACKAGES.map(str::to_owned));
    if kind == Kind::Cuda {
        packages.extend(CUDA_PACKAGES.map(str::to_owned));
    }
    packages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::Machine;

    fn arguments(kind: Kind) -> Vec<String> {
        let machine = Machine::new();
        let command = pip(&machine.host(), kind, Path::new("/t"), Path::new("/s"));
        command.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn pip_is_told_the_target_and_every_platform() {
        let arguments = arguments(Kind::Cpu);
        let start =
            ["-m", "pip", "install", "--no-deps", "--progress-bar", "off", "--target", "/t"];
        assert_eq!(arguments[..8], start);
        for minor in [5, 12, 17, 25, 27, 28, 35] {
            let platform = format!("--platform=manylinux_2_{minor}_x86_64");
            assert!(arguments.contains(&platform), "{platform}");
        }
        assert!(arguments.contains(&"torch==2.13.0".to_owned()));
    }

    #[test]
    fn every_package_is_pinned_and_cuda_adds_to_cpu() {
        let (cpu, cuda) = (packages(Kind::Cpu), packages(Kind::Cuda));
        assert_eq!((cpu.len(), cuda.len()), (3, 16));
        assert!(cuda.starts_with(&cpu));
        assert!(cuda.iter().all(|package| package.split("==").count() == 2), "{cuda:?}");
    }
}
