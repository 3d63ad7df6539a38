//! Numbers as the report prints them.

use autodecoder_visualization::report::Cell;

/// A value with `decimals` digits after the point, a dash for none.
pub(super) fn optional(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| fixed(value, decimals))
}

/// A value with `decimals` digits after the point, its sign a true minus.
pub(super) fn fixed(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}").replace('-', "−")
}

/// A whole number with thousands set apart.
pub(super) fn thousands(value: i64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Cells of a column of which the lowest, or the highest, is best; dashes take no part.
pub(super) fn marked(values: &[Option<f64>], decimals: usize, lowest: bool) -> Vec<Cell> {
    let sign = if lowest { 1.0 } else { -1.0 };
    let best = values.iter().flatten().map(|v| v * sign).fold(f64::INFINITY, f64::min);
    let contest = values.iter().flatten().count() > 1;
    values
        .iter()
        .map(|&value| {
            let cell = Cell::from(optional(value, decimals));
            if contest && value.is_some_and(|v| v * sign == best) { cell.best() } else { cell }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (value, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(value), text);
        }
    }

    #[test]
    fn the_best_of_a_column_is_marked() {
        let best = |lowest| {
            let cells = marked(&[Some(2.0), None, Some(1.0)], 1, lowest);
            cells.iter().map(|cell| cell.best).collect::<Vec<_>>()
        };
        assert_eq!(best(true), [false, false, true]);
        assert_eq!(best(false), [true, false, false]);
    }
}
