//! Runs that are stopped or killed, and go on.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use super::experiments::{tiny_with, tiny_with_all};
use super::folder::{Contents, Folder, assert_same, contents, copy};
use super::program::{Outcome, assert_says, outcome, program, sample, succeed};
use super::reproducible::timeless;
use super::shared_runs;

/// An experiment whose second model trains long enough to be met in the middle of its one epoch.
fn experiment() -> String {
    tiny_with_all(&[
        ("models.1.training", "{ epochs = 1, batch_size = 1, latent_steps = 40 }"),
        ("figures.epochs", "[0, 1, 2]"),
    ])
}

/// The files of a run that was left in peace.
fn in_one_piece() -> &'static Contents {
    static FILES: OnceLock<Contents> = OnceLock::new();
    FILES.get_or_init(|| {
        let folder = Folder::new();
        succeed(&arguments(&folder, &folder.write("tiny.toml", experiment())));
        timeless(&folder.root().join("run"))
    })
}

fn arguments(folder: &Folder, experiment: &str) -> Vec<&'static str> {
    let owned = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
    vec![
        "reproduce",
        "--experiment",
        owned(experiment),
        "--data",
        sample().to_str().unwrap(),
        "--run",
        owned(&folder.path("run")),
        "--device",
        "cpu",
        "--threads",
        "1",
    ]
}

/// Starts the program and comes back as soon as `path` is there.
pub fn start_until(arguments: &[&str], path: &Path) -> Child {
    let mut command = program();
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    while !path.exists() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    child
}

fn interrupted(folder: &Folder, arguments: &[&str], path: &str, signal: &str) -> Outcome {
    let child = start_until(arguments, &folder.root().join("run").join(path));
    assert!(kill(&child, signal), "the program ended before {path} could be met");
    outcome(child.wait_with_output().unwrap())
}

/// Whether the signal found a process that still runs, or was not waited for yet.
fn kill(child: &Child, signal: &str) -> bool {
    let kill = Command::new("sh").args(["-c", &format!("kill -{signal} {}", child.id())]).status();
    kill.unwrap().success()
}

#[test]
fn an_interrupted_run_saves_its_state_and_goes_on() {
    for signal in ["INT", "TERM"] {
        let folder = Folder::new();
        let arguments = arguments(&folder, &folder.write("tiny.toml", experiment()));
        // The last that is written before the second model's first step.
        let sheet = "figures/vad-samples-epoch-0.png";
        let stopped = interrupted(&folder, &arguments, sheet, signal);
        assert_eq!(stopped.code, Some(130), "{}", stopped.stderr);
        assert_says(
            &stopped.stderr,
            &["goes on from here", "error: stopped after step ", " of epoch 1"],
        );
        let run = folder.root().join("run");
        assert!(
            !run.join("models/vad/model.json").exists(),
            "it was not in the middle of training"
        );
        assert!(run.join("models/vad/checkpoint").exists(), "nothing was saved");
        let info = succeed(&["info", "--run", &folder.path("run")]).stdout;
        assert_says(
            &info,
            &["ad: trained, not evaluated", "vad: training was begun", "saved after step "],
        );
        succeed(&[&arguments[..], &["--resume"]].concat());
        assert_same(in_one_piece(), &timeless(&run));
    }
}

/// Training is not all that takes long.
#[test]
fn a_signal_after_training_stops_the_run_too() {
    let experiment = tiny_with_all(&[
        ("inference.steps", "2000"),
        ("comparisons.0.common.inference.steps", "5"),
        ("figures.tsne.epochs", "2000"),
    ]);
    let folder = Folder::new();
    let arguments = arguments(&folder, &folder.write("tiny.toml", experiment));
    let run = folder.root().join("run");
    for (path, signal, absent) in [
        ("models/vad/model.json", "INT", "results.json"),
        ("models/ad/latents-test.safetensors", "TERM", "figures/samples.png"),
        ("figures/interpolation.png", "INT", "report.html"),
    ] {
        let stopped = interrupted(&folder, &arguments, path, signal);
        assert_eq!(stopped.code, Some(130), "{path}: {}", stopped.stderr);
        assert_says(&stopped.stderr, &["another signal", "error: stopped "]);
        assert_says(&stopped.stderr, &["The same command, without --force, goes on from here"]);
        assert!(!run.join(absent).exists(), "{absent} was made after the signal");
    }
    succeed(&arguments);
    assert!(run.join("report.html").exists());
}

/// `--force`, typed on a finished run and regretted before anything was begun.
#[test]
fn a_signal_while_a_run_is_read_replaces_nothing() {
    let folder = Folder::new();
    copy(shared_runs::tiny(), &folder.root().join("run"));
    let before = contents(&folder.root().join("run"));
    // The program waits at a pipe for the experiment, until the test has sent its signal.
    let pipe = folder.path("other.toml");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut command = program();
    command.args([&arguments(&folder, &pipe)[..], &["--force"]].concat());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut experiment = std::fs::File::options().write(true).open(&pipe).unwrap();
    assert!(kill(&child, "INT"));
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut heard = String::new();
    said.read_line(&mut heard).unwrap();
    assert_says(&heard, &["another signal ends this at once"]);
    experiment.write_all(tiny_with("seed", "4").as_bytes()).unwrap();
    drop(experiment);
    said.read_to_string(&mut heard).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{heard}");
    assert_says(&heard, &["stopped before the run was begun"]);
    assert!(!heard.contains("goes on from here"), "{heard}");
    assert_same(&before, &contents(&folder.root().join("run")));
}

#[test]
fn a_second_signal_ends_the_program_at_once() {
    let folder = Folder::new();
    let experiment = tiny_with("figures.tsne.epochs", "1000000");
    let arguments = arguments(&folder, &folder.write("tiny.toml", experiment));
    let last = folder.root().join("run/figures/interpolation.png");
    let mut child = start_until(&arguments, &last);
    while child.try_wait().unwrap().is_none() {
        kill(&child, "TERM");
        std::thread::sleep(Duration::from_millis(20));
    }
    let ended = outcome(child.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(130), "{}", ended.stderr);
    assert_says(&ended.stderr, &["another signal ends this at once"]);
    assert!(!ended.stderr.contains("error: "), "it came to an orderly end: {}", ended.stderr);
}

/// Killed whenever something new has appeared, and started again.
#[test]
fn a_run_that_is_killed_at_every_stage_ends_the_same() {
    let folder = Folder::new();
    let arguments = arguments(&folder, &folder.write("tiny.toml", experiment()));
    let stages = [
        "experiment.toml",
        "models/ad/checkpoint",
        "models/ad/model.json",
        "models/vad/checkpoint",
        "models/ad/latents-test.safetensors",
        "results.json",
        "figures/samples.png",
        "figures/tsne-ad.png",
    ];
    for stage in stages {
        let path = folder.root().join("run").join(stage);
        assert!(!path.exists(), "{stage} came too early to be met");
        let mut child = start_until(&arguments, &path);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(path.exists(), "{stage} never came");
    }
    succeed(&arguments);
    assert_same(in_one_piece(), &timeless(&folder.root().join("run")));
}
