//! Run folders that belong to something else, or cannot be written.

use super::experiments::{TINY, tiny_with};
use super::folder::{Folder, assert_same, copy};
use super::program::{assert_says, error_of, outcome, program, sample, succeed};
use super::shared_runs;

/// The arguments of `train` on an experiment file.
fn train<'a>(experiment: &'a str, run: &'a str) -> Vec<&'a str> {
    let data = sample().to_str().unwrap();
    vec!["train", "--experiment", experiment, "--data", data, "--run", run, "--threads", "1"]
}

fn with<'a>(mut arguments: Vec<&'a str>, flag: &'a str) -> Vec<&'a str> {
    arguments.push(flag);
    arguments
}

#[test]
fn a_run_of_another_experiment_is_only_replaced_by_force() {
    let folder = Folder::new();
    copy(shared_runs::tiny(), &folder.root().join("run"));
    folder.write("run/notes.txt", "mine");
    let other = folder.write("other.toml", tiny_with("seed", "4"));
    let run = folder.path("run");
    let before = folder.contents();
    for arguments in [train(&other, &run), with(train(&other, &run), "--resume")] {
        assert_says(&error_of(&arguments), &[&run, "another experiment", "--run", "--force"]);
        assert_same(&before, &folder.contents());
    }
    succeed(&with(train(&other, &run), "--force"));
    let after = folder.contents();
    assert!(!after.contains_key("run/results.json"), "the old results are still there");
    assert!(!after.contains_key("run/report.html"), "the old report is still there");
    let text = String::from_utf8(after["run/experiment.toml"].clone()).unwrap();
    assert!(text.contains("seed = 4"), "{text}");
    assert_eq!(after["run/notes.txt"], b"mine", "a file that is no artefact was touched");
}

#[test]
fn a_folder_that_holds_something_else_is_never_touched() {
    let folder = Folder::new();
    let experiment = folder.write("tiny.toml", TINY);
    folder.write("thesis/chapter1.tex", "years of work");
    // An experiment file of the user's own does not make its folder a run.
    folder.write("plans/experiment.toml", TINY);
    let before = folder.contents();
    for name in ["thesis", "plans"] {
        let run = folder.path(name);
        let refused = ["holds no run", "--run", &run];
        assert_says(&error_of(&train(&experiment, &run)), &refused);
        assert_says(&error_of(&with(train(&experiment, &run), "--force")), &refused);
        let message = error_of(&with(train(&experiment, &run), "--resume"));
        assert_says(&message, &["run", &run]);
        assert_same(&before, &folder.contents());
    }
}

#[test]
fn nothing_to_resume_is_an_error() {
    let folder = Folder::new();
    let experiment = folder.write("tiny.toml", TINY);
    std::fs::create_dir(folder.path("empty")).unwrap();
    let before = folder.contents();
    for name in ["empty", "absent"] {
        let run = folder.path(name);
        let message = error_of(&with(train(&experiment, &run), "--resume"));
        assert_says(&message, &[&run, "no run to resume", "leave --resume out"]);
        assert_same(&before, &folder.contents());
    }
}

#[test]
fn folders_that_cannot_be_made_are_errors() {
    let folder = Folder::new();
    let experiment = folder.write("tiny.toml", TINY);
    folder.write("file", "here");
    let before = folder.contents();
    // Below a file, and in a file system that takes no folders, root cannot write either.
    for run in [folder.path("file"), folder.path("file/run"), "/proc/autodecoder/run".to_owned()] {
        for flag in ["--force", "--device=cpu"] {
            let message = error_of(&with(train(&experiment, &run), flag));
            assert_says(&message, &["cannot", "folder", &run, "os error"]);
            assert_same(&before, &folder.contents());
        }
    }
}

/// A file system that is mounted read-only refuses root too, unlike permissions.
#[test]
fn a_read_only_folder_is_an_error() {
    let folder = Folder::new();
    let experiment = folder.write("tiny.toml", TINY);
    std::fs::create_dir(folder.path("mount")).unwrap();
    let script = "mount -t tmpfs -o ro tmpfs \"$1\" && shift && exec \"$@\"";
    let mut command = std::process::Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", script, "sh", &folder.path("mount")]);
    let run = folder.path("mount/run");
    command.arg(program().get_program()).args(train(&experiment, &run));
    if !can_mount() {
        println!("skipped: this machine does not let tests mount a file system");
        return;
    }
    let before = folder.contents();
    let message = super::program::error_in(&outcome(command.output().unwrap()));
    assert_says(&message, &["cannot make the folder", &run, "Read-only file system"]);
    assert_same(&before, &folder.contents());
}

/// Whether `unshare` may mount a file system of its own here.
pub fn can_mount() -> bool {
    let folder = Folder::new();
    let script = "mount -t tmpfs tmpfs \"$0\"";
    let mut command = std::process::Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", script, &folder.path("")]);
    command.output().is_ok_and(|output| output.status.success())
}
