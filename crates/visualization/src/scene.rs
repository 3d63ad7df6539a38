//! A drawing as SVG, and its rasterisation.
//!
//! Everything that a figure shows is written once, as SVG with exact coordinates; a PNG is that
//! same SVG rasterised by `resvg` with the built-in font. So both look alike.

use std::fmt::Write as _;
use std::path::Path;

use image::RgbImage;
use resvg::usvg;

use crate::error::{Result, write_file};
use crate::font::{self, Weight};
use crate::raster::{encode_png, parse, rasterise};

/// Pixels of a PNG per unit of the drawing: sharp on a dense screen and in print.
const DENSITY: u32 = 2;

/// A finished chart.
#[derive(Debug, Clone)]
pub struct Drawing {
    svg: String,
    width: f64,
    height: f64,
}

impl Drawing {
    /// Drawings in rows of `columns`: each row is as high as its highest, each column as wide as its
    /// widest.
    pub(crate) fn in_rows(drawings: &[Drawing], columns: usize) -> Drawing {
        let widest = |column: usize| {
            let of_column = drawings.iter().skip(column).step_by(columns);
            of_column.map(|drawing| drawing.width).fold(0.0, f64::max)
        };
        let widths: Vec<f64> = (0..columns).map(widest).collect();
        let (mut body, mut top) = (String::new(), 0.0);
        for row in drawings.chunks(columns) {
            let mut left = 0.0;
            for (drawing, width) in row.iter().zip(&widths) {
                let place = format!(r#"<svg x="{}" y="{}" "#, number(left), number(top));
                body += &drawing.svg.replacen("<svg ", &place, 1);
                left += width;
            }
            top += row.iter().map(|drawing| drawing.height).fold(0.0, f64::max);
        }
        let mut scene = Scene::new(widths.iter().sum(), top);
        scene.body += &body;
        scene.finish()
    }

    /// A self-contained SVG document of [`Drawing::size`] CSS pixels.
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// The same document with its text as outlines: it looks alike wherever it is opened, whether
    /// or not the font is there, but its text cannot be searched.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Render`] if the drawing cannot be parsed.
    pub fn outlined_svg(&self) -> Result<String> {
        Ok(parse(&self.svg)?.to_string(&usvg::WriteOptions::default()))
    }

    /// Width and height in CSS pixels.
    pub fn size(&self) -> (f64, f64) {
        (self.width, self.height)
    }

    /// The drawing as pixels, two to a CSS pixel.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Render`] if the drawing cannot be rasterised, [`crate::Error::TooLarge`] for one beyond
    /// 30,000 pixels a side.
    pub fn pixels(&self) -> Result<RgbImage> {
        rasterise(&self.svg, self.width, self.height, DENSITY)
    }

    /// The bytes of a PNG file.
    ///
    /// # Errors
    ///
    /// As [`Drawing::pixels`].
    pub fn png(&self) -> Result<Vec<u8>> {
        encode_png(&self.pixels()?)
    }

    /// Writes a PNG file.
    ///
    /// # Errors
    ///
    /// As [`Drawing::pixels`], and [`crate::Error::Write`].
    pub fn save_png(&self, path: impl AsRef<Path>) -> Result<()> {
        write_file(path.as_ref(), &self.png()?)
    }

    /// Writes an SVG file.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Write`].
    pub fn save_svg(&self, path: impl AsRef<Path>) -> Result<()> {
        write_file(path.as_ref(), self.svg.as_bytes())
    }
}

/// Where a text's anchor lies in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// One line of text. `y` is the base line.
#[derive(Debug, Clone)]
pub(crate) struct Text<'a> {
    pub text: &'a str,
    pub x: f64,
    pub y: f64,
    pub size: f64,
    pub weight: Weight,
    pub colour: &'a str,
    pub anchor: Anchor,
    /// A white outline, for text over points.
    pub halo: bool,
    /// Read from bottom to top.
    pub upwards: bool,
}

impl<'a> Text<'a> {
    /// Regular dark text that starts at `(x, y)`.
    pub fn new(text: &'a str, x: f64, y: f64, size: f64) -> Self {
        Text {
            text,
            x,
            y,
            size,
            weight: Weight::Regular,
            colour: crate::palette::INK,
            anchor: Anchor::Start,
            halo: false,
            upwards: false,
        }
    }

    pub fn anchor(mut self, anchor: Anchor) -> Self {
        self.anchor = anchor;
        self
    }

    pub fn weight(mut self, weight: Weight) -> Self {
        self.weight = weight;
        self
    }

    pub fn colour(mut self, colour: &'a str) -> Self {
        self.colour = colour;
        self
    }

    pub fn halo(mut self) -> Self {
        self.halo = true;
        self
    }

    pub fn upwards(mut self) -> Self {
        self.upwards = true;
        self
    }
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stroke<'a> {
    pub colour: &'a str,
    pub width: f64,
    pub dashed: bool,
}

/// A rectangle by its upper left corner.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Frame {
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }
}

/// An SVG under construction, on white. Lengths are CSS pixels.
pub(crate) struct Scene {
    width: f64,
    height: f64,
    body: String,
}

impl Scene {
    pub fn new(width: f64, height: f64) -> Self {
        let mut scene = Scene { width: width.ceil(), height: height.ceil(), body: String::new() };
        let page = Frame { x: 0.0, y: 0.0, width: scene.width, height: scene.height };
        scene.rectangle(page, "#ffffff");
        scene
    }

