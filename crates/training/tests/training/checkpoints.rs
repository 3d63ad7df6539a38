//! Checkpoints: a resumed run ends with the bits of one that was never interrupted.

use std::path::{Path, PathBuf};

use autodecoder_models::ModelSpec;
use autodecoder_training::{
    EpochRecord, Error, Observer, Position, Precision, Silent, TrainingConfig, latest_checkpoint,
    prune_checkpoints,
};
use serde_json::json;

use crate::make::{adam, auto_decoder, config, images, model, part, variational};
use crate::runs::{Outcome, outcome, trainer};

const EPOCHS: u32 = 5;

struct StopAfter(u32, u32);

impl Observer for StopAfter {
    fn epoch(&mut self, record: &EpochRecord) {
        self.1 = record.epoch;
    }

    fn should_stop(&self) -> bool {
        self.0 == self.1
    }
}

/// Trains in a process of its own, as it were: everything is made anew, but for the folder.
fn train(spec: &ModelSpec, folder: &Path, stop_after: u32) -> Result<Outcome, Error> {
    let (images, config) = (images(10), config(EPOCHS));
    let model = model(spec.clone(), &images);
    let mut trainer = trainer(&model, &images, &config, 1);
    if let Some(path) = latest_checkpoint(folder)? {
        trainer.resume(&path)?;
    }
    trainer.run(Some(folder), || true, &mut StopAfter(stop_after, 0))?;
    Ok(outcome(&model, &trainer))
}

#[test]
fn a_resumed_run_equals_an_uninterrupted_one_bit_by_bit() {
    let learned = part(json!({"kind": "gaussian", "variance": "learned"}));
    let learned = ModelSpec { likelihood: learned, ..variational() };
    for spec in [auto_decoder(), variational(), learned] {
        let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let expected = train(&spec, whole.path(), EPOCHS).unwrap();
        for epoch in [1, 3] {
            let stopped = train(&spec, parts.path(), epoch);
            let expected = Position { epoch, step: 0 };
            assert!(
                matches!(stopped, Err(Error::Stopped { position }) if position == expected),
                "{stopped:?}"
            );
        }
        assert_eq!(train(&spec, parts.path(), EPOCHS).unwrap(), expected);
        // Resuming a run that is complete changes nothing.
        assert_eq!(train(&spec, parts.path(), EPOCHS).unwrap(), expected);
    }
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_last_two_are_kept_and_nothing_else_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    train(&auto_decoder(), folder.path(), EPOCHS).unwrap();
    let kept =
        ["notes.txt", "step-000000000000014.safetensors", "step-000000000000015.safetensors"];
    assert_eq!(files(folder.path()), kept);
    prune_checkpoints(folder.path(), 0).unwrap();
    assert_eq!(files(folder.path()), ["notes.txt"]);
    assert_eq!(latest_checkpoint(folder.path()).unwrap(), None);
    assert_eq!(latest_checkpoint(&folder.path().join("missing")).unwrap(), None);
}

/// A checkpoint after one epoch, in a folder of its own.
fn checkpoint() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    assert!(train(&auto_decoder(), folder.path(), 1).is_err());
    let path = latest_checkpoint(folder.path()).unwrap().unwrap();
    (folder, path)
}

/// Checkpoints are older than some choices, and say nothing of one that is made as it was before.
#[test]
fn a_checkpoint_reads_as_before_there_was_a_choice() {
    let (_folder, path) = checkpoint();
    let bytes = std::fs::read(path).unwrap();
    let says = |word: &str| bytes.windows(word.len()).any(|part| part == word.as_bytes());
    assert!(says("latent_steps"));
    for key in ["precision", "rescale", "importance_samples"] {
        assert!(!says(key), "{key}");
    }
}

#[test]
fn a_checkpoint_of_other_settings_is_refused() {
    let (_folder, path) = checkpoint();
    let refused = |spec: ModelSpec, config: TrainingConfig, count, seed| {
        let images = images(count);
        let model = model(spec, &images);
        let result = trainer(&model, &images, &config, seed).resume(&path);
        let refused =
            matches!(&result, Err(Error::OtherSettings { path: named }) if named == &path);
        assert!(refused || result.is_ok(), "{result:?}");
        refused
    };
    assert!(!refused(auto_decoder(), config(EPOCHS), 10, 1), "these are the same settings");
    assert!(refused(auto_decoder(), config(EPOCHS), 10, 2), "seed");
    assert!(refused(auto_decoder(), config(EPOCHS), 11, 1), "images");
    assert!(refused(auto_decoder(), config(EPOCHS + 1), 10, 1), "epochs");
    let rate = TrainingConfig { decoder: adam(0.03), ..config(EPOCHS) };
    assert!(refused(auto_decoder(), rate, 10, 1), "rate");
    let half = TrainingConfig { precision: Precision::Bf16, ..config(EPOCHS) };
    assert!(refused(auto_decoder(), half, 10, 1), "precision");
    let rescaled = TrainingConfig { rescale: true, ..config(EPOCHS) };
    assert!(refused(auto_decoder(), rescaled, 10, 1), "rescale");
    assert!(refused(ModelSpec { l2: 0.2, ..auto_decoder() }, config(EPOCHS), 10, 1), "l2");
}

