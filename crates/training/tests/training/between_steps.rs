//! Stops and checkpoints between two steps of an epoch.

use std::path::Path;

use autodecoder_models::ModelSpec;
use autodecoder_training::{
    Error, Observer, Position, Silent, Streams, epoch_order, latest_checkpoint,
};
use serde_json::json;

use crate::make::{
    auto_decoder, autoencoder, config, images, model, part, variational, variational_autoencoder,
};
use crate::runs::{Outcome, outcome, trainer};

const EPOCHS: u32 = 3;
/// 10 images in batches of 4.
const STEPS: u64 = 9;

/// Stops after as many steps, and keeps what it hears of checkpoints.
#[derive(Default)]
struct StopAfter {
    step: u64,
    done: u64,
    checkpoints: Vec<f64>,
}

impl Observer for StopAfter {
    fn step(&mut self, done: u64, _total: u64) {
        self.done = done;
    }

    fn checkpoint(&mut self, seconds: f64) {
        self.checkpoints.push(seconds);
    }

    fn should_stop(&self) -> bool {
        self.done == self.step
    }
}

/// Trains anew or from what lies in `folder`, until after a step.
fn train(spec: &ModelSpec, folder: &Path, step: u64) -> Result<Outcome, Error> {
    let (images, config) = (images(10), config(EPOCHS));
    let model = model(spec.clone(), &images);
    let mut trainer = trainer(&model, &images, &config, 1);
    trainer.resume_newest(folder)?;
    trainer.run(Some(folder), || false, &mut StopAfter { step, ..StopAfter::default() })?;
    Ok(outcome(&model, &trainer))
}

#[test]
fn a_run_that_stops_after_every_step_equals_one_in_one_piece_bit_by_bit() {
    let learned = part(json!({"kind": "gaussian", "variance": "learned"}));
    let learned = ModelSpec { likelihood: learned, ..variational() };
    for spec in [auto_decoder(), variational(), learned, autoencoder(), variational_autoencoder()] {
        let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let expected = train(&spec, whole.path(), u64::MAX).unwrap();
        for step in 1..STEPS {
            let Err(Error::Stopped { position }) = train(&spec, parts.path(), step) else {
                panic!("no stop after step {step}");
            };
            assert_eq!(position, Position { epoch: (step / 3) as u32, step: step % 3 });
        }
        assert_eq!(train(&spec, parts.path(), STEPS).unwrap(), expected);
    }
}

#[test]
fn a_run_in_stretches_of_epochs_equals_one_in_one_piece_bit_by_bit() {
    let (images, config) = (images(10), config(EPOCHS));
    for spec in [auto_decoder(), variational()] {
        let run = |stretches: &[u32]| {
            let model = model(spec.clone(), &images);
            let mut trainer = trainer(&model, &images, &config, 1);
            for &epochs in stretches {
                trainer.run_until(epochs, None, || false, &mut Silent).unwrap();
                assert_eq!(trainer.position(), Position { epoch: epochs.min(EPOCHS), step: 0 });
            }
            outcome(&model, &trainer)
        };
        assert_eq!(run(&[1, 1, 2, 9]), run(&[EPOCHS]));
    }
}

/// Between two stretches a run has not ended.
#[test]
fn a_stretch_ends_without_a_checkpoint() {
    let (images, config) = (images(10), config(EPOCHS));
    let model = model(auto_decoder(), &images);
    let folder = tempfile::tempdir().unwrap();
    let mut trainer = trainer(&model, &images, &config, 1);
    let newest = || latest_checkpoint(folder.path()).unwrap();
    trainer.run_until(2, Some(folder.path()), || false, &mut Silent).unwrap();
    assert_eq!(newest(), None);
    trainer.run_until(EPOCHS, Some(folder.path()), || false, &mut Silent).unwrap();
    assert!(newest().is_some());
}

