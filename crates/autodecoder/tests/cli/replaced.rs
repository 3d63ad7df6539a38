//! `--force` loses nothing as long as the new run can fail.

use std::path::Path;
use std::process::Command;

use super::bad_folder::can_mount;
use super::experiments::tiny_with;
use super::folder::{Contents, Folder, assert_same, contents, copy};
use super::program::{Outcome, assert_says, error_in, error_of, outcome, program, sample, succeed};
use super::shared_runs;

/// A finished run, and the arguments that replace it by another.
fn old_run(folder: &Folder) -> Vec<String> {
    copy(shared_runs::tiny(), &folder.root().join("run"));
    let other = folder.write("other.toml", tiny_with("seed", "4"));
    let (data, run) = (sample().to_str().unwrap(), folder.path("run"));
    ["train", "--force", "--experiment", &other, "--data", data, "--run", &run, "--threads", "1"]
        .map(str::to_owned)
        .into()
}

/// Runs the program with a limit on the size of a file, in the shell's blocks: a write fails as on
/// a full disk.
fn with_limit(blocks: u32, arguments: &[String]) -> Outcome {
    let mut command = Command::new("sh");
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
    command.args(["-c", &script, "sh"]).arg(program().get_program()).args(arguments);
    outcome(command.output().unwrap())
}

fn hidden(run: &Path) -> Vec<String> {
    contents(run).into_keys().filter(|name| name.starts_with('.')).collect()
}

#[test]
fn a_new_run_that_cannot_be_written_leaves_the_old_one_beside_it() {
    let folder = Folder::new();
    let arguments = old_run(&folder);
    let before = contents(&folder.root().join("run"));
    // Enough for experiment.toml, too little for a checkpoint.
    let failed = with_limit(16, &arguments);
    assert_says(&error_in(&failed), &["run/models/ad/checkpoint", "File too large"]);
    let aside = folder.root().join("run/.replaced-1");
    assert_says(&failed.stderr, &["the old run lies in", aside.to_str().unwrap()]);
    assert_same(&before, &contents(&aside));

    // The next attempt keeps it too, and the one that trains removes all.
    error_in(&with_limit(16, &arguments));
    assert_same(&before, &contents(&aside));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    succeed(&arguments);
    assert_eq!(hidden(&folder.root().join("run")), [""; 0]);
    let text = std::fs::read_to_string(folder.path("run/experiment.toml")).unwrap();
    assert_says(&text, &["seed = 4"]);
    assert!(!folder.root().join("run/results.json").exists(), "the old results are still there");
}

#[test]
fn a_new_run_that_is_gone_on_with_removes_the_old_one_at_its_end() {
    let folder = Folder::new();
    let arguments = old_run(&folder);
    error_in(&with_limit(16, &arguments));
    let resume: Vec<&str> =
        arguments.iter().map(|word| if word == "--force" { "--resume" } else { word }).collect();
    succeed(&resume);
    assert_eq!(hidden(&folder.root().join("run")), [""; 0]);
}

#[test]
fn a_new_run_that_cannot_begin_changes_nothing() {
    let folder = Folder::new();
    let arguments = old_run(&folder);
    let before = folder.contents();
    let message = error_in(&with_limit(0, &arguments));
    assert_says(&message, &["run/experiment.toml", "File too large"]);
    assert_same(&before, &folder.contents());
}

/// Runs the program where `part` of the run is a disk of its own that cannot be written: nobody can
/// move or remove that, not even root.
fn with_fixed(folder: &Folder, part: &str, arguments: &[String]) -> Outcome {
    let script = "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && shift && \
                  exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", script, "sh", &folder.path(part)]);
    command.arg(program().get_program()).args(arguments);
    outcome(command.output().unwrap())
}

#[test]
fn an_old_run_that_cannot_be_moved_stays_whole() {
    if !can_mount() {
        println!("skipped: this machine does not let tests mount a file system");
        return;
    }
    for part in ["run/models", "run/figures"] {
        let folder = Folder::new();
        let arguments = old_run(&folder);
        let before = folder.contents();
        let message = error_in(&with_fixed(&folder, part, &arguments));
        assert_says(&message, &["cannot replace the run", &folder.path(part)]);
        assert_same(&before, &folder.contents());
    }
}

#[test]
fn an_old_run_that_cannot_be_removed_is_only_mentioned() {
    if !can_mount() {
        println!("skipped: this machine does not let tests mount a file system");
        return;
    }
    let folder = Folder::new();
    let arguments = old_run(&folder);
    let outcome = with_fixed(&folder, "run/models/ad", &arguments);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_says(&outcome.stderr, &["cannot remove the old run in", "run/.removing-1"]);
    // Elsewhere it can, and the next command does.
    let arguments: Vec<&str> =
        arguments.iter().map(String::as_str).filter(|word| *word != "--force").collect();
    succeed(&arguments);
    assert_eq!(hidden(&folder.root().join("run")), [""; 0]);
}

/// Killed after some of the old run was moved, or all of it.
#[test]
fn a_replacement_that_was_killed_in_its_first_moment_is_taken_back() {
    for moved in [&["results.json"][..], &["results.json", "models", "experiment.toml"]] {
        let folder = Folder::new();
        old_run(&folder);
        let before: Contents = folder.contents();
        std::fs::create_dir(folder.path("run/.replaced-1")).unwrap();
        for name in moved {
            let aside = folder.path(&format!("run/.replaced-1/{name}"));
            std::fs::rename(folder.path(&format!("run/{name}")), aside).unwrap();
        }
        let other = folder.path("other.toml");
        let (data, run) = (sample().to_str().unwrap(), folder.path("run"));
        let message = error_of(&["train", "--experiment", &other, "--data", data, "--run", &run]);
        assert_says(&message, &["another experiment"]);
        assert_same(&before, &folder.contents());
    }
}