    pub fn rectangle(&mut self, frame: Frame, fill: &str) {
        let (x, y) = (number(frame.x), number(frame.y));
        let (width, height) = (number(frame.width), number(frame.height));
        self.push(&format!(
            r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}"/>"#
        ));
    }

    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: Stroke<'_>) {
        self.polyline(&[from, to], stroke);
    }

    pub fn polyline(&mut self, points: &[(f64, f64)], stroke: Stroke<'_>) {
        let mut list = String::new();
        for &(x, y) in points {
            let _ = write!(list, "{},{} ", number(x), number(y));
        }
        let dash =
            if stroke.dashed { r#" stroke-dasharray="6 4" stroke-linecap="butt""# } else { "" };
        self.push(&format!(
            r#"<polyline points="{}" stroke="{}" stroke-width="{}"{dash}/>"#,
            list.trim_end(),
            stroke.colour,
            number(stroke.width)
        ));
    }

    pub fn circle(&mut self, centre: (f64, f64), radius: f64, fill: &str, opacity: f64) {
        let (x, y) = (number(centre.0), number(centre.1));
        let opacity = match opacity {
            opaque if opaque >= 1.0 => String::new(),
            opacity => format!(r#" fill-opacity="{}""#, number(opacity)),
        };
        self.push(&format!(
            r#"<circle cx="{x}" cy="{y}" r="{}" fill="{fill}"{opacity}/>"#,
            number(radius)
        ));
    }

    /// Draws `content` only where it lies inside the frame. `name` must be unique in the drawing.
    pub fn clipped(&mut self, name: &str, frame: Frame, content: impl FnOnce(&mut Scene)) {
        let (x, y) = (number(frame.x), number(frame.y));
        let (width, height) = (number(frame.width), number(frame.height));
        self.push(&format!(
            r#"<clipPath id="{name}"><rect x="{x}" y="{y}" width="{width}" height="{height}"/></clipPath><g clip-path="url(#{name})">"#
        ));
        content(self);
        self.push("</g>");
    }

    pub fn text(&mut self, text: Text<'_>) {
        let (x, y) = (number(text.x), number(text.y));
        let anchor = match text.anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let turn = if text.upwards {
            format!(r#" transform="rotate(-90 {x} {y})""#)
        } else {
            String::new()
        };
        let halo = if text.halo {
            r##" stroke="#ffffff" stroke-opacity="0.9" stroke-width="4" paint-order="stroke""##
        } else {
            ""
        };
        let (size, weight, colour) = (number(text.size), text.weight.number(), text.colour);
        let escaped = escape(text.text);
        self.push(&format!(
            r#"<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{colour}"{anchor}{halo}{turn}>{escaped}</text>"#
        ));
    }

    pub fn finish(self) -> Drawing {
        let (width, height) = (self.width, self.height);
        let svg = format!(
            concat!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}""#,
                r#" font-family="{family}" fill="none" stroke-linejoin="round" stroke-linecap="round">"#,
                "\n{body}</svg>\n"
            ),
            w = number(width),
            h = number(height),
            family = font::FAMILY,
            body = self.body,
        );
        Drawing { svg, width, height }
    }

    fn push(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }
}

/// At most two decimals, none where they are zero: a hundredth of a pixel is not seen.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Escapes text for XML and drops the control characters that XML forbids.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !c.is_control()) {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    #[test]
    fn shapes_land_where_they_were_put_at_twice_the_density() {
        let mut scene = Scene::new(20.0, 10.0);
        let frame = Frame { x: 2.0, y: 3.0, width: 4.0, height: 5.0 };
        scene.rectangle(frame, "#ff0000");
        let pixels = scene.finish().pixels().unwrap();
        assert_eq!(pixels.dimensions(), (40, 20));
        for (x, y, pixel) in pixels.enumerate_pixels() {
            let inside = (4..12).contains(&x) && (6..16).contains(&y);
            let expected = if inside { [255, 0, 0] } else { [255, 255, 255] };
            assert_eq!(pixel.0, expected, "({x}, {y})");
        }
    }

    #[test]
    fn text_is_drawn_with_the_built_in_font() {
        let mut scene = Scene::new(60.0, 20.0);
        scene.text(Text::new("ink", 5.0, 15.0, 14.0));
        let pixels = scene.finish().pixels().unwrap();
        let dark = pixels.pixels().filter(|pixel| pixel.0[0] < 128).count();
        assert!(dark > 50, "{dark} dark pixels");
    }

    #[test]
    fn markup_in_text_is_escaped() {
        let mut scene = Scene::new(60.0, 20.0);
        scene.text(Text::new("<script>a & \"b\"\u{7}</script>", 5.0, 15.0, 14.0));
        let drawing = scene.finish();
        assert!(!drawing.svg().contains("<script"));
        assert!(drawing.svg().contains("&lt;script&gt;a &amp; &quot;b&quot;&lt;/script&gt;"));
        drawing.pixels().unwrap();
    }

    #[test]
    fn a_drawing_beyond_the_limit_is_refused() {
        let error = Scene::new(20_000.0, 10.0).finish().pixels().unwrap_err();
        assert!(matches!(error, Error::TooLarge { width: 40_000, height: 20 }));
    }
}
