//! The classifier's training.

use std::time::Instant;

use autodecoder_training::{
    Adam, EpochRecord, Observer, Optimiser, Schedule, ScheduleKind, Streams, epoch_order,
};
use tch::{Kind, Tensor};

use crate::{Classifier, ClassifierConfig, Error, LabelledImages};

/// A trained classifier.
#[derive(Debug)]
pub struct Trained {
    /// The classifier.
    pub classifier: Classifier,
    /// Mean cross-entropy of each epoch, nats, as its images were visited.
    pub losses: Vec<f64>,
}

/// Fits a classifier of so many `classes` to `images`, by Adam on the cross-entropy. Parameters, order
/// and the images' variation come from the streams `classifier`, `order` and `augmentation`.
///
/// # Errors
/// For settings out of range, images that are missing or too small, labels above the classes, a loss
/// that is not finite, and where the observer asked for a stop.
pub fn train_classifier(
    images: &LabelledImages,
    classes: i64,
    config: &ClassifierConfig,
    streams: &Streams,
    observer: &mut dyn Observer,
) -> Result<Trained, Error> {
    config.check()?;
    check_labels(images, classes)?;
    let (shape, device) = (images.images().shape(), images.images().device());
    let mut rng = streams.rng("classifier", &[]);
    let classifier = Classifier::new(config, shape, classes, device, &mut rng)?;
    let mut fit = Fit::new(&classifier, images, config, streams);
    let losses = (0..config.epochs)
        .map(|epoch| fit.epoch(epoch, observer))
        .collect::<Result<Vec<f64>, Error>>()?;
    fit.parameters.iter().for_each(|parameter| drop(parameter.set_requires_grad(false)));
    Ok(Trained { classifier, losses })
}

fn check_labels(images: &LabelledImages, classes: i64) -> Result<(), Error> {
    if images.images().is_empty() {
        return Err(Error::Images { problem: "no images to train the classifier on".to_owned() });
    }
    let highest = images.highest();
    if highest >= classes {
        let problem = format!("an image has the label {highest}, expected labels below {classes}");
        return Err(Error::Images { problem });
    }
    Ok(())
}

/// A training under way.
struct Fit<'a> {
    classifier: &'a Classifier,
    images: &'a LabelledImages,
    config: &'a ClassifierConfig,
    streams: &'a Streams,
    optimiser: Adam,
    /// Shared with the classifier.
    parameters: Vec<Tensor>,
    /// What the optimiser keeps of each, `[slots, …]`.
    state: Vec<Tensor>,
    steps: Tensor,
}

impl<'a> Fit<'a> {
    fn new(
        classifier: &'a Classifier,
        images: &'a LabelledImages,
        config: &'a ClassifierConfig,
        streams: &'a Streams,
    ) -> Fit<'a> {
        let optimiser = Adam::default();
        let named = classifier.network().named_parameters();
        let parameters: Vec<Tensor> =
            named.into_iter().map(|(_, parameter)| parameter.set_requires_grad(true)).collect();
        let state = parameters.iter().map(|values| optimiser.fresh_state(values)).collect();
        let steps = Tensor::zeros([1], (Kind::Float, images.images().device()));
        Fit { classifier, images, config, streams, optimiser, parameters, state, steps }
    }

    /// One pass over all images; their mean loss.
    fn epoch(&mut self, epoch: u32, observer: &mut dyn Observer) -> Result<f64, Error> {
        let started = Instant::now();
        let order = epoch_order(self.images.images().len(), self.streams, epoch);
        let batches = order.chunks(self.config.batch_size as usize);
        let count = batches.len() as u64;
        let mut sums = Vec::with_capacity(batches.len());
        for (number, batch) in (0..count).zip(batches) {
            if observer.should_stop() {
                return Err(Error::Stopped);
            }
            let done = u64::from(epoch) * count + number;
            let total = u64::from(self.config.epochs) * count;
            let loss = self.step(batch, [u64::from(epoch), number], done as f64 / total as f64);
            sums.push(loss * batch.len() as f64);
            observer.step(done + 1, total);
        }
        // Only here does the CPU wait for the device.
        let loss = Tensor::stack(&sums, 0).sum(Kind::Double).double_value(&[]) / order.len() as f64;
        let loss = finite(loss, epoch + 1, self.config.rate)?;
        observer.epoch(&self.record(epoch + 1, loss, started.elapsed().as_secs_f64()));
        Ok(loss)
    }

    /// What progress shows of an epoch, counted from 1. The loss is all of the objective.
    fn record(&self, epoch: u32, loss: f64, seconds: f64) -> EpochRecord {
        EpochRecord {
            epoch,
            objective: loss,
            reconstruction: loss,
            kl: None,
            regulariser_weight: 0.0,
            decoder_rate: self.rate_at(f64::from(epoch) / f64::from(self.config.epochs)),
            latent_rate: 0.0,
            seconds,
            images_per_second: self.images.images().len() as f64 / seconds,
        }
    }

    fn rate_at(&self, progress: f64) -> f64 {
        let schedule = Schedule { kind: ScheduleKind::Cosine, warm_up: self.config.warm_up };
        self.config.rate * schedule.factor(progress)
    }

    /// Moves the parameters by one batch; its mean loss, before the step.
    fn step(&mut self, batch: &[i64], counters: [u64; 2], progress: f64) -> Tensor {
        let images = self.images.images();
        let indices = Tensor::from_slice(batch).to_device(images.device());
        let mut rng = self.streams.rng("augmentation", &counters);
        let pixels = self.config.augmentation().apply(&images.batch(&indices).pixels, &mut rng);
        let labels = self.images.labels().index_select(0, &indices);
        let loss = self.classifier.logits(&pixels).cross_entropy_for_logits(&labels);
        let gradients = Tensor::run_backward(&[&loss], &self.parameters, false, false);
        let rate = self.rate_at(progress);
        tch::no_grad(|| {
            let _ = self.steps.g_add_scalar_(1.0);
            let values = self.parameters.iter_mut().zip(&mut self.state).zip(&gradients);
            for ((parameter, state), gradient) in values {
                let update = self.optimiser.update(gradient, state, &self.steps, rate);
                let _ = parameter.g_sub_(&update);
            }
        });
        loss.detach()
    }
}

/// The loss of an epoch, counted from 1, if it is a number.
fn finite(loss: f64, epoch: u32, rate: f64) -> Result<f64, Error> {
    if loss.is_finite() { Ok(loss) } else { Err(Error::Diverged { epoch, loss, rate }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_that_is_no_number_is_an_error_that_says_what_to_do() {
        assert_eq!(finite(1e30, 1, 0.1).unwrap(), 1e30);
        for loss in [f64::NAN, f64::INFINITY] {
            let error = finite(loss, 3, 0.1).unwrap_err().to_string();
            assert!(error.contains("in epoch 3; lower rate = 0.1"), "{error}");
        }
    }
}
