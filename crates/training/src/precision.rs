//! What a step's products are computed in.

use autodecoder_distributions::Registry;
use autodecoder_models::LatentModel;
use serde::{Deserialize, Serialize};

use crate::{CpuEngine, EngineKind, Error, OptimiserConfig, OptimiserFamily};

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

    /// The same of the engine that a section's settings lead to, before there is one.
    ///
    /// # Errors
    /// As [`Precision::check_engine`], and for an optimiser that does not exist or does not take its options.
    pub fn check(
        self,
        section: &'static str,
        (kind, latents): (EngineKind, &OptimiserConfig),
        model: &LatentModel,
        optimisers: &Registry<dyn OptimiserFamily>,
    ) -> Result<(), Error> {
        if self == Precision::F32 {
            return Ok(());
        }
        let optimiser = latents.build(optimisers)?;
        let engine = match kind {
            EngineKind::Auto => CpuEngine::for_training(model, optimiser.as_ref(), 1, self.into()),
            EngineKind::Libtorch => None,
        };
        self.check_engine(section, engine.as_ref(), model)
    }
}
