//! Adam.

use serde::Deserialize;
use serde_json::Value;
use tch::Tensor;

use super::{Optimiser, OptimiserFamily, read_options};
use crate::{RangeError, check_range};

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
    fn state_names(&self) -> &'static [&'static str] {
        &["first_moment", "second_moment"]
    }

    fn update(
        &self,
        gradient: &Tensor,
        state: &mut [Tensor],
        step: &Tensor,
        rate: f64,
    ) -> Tensor {
        let [beta1, beta2] = self.betas;
        let [first, second] = state else {
            unreachable!("the state has one tensor for each of state_names")
        };
        let _ = first.lerp_(gradient, 1.0 - beta1);
        let _ = second.g_mul_scalar_(beta2).addcmul_(&(gradient * (1.0 - beta2)), gradient);
        let mean_correction: Tensor = 1.0 - Tensor::pow_scalar(beta1, step);
        let square_correction: Tensor = 1.0 - Tensor::pow_scalar(beta2, step);
        let denominator = (second.sqrt() / square_correction.sqrt()).g_add_scalar_(self.epsilon);
        &*first * (rate / mean_correction) / denominator
    }
}

/// The recipe behind the name `adam`.
#[derive(Debug)]
pub(super) struct AdamFamily;

impl OptimiserFamily for AdamFamily {
    fn name(&self) -> &'static str {
        "adam"
    }

    fn build(&self, options: &Value) -> Result<Box<dyn Optimiser>, RangeError> {
        let adam: Adam = read_options(options)?;
        for beta in adam.betas {
            check_range("betas", beta, 0.0..=0.999_999)?;
        }
        check_range("epsilon", adam.epsilon, 1e-16..=1.0)?;
        Ok(Box::new(adam))
    }
}
