//! What a run tells its caller while it goes on.

use serde::{Deserialize, Serialize};

/// Averages over one epoch, as the images were visited (the decoder moves meanwhile).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Epoch, from 1.
    pub epoch: u32,
    /// Objective, nats per image.
    pub objective: f64,
    /// Reconstruction term, nats per image.
    pub reconstruction: f64,
    /// KL term, nats per image, unweighted; `None` for an AD. Of several samples the mean of `log q(z) − log p(z)`:
    /// the objective is then no sum of the terms.
    pub kl: Option<f64>,
    /// Weight of the regulariser at the end of the epoch.
    pub regulariser_weight: f64,
    /// Decoder's learning rate at the end of the epoch.
    pub decoder_rate: f64,
    /// Rows' learning rate at the end of the epoch.
    pub latent_rate: f64,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Images per second.
    pub images_per_second: f64,
}

/// One batch of inference, at its last step.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchRecord {
    /// Objective, nats per image.
    pub objective: f64,
    /// Images per second since inference began.
    pub images_per_second: f64,
}

/// Receives progress, and can ask for a stop.
pub trait Observer {
    /// `done` of `total` steps of the whole run are complete.
    fn step(&mut self, _done: u64, _total: u64) {}

    /// A step had this objective before its update, nats per image. Calling `nats` waits for the
    /// device.
    fn objective(&mut self, _nats: &dyn Fn() -> f64) {}

    /// An epoch is complete.
    fn epoch(&mut self, _record: &EpochRecord) {}

    /// The rows of a batch of inference are fitted.
    fn batch(&mut self, _record: &BatchRecord) {}

    /// A checkpoint was written, which took so many seconds.
    fn checkpoint(&mut self, _seconds: f64) {}

    /// Whether to stop: training is asked after every step, so the answer must be cheap.
    fn should_stop(&self) -> bool {
        false
    }
}

/// An observer that does nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {}
