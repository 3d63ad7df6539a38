//! The parameters of t-SNE and their ranges.

use crate::error::{Error, Result};

/// How to make a map.
#[derive(Debug, Clone, PartialEq)]
pub struct TsneOptions {
    /// Effective number of neighbours of a sample, above 1. Default 30, scikit-learn's.
    pub perplexity: f64,
    /// Accuracy of the Barnes-Hut approximation, above 0 and at most 1; smaller is more exact and slower.
    /// Default 0.5, van der Maaten's (2014).
    pub theta: f64,
    /// Step size, above 0. `None`, the default, takes [`TsneOptions::learning_rate`]'s.
    pub learning_rate: Option<f64>,
    /// Gradient steps, at least 1. Default 1,000.
    pub epochs: usize,
    /// Factor on the attraction during the first steps, at least 1. Default 12.
    pub exaggeration: f64,
    /// How many steps are exaggerated, below `epochs`. Default 250.
    pub exaggeration_epochs: usize,
}

impl Default for TsneOptions {
    fn default() -> Self {
        Self {
            perplexity: 30.0,
            theta: 0.5,
            learning_rate: None,
            epochs: 1_000,
            exaggeration: 12.0,
            exaggeration_epochs: 250,
        }
    }
}

impl TsneOptions {
    /// The step size after the exaggerated steps for `samples` samples: twice their number unless
    /// one is set. Exaggerated steps are `2 × exaggeration` times smaller: by default a twelfth of
    /// the number of samples, as Linderman and Steinerberger (2019,
    /// <https://doi.org/10.1137/18M1216134>) derive; much larger ones tear diffuse data apart.
    pub fn learning_rate(&self, samples: usize) -> f64 {
        self.learning_rate.unwrap_or(2.0 * samples as f64)
    }

    /// Neighbours on which a sample's attraction is spread: three times the perplexity.
    pub(super) fn neighbours(&self) -> usize {
        (3.0 * self.perplexity) as usize
    }

    /// Checks every range.
    pub(super) fn check(&self, samples: usize) -> Result<()> {
        let rate = self.learning_rate(samples);
        let epochs = self.epochs as f64;
        let exaggerated = self.exaggeration_epochs as f64;
        require("t-SNE perplexity", self.perplexity, self.perplexity > 1.0, "a number above 1")?;
        // Before the rate, which is zero without samples.
        check_perplexity(self.perplexity, samples)?;
        let theta = self.theta > 0.0 && self.theta <= 1.0;
        require("t-SNE theta", self.theta, theta, "above 0 and at most 1")?;
        require("t-SNE learning rate", rate, rate > 0.0, "a number above 0")?;
        let exaggeration = self.exaggeration >= 1.0;
        require("t-SNE exaggeration", self.exaggeration, exaggeration, "a number of 1 or more")?;
        require("t-SNE epochs", epochs, self.epochs > 0, "1 or more")?;
        let inside = self.exaggeration_epochs < self.epochs;
        require("t-SNE exaggeration epochs", exaggerated, inside, "fewer than the epochs")
    }
}

/// A perplexity of a third of the samples or more describes no neighbourhood.
pub(super) fn check_perplexity(perplexity: f64, samples: usize) -> Result<()> {
    let others = samples as f64 - 1.0;
    if 3.0 * perplexity < others {
        return Ok(());
    }
    Err(Error::PerplexityTooLarge { perplexity, samples, limit: others.max(0.0) / 3.0 })
}

fn require(what: &'static str, found: f64, holds: bool, expected: &'static str) -> Result<()> {
    // An infinity passes most comparisons, so it is caught here.
    if holds && found.is_finite() {
        return Ok(());
    }
    Err(Error::Range { what, found, expected })
}
