//! A mean over seeds.

use serde::Serialize;

/// A mean over seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Mean {
    pub mean: f64,
    /// `s / √n` with the sample standard deviation over seeds; none of a single seed.
    pub standard_error: Option<f64>,
}

impl Mean {
    /// Of at least one value.
    pub fn of(values: &[f64]) -> Mean {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let error = (values.len() > 1).then(|| (squares / (count - 1.0) / count).sqrt());
        Mean { mean, standard_error: error }
    }

    /// Both, times `factor`, with `decimals`: `1.20 ± 0.03`.
    pub fn text(&self, factor: f64, decimals: usize) -> String {
        let value = format!("{:.decimals$}", self.mean * factor);
        let error = self.standard_error.map(|error| format!(" ± {:.decimals$}", error * factor));
        value + &error.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_have_the_standard_error_of_the_mean() {
        let Mean { mean, standard_error } = Mean::of(&[1.0, 2.0, 6.0]);
        assert_eq!(mean, 3.0);
        // Deviations −2, −1, 3: variance 7, over 3 values.
        assert!((standard_error.unwrap() - (7.0f64 / 3.0).sqrt()).abs() < 1e-12);
        assert_eq!(Mean::of(&[4.0]), Mean { mean: 4.0, standard_error: None });
    }

    #[test]
    fn a_mean_reads_with_its_error_if_it_has_one() {
        assert_eq!(Mean::of(&[0.5, 0.7]).text(100.0, 1), "60.0 ± 10.0");
        assert_eq!(Mean::of(&[0.0123]).text(1e3, 1), "12.3");
    }
}
