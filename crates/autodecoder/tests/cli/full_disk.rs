//! Disks without space.

use std::path::{Path, PathBuf};
use std::process::Command;

use autodecoder_training::{CheckpointInfo, latest_checkpoint};

use super::bad_folder::can_mount;
use super::experiments::{TINY, tiny_with};
use super::folder::{Folder, assert_same, copy};
use super::program::{assert_says, error_in, error_of, outcome, program, sample, succeed};
use super::reproducible::timeless;
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

/// The last checkpoint of a run's first model.
fn last_checkpoint(run: &Path) -> PathBuf {
    latest_checkpoint(&run.join("models/ad/checkpoint")).unwrap().unwrap()
}

fn reproduce(experiment: &str, run: &str) -> Vec<String> {
    let data = sample().to_str().unwrap();
    let words = ["reproduce", "--experiment", experiment, "--data", data, "--run", run];
    let flags = ["--device", "cpu", "--threads", "1", "--checkpoint-every", "0"];
    [&words[..], &flags].concat().into_iter().map(str::to_owned).collect()
}

/// The disk has room for two checkpoints and not for a third; then it is given more.
#[test]
fn a_disk_that_fills_up_later_keeps_the_last_checkpoints_and_the_run_goes_on() {
    if !can_mount() {
        println!("skipped: this machine does not let tests mount a file system");
        return;
    }
    let folder = Folder::new();
    std::fs::create_dir(folder.path("disk")).unwrap();
    let experiment = folder.write("tiny.toml", TINY);
    let size = last_checkpoint(shared_runs::tiny()).metadata().unwrap().len();
    let filler = (16 << 20) - size * 5 / 2;
    let script = format!(
        "mount -t tmpfs -o size=16m tmpfs \"$1\" && cd \"$1\" && shift && \
         head -c {filler} /dev/zero >filler && {{ \
         \"$@\"; code=$?; ls run/models/ad/checkpoint >../listed && rm filler && \
         \"$@\" --resume 2>../again && cp -r run ../run && exit $code; }}"
    );
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", &script, "sh", &folder.path("disk")]);
    command.arg(program().get_program()).args(reproduce(&experiment, "run"));
    let message = error_in(&outcome(command.output().unwrap()));
    let third = "run/models/ad/checkpoint/step-000000000000003.safetensors";
    assert_says(&message, &[third, "No space left on device"]);
    let listed = std::fs::read_to_string(folder.path("listed")).unwrap();
    let kept = "step-000000000000001.safetensors\nstep-000000000000002.safetensors\n";
    assert_eq!(listed, kept);
    assert_same(&timeless(shared_runs::tiny()), &timeless(&folder.root().join("run")));
}

/// The same without a mount: a checkpoint grows with the epochs, up to a limit on file sizes.
#[test]
fn a_write_that_fails_later_keeps_the_last_checkpoints_and_the_run_goes_on() {
    let (whole, parts) = (Folder::new(), Folder::new());
    let text = tiny_with("models.0.training.epochs", "120");
    let arguments = |folder: &Folder| {
        let experiment = folder.write("tiny.toml", &text);
        reproduce(&experiment, &folder.path("run"))
    };
    let ends_well = |words: &[String]| {
        succeed(&words.iter().map(String::as_str).collect::<Vec<_>>());
    };
    ends_well(&arguments(&whole));
    let whole = whole.root().join("run");
    // An epoch's record takes more than 200 bytes; the shell's blocks have 512.
    let limit = (last_checkpoint(&whole).metadata().unwrap().len() - 10_000) / 512;
    let script = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, "sh"]).arg(program().get_program()).args(arguments(&parts));
    let message = error_in(&outcome(command.output().unwrap()));
    assert_says(&message, &["run/models/ad/checkpoint/step-", "File too large"]);

    let run = parts.root().join("run");
    let files = parts.contents().into_keys().filter(|name| name.contains("checkpoint/step-"));
    let files: Vec<String> = files.collect();
    assert!(files.len() == 2 && files.iter().all(|name| name.ends_with(".safetensors")));
    let saved = CheckpointInfo::read(&last_checkpoint(&run)).unwrap().position;
    assert!((30..120).contains(&saved.epoch), "{saved}");
    ends_well(&[arguments(&parts), vec!["--resume".to_owned()]].concat());
    assert_same(&timeless(&whole), &timeless(&run));
}
