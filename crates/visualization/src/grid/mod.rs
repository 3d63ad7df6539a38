//! Images in rows and columns.

mod layout;

use std::path::Path;

use image::{Rgb, RgbImage};

use self::layout::Layout;
use crate::error::{Error, Result, write_file};
use crate::raster::{check_size, encode_png, rasterise};
use crate::scene::{Anchor, Scene, Text};

/// A row of images.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GridRow {
    /// Left of the row; empty for none.
    pub label: String,
    /// The images, each `height × width` grey values, row after row, 0 black, or as many red, then green,
    /// then blue ones in a grid of three channels. Rows may differ in length.
    pub images: Vec<Vec<u8>>,
    /// Whether a wider gap above sets the row apart from the one before.
    pub apart: bool,
}

impl GridRow {
    /// A labelled row.
    pub fn new(label: impl Into<String>, images: Vec<Vec<u8>>) -> Self {
        GridRow { label: label.into(), images, apart: false }
    }

    /// The same row, set apart from the one above.
    pub fn apart(mut self) -> Self {
        self.apart = true;
        self
    }
}

/// Greyscale or coloured images in rows and columns on white, enlarged by a whole factor so that pixels stay
/// crisp. Lengths are pixels of the picture.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageGrid {
    /// Height of each image, before enlarging.
    pub height: usize,
    /// Width of each image, before enlarging.
    pub width: usize,
    /// The rows, from the top.
    pub rows: Vec<GridRow>,
    /// Above the columns, from the left; empty for none. Broken into lines where they are wide, and
    /// turned upwards where a single word is.
    pub column_labels: Vec<String>,
    /// Columns with a wider gap on their left.
    pub column_breaks: Vec<usize>,
    /// Values of a pixel: 1 for grey, 3 for colour.
    pub channels: usize,
    /// How many pixels a side each image pixel becomes, 1 to 64. Default 3.
    pub scale: usize,
    /// Whether black and white are exchanged, for dark images on light ground.
    pub invert: bool,
}

impl ImageGrid {
    /// An empty grid for images of this size.
    pub fn new(height: usize, width: usize) -> Self {
        ImageGrid {
            height,
            width,
            rows: Vec::new(),
            column_labels: Vec::new(),
            column_breaks: Vec::new(),
            channels: 1,
            scale: 3,
            invert: false,
        }
    }

    /// The same grid for images of so many values a pixel, 1 or 3.
    #[must_use]
    pub fn with_channels(self, channels: usize) -> Self {
        ImageGrid { channels, ..self }
    }

    /// The same grid with unlabelled images, `columns` to a row, below its rows.
    #[must_use]
    pub fn with_images(mut self, images: &[Vec<u8>], columns: usize) -> Self {
        let rows = images.chunks(columns.max(1)).map(|row| GridRow::new("", row.to_vec()));
        self.rows.extend(rows);
        self
    }

    /// Draws the grid.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] without images, [`Error::Length`] for an image of the wrong size or more column
    /// labels than columns, [`Error::Range`] for a bad scale, [`Error::TooLarge`] beyond 30,000
    /// pixels a side.
    pub fn render(&self) -> Result<RgbImage> {
        self.check()?;
        let layout = self.layout()?;
        check_size(layout.width as u64, layout.height as u64)?;
        let mut picture = self.draw_labels(&layout)?;
        for (row, &top) in self.rows.iter().zip(&layout.rows) {
            for (image, &left) in row.images.iter().zip(&layout.columns) {
                self.blit(&mut picture, image, left, top);
            }
        }
        Ok(picture)
    }

    /// The bytes of a PNG file.
    ///
    /// # Errors
    ///
    /// As [`ImageGrid::render`].
    pub fn png(&self) -> Result<Vec<u8>> {
        encode_png(&self.render()?)
    }

