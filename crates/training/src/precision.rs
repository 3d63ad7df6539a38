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
    /// Factors that are sums of two numbers in bfloat16, 16 bits of precision or more, by the kernels where the processor
    /// has AMX. Wherever that is not so, f32: it is as precise at least.
    Bf16x3,
}

impl From<Precision> for autodecoder_kernels::Precision {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::F32 => Self::F32,
            Precision::Bf16 => Self::Bf16,
            Precision::Bf16x3 => Self::Bf16x3,
        }
    }
}

impl Precision {
    /// Whether this processor has what such products need not to be slower than those of f32.
    pub fn is_fast(self) -> bool {
        autodecoder_kernels::Precision::from(self).is_fast()
    }

    /// Whether products are those of f32 on this processor.
    pub fn is_f32(self) -> bool {
        autodecoder_kernels::Precision::from(self).is_f32()
    }

    /// Whether `engine`, or libtorch where there is none, computes what was asked for; f32 is good enough for sums of
    /// bfloat16. `section` is the experiment's.
    ///
    /// # Errors
    /// [`Error::NoBf16`] where it does not.
    pub fn check_engine(
        self,
        section: &'static str,
        engine: Option<&CpuEngine>,
        model: &LatentModel,
    ) -> Result<(), Error> {
        if self != Precision::Bf16 || engine.is_some() {
            return Ok(());
        }
        Err(Error::NoBf16 { section, model: model.spec().name.clone() })
    }
}
