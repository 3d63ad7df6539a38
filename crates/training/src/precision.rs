//! What a step's products are computed in.

use autodecoder_models::LatentModel;
use serde::{Deserialize, Serialize};

use crate::{CpuEngine, Error};

/// What the matrix products of a step are computed in; everything else is f32.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// f32.
    #[default]
    F32,
    /// bfloat16 factors and f32 sums, by the kernels on the CPU alone.
    Bf16,
}

impl From<Precision> for autodecoder_kernels::Precision {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::F32 => Self::F32,
            Precision::Bf16 => Self::Bf16,
        }
    }
}

impl Precision {
    /// Whether this processor has instructions for such products; without them bfloat16 is slower than f32.
    pub fn is_fast(self) -> bool {
        autodecoder_kernels::Precision::from(self).is_fast()
    }

    /// Whether `engine`, or libtorch where there is none, computes so. `section` is the experiment's.
    ///
    /// # Errors
    /// [`Error::NoBf16`] where it does not.
    pub fn check_engine(
        self,
        section: &'static str,
        engine: Option<&CpuEngine>,
        model: &LatentModel,
    ) -> Result<(), Error> {
        if self == Precision::F32 || engine.is_some() {
            return Ok(());
        }
        Err(Error::NoBf16 { section, model: model.spec().name.clone() })
    }
}
