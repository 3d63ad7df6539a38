//! What a check leaves.

use anyhow::Result;
use autodecoder_visualization::Drawing;
use autodecoder_visualization::report::Picture;

use crate::Finding;

/// Findings, the figures that show them, and the steps in between.
#[derive(Debug, Default)]
pub struct Outcome {
    /// One per claim.
    pub findings: Vec<Finding>,
    /// Figures, in order.
    pub plots: Vec<Plot>,
    /// Findings, without the check's name, that this run did not make: they need the whole data set,
    /// which the tests do without, or belong to the long version.
    pub left_out: Vec<String>,
    /// The working: intermediate numbers, a line each, as `cargo xtask theory NAME` prints them.
    pub working: Vec<String>,
}

/// A figure.
#[derive(Debug)]
pub struct Plot {
    /// Name of its file, without an ending; unique among all checks.
    pub name: &'static str,
    /// The picture as the report shows it.
    pub picture: Picture,
    /// The same as the bytes of a PNG file.
    pub png: Vec<u8>,
    /// What it shows, for those who cannot see it.
    pub alt: String,
    /// Below it: what to see in it. The report's markup.
    pub caption: String,
}

impl Outcome {
    /// Adds a line of working.
    pub fn show(&mut self, line: impl Into<String>) {
        self.working.push(line.into());
    }

    /// Adds a drawing.
    ///
    /// # Errors
    ///
    /// Where it cannot be rasterised.
    pub fn plot(
        &mut self,
        name: &'static str,
        drawing: &Drawing,
        alt: impl Into<String>,
        caption: impl Into<String>,
    ) -> Result<()> {
        let (picture, png) = (Picture::from_drawing(drawing)?, drawing.png()?);
        self.plots.push(Plot { name, picture, png, alt: alt.into(), caption: caption.into() });
        Ok(())
    }

    /// Adds a picture that exists as a PNG only: a grid of images.
    pub fn png(
        &mut self,
        name: &'static str,
        png: Vec<u8>,
        alt: impl Into<String>,
        caption: impl Into<String>,
    ) {
        let picture = Picture::Png(png.clone());
        self.plots.push(Plot { name, picture, png, alt: alt.into(), caption: caption.into() });
    }
}