    /// Writes a PNG file.
    ///
    /// # Errors
    ///
    /// As [`ImageGrid::render`], and [`Error::Write`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        write_file(path.as_ref(), &self.png()?)
    }

    /// The upper left corner of the image in this row and column of [`ImageGrid::render`]'s picture,
    /// as `(x, y)`.
    ///
    /// # Errors
    ///
    /// As [`ImageGrid::render`], and [`Error::Range`] outside the grid.
    pub fn position(&self, row: usize, column: usize) -> Result<(usize, usize)> {
        self.check()?;
        let layout = self.layout()?;
        let outside = |what, found: usize| Error::Range {
            what,
            found: found as f64,
            expected: "one of the grid's",
        };
        let y = layout.rows.get(row).ok_or_else(|| outside("grid row", row))?;
        let x = layout.columns.get(column).ok_or_else(|| outside("grid column", column))?;
        Ok((*x, *y))
    }

    fn columns(&self) -> usize {
        self.rows.iter().map(|row| row.images.len()).max().unwrap_or(0)
    }

    fn check(&self) -> Result<()> {
        if self.columns() == 0 || self.height == 0 || self.width == 0 {
            return Err(Error::Empty { what: "image grid", minimum: 1 });
        }
        if !(1..=64).contains(&self.scale) {
            let found = self.scale as f64;
            return Err(Error::Range { what: "image grid scale", found, expected: "1 to 64" });
        }
        if ![1, 3].contains(&self.channels) {
            let found = self.channels as f64;
            return Err(Error::Range { what: "image grid channels", found, expected: "1 or 3" });
        }
        let expected = self.height.saturating_mul(self.width).saturating_mul(self.channels);
        let mut images = self.rows.iter().flat_map(|row| &row.images);
        if let Some(image) = images.find(|image| image.len() != expected) {
            return Err(Error::Length {
                what: "an image of the grid",
                found: image.len(),
                expected,
            });
        }
        if self.column_labels.len() > self.columns() {
            let (found, expected) = (self.column_labels.len(), self.columns());
            return Err(Error::Length { what: "column labels of the grid", found, expected });
        }
        Ok(())
    }

    fn draw_labels(&self, layout: &Layout) -> Result<RgbImage> {
        let mut scene = Scene::new(layout.width as f64, layout.height as f64);
        let (tile_width, tile_height) =
            ((self.width * self.scale) as f64, (self.height * self.scale) as f64);
        for (lines, &top) in layout.row_labels.iter().zip(&layout.rows) {
            let middle = top as f64 + tile_height / 2.0;
            let first =
                middle + 0.36 * layout.size - 0.5 * layout.line * (lines.len() as f64 - 1.0);
            for (index, line) in lines.iter().enumerate() {
                let x = layout.columns[0] as f64 - 0.6 * layout.size;
                let text = Text::new(line, x, first + index as f64 * layout.line, layout.size);
                scene.text(text.anchor(Anchor::End));
            }
        }
        let bottom = layout.rows[0] as f64 - 0.5 * layout.size;
        for (lines, &left) in layout.column_labels.iter().zip(&layout.columns) {
            let middle = left as f64 + tile_width / 2.0;
            for (index, line) in lines.iter().enumerate() {
                let above = (lines.len() - 1 - index) as f64 * layout.line;
                let text = if layout.upwards {
                    Text::new(line, middle + 0.36 * layout.size, bottom, layout.size).upwards()
                } else {
                    Text::new(line, middle, bottom - above, layout.size).anchor(Anchor::Middle)
                };
                scene.text(text);
            }
        }
        rasterise(scene.finish().svg(), layout.width as f64, layout.height as f64, 1)
    }

    /// Copies one image, enlarged, to its place.
    fn blit(&self, picture: &mut RgbImage, image: &[u8], left: usize, top: usize) {
        let area = self.height * self.width;
        let shade = |value: u8| if self.invert { 255 - value } else { value };
        for row in 0..self.height {
            for column in 0..self.width {
                let pixel = row * self.width + column;
                // A grey image has one plane for all three.
                let plane = |channel: usize| shade(image[channel % self.channels * area + pixel]);
                let colour = Rgb([plane(0), plane(1), plane(2)]);
                let (x, y) = (left + column * self.scale, top + row * self.scale);
                for (dx, dy) in
                    (0..self.scale * self.scale).map(|i| (i % self.scale, i / self.scale))
                {
                    picture.put_pixel((x + dx) as u32, (y + dy) as u32, colour);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
