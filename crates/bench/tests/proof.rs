//! The peers do the same work as our program, on a tiny case. Skipped where their packages are missing.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The peers' packages: where set-up puts them, or wherever python3 finds them.
fn python_path() -> Option<PathBuf> {
    Some(Path::new(ROOT).join("external/peers")).filter(|folder| folder.exists())
}

fn with_packages(mut command: Command) -> Command {
    if let Some(folder) = python_path() {
        command.env("PYTHONPATH", folder);
    }
    command
}

fn has_torch() -> bool {
    let mut command = with_packages(Command::new("python3"));
    command.args(["-c", "import torch"]).output().is_ok_and(|output| output.status.success())
}

/// The bytes of some images: smooth stripes, each image with a period of its own.
fn images(count: usize) -> Vec<u8> {
    let pixel = |image: usize, at: usize| {
        let period = 3.0 + image as f32 / 7.0;
        (127.5 * (1.0 + (at as f32 / period).sin())) as u8
    };
    (0..count).flat_map(|image| (0..784).map(move |at| pixel(image, at))).collect()
}

#[test]
fn peers_have_the_losses_that_we_have() {
    if !has_torch() {
        println!("skipped: python3 has no torch; `cargo xtask bench` provides one");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("images.u8");
    std::fs::write(&path, images(200)).unwrap();
    let mut command = with_packages(Command::new(env!("CARGO_BIN_EXE_autodecoder-bench")));
    command.arg("prove").arg(&path).args(["--batch=4", "--threads=1"]);
    command.arg("--peers").arg(Path::new(ROOT).join("benches/peers"));
    let output = command.arg("--out").arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    for line in ["Train course", "Train tuned", "Infer tuned"] {
        assert!(said.contains(line), "{said}");
    }
}
