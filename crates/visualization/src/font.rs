//! The font of every figure, carried in the program.
//!
//! Inter (SIL Open Font License 1.1, beside the files in `fonts/`) in two weights. Figures look the
//! same on every machine, and a bare one needs no font installed.

use std::sync::{Arc, OnceLock};

use ab_glyph::{Font, FontRef};
use resvg::usvg::fontdb::Database;

use crate::error::{Error, Result};

const REGULAR: &[u8] = include_bytes!("../fonts/Inter-Regular.otf");
const SEMI_BOLD: &[u8] = include_bytes!("../fonts/Inter-SemiBold.otf");

/// What an SVG asks a viewer for. Where Inter is missing, the others are narrower, so that text set
/// in them still fits its place.
pub const FAMILY: &str = "Inter, Helvetica Neue, Helvetica, Arial, sans-serif";

/// Thickness of the letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Labels and numbers.
    Regular,
    /// Titles and class names.
    SemiBold,
}

impl Weight {
    /// The weight's number in CSS and SVG.
    pub fn number(self) -> u16 {
        match self {
            Weight::Regular => 400,
            Weight::SemiBold => 600,
        }
    }

    fn bytes(self) -> &'static [u8] {
        match self {
            Weight::Regular => REGULAR,
            Weight::SemiBold => SEMI_BOLD,
        }
    }
}

/// Width of one line of text at `size` (its em), in the unit of `size`. Without kerning, which only makes
/// text narrower: what is measured always has room.
///
/// # Errors
///
/// [`Error::Render`] if the font carried in the program is damaged.
pub fn text_width(text: &str, size: f64, weight: Weight) -> Result<f64> {
    let font = FontRef::try_from_slice(weight.bytes()).map_err(|error| damaged(&error))?;
    let units_per_em = font.units_per_em().ok_or_else(|| damaged(&"no em size"))?;
    let units: f32 = text.chars().map(|c| font.h_advance_unscaled(font.glyph_id(c))).sum();
    Ok(f64::from(units) / f64::from(units_per_em) * size)
}

/// The widest of several lines, 0 without any.
///
/// # Errors
///
/// As [`text_width`].
pub fn widest<'a>(
    lines: impl IntoIterator<Item = &'a str>,
    size: f64,
    weight: Weight,
) -> Result<f64> {
    lines.into_iter().try_fold(0.0, |width, line| Ok(text_width(line, size, weight)?.max(width)))
}

/// Breaks text at spaces so that each line is at most `room` wide; a single longer word stays whole.
///
/// # Errors
///
/// As [`text_width`].
pub fn wrap(text: &str, room: f64, size: f64, weight: Weight) -> Result<Vec<String>> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        if let Some(line) = lines.last_mut() {
            let longer = format!("{line} {word}");
            if text_width(&longer, size, weight)? <= room {
                *line = longer;
                continue;
            }
        }
        lines.push(word.to_owned());
    }
    Ok(lines)
}

/// The fonts as the rasteriser wants them, loaded once.
pub(crate) fn database() -> Arc<Database> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    let load = || {
        let mut fonts = Database::new();
        fonts.load_font_data(REGULAR.to_vec());
        fonts.load_font_data(SEMI_BOLD.to_vec());
        fonts.set_sans_serif_family("Inter");
        Arc::new(fonts)
    };
    Arc::clone(FONTS.get_or_init(load))
}

fn damaged(reason: &dyn std::fmt::Display) -> Error {
    Error::Render { what: "text", reason: format!("the built-in font is damaged: {reason}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every character that the project's figures are likely to show.
    const NEEDED: &str = "−–—×αβμσκλθ≤≥±⁰¹²³⁴⁵⁶⁷⁸⁹⁻₀₁₂…‖→∞√·°‘’“”";

    #[test]
    fn the_font_has_the_characters_of_figures() {
        for weight in [Weight::Regular, Weight::SemiBold] {
            let font = FontRef::try_from_slice(weight.bytes()).unwrap();
            for c in NEEDED.chars() {
                assert_ne!(font.glyph_id(c).0, 0, "{c}");
            }
        }
    }

    #[test]
    fn width_grows_with_text_size_and_weight() {
        let width = |text, size, weight| text_width(text, size, weight).unwrap();
        let one = width("loss", 10.0, Weight::Regular);
        approx::assert_relative_eq!(width("loss", 20.0, Weight::Regular), 2.0 * one);
        assert!(width("losses", 10.0, Weight::Regular) > one);
        assert!(width("loss", 10.0, Weight::SemiBold) > one);
        assert_eq!(width("", 10.0, Weight::Regular), 0.0);
        // fontTools 4.68.0 reads advances of 668, 1680, 1472 and 1472 units, 2816 to the em.
        approx::assert_relative_eq!(one, 10.0 * 5292.0 / 2816.0, max_relative = 1e-6);
    }

    #[test]
    fn wrapped_lines_keep_every_word_and_fit() {
        let text = "a rather long label of an image row";
        let lines = wrap(text, 60.0, 12.0, Weight::Regular).unwrap();
        assert!(lines.len() > 2);
        assert_eq!(lines.join(" "), text);
        for line in &lines {
            assert!(text_width(line, 12.0, Weight::Regular).unwrap() <= 60.0);
        }
    }

    #[test]
    fn the_database_holds_both_weights_under_one_family() {
        let fonts = database();
        let mut weights: Vec<u16> = fonts.faces().map(|face| face.weight.0).collect();
        weights.sort_unstable();
        assert_eq!(weights, [400, 600]);
        assert!(fonts.faces().all(|face| face.families.iter().any(|(name, _)| name == "Inter")));
    }
}
