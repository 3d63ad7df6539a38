//! Stochastic gradient descent.

use autodecoder_kernels::Update;
use autodecoder_models::read_options;
use serde::Deserialize;
use serde_json::Value;
use tch::Tensor;

use super::{Optimiser, OptimiserFamily};
use crate::{Error, check_range};

/// `sgd`: `velocity ← momentum · velocity + gradient`, then a step of `rate · velocity` (Polyak
/// 1964, in PyTorch's form).
///
/// | option | meaning | default | range |
/// |---|---|---|---|
/// | `momentum` | share of the velocity that is kept | 0.9 | 0 to 0.9999 |
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sgd {
    /// Share of the velocity that is kept.
    pub momentum: f64,
}

impl Default for Sgd {
    fn default() -> Sgd {
        Sgd { momentum: 0.9 }
    }
}

impl Optimiser for Sgd {
    fn slots(&self) -> i64 {
        1
    }

    fn update(&self, gradient: &Tensor, state: &mut Tensor, _step: &Tensor, rate: f64) -> Tensor {
        let mut velocity = state.get(0);
        let _ = velocity.g_mul_scalar_(self.momentum).g_add_(gradient);
        velocity * rate
    }

    fn kernel(&self) -> Option<Box<dyn Update>> {
        Some(Box::new(autodecoder_kernels::Sgd { momentum: self.momentum }))
    }
}

/// The recipe behind the name `sgd`.
#[derive(Debug)]
pub(super) struct SgdFamily;

impl OptimiserFamily for SgdFamily {
    fn name(&self) -> &'static str {
        "sgd"
    }

    fn build(&self, options: &Value) -> Result<Box<dyn Optimiser>, Error> {
        let sgd: Sgd = read_options("optimiser", "sgd", options)?;
        check_range("momentum", sgd.momentum, 0.0..=0.9999)?;
        Ok(Box::new(sgd))
    }
}