#[test]
fn a_stop_says_after_which_step() {
    let folder = tempfile::tempdir().unwrap();
    let stopped = |step| train(&auto_decoder(), folder.path(), step).unwrap_err().to_string();
    assert_eq!(stopped(2), "stopped after step 2 of epoch 1");
    assert_eq!(stopped(3), "stopped after epoch 1");
    assert_eq!(stopped(7), "stopped after step 1 of epoch 3");
    let newest = latest_checkpoint(folder.path()).unwrap().unwrap();
    assert!(newest.ends_with("step-000000000000007.safetensors"), "{newest:?}");
}

#[test]
fn steps_can_be_taken_one_by_one_and_over_the_end_of_an_epoch() {
    let (images, config) = (images(10), config(EPOCHS));
    let whole = model(variational(), &images);
    let mut expected = trainer(&whole, &images, &config, 1);
    expected.run(None, || false, &mut Silent).unwrap();
    let parts = model(variational(), &images);
    let mut trainer = trainer(&parts, &images, &config, 1);
    let mut at = |steps| {
        trainer.advance(steps, &mut Silent).unwrap();
        (trainer.position().epoch, trainer.position().step)
    };
    assert_eq!([at(0), at(1), at(4), at(1)], [(0, 0), (0, 1), (1, 2), (2, 0)]);
    // There are three left.
    assert_eq!([at(2), at(5), at(1)], [(2, 2), (3, 0), (3, 0)]);
    assert_eq!(outcome(&parts, &trainer), outcome(&whole, &expected));
    assert!(parts.named_parameters().iter().all(|(_, parameter)| !parameter.requires_grad()));
}

#[test]
fn steps_by_number_end_where_the_observer_wants() {
    let (images, config) = (images(10), config(EPOCHS));
    let model = model(variational(), &images);
    let mut trainer = trainer(&model, &images, &config, 1);
    let stop = |step| StopAfter { step, ..StopAfter::default() };
    let stopped = trainer.advance(6, &mut stop(4));
    assert!(matches!(stopped, Err(Error::Stopped { .. })), "{stopped:?}");
    assert_eq!(trainer.position(), Position { epoch: 1, step: 1 });
    // A wish after the last of them is no interruption.
    trainer.advance(2, &mut stop(6)).unwrap();
    assert_eq!(trainer.position(), Position { epoch: 2, step: 0 });
}

/// The record of an epoch that was begun by another process counts the seconds of both, and none of
/// those that checkpoints take.
#[test]
fn checkpoints_are_not_training() {
    let folder = tempfile::tempdir().unwrap();
    let (images, config) = (images(10), config(EPOCHS));
    let model = model(variational(), &images);
    let mut observer = StopAfter { step: 5, ..StopAfter::default() };
    let mut first = trainer(&model, &images, &config, 1);
    let started = std::time::Instant::now();
    first.run(Some(folder.path()), || true, &mut observer).unwrap_err();
    let whole = started.elapsed().as_secs_f64();
    assert_eq!(observer.checkpoints.len(), 5);
    let checkpoints: f64 = observer.checkpoints.iter().sum();
    assert!((first.checkpoint_seconds() - checkpoints).abs() < 1e-9);
    assert!(first.history()[0].seconds + checkpoints <= whole);

    let mut second = trainer(&model, &images, &config, 1);
    second.resume_newest(folder.path()).unwrap();
    // The last checkpoint cannot know its own seconds.
    let known: f64 = observer.checkpoints[..4].iter().sum();
    assert!((second.checkpoint_seconds() - known).abs() < 1e-9);
    assert_eq!(second.history()[0].seconds, first.history()[0].seconds);
}

#[test]
fn epochs_visit_the_images_in_the_public_order() {
    let images = images(10);
    let order = epoch_order(images.len(), &Streams::new(1), 0);
    let model = model(auto_decoder(), &images);
    let config = config(EPOCHS);
    let mut trainer = trainer(&model, &images, &config, 1);
    trainer.advance(1, &mut Silent).unwrap();
    let steps = crate::make::numbers(trainer.table().steps());
    for (place, image) in order.iter().enumerate() {
        let expected = if place < 4 { 2.0 } else { 0.0 };
        assert_eq!(steps[*image as usize], expected, "image {image}");
    }
}
