//! Horizontal bars: a few measured values side by side.

use crate::error::{Error, Result};
use crate::font::{self, Weight};
use crate::palette;
use crate::scene::{Anchor, Drawing, Frame, Scene, Stroke, Text};
use crate::ticks;

const TEXT: f64 = 12.5;
const TITLE: f64 = 15.0;
const BAR: f64 = 18.0;
const STEP: f64 = 28.0;
/// A name wider than this is broken into lines.
const NAME_ROOM: f64 = 220.0;

/// One measured value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bar {
    /// Left of the bar.
    pub name: String,
    /// Length of the bar; finite and at least 0.
    pub value: f64,
    /// How the value is written at the bar's end, `241.0 ± 0.3` for instance. `None` writes up to
    /// four significant digits.
    pub text: Option<String>,
    /// Drawn in the accent colour.
    pub highlight: bool,
}

/// Horizontal bars from a common zero, in the given order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BarChart {
    /// Above the bars, flush left; empty for none.
    pub title: String,
    /// What the bars measure, with its unit.
    pub value_label: String,
    /// The bars, from the top.
    pub bars: Vec<Bar>,
}

impl BarChart {
    /// Draws the chart, 720 CSS pixels wide and as high as its bars need.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] without bars, [`Error::NotFinite`] and [`Error::Range`] for a value that is
    /// no length.
    pub fn draw(&self) -> Result<Drawing> {
        self.check()?;
        let names: Vec<Vec<String>> = self
            .bars
            .iter()
            .map(|bar| font::wrap(&bar.name, NAME_ROOM, TEXT, Weight::Regular))
            .collect::<Result<_>>()?;
        let values: Vec<String> = self.bars.iter().map(value_text).collect();
        let frame = self.frame(&names, &values)?;
        let bottom = frame.bottom() + 16.0 + if self.value_label.is_empty() { 0.0 } else { 22.0 };
        let mut scene = Scene::new(720.0, bottom);
        if !self.title.is_empty() {
            let title = Text::new(&self.title, 8.0, 10.0 + TITLE, TITLE);
            scene.text(title.weight(Weight::SemiBold));
        }
        let longest = self.bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
        let scale = if longest > 0.0 { frame.width / longest } else { 0.0 };
        let mut middle = frame.y;
        for ((bar, name), value) in self.bars.iter().zip(&names).zip(&values) {
            middle += row_height(name) / 2.0;
            draw_row(&mut scene, frame, middle, name, (bar.value * scale, value, bar.highlight));
            middle += row_height(name) / 2.0;
        }
        let axis = Stroke { colour: palette::MUTED, width: 1.0, dashed: false };
        scene.line((frame.x, frame.y), (frame.x, frame.bottom()), axis);
        let label = Text::new(&self.value_label, frame.x, frame.bottom() + 22.0, TEXT);
        scene.text(label.colour(palette::MUTED));
        Ok(scene.finish())
    }

    fn check(&self) -> Result<()> {
        if self.bars.is_empty() {
            return Err(Error::Empty { what: "bar chart", minimum: 1 });
        }
        for (index, bar) in self.bars.iter().enumerate() {
            if !bar.value.is_finite() {
                return Err(Error::NotFinite { what: "bars", index, found: bar.value });
            }
            if bar.value < 0.0 {
                let expected = "0 or more: bars start at zero";
                return Err(Error::Range { what: "a bar", found: bar.value, expected });
            }
        }
        Ok(())
    }

    /// The area of the bars: between the names and the room for the values.
    fn frame(&self, names: &[Vec<String>], values: &[String]) -> Result<Frame> {
        let lines = names.iter().flatten().map(String::as_str);
        let x = font::widest(lines, TEXT, Weight::Regular)? + 18.0;
        let value_width = font::widest(values.iter().map(String::as_str), TEXT, Weight::SemiBold)?;
        let y = if self.title.is_empty() { 10.0 } else { TITLE + 24.0 };
        let height = names.iter().map(|name| row_height(name)).sum();
        Ok(Frame { x, y, width: (720.0 - x - value_width - 20.0).max(60.0), height })
    }
}

fn value_text(bar: &Bar) -> String {
    bar.text.clone().unwrap_or_else(|| ticks::format_value(bar.value))
}

fn row_height(name: &[String]) -> f64 {
    STEP + (name.len().max(1) as f64 - 1.0) * (TEXT + 3.0)
}

fn draw_row(
    scene: &mut Scene,
    frame: Frame,
    middle: f64,
    name: &[String],
    (length, value, highlight): (f64, &str, bool),
) {
    let step = TEXT + 3.0;
    let first = middle + 0.36 * TEXT - 0.5 * step * (name.len().max(1) as f64 - 1.0);
    for (row, line) in name.iter().enumerate() {
        let text = Text::new(line, frame.x - 10.0, first + row as f64 * step, TEXT);
        scene.text(text.anchor(Anchor::End));
    }
    let colour = if highlight { palette::line(1) } else { palette::line(0) };
    let bar = Frame { x: frame.x, y: middle - BAR / 2.0, width: length, height: BAR };
    scene.rectangle(bar, colour);
    let weight = if highlight { Weight::SemiBold } else { Weight::Regular };
    let text = Text::new(value, frame.x + length + 7.0, middle + 0.36 * TEXT, TEXT);
    scene.text(text.weight(weight));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: &[f64]) -> BarChart {
        let bars = values.iter().enumerate().map(|(i, &value)| Bar {
            name: format!("bar {i}"),
            value,
            ..Bar::default()
        });
        BarChart { bars: bars.collect(), value_label: "nats".into(), ..BarChart::default() }
    }

    #[test]
    fn lengths_are_proportional_to_values() {
        let drawing = chart(&[100.0, 25.0, 0.0]).draw().unwrap();
        let widths: Vec<f64> = drawing
            .svg()
            .lines()
            .filter(|line| line.contains(palette::line(0)))
            .map(|line| {
                line.split("width=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
            })
            .collect();
        approx::assert_relative_eq!(widths[1] * 4.0, widths[0], max_relative = 1e-3);
        assert_eq!(widths[2], 0.0);
    }

    #[test]
    fn values_are_written_as_given_or_rounded() {
        let mut chart = chart(&[241.2345, 3.0]);
        chart.bars[1].text = Some("3 ± 1".to_owned());
        let drawing = chart.draw().unwrap();
        assert!(drawing.svg().contains(">241.2<") && drawing.svg().contains(">3 ± 1<"));
        drawing.pixels().unwrap();
    }

    #[test]
    fn values_that_are_no_length_are_refused() {
        assert!(matches!(chart(&[]).draw(), Err(Error::Empty { .. })));
        assert!(matches!(chart(&[1.0, f64::NAN]).draw(), Err(Error::NotFinite { index: 1, .. })));
        assert!(matches!(chart(&[-1.0]).draw(), Err(Error::Range { .. })));
    }
}
