//! How large an error is to be expected, from values that were hidden on purpose.

use anyhow::{Result, ensure};
use autodecoder_data::{ImageSet, Mask, Scaling, Values};
use serde::Serialize;

use super::AppliedModel;
use super::samples::expected;

/// What hiding some of the observed values showed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct ExpectedError {
    /// Values that were hidden.
    pub hidden: usize,
    /// What errors are measured in.
    pub unit: &'static str,
    /// Root of the mean squared error of the imputed values.
    pub rmse: f64,
    /// The same if each hidden value is filled by the mean of what is observed at its place.
    pub rmse_of_means: f64,
    /// Of a table, column by column in its own units.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ColumnError>,
}

/// The same for one column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct ColumnError {
    pub column: String,
    pub hidden: usize,
    pub rmse: f64,
    pub rmse_of_means: f64,
}

/// Sums over hidden values.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    hidden: usize,
    squares: f64,
    squares_of_means: f64,
}

impl Sums {
    fn roots(self) -> [f64; 2] {
        [self.squares, self.squares_of_means].map(|sum| (sum / self.hidden as f64).sqrt())
    }
}

/// Hides each observed value of `set`, in colour each pixel, with probability `share` (stream `impute hidden`), imputes them by
/// `draws` posterior samples, and compares. The model sees what is left alone.
///
/// # Errors
/// Where chance hides nothing.
pub(super) fn measure(
    applied: &AppliedModel,
    set: &ImageSet,
    share: f64,
    draws: u32,
) -> Result<ExpectedError> {
    let everything = vec![true; set.values().len()];
    let observed =
        set.observed().cloned().map_or_else(|| Mask::new(set.shape(), everything), Ok)?;
    let mut rng = applied.streams.rng("impute hidden", &[]);
    let (left, hidden) = observed.hide(set.shape().channels, share, &mut rng);
    ensure!(
        hidden.count() > 0,
        "of {} observed values none was hidden to measure the error; raise --hide = {share}",
        observed.count()
    );
    let rows =
        applied.infer(&set.clone().with_observed(left.clone())?, "infer without the hidden")?;
    let imputed = expected(applied, &rows, draws)?.mean;
    let truth = doubles(set.values());
    let means = means(&truth, &left, set.shape().pixels());
    let mut places = vec![Sums::default(); set.shape().pixels()];
    let values = truth.iter().zip(&imputed).zip(hidden.flags()).enumerate();
    for (at, ((truth, imputed), _)) in values.filter(|(_, (_, hidden))| **hidden) {
        let place = at % places.len();
        let sums = &mut places[place];
        sums.hidden += 1;
        sums.squares += (imputed - truth).powi(2);
        sums.squares_of_means += (means[place] - truth).powi(2);
    }
    Ok(summary(&places, applied.scaling.as_ref()))
}

fn summary(places: &[Sums], scaling: Option<&Scaling>) -> ExpectedError {
    let all = places.iter().fold(Sums::default(), |all, place| Sums {
        hidden: all.hidden + place.hidden,
        squares: all.squares + place.squares,
        squares_of_means: all.squares_of_means + place.squares_of_means,
    });
    let [rmse, rmse_of_means] = all.roots();
    let columns = scaling.map_or(&[][..], |scaling| &scaling.columns).iter().zip(places);
    let columns = columns.filter(|(_, sums)| sums.hidden > 0).map(|(column, sums)| {
        let [rmse, rmse_of_means] = sums.roots().map(|root| root * column.deviation);
        ColumnError { column: column.name.clone(), hidden: sums.hidden, rmse, rmse_of_means }
    });
    let unit = match scaling {
        Some(_) => "standard deviations of the columns in training",
        None => "pixels from 0 to 1",
    };
    ExpectedError { hidden: all.hidden, unit, rmse, rmse_of_means, columns: columns.collect() }
}

/// Mean of what is observed at each place of an image; 0 where nothing is.
fn means(values: &[f64], observed: &Mask, width: usize) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0); width];
    let values = values.iter().zip(observed.flags()).enumerate();
    for (at, (value, _)) in values.filter(|(_, (_, observed))| **observed) {
        let (sum, count) = &mut sums[at % width];
        *sum += value;
        *count += 1.0;
    }
    sums.into_iter().map(|(sum, count): (f64, f64)| sum / count.max(1.0)).collect()
}

/// The values as the decoder's outputs are measured.
pub(super) fn doubles(values: &Values) -> Vec<f64> {
    match values {
        Values::Bytes(bytes) => bytes.iter().map(|&byte| f64::from(byte) / 255.0).collect(),
        Values::Floats(floats) => floats.iter().map(|&value| f64::from(value)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use autodecoder_data::{ColumnScale, ImageShape};

    use super::*;

    #[test]
    fn means_are_of_what_is_observed() {
        let flags = vec![true, false, true, true, false, false];
        let mask = Mask::new(ImageShape::grey(1, 2), flags).unwrap();
        assert_eq!(means(&[1.0, 9.0, 3.0, 5.0, 9.0, 9.0], &mask, 2), [2.0, 5.0]);
    }

    #[test]
    fn columns_are_in_their_own_units() {
        let column =
            |name: &str, deviation| ColumnScale { name: name.into(), mean: 7.0, deviation };
        let scaling = Scaling { columns: vec![column("a", 10.0), column("b", 1.0)] };
        let one = Sums { hidden: 2, squares: 8.0, squares_of_means: 18.0 };
        let error = summary(&[one, Sums::default()], Some(&scaling));
        assert_eq!((error.hidden, error.rmse, error.rmse_of_means), (2, 2.0, 3.0));
        let expected =
            ColumnError { column: "a".into(), hidden: 2, rmse: 20.0, rmse_of_means: 30.0 };
        assert_eq!(error.columns, [expected]);
    }
}
