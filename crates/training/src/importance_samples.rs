//! How many samples of a row make one objective, in training and in inference.

use autodecoder_distributions::Posterior;

use crate::{Error, RangeError, check_range};

/// Decoder inputs in a step: each needs memory for all layers.
const MOST_INPUTS: u64 = 200_000;

/// One sample of a row in a step, which gives the ELBO: what settings without the key mean.
pub fn one_sample() -> u32 {
    1
}

/// Checks that steps of `batch_size` rows can take so many samples of each.
///
/// # Errors
/// The first value out of its range.
pub fn check_importance_samples(samples: u32, batch_size: u32) -> Result<(), RangeError> {
    check_range("importance_samples", samples, 1..=1000)?;
    let inputs = u64::from(batch_size) * u64::from(samples);
    check_range("batch_size × importance_samples", inputs, 1..=MOST_INPUTS)
}

/// Checks that rows of `posterior` can be weighed, if there are several samples of each; `key` is what set their
/// number.
///
/// # Errors
/// [`Error::NotWeighed`].
pub fn check_weighed(
    key: &'static str,
    samples: u32,
    posterior: &dyn Posterior,
) -> Result<(), Error> {
    if samples == 1 || posterior.has_continuous_density() {
        return Ok(());
    }
    Err(Error::NotWeighed { key, samples, posterior: posterior.name() })
}
