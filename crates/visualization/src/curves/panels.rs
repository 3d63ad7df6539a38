//! Several charts as one drawing.

use super::{LineChart, draw};
use crate::error::{Error, Result};
use crate::scene::Drawing;

/// Draws charts in rows of `columns`, from the upper left. Rows are as high as their highest chart, and
/// columns as wide as their widest.
///
/// # Errors
///
/// As [`LineChart::draw`]; [`Error::Empty`] without charts or columns.
pub fn panels(charts: &[LineChart], columns: usize) -> Result<Drawing> {
    if charts.is_empty() || columns == 0 {
        return Err(Error::Empty { what: "panels", minimum: 1 });
    }
    let draw = |(index, chart)| draw::draw(chart, &format!("plot-{index}"));
    let drawings: Vec<Drawing> = charts.iter().enumerate().map(draw).collect::<Result<_>>()?;
    Ok(Drawing::in_rows(&drawings, columns))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curves::Series;

    fn chart(width: f64, height: f64) -> LineChart {
        let series = vec![Series::new("a", vec![(1.0, 1.0), (2.0, 3.0)])];
        LineChart { series, width, height, ..LineChart::default() }
    }

    #[test]
    fn panels_stand_in_rows_and_each_is_clipped_to_its_own_area() {
        let charts = [chart(300.0, 200.0), chart(400.0, 250.0), chart(350.0, 200.0)];
        let drawing = panels(&charts, 2).unwrap();
        assert_eq!(drawing.size(), (750.0, 450.0));
        let svg = drawing.svg();
        for place in [r#"x="0" y="0""#, r#"x="350" y="0""#, r#"x="0" y="250""#] {
            assert_eq!(svg.matches(&format!("<svg {place}")).count(), 1, "{place}");
        }
        for index in 0..3 {
            assert_eq!(svg.matches(&format!("id=\"plot-{index}\"")).count(), 1);
            assert_eq!(svg.matches(&format!("url(#plot-{index})")).count(), 1);
        }
    }

    /// What a renderer makes of the nested drawings: the ink of a panel alone, in its place.
    #[test]
    fn a_panel_looks_as_it_does_alone() {
        let charts = [chart(300.0, 200.0), chart(400.0, 200.0)];
        let together = panels(&charts, 2).unwrap().pixels().unwrap();
        let alone = charts[1].draw().unwrap().pixels().unwrap();
        for (x, y, pixel) in alone.enumerate_pixels() {
            assert_eq!(together.get_pixel(x + 600, y), pixel, "at {x}, {y}");
        }
    }

    #[test]
    fn nothing_is_no_drawing() {
        assert!(matches!(panels(&[], 2), Err(Error::Empty { .. })));
        assert!(matches!(panels(&[chart(300.0, 200.0)], 0), Err(Error::Empty { .. })));
    }
}
