//! What a model says of values that it was not shown.

use anyhow::Result;
use autodecoder_evaluation::Predictive;
use tch::{Device, Tensor};

use super::AppliedModel;

/// Mean and standard deviation of every value over posterior samples, images one after another.
#[derive(Debug)]
pub(super) struct Expected {
    pub mean: Vec<f64>,
    pub deviation: Vec<f64>,
}

/// Decodes `draws` samples of each row's posterior. Noise comes from the stream `impute`.
pub(super) fn expected(applied: &AppliedModel, rows: &Tensor, draws: u32) -> Result<Expected> {
    let AppliedModel { model, streams, .. } = applied;
    let Predictive { mean, deviation } = Predictive::of(model, rows, draws, streams, "impute");
    Ok(Expected { mean: numbers(&mean)?, deviation: numbers(&deviation)? })
}

fn numbers(values: &Tensor) -> Result<Vec<f64>> {
    Ok(Vec::try_from(values.reshape([-1]).to_device(Device::Cpu))?)
}
