//! Pictures inside the file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::Result;
use crate::scene::Drawing;

/// Above this size in bytes a drawing is embedded as pixels: a map of ten thousand points is smaller so,
/// and quicker to show.
const LARGEST_SVG: usize = 200_000;

/// The bytes of a picture. It is embedded as an image of its own, so that nothing in it (identifiers,
/// styles, a script) reaches the document.
#[derive(Debug, Clone, PartialEq)]
pub enum Picture {
    /// A PNG file.
    Png(Vec<u8>),
    /// An SVG document.
    Svg(String),
}

impl Picture {
    /// A drawing, with its text as outlines so that no font is needed; as PNG where the SVG would be
    /// large.
    ///
    /// # Errors
    ///
    /// As [`Drawing::png`].
    pub fn from_drawing(drawing: &Drawing) -> Result<Picture> {
        let outlined = drawing.outlined_svg()?;
        if outlined.len() <= LARGEST_SVG {
            Ok(Picture::Svg(outlined))
        } else {
            Ok(Picture::Png(drawing.png()?))
        }
    }

    /// The picture as a `data:` address.
    pub(super) fn address(&self) -> String {
        match self {
            Picture::Png(bytes) => format!("data:image/png;base64,{}", STANDARD.encode(bytes)),
            Picture::Svg(text) => format!("data:image/svg+xml;base64,{}", STANDARD.encode(text)),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Picture::Png(bytes) => bytes.is_empty(),
            Picture::Svg(text) => text.is_empty(),
        }
    }

    /// Width in CSS pixels, `None` if the bytes do not tell.
    pub(super) fn natural_width(&self) -> Option<u32> {
        match self {
            Picture::Png(bytes) => png_width(bytes).map(|width| width.div_ceil(2)),
            Picture::Svg(text) => svg_width(text),
        }
    }
}

/// The width in a PNG's header: bytes 16 to 20, most significant first.
fn png_width(bytes: &[u8]) -> Option<u32> {
    let header = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    let width: [u8; 4] = header.get(8..12)?.try_into().ok()?;
    Some(u32::from_be_bytes(width))
}

/// The `width` attribute of an SVG's root.
fn svg_width(text: &str) -> Option<u32> {
    let root = text.split_once("<svg")?.1.split_once('>')?.0;
    let value = root.split_once(" width=\"")?.1.split_once('"')?.0;
    let width: f64 = value.trim_end_matches("px").parse().ok()?;
    (width >= 1.0 && width <= f64::from(u32::MAX)).then_some(width.ceil() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn natural_widths_are_read_from_the_bytes() {
        let image = image::RgbImage::new(301, 7);
        let png = crate::raster::encode_png(&image).unwrap();
        assert_eq!(Picture::Png(png).natural_width(), Some(151));
        assert_eq!(Picture::Png(b"not a picture".to_vec()).natural_width(), None);
        let svg =
            |root: &str| Picture::Svg(format!("{root}<rect width=\"9\"/></svg>")).natural_width();
        assert_eq!(svg("<svg height=\"5\" width=\"719.5\">"), Some(720));
        assert_eq!(svg("<svg height=\"5\">"), None);
    }
}
