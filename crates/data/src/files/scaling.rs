//! What a table's columns are measured in, taken out and put back.

use serde::{Deserialize, Serialize};

use super::{OwnDataError, Table};
use crate::{Error, ImageSet, ImageShape};

/// Mean and standard deviation of every column: a scaled value is `(value − mean) / deviation`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scaling {
    /// One a column, in the order of the file.
    pub columns: Vec<ColumnScale>,
}

/// How one column is scaled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnScale {
    /// The column's name.
    pub name: String,
    /// Mean of its observed values; 0 where there are none.
    pub mean: f64,
    /// Standard deviation of its observed values; 1 where they are all one, so that they become 0 and
    /// come back as they were.
    pub deviation: f64,
}

impl Scaling {
    /// Measures the columns of `table` over its rows `rows`, observed values only.
    pub fn fit(table: &Table, rows: &[usize]) -> Scaling {
        let width = table.columns().len();
        let scale = |(place, name): (usize, &String)| {
            let values = rows.iter().map(|row| table.values()[row * width + place]);
            let observed: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
            let (mean, deviation) = moments(&observed);
            ColumnScale { name: name.clone(), mean, deviation }
        };
        Scaling { columns: table.columns().iter().enumerate().map(scale).collect() }
    }

    /// The scaled table as a set of images of 1 × 1 × columns; missing stays missing. Labels are 0.
    ///
    /// # Errors
    /// [`OwnDataError::Columns`] for a table of other columns, [`Error::NotFinite`] for a value that is out of
    /// all proportion to the column's deviation.
    pub fn apply(&self, table: &Table) -> Result<ImageSet, Error> {
        let expected = self.columns.iter().map(|column| &column.name);
        if !expected.clone().eq(table.columns()) {
            let expected = expected.cloned().collect();
            let found = table.columns().to_vec();
            return Err(OwnDataError::Columns { expected, found }.into());
        }
        let scaled = |(value, column): (&f64, &ColumnScale)| {
            ((value - column.mean) / column.deviation) as f32
        };
        let values = table.values().iter().zip(self.columns.iter().cycle()).map(scaled).collect();
        let shape = ImageShape::grey(1, self.columns.len());
        ImageSet::floats(shape, values, vec![0; table.rows()])
    }

    /// A scaled value of column `place` as it was.
    ///
    /// # Panics
    /// When there is no such column, as indexing a slice does.
    pub fn undo(&self, place: usize, scaled: f64) -> f64 {
        let column = &self.columns[place];
        column.mean + column.deviation * scaled
    }
}

/// Mean and standard deviation, in two passes: large numbers that differ little keep their digits.
fn moments(values: &[f64]) -> (f64, f64) {
    if values.is_empty() {
        return (0.0, 1.0);
    }
    let count = values.len() as f64;
    let mean = values.iter().map(|value| value / count).sum::<f64>();
    let variance = values.iter().map(|value| (value - mean).powi(2) / count).sum::<f64>();
    let deviation = variance.sqrt();
    // What rounding alone leaves of a constant column is no deviation.
    let tiny = 1e-12 * mean.abs();
    if deviation > tiny && deviation.is_finite() { (mean, deviation) } else { (mean, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Values;

    const NAN: f64 = f64::NAN;

    fn table(values: &[f64]) -> Table {
        Table::new(vec!["a".to_owned(), "b".to_owned()], values.to_vec()).unwrap()
    }

    #[test]
    fn observed_values_of_the_chosen_rows_alone_count() {
        let table = table(&[1.0, 5.0, 3.0, NAN, NAN, 5.0, 1000.0, 1000.0]);
        let scaling = Scaling::fit(&table, &[0, 1, 2]);
        let [a, b] = &scaling.columns[..] else { panic!("two columns") };
        assert_eq!((a.mean, a.deviation), (2.0, 1.0));
        // A constant column.
        assert_eq!((b.mean, b.deviation), (5.0, 1.0));
        let set = scaling.apply(&table).unwrap();
        let expected = [-1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 998.0, 995.0];
        assert_eq!(*set.values(), Values::Floats(expected.to_vec()));
        let observed = [true, true, true, false, false, true, true, true];
        assert_eq!(set.observed().unwrap().flags(), observed);
        assert_eq!(set.shape(), ImageShape::grey(1, 2));
    }

    #[test]
    fn undone_it_is_as_it_was() {
        let values = [1.7e9, 1e-9, 1.7e9 + 60.0, 3e-9, 1.7e9 + 120.0, 2e-9];
        let table = table(&values);
        let scaling = Scaling::fit(&table, &[0, 1, 2]);
        let Values::Floats(scaled) = scaling.apply(&table).unwrap().values().clone() else {
            panic!("floats")
        };
        for (place, (&scaled, value)) in scaled.iter().zip(values).enumerate() {
            let undone = scaling.undo(place % 2, f64::from(scaled));
            let deviation = scaling.columns[place % 2].deviation;
            assert!((undone - value).abs() < 1e-6 * deviation, "{undone}, not {value}");
        }
    }

    #[test]
    fn constant_and_empty_columns_are_safe() {
        let table = table(&[0.1, NAN, 0.1, NAN, 0.1, NAN]);
        let scaling = Scaling::fit(&table, &[0, 1, 2]);
        assert_eq!(scaling.columns[1].mean, 0.0);
        let set = scaling.apply(&table).unwrap();
        assert_eq!(*set.values(), Values::Floats(vec![0.0; 6]));
        assert!((scaling.undo(0, 0.0) - 0.1).abs() < 1e-15);
    }

    #[test]
    fn other_columns_are_refused() {
        let other = Table::new(vec!["b".to_owned(), "a".to_owned()], vec![1.0, 2.0]).unwrap();
        let scaling = Scaling::fit(&table(&[1.0, 2.0]), &[0]);
        let error = scaling.apply(&other).unwrap_err();
        assert!(matches!(error, Error::OwnData(OwnDataError::Columns { .. })), "{error}");
    }
}
