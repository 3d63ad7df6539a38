//! Runs that are killed at random moments, and go on.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use autodecoder_training::{CheckpointInfo, EpochRecord, latest_checkpoint};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::experiments::tiny_with_all;
use super::folder::{Folder, assert_same};
use super::program::{program, sample, succeed};
use super::reproducible::timeless;

/// Steps of the model that is met in training: 25 epochs of 8.
const STEPS: u64 = 200;

/// A table of several megabytes, so that a checkpoint takes its time, and a long inference.
fn experiment() -> String {
    tiny_with_all(&[
        ("data.train", "256"),
        ("models.1.latent_dim", "1024"),
        ("models.1.training", "{ epochs = 25, batch_size = 32, start = { from = 'random' } }"),
        ("inference.steps", "500"),
        ("comparisons.0.common.inference.steps", "5"),
        ("comparisons.0.common.latent_dim", "2"),
    ])
}

/// When to kill.
#[derive(Debug)]
enum Moment {
    /// So long after the folder was claimed.
    Beginning(Duration),
    /// So long after the process's first checkpoint of this step or a later one.
    Training(u64, Duration),
    /// In the write of a checkpoint after that.
    Write(u64),
    /// So long after the last model was trained: the first one is evaluated.
    Trained(Duration),
    /// So long after the process wrote results.json: the second model is evaluated.
    Scored(Duration),
}

fn moments(rng: &mut ChaCha8Rng) -> Vec<Moment> {
    let mut up_to =
        |milliseconds: u64| Duration::from_micros(rng.random_range(0..milliseconds * 1000));
    let beginning = Moment::Beginning(up_to(300));
    let evaluation =
        [Moment::Trained(up_to(200)), Moment::Scored(up_to(20)), Moment::Scored(up_to(300))];
    let delays = [up_to(40), up_to(40), up_to(40)];
    let mut moments = vec![beginning];
    for (index, delay) in (0..).zip(delays) {
        // Six parts of the training, of which the last steps are left for what follows.
        let mut step = |part| part * STEPS / 7 + rng.random_range(1..STEPS / 10);
        moments.push(Moment::Training(step(2 * index), delay));
        moments.push(Moment::Write(step(2 * index + 1)));
    }
    moments.extend(evaluation);
    moments
}

/// A run's folder, and what lay there when a process was started.
struct Watched {
    run: PathBuf,
    step: u64,
    results: Option<u64>,
}

impl Watched {
    fn new(run: PathBuf) -> Watched {
        let mut watched = Watched { run, step: 0, results: None };
        watched.step = watched.newest_step();
        watched.results = watched.results_inode();
        watched
    }

    fn checkpoints(&self) -> PathBuf {
        self.run.join("models/vad/checkpoint")
    }

    /// The step of the newest checkpoint, which its name tells.
    fn newest_step(&self) -> u64 {
        let path = latest_checkpoint(&self.checkpoints()).unwrap();
        let name = path.as_ref().and_then(|path| path.file_stem()?.to_str());
        name.map_or(0, |name| name.trim_start_matches("step-").parse().unwrap())
    }

    fn is_being_written(&self) -> bool {
        let entries = std::fs::read_dir(self.checkpoints()).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).any(|path| path.extension().is_some_and(|e| e == "tmp"))
    }

    /// Another one where the file was replaced.
    fn results_inode(&self) -> Option<u64> {
        std::fs::metadata(self.run.join("results.json")).ok().map(|found| found.ino())
    }

    /// Whether the process has come to the event that `moment` names.
    fn is_at(&self, moment: &Moment) -> bool {
        let reached = |step| self.newest_step() > self.step.max(step - 1);
        match *moment {
            Moment::Beginning(_) => self.run.join("experiment.toml").exists(),
            Moment::Training(step, _) | Moment::Write(step) => reached(step),
            Moment::Trained(_) => self.run.join("models/vad/model.json").exists(),
            Moment::Scored(_) => {
                let found = self.results_inode();
                found.is_some() && found != self.results
            }
        }
    }
}

