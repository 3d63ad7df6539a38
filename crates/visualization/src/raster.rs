//! From SVG to pixels and files, with the built-in font.

use image::{ImageBuffer, ImageFormat, Rgb, RgbImage};
use resvg::{tiny_skia, usvg};

use crate::error::{Error, Result};
use crate::font;

/// Longest side of a picture, in pixels.
const LONGEST_SIDE: u64 = 30_000;

/// Turns SVG into pixels, `density` to a unit.
pub(crate) fn rasterise(svg: &str, width: f64, height: f64, density: u32) -> Result<RgbImage> {
    let failed = |reason: String| Error::Render { what: "figure", reason };
    let (columns, rows) = (width as u64 * u64::from(density), height as u64 * u64::from(density));
    check_size(columns, rows)?;
    let tree = parse(svg)?;
    let mut pixmap = tiny_skia::Pixmap::new(columns as u32, rows as u32)
        .ok_or_else(|| failed(format!("no pixels in {columns} × {rows}")))?;
    let scale = tiny_skia::Transform::from_scale(density as f32, density as f32);
    resvg::render(&tree, scale, &mut pixmap.as_mut());
    // The page is opaque, so the premultiplied colours are the colours.
    let rgb =
        pixmap.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let image: Option<ImageBuffer<Rgb<u8>, Vec<u8>>> =
        ImageBuffer::from_raw(columns as u32, rows as u32, rgb);
    image.ok_or_else(|| failed("the pixel buffer has the wrong size".to_owned()))
}

/// Parses SVG with the built-in font.
pub(crate) fn parse(svg: &str) -> Result<usvg::Tree> {
    let options = usvg::Options {
        fontdb: font::database(),
        font_family: "Inter".to_owned(),
        ..usvg::Options::default()
    };
    usvg::Tree::from_str(svg, &options)
        .map_err(|error| Error::Render { what: "figure", reason: error.to_string() })
}

/// Refuses pictures that would exhaust the memory or the reader's viewer.
pub(crate) fn check_size(width: u64, height: u64) -> Result<()> {
    if width == 0 || height == 0 {
        return Err(Error::Empty { what: "pixels of the picture", minimum: 1 });
    }
    if width > LONGEST_SIDE || height > LONGEST_SIDE {
        return Err(Error::TooLarge { width, height });
    }
    Ok(())
}

/// The bytes of a PNG file.
pub(crate) fn encode_png(image: &RgbImage) -> Result<Vec<u8>> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image
        .write_to(&mut bytes, ImageFormat::Png)
        .map_err(|error| Error::Render { what: "PNG", reason: error.to_string() })?;
    Ok(bytes.into_inner())
}
