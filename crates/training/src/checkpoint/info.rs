//! What a checkpoint says about itself in words and numbers: the strings beside its tensors.

use std::collections::HashMap;
use std::path::Path;
use std::str::FromStr;

use autodecoder_models::tensor_file;
use serde_json::json;

use crate::{EpochRecord, Error, Position};

/// Version of the file's schema, which docs/experiments.md describes.
const FORMAT: u32 = 1;

/// Everything in a checkpoint that is no tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckpointInfo {
    /// The steps that are complete.
    pub position: Position,
    /// Steps in an epoch.
    pub steps_per_epoch: u64,
    /// Seconds spent so far in the epoch that is under way.
    pub epoch_seconds: f64,
    /// Seconds spent on the checkpoints before this one.
    pub checkpoint_seconds: f64,
    /// One record per complete epoch.
    pub history: Vec<EpochRecord>,
    /// The settings that a run must share to continue from here, as JSON: the model, its training
    /// with all schedules, the seed of the random streams, and the images' digest.
    pub fingerprint: String,
    /// The resolved experiment, as TOML; empty where the run was told of none.
    pub experiment: String,
}

impl CheckpointInfo {
    /// The complete epoch with the lowest training objective; the first of equals.
    pub fn best(&self) -> Option<&EpochRecord> {
        self.history.iter().min_by(|a, b| a.objective.total_cmp(&b.objective))
    }

    /// Steps since the beginning of the run.
    pub fn steps_taken(&self) -> u64 {
        u64::from(self.position.epoch) * self.steps_per_epoch + self.position.step
    }

    /// Reads what a checkpoint file says, without its tensors and without a look at its checksum.
    ///
    /// # Errors
    /// Where the file cannot be read or is none of a checkpoint.
    pub fn read(path: &Path) -> Result<CheckpointInfo, Error> {
        let strings = tensor_file::read_strings(path)?;
        CheckpointInfo::from_strings(&strings).map_err(super::problem(path))
    }

    /// As strings of a file.
    ///
    /// # Errors
    /// Where the history is no JSON.
    pub(super) fn to_strings(&self) -> Result<HashMap<String, String>, serde_json::Error> {
        let best = self.best().map(|r| json!({"epoch": r.epoch, "objective": r.objective}));
        let pairs = [
            ("format", FORMAT.to_string()),
            ("step", self.steps_taken().to_string()),
            ("epochs", self.position.epoch.to_string()),
            ("step_of_epoch", self.position.step.to_string()),
            ("steps_per_epoch", self.steps_per_epoch.to_string()),
            ("epoch_seconds", self.epoch_seconds.to_string()),
            ("checkpoint_seconds", self.checkpoint_seconds.to_string()),
            ("history", serde_json::to_string(&self.history)?),
            ("best", serde_json::to_string(&best)?),
            ("fingerprint", self.fingerprint.clone()),
            ("experiment", self.experiment.clone()),
        ];
        Ok(pairs.map(|(key, text)| (key.to_owned(), text)).into())
    }

    /// From the strings of a file.
    ///
    /// # Errors
    /// Says what is wrong.
    pub(super) fn from_strings(strings: &HashMap<String, String>) -> Result<Self, String> {
        if number::<u32>(strings, "format")? != FORMAT {
            return Err("it has another format than this version's checkpoints".to_owned());
        }
        let history = text(strings, "history")?;
        let history: Vec<EpochRecord> =
            serde_json::from_str(history).map_err(|error| format!("its history: {error}"))?;
        let (epoch, step) = (number(strings, "epochs")?, number(strings, "step_of_epoch")?);
        let steps_per_epoch = number(strings, "steps_per_epoch")?;
        if history.len() as u64 != u64::from(epoch) || step >= steps_per_epoch {
            return Err("its position does not fit its history".to_owned());
        }
        Ok(CheckpointInfo {
            position: Position { epoch, step },
            steps_per_epoch,
            epoch_seconds: number(strings, "epoch_seconds")?,
            checkpoint_seconds: number(strings, "checkpoint_seconds")?,
            history,
            fingerprint: text(strings, "fingerprint")?.to_owned(),
            experiment: text(strings, "experiment")?.to_owned(),
        })
    }
}

fn text<'a>(strings: &'a HashMap<String, String>, key: &str) -> Result<&'a str, String> {
    strings.get(key).map(String::as_str).ok_or_else(|| format!("it has no {key:?}"))
}

fn number<T: FromStr>(strings: &HashMap<String, String>, key: &str) -> Result<T, String> {
    let text = text(strings, key)?;
    text.parse().map_err(|_| format!("its {key:?} is {text:?}, which is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(epoch: u32, objective: f64) -> EpochRecord {
        EpochRecord {
            epoch,
            objective,
            reconstruction: objective / 3.0,
            kl: None,
            regulariser_weight: 1.0,
            decoder_rate: 0.1,
            latent_rate: 0.2,
            seconds: 0.7,
            images_per_second: 1e3 / 7.0,
        }
    }

    fn info() -> CheckpointInfo {
        CheckpointInfo {
            position: Position { epoch: 3, step: 4 },
            steps_per_epoch: 10,
            epoch_seconds: 0.1 + 0.2,
            checkpoint_seconds: 1e-9,
            history: vec![record(1, 3.0), record(2, 1.0 / 3.0), record(3, 1.0 / 3.0)],
            fingerprint: "{}".to_owned(),
            experiment: "seed = 1\n".to_owned(),
        }
    }

    #[test]
    fn strings_keep_every_bit() {
        let strings = info().to_strings().unwrap();
        assert_eq!(strings["step"], "34");
        assert_eq!(strings["best"], r#"{"epoch":2,"objective":0.3333333333333333}"#);
        assert_eq!(CheckpointInfo::from_strings(&strings).unwrap(), info());
        let fresh = CheckpointInfo { history: Vec::new(), ..info() };
        assert_eq!(fresh.to_strings().unwrap()["best"], "null");
    }

    #[test]
    fn what_is_missing_or_does_not_fit_is_named() {
        let problem = |key: &str, value: Option<&str>| {
            let mut strings = info().to_strings().unwrap();
            match value {
                Some(value) => strings.insert(key.to_owned(), value.to_owned()),
                None => strings.remove(key),
            };
            CheckpointInfo::from_strings(&strings).unwrap_err()
        };
        assert_eq!(problem("experiment", None), "it has no \"experiment\"");
        assert!(problem("epochs", Some("x")).contains("\"x\", which is no number"));
        assert!(problem("history", Some("[")).contains("its history"));
        for (key, value) in [("epochs", "2"), ("step_of_epoch", "10")] {
            assert!(problem(key, Some(value)).contains("does not fit"), "{key}");
        }
        assert!(problem("format", Some("2")).contains("another format"));
    }
}
