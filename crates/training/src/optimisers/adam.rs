//! Adam.

use autodecoder_kernels::Update;
use autodecoder_models::read_options;
use serde::Deserialize;
use serde_json::Value;
use tch::Tensor;

use super::{Optimiser, OptimiserFamily};
use crate::{Error, check_range};

/// `adam` (Kingma and Ba 2014, arXiv:1412.6980, algorithm 1).
///
/// | option | meaning | default | range |
/// |---|---|---|---|
/// | `betas` | decay rates of the two moments | `[0.9, 0.999]` | each 0 to 0.999999 |
/// | `epsilon` | added to the root of the second moment | 1e-8 | 1e-16 to 1 |
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Adam {
    /// Decay rates of the first and second moment.
    pub betas: [f64; 2],
    /// Added to the root of the second moment.
    pub epsilon: f64,
}

impl Default for Adam {
    fn default() -> Adam {
        Adam { betas: [0.9, 0.999], epsilon: 1e-8 }
    }
}

impl Optimiser for Adam {
    fn slots(&self) -> i64 {
        2
    }

    fn update(&self, gradient: &Tensor, state: &mut Tensor, step: &Tensor, rate: f64) -> Tensor {
        let [beta1, beta2] = self.betas;
        let (mut first, mut second) = (state.get(0), state.get(1));
        let _ = first.lerp_(gradient, 1.0 - beta1);
        let _ = second.lerp_(&gradient.square(), 1.0 - beta2);
        let mut denominator = second.sqrt();
        let _ = denominator.g_div_(&weight_seen(beta2, step).sqrt()).g_add_scalar_(self.epsilon);
        (first * (rate / weight_seen(beta1, step))).g_div_(&denominator)
    }

    fn kernel(&self) -> Option<Box<dyn Update>> {
        let Adam { betas, epsilon } = *self;
        Some(Box::new(autodecoder_kernels::Adam { betas, epsilon }))
    }
}

/// `1 − β^step`: how much weight a moment that began at zero has given to gradients. By `expm1`,
/// because in f32 the difference would lose half its digits for a β near 1.
fn weight_seen(beta: f64, step: &Tensor) -> Tensor {
    -(step * beta.ln()).expm1()
}

/// The recipe behind the name `adam`.
#[derive(Debug)]
pub(super) struct AdamFamily;

impl OptimiserFamily for AdamFamily {
    fn name(&self) -> &'static str {
        "adam"
    }

    fn build(&self, options: &Value) -> Result<Box<dyn Optimiser>, Error> {
        let adam: Adam = read_options("optimiser", "adam", options)?;
        for beta in adam.betas {
            check_range("betas", beta, 0.0..=0.999_999)?;
        }
        check_range("epsilon", adam.epsilon, 1e-16..=1.0)?;
        Ok(Box::new(adam))
    }
}
