//! Runs that diverge: where that is noticed, and what is left.

use std::path::PathBuf;

use autodecoder_models::ModelSpec;
use autodecoder_training::{Error, Observer, Position, Silent, TrainingConfig, latest_checkpoint};
use tch::Tensor;

use crate::make::{auto_decoder, config, images, model, numbers, variational};
use crate::runs::{sgd, trainer};

/// Rows that overshoot their quadratic penalty by more at every step.
fn exploding() -> (ModelSpec, TrainingConfig) {
    let config = TrainingConfig { latents: sgd(10.0), regulariser_warm_up: 0.0, ..config(9) };
    (ModelSpec { l2: 100.0, ..auto_decoder() }, config)
}

#[test]
fn a_diverging_run_names_the_place_and_keeps_the_last_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let images = images(10);
    let (spec, config) = exploding();
    let model = model(spec, &images);
    let mut run = trainer(&model, &images, &config, 1);
    let error = run.run(Some(folder.path()), || true, &mut Silent).unwrap_err();
    let Error::Diverged { model: name, epoch, batch, batches, value, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!((name.as_str(), *batches), ("tiny", 3));
    assert!(*epoch > 1 && (1..=3).contains(batch) && !value.is_finite(), "{error}");
    assert!(
        error.to_string().contains(&format!("in epoch {epoch}, batch {batch} of 3")),
        "{error}"
    );
    let last = latest_checkpoint(folder.path()).unwrap().unwrap();
    let mut again = trainer(&model, &images, &config, 1);
    again.resume(&last).unwrap();
    assert!(numbers(again.table().rows()).iter().all(|value| value.is_finite()));
    // The checkpoint is that of the step before.
    assert_eq!(again.position(), Position { epoch: epoch - 1, step: *batch as u64 - 1 });
}

/// Spoils a parameter after a step.
struct Poison {
    after: u64,
    parameter: Tensor,
}

impl Observer for Poison {
    fn step(&mut self, done: u64, _total: u64) {
        if done == self.after {
            let _ = tch::no_grad(|| self.parameter.fill_(f64::NAN));
        }
    }
}

/// Poisons a parameter after a step, with a checkpoint due `when` that many steps were taken; the
/// error, and the last checkpoint.
fn poisoned(after: u64, when: impl Fn(u64) -> bool) -> (String, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (images, config) = (images(10), config(3));
    let model = model(variational(), &images);
    let (_, parameter) = model.named_parameters().remove(0);
    let mut poison = Poison { after, parameter };
    let mut run = trainer(&model, &images, &config, 1);
    let mut steps = 0;
    let due = || {
        steps += 1;
        when(steps)
    };
    let error = run.run(Some(folder.path()), due, &mut poison).unwrap_err();
    (error.to_string(), latest_checkpoint(folder.path()).unwrap().unwrap())
}

#[test]
fn nan_is_found_where_it_first_shows_and_never_reaches_a_checkpoint() {
    for (after, batch, what) in [(4, 2, "objective"), (6, 3, "decoder or a row")] {
        let (error, last) = poisoned(after, |steps| steps == 3);
        let expected = format!("the {what} became NaN in epoch 2, batch {batch} of 3");
        assert!(error.contains(&expected), "{error}");
        assert!(last.ends_with("step-000000000000003.safetensors"), "{last:?}");
    }
}

/// A checkpoint in the middle of an epoch is one of what is finite, too.
#[test]
fn nan_in_the_middle_of_an_epoch_never_replaces_a_good_checkpoint() {
    let (error, last) = poisoned(4, |_| true);
    assert!(error.contains("the decoder or a row became NaN in epoch 2, batch 1 of 3"), "{error}");
    assert!(last.ends_with("step-000000000000003.safetensors"), "{last:?}");
    let (error, last) = poisoned(4, |steps| steps == 1 || steps == 5);
    assert!(error.contains("the objective became NaN in epoch 2, batch 2 of 3"), "{error}");
    assert!(last.ends_with("step-000000000000001.safetensors"), "{last:?}");
    // What was spoiled by the last step of an epoch is no part of the next one.
    let (error, _) = poisoned(3, |steps| steps < 3);
    assert!(error.contains("the decoder or a row became NaN in epoch 1, batch 3 of 3"), "{error}");
}
