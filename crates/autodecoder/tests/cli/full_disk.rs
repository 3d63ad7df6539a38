//! Disks without space.

use std::process::Command;

use super::bad_folder::can_mount;
use super::experiments::TINY;
use super::folder::{Folder, assert_same, copy};
use super::program::{assert_says, error_in, error_of, outcome, program, sample};
use super::shared_runs;

/// `/dev/full` refuses every byte as a full disk does.
#[test]
fn a_full_disk_leaves_the_old_results() {
    let folder = Folder::new();
    copy(shared_runs::tiny(), &folder.root().join("run"));
    let before = folder.contents();
    let run = folder.path("run");
    for (name, ending, step) in [
        ("results.json", "tmp", "evaluate"),
        ("figures/samples.png", "partial", "sample"),
        ("figures/curve-vad-kl.png", "partial", "report"),
        ("report.html", "tmp", "report"),
    ] {
        let temporary = folder.path(&format!("run/{name}.{ending}"));
        std::os::unix::fs::symlink("/dev/full", &temporary).unwrap();
        let message = error_of(&[step, "--run", &run]);
        assert_says(&message, &[&folder.path(&format!("run/{name}")), "No space left on device"]);
        assert_same(&before, &folder.contents());
    }
}

fn train(folder: &Folder, run: &str) -> Vec<String> {
    let experiment = folder.write("tiny.toml", TINY);
    let data = sample().to_str().unwrap();
    ["train", "--experiment", &experiment, "--data", data, "--run", run].map(str::to_owned).into()
}

/// A file system of 64 KiB, which is less than a checkpoint.
#[test]
fn a_disk_that_fills_up_stops_the_run_and_keeps_no_half_file() {
    if !can_mount() {
        println!("skipped: this machine does not let tests mount a file system");
        return;
    }
    let folder = Folder::new();
    std::fs::create_dir(folder.path("disk")).unwrap();
    // The mount is only seen in there, so its files are listed in there.
    let script = "mount -t tmpfs -o size=64k tmpfs \"$1\" && cd \"$1\" && shift && \
                  \"$@\"; code=$?; find . -type f; exit $code";
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", script, "sh", &folder.path("disk")]);
    command.arg(program().get_program()).args(train(&folder, "run"));
    let outcome = outcome(command.output().unwrap());
    let listed: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(listed, ["./run/experiment.toml"]);
    assert_says(
        &error_in(&super::program::Outcome { stdout: String::new(), ..outcome }),
        &["run/models/ad/checkpoint", "No space left on device"],
    );
}

/// The shell's limit on file sizes, with its signal ignored: a write fails as on a full disk.
#[test]
fn a_limit_on_file_sizes_is_an_error() {
    let folder = Folder::new();
    let run = folder.path("run");
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 16; exec \"$@\"", "sh"]);
    command.arg(program().get_program()).args(train(&folder, &run));
    let message = error_in(&outcome(command.output().unwrap()));
    assert_says(&message, &["run/models/ad/checkpoint", "File too large"]);
    let half_written = folder.contents().into_keys().find(|name| name.ends_with(".tmp"));
    assert_eq!(half_written, None);
}
