//! Two processes and one run's folder.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::bad_folder::can_mount;
use super::experiments::{TINY, tiny_with};
use super::folder::{Folder, assert_same, copy};
use super::interrupted::start_until;
use super::program::{assert_says, error_in, error_of, outcome, program, sample, succeed};
use super::shared_runs;

fn train<'a>(command: &'a str, experiment: &'a str, run: &'a str) -> Vec<&'a str> {
    let data = sample().to_str().unwrap();
    vec![command, "--experiment", experiment, "--data", data, "--run", run, "--threads", "1"]
}

/// A run that goes on until it is killed.
fn endless(folder: &Folder) -> (String, Child) {
    let experiment = folder.write("endless.toml", tiny_with("training.epochs", "1000000"));
    let run = folder.path("run");
    let begun = folder.root().join("run/models/ad");
    let child = start_until(&train("train", &experiment, &run), &begun);
    (experiment, child)
}

#[test]
fn while_a_run_goes_on_every_other_command_is_refused_and_changes_nothing() {
    let folder = Folder::new();
    let (experiment, mut first) = endless(&folder);
    let run = folder.path("run");
    let other = folder.write("other.toml", TINY);
    let before = folder.contents();
    let process = format!("process {}", first.id());
    let mut commands = vec![
        train("train", &experiment, &run),
        train("reproduce", &experiment, &run),
        [train("train", &experiment, &run), vec!["--resume"]].concat(),
        [train("train", &other, &run), vec!["--force"]].concat(),
    ];
    for step in ["evaluate", "compare", "sample", "interpolate", "tsne", "report"] {
        commands.push(vec![step, "--run", &run]);
    }
    for command in commands {
        assert_says(&error_of(&command), &[&run, &process, "at work in this folder", "--run"]);
    }
    assert_says(&succeed(&["info", "--run", &run]).stdout, &["ad: "]);
    assert_eq!(first.try_wait().unwrap(), None, "the first run ended");
    first.kill().unwrap();
    first.wait().unwrap();
    let mut after = folder.contents();
    // Every 20 seconds a checkpoint appears, which is the first run's.
    after.retain(|name, _| before.contains_key(name));
    assert_same(&before, &after);
}

/// Which of the two is first is for the kernel to say.
#[test]
fn of_two_that_start_at_once_one_is_refused_with_the_others_process_id() {
    let folder = Folder::new();
    let experiment = folder.write("endless.toml", tiny_with("training.epochs", "1000000"));
    let run = folder.path("run");
    let start = || {
        let mut command = program();
        command.args(train("train", &experiment, &run));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut children = [start(), start()];
    let refused = loop {
        let ended = children.iter_mut().position(|child| child.try_wait().unwrap().is_some());
        if let Some(ended) = ended {
            break ended;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let [one, two] = children;
    let (refused, mut other) = if refused == 0 { (one, two) } else { (two, one) };
    let message = error_in(&outcome(refused.wait_with_output().unwrap()));
    assert_eq!(other.try_wait().unwrap(), None, "both ended");
    other.kill().unwrap();
    other.wait().unwrap();
    assert_says(&message, &["at work in this folder", &format!("(process {})", other.id())]);
}

#[test]
fn a_killed_process_leaves_no_lock() {
    let folder = Folder::new();
    let (_, mut first) = endless(&folder);
    first.kill().unwrap();
    first.wait().unwrap();
    let other = folder.write("other.toml", TINY);
    let run = folder.path("run");
    succeed(&[train("train", &other, &run), vec!["--force"]].concat());
    assert!(!folder.contents().contains_key("run/.lock"), "the lock's file stayed behind");
}

/// Nothing can be harmed in a folder that takes no file, so there it goes without a lock.
#[test]
fn a_finished_run_on_a_read_only_disk_is_still_recognised() {
    if !can_mount() {
        println!("skipped: this machine does not let tests mount a file system");
        return;
    }
    let folder = Folder::new();
    let run = folder.path("run");
    copy(shared_runs::tiny(), &folder.root().join("run"));
    let experiment = folder.write("tiny.toml", TINY);
    let before = folder.contents();
    let script = "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && shift && \
                  exec \"$@\"";
    let read_only = |arguments: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", script, "sh", &run]);
        command.arg(program().get_program()).args(arguments);
        outcome(command.output().unwrap())
    };
    let finished = read_only(&train("reproduce", &experiment, &run));
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_says(&finished.stderr, &["Nothing to do"]);
    let message = error_in(&read_only(&["report", "--run", &run]));
    assert_says(&message, &["run/", "Read-only file system"]);
    assert_same(&before, &folder.contents());
}