fn arguments(folder: &Folder) -> Vec<String> {
    let experiment = folder.write("tiny.toml", experiment());
    let (data, run) = (sample().to_str().unwrap(), folder.path("run"));
    let words = ["reproduce", "--experiment", &experiment, "--data", data, "--run", &run];
    let words = [&words[..], &["--device", "cpu", "--threads", "1"]].concat();
    words.into_iter().map(str::to_owned).collect()
}

fn start(arguments: &[String], said: &Path) -> Child {
    let said = std::fs::File::options().create(true).append(true).open(said).unwrap();
    program().args(arguments).stdout(Stdio::null()).stderr(said).spawn().unwrap()
}

/// Runs the program until `moment`, and kills it; whether that left a half-written checkpoint.
fn kill_at(moment: &Moment, folder: &Folder, arguments: &[String]) -> bool {
    let said = folder.root().join("said.txt");
    let watched = Watched::new(folder.root().join("run"));
    let mut child = start(arguments, &said);
    let mut wait_for = |event: &dyn Fn() -> bool| {
        while !event() {
            let ended = child.try_wait().unwrap();
            let said = || std::fs::read_to_string(&said).unwrap();
            assert!(ended.is_none(), "it ended before {moment:?}: {}", said());
            std::thread::sleep(Duration::from_micros(100));
        }
    };
    wait_for(&|| watched.is_at(moment));
    match moment {
        Moment::Write(_) => wait_for(&|| watched.is_being_written()),
        Moment::Beginning(delay)
        | Moment::Training(_, delay)
        | Moment::Trained(delay)
        | Moment::Scored(delay) => std::thread::sleep(*delay),
    }
    // SIGKILL.
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None, "it ended by itself before {moment:?}");
    watched.is_being_written()
}

/// What the last checkpoint of `model` holds, timings aside: its tensors' bytes and its strings.
fn last_state(run: &Path, model: &str) -> (Vec<u8>, CheckpointInfo) {
    let path = latest_checkpoint(&run.join("models").join(model).join("checkpoint"));
    let path = path.unwrap().unwrap();
    let mut info = CheckpointInfo::read(&path).unwrap();
    (info.epoch_seconds, info.checkpoint_seconds) = (0.0, 0.0);
    for record in &mut info.history {
        *record = EpochRecord { seconds: 0.0, images_per_second: 0.0, ..record.clone() };
    }
    let bytes = std::fs::read(&path).unwrap();
    let header = u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    (bytes[8 + header..].to_vec(), info)
}

#[test]
fn a_run_that_is_killed_at_ten_random_moments_ends_with_the_same_bytes() {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let moments = moments(&mut ChaCha8Rng::seed_from_u64(seed));
    assert_eq!(moments.len(), 10);
    println!("seed {seed}: {moments:?}");
    let (whole, parts) = (Folder::new(), Folder::new());
    let words = arguments(&whole);
    succeed(&words.iter().map(String::as_str).collect::<Vec<_>>());

    let first = [&arguments(&parts)[..], &["--checkpoint-every=0.02".to_owned()]].concat();
    let again = [&first[..], &["--resume".to_owned()]].concat();
    let mut half_written = 0;
    for (index, moment) in moments.iter().enumerate() {
        let arguments = if index == 0 { &first } else { &again };
        half_written += usize::from(kill_at(moment, &parts, arguments));
    }
    println!("{half_written} kills left a half-written checkpoint");
    assert!(half_written > 0, "no kill met the write of a checkpoint");
    succeed(&again.iter().map(String::as_str).collect::<Vec<_>>());

    let [whole, parts] = [whole, parts].map(|folder| (folder.root().join("run"), folder));
    assert_same(&timeless(&whole.0), &timeless(&parts.0));
    for model in ["ad", "vad"] {
        assert!(last_state(&whole.0, model) == last_state(&parts.0, model), "{model}");
    }
}
