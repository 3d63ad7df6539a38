//! Line charts: losses, learning rates, anything over epochs; alone or in panels.

mod draw;
mod panels;
mod range;

pub use panels::panels;

use crate::error::Result;
use crate::scene::Drawing;

/// One line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// What the line is called, beside its end.
    pub name: String,
    /// `(x, y)`, in drawing order. Points with a NaN or an infinity are left out and interrupt the line.
    pub points: Vec<(f64, f64)>,
    /// Half the height of each point's error bar, in the points' order; points without one, or with
    /// a NaN or zero, have no bar. What a bar means is the caption's to say.
    pub errors: Vec<f64>,
    /// Whether the line is dashed, for instance for the test set beside the training set.
    pub dashed: bool,
    /// Position in the palette; lines with the same number share a colour. `None` takes the
    /// line's own position among the series.
    pub colour: Option<usize>,
}

impl Series {
    /// A solid line in the next colour.
    pub fn new(name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        Series { name: name.into(), points, ..Series::default() }
    }

    /// The same line with error bars of `errors` above and below its points.
    pub fn errors(mut self, errors: Vec<f64>) -> Self {
        self.errors = errors;
        self
    }

    /// The same line, dashed.
    pub fn dashed(mut self) -> Self {
        self.dashed = true;
        self
    }

    /// The same line in the palette's `index`-th colour.
    pub fn colour(mut self, index: usize) -> Self {
        self.colour = Some(index);
        self
    }
}

/// A line chart. Names stand in the right margin, level with the lines' ends, so that they never
/// cover data.
#[derive(Debug, Clone, PartialEq)]
pub struct LineChart {
    /// Above the chart, flush left; empty for none.
    pub title: String,
    /// Below the horizontal axis, with its unit.
    pub x_label: String,
    /// Along the vertical axis, with its unit.
    pub y_label: String,
    /// The lines.
    pub series: Vec<Series>,
    /// Where the horizontal axis has its ticks; empty for round numbers.
    pub x_ticks: Vec<f64>,
    /// Logarithmic horizontal axis; points at or left of zero are left out.
    pub log_x: bool,
    /// Logarithmic vertical axis; points at or below zero are left out.
    pub log_y: bool,
    /// Share of a line's points, in [0, ½), that may lie above the chart, so that a spike at the
    /// start does not squash the rest: the axis ends at the largest of the lines' `1 − clip`
    /// quantiles. What it hides is said in the chart. 0 shows all.
    pub clip: f64,
    /// Width of the whole drawing, in CSS pixels, at least 240.
    pub width: f64,
    /// Height of the whole drawing, in CSS pixels, at least 160.
    pub height: f64,
}

impl Default for LineChart {
    fn default() -> Self {
        LineChart {
            title: String::new(),
            x_label: String::new(),
            y_label: String::new(),
            series: Vec::new(),
            x_ticks: Vec::new(),
            log_x: false,
            log_y: false,
            clip: 0.0,
            width: 720.0,
            height: 360.0,
        }
    }
}

/// What a chart that stands alone calls its clipped area.
const PLOT: &str = "plot";

impl LineChart {
    /// Draws the chart.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Empty`] if no series has a point that can be drawn, [`crate::Error::Range`] if
    /// `clip`, `width` or `height` is outside its range.
    pub fn draw(&self) -> Result<Drawing> {
        draw::draw(self, PLOT)
    }
}

#[cfg(test)]
mod tests;
