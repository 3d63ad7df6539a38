//! What is known of the epoch that is under way.

use tch::Tensor;

use super::stopwatch::Stopwatch;
use crate::Error;

/// An epoch of which some steps may be complete.
#[derive(Debug, Default)]
pub(super) struct UnderWay {
    /// The images of each of its batches, on their device; known from its first step on. All are cut at once: one by one
    /// each would cost a hundredth of a small step.
    pub batches: Option<Vec<Tensor>>,
    /// The sums of each complete step, `[3]`, on the device: nobody waits for them before they are
    /// needed.
    pub sums: Vec<Tensor>,
    /// The time that was spent in it.
    pub watch: Stopwatch,
}

impl UnderWay {
    /// An epoch that goes on after the steps whose `sums` (`[steps, 3]`) are known.
    pub fn resumed(sums: Option<Tensor>, seconds: f64) -> UnderWay {
        let sums = sums.map_or_else(Vec::new, |sums| sums.unbind(0));
        UnderWay { batches: None, sums, watch: Stopwatch::at(seconds) }
    }

    /// Complete steps.
    pub fn steps(&self) -> usize {
        self.sums.len()
    }

    /// The sums as one tensor `[steps, 3]`, unless there are none.
    ///
    /// # Errors
    /// Where libtorch cannot stack them.
    pub fn stacked(&self) -> Result<Option<Tensor>, Error> {
        if self.sums.is_empty() {
            return Ok(None);
        }
        let stacked = Tensor::f_stack(&self.sums, 0).map_err(autodecoder_models::Error::from)?;
        Ok(Some(stacked))
    }
}
