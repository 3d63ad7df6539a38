//! Which device runs, and why.

use anyhow::{Result, bail};
use tch::{Cuda, Device};

/// A device, with the reason for it in words.
#[derive(Debug, Clone)]
pub struct ChosenDevice {
    /// The device.
    pub device: Device,
    /// Its name, as `--device` takes it: `cpu`, `cuda:0`.
    pub name: String,
    /// Why it was chosen.
    pub reason: String,
}

/// Resolves `cpu`, `cuda`, `cuda:N` or `auto`.
///
/// # Errors
/// For any other word, and for CUDA where there is none: a silent fall to the CPU is worse than an
/// error.
pub fn choose_device(wanted: &str) -> Result<ChosenDevice> {
    let gpus = gpu_count();
    match wanted {
        "auto" if gpus > 0 => Ok(cuda(0, format!("{gpus} CUDA device(s) found"))),
        "auto" => Ok(cpu(why_no_cuda())),
        "cpu" => Ok(cpu("as asked".to_owned())),
        "cuda" => choose_cuda(0, gpus),
        other => match other.strip_prefix("cuda:").and_then(|index| index.parse().ok()) {
            Some(index) => choose_cuda(index, gpus),
            None => bail!("--device {other:?}: expected auto, cpu, cuda or cuda:N"),
        },
    }
}

fn choose_cuda(index: usize, gpus: usize) -> Result<ChosenDevice> {
    if gpus == 0 {
        bail!("--device cuda: {}. Use --device cpu, or see `cargo xtask doctor`", why_no_cuda());
    }
    if index >= gpus {
        bail!("--device cuda:{index}: this machine has {gpus} CUDA device(s), numbered from 0");
    }
    Ok(cuda(index, "as asked".to_owned()))
}

fn gpu_count() -> usize {
    if Cuda::is_available() { usize::try_from(Cuda::device_count()).unwrap_or(0) } else { 0 }
}

fn why_no_cuda() -> String {
    if tch::utils::has_cuda() {
        "no NVIDIA GPU was found".to_owned()
    } else {
        "this libtorch was built without CUDA, or no GPU driver was found".to_owned()
    }
}

fn cpu(reason: String) -> ChosenDevice {
    ChosenDevice { device: Device::Cpu, name: "cpu".to_owned(), reason }
}

fn cuda(index: usize, reason: String) -> ChosenDevice {
    ChosenDevice { device: Device::Cuda(index), name: format!("cuda:{index}"), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_words_that_name_no_device() {
        for word in ["gpu", "cuda:x", "cuda:-1", ""] {
            let error = choose_device(word).unwrap_err().to_string();
            assert!(error.contains("expected auto, cpu, cuda or cuda:N"), "{error}");
        }
    }

    #[test]
    fn cuda_without_a_gpu_is_an_error_and_auto_says_why() {
        if gpu_count() > 0 {
            println!("skipped: this machine has a CUDA device");
            return;
        }
        assert!(choose_device("cuda").unwrap_err().to_string().contains("--device cpu"));
        let auto = choose_device("auto").unwrap();
        assert_eq!(auto.device, Device::Cpu);
        assert!(!auto.reason.is_empty());
    }
}