#[test]
fn a_damaged_checkpoint_is_refused_and_changes_nothing() {
    let (_folder, path) = checkpoint();
    let whole = std::fs::read(&path).unwrap();
    let (images, config) = (images(10), config(EPOCHS));
    let model = model(auto_decoder(), &images);
    let mut trainer = trainer(&model, &images, &config, 1);
    let before = outcome(&model, &trainer);
    for length in [0, 7, 8, 100, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).unwrap();
        let message = trainer.resume(&path).unwrap_err().to_string();
        assert!(message.contains("step-000000000000003.safetensors"), "{message}");
        assert_eq!(outcome(&model, &trainer), before, "{length} bytes");
    }
    std::fs::write(&path, &whole).unwrap();
    trainer.resume(&path).unwrap();
    assert_ne!(outcome(&model, &trainer), before);
}

/// A bit that rots somewhere is found, wherever it is.
#[test]
fn a_checkpoint_with_a_flipped_bit_is_refused_and_changes_nothing() {
    let (_folder, path) = checkpoint();
    let whole = std::fs::read(&path).unwrap();
    let (images, config) = (images(10), config(EPOCHS));
    let model = model(auto_decoder(), &images);
    let mut trainer = trainer(&model, &images, &config, 1);
    let before = outcome(&model, &trainer);
    // Every try reads the whole file, so not every byte has its turn.
    for position in (0..whole.len()).step_by(37).chain([whole.len() - 1]) {
        let mut damaged = whole.clone();
        damaged[position] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        let result = trainer.resume(&path);
        assert!(result.is_err(), "byte {position} of {}", whole.len());
        assert_eq!(outcome(&model, &trainer), before, "byte {position}");
    }
}

#[test]
fn a_damaged_newest_checkpoint_is_passed_over() {
    let (whole, damaged) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let expected = train(&auto_decoder(), whole.path(), EPOCHS).unwrap();
    train(&auto_decoder(), damaged.path(), 3).unwrap_err();
    let newest = latest_checkpoint(damaged.path()).unwrap().unwrap();
    std::fs::write(&newest, "not a tensor file").unwrap();

    let (images, config) = (images(10), config(EPOCHS));
    let model = model(auto_decoder(), &images);
    let mut trainer = trainer(&model, &images, &config, 1);
    let errors = trainer.resume_newest(damaged.path()).unwrap();
    assert_eq!(errors.len(), 1);
    let (before, newest) = ("step-000000000000008.safetensors", "step-000000000000009.safetensors");
    assert!(errors[0].to_string().contains(newest), "{}", errors[0]);
    assert_eq!(trainer.position(), Position { epoch: 2, step: 2 });
    let kept = [before.to_owned(), format!("{newest}.damaged")];
    assert_eq!(files(damaged.path()), kept);
    trainer.run(Some(damaged.path()), || true, &mut Silent).unwrap();
    assert_eq!(outcome(&model, &trainer), expected);
}

#[test]
fn where_no_checkpoint_is_whole_nothing_changes_and_the_error_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    train(&auto_decoder(), folder.path(), 3).unwrap_err();
    for name in files(folder.path()) {
        std::fs::write(folder.path().join(name), "not a tensor file").unwrap();
    }
    let before = files(folder.path());
    let (images, config) = (images(10), config(EPOCHS));
    let model = model(auto_decoder(), &images);
    let mut trainer = trainer(&model, &images, &config, 1);
    let message = trainer.resume_newest(folder.path()).unwrap_err().to_string();
    let folder_name = folder.path().display().to_string();
    for fragment in [&folder_name, "step-000000000000009.safetensors", "remove that folder"] {
        assert!(message.contains(fragment), "{message}");
    }
    assert_eq!(files(folder.path()), before);
    assert_eq!(trainer.epoch(), 0);
}

#[test]
fn no_folder_no_checkpoint_and_none_before_it_is_due() {
    let folder = tempfile::tempdir().unwrap();
    let (images, config) = (images(10), config(3));
    let model = model(auto_decoder(), &images);
    trainer(&model, &images, &config, 1).run(None, || true, &mut Silent).unwrap();
    assert!(files(folder.path()).is_empty());
    trainer(&model, &images, &config, 1).run(Some(folder.path()), || false, &mut Silent).unwrap();
    assert_eq!(files(folder.path()), ["step-000000000000009.safetensors"]);
}
