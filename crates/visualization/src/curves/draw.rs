//! Putting a line chart on paper.

use super::range::{Ranges, drawable, error_bars};
use super::{LineChart, Series};
use crate::error::{Error, Result};
use crate::font::{self, Weight};
use crate::palette;
use crate::scene::{Anchor, Drawing, Frame, Scene, Stroke, Text};
use crate::ticks::{self, Tick};

const TEXT: f64 = 12.5;
const TITLE: f64 = 15.0;
const LINE: f64 = 1.8;
/// Length of the piece of line beside a name.
const SWATCH: f64 = 20.0;
/// Distance between the base lines of two names.
const NAME_STEP: f64 = 18.0;
/// A name wider than this is broken into lines.
const NAME_ROOM: f64 = 170.0;
/// Half the width of an error bar's ends.
const CAP: f64 = 3.5;
/// Up to this many points a line also shows its points.
const MARKED: usize = 16;

/// A series' name, broken into lines, and the height of its middle.
struct Name<'a> {
    series: usize,
    lines: &'a [String],
    middle: f64,
}

/// Draws the chart; `plot` names its clipped area, uniquely in the document that the drawing becomes a
/// part of.
pub(super) fn draw(chart: &LineChart, plot: &str) -> Result<Drawing> {
    check(chart)?;
    let ranges = Ranges::of(chart)?;
    let y_ticks = if chart.log_y {
        ticks::logarithmic(ranges.y.0, ranges.y.1, 5)
    } else {
        ticks::linear(ranges.y.0, ranges.y.1, 5, false)
    };
    let names: Vec<Vec<String>> = chart
        .series
        .iter()
        .map(|series| font::wrap(&series.name, NAME_ROOM, TEXT, Weight::Regular))
        .collect::<Result<_>>()?;
    let frame = frame(chart, &y_ticks, &names)?;
    let mut scene = Scene::new(chart.width, chart.height);
    draw_y_axis(&mut scene, chart, &ranges, frame, &y_ticks);
    draw_x_axis(&mut scene, chart, &ranges, frame);
    let room = Frame { y: frame.y - LINE, height: frame.height + 2.0 * LINE, ..frame };
    let room = Frame { x: room.x - 3.0, width: room.width + 6.0, ..room };
    scene.clipped(plot, room, |scene| {
        for (index, series) in chart.series.iter().enumerate() {
            draw_line(scene, series, colour(chart, index), &ranges, frame);
        }
    });
    draw_names(&mut scene, chart, &ranges, frame, &names);
    draw_notes(&mut scene, chart, &ranges, frame);
    Ok(scene.finish())
}

fn check(chart: &LineChart) -> Result<()> {
    let range = |what, found: f64, holds: bool, expected| match holds {
        true => Ok(()),
        false => Err(Error::Range { what, found, expected }),
    };
    let sensible = |value: f64, least: f64| value.is_finite() && value >= least;
    range("line chart clip", chart.clip, (0.0..0.5).contains(&chart.clip), "0 or more, below 0.5")?;
    range("line chart width", chart.width, sensible(chart.width, 240.0), "240 or more")?;
    range("line chart height", chart.height, sensible(chart.height, 160.0), "160 or more")
}

/// The area of the lines: what the labels around it leave.
fn frame(chart: &LineChart, y_ticks: &[Tick], names: &[Vec<String>]) -> Result<Frame> {
    let tick_texts = y_ticks.iter().map(|tick| tick.text.as_str());
    let tick_width = font::widest(tick_texts, TEXT, Weight::Regular)?;
    let left = tick_width + 16.0 + if chart.y_label.is_empty() { 0.0 } else { TEXT + 8.0 };
    let name_lines = names.iter().flatten().map(String::as_str);
    let name_width = font::widest(name_lines, TEXT, Weight::Regular)?;
    let right = if name_width > 0.0 { name_width + SWATCH + 24.0 } else { 16.0 };
    let top = 14.0 + if chart.title.is_empty() { 0.0 } else { TITLE + 14.0 };
    let bottom = 30.0 + if chart.x_label.is_empty() { 0.0 } else { TEXT + 8.0 };
    let width = (chart.width - left - right).max(60.0);
    Ok(Frame { x: left, y: top, width, height: chart.height - top - bottom })
}

fn colour(chart: &LineChart, index: usize) -> &'static str {
    palette::line(chart.series[index].colour.unwrap_or(index))
}

fn draw_y_axis(
    scene: &mut Scene,
    chart: &LineChart,
    ranges: &Ranges,
    frame: Frame,
    y_ticks: &[Tick],
) {
    let rule = Stroke { colour: palette::RULE, width: 1.0, dashed: false };
    for tick in y_ticks {
        let y = ranges.place_y(frame, tick.value);
        scene.line((frame.x, y), (frame.right(), y), rule);
        let text = Text::new(&tick.text, frame.x - 8.0, y + 0.36 * TEXT, TEXT);
        scene.text(text.anchor(Anchor::End).colour(palette::MUTED));
    }
    if !chart.y_label.is_empty() {
        let middle = frame.y + frame.height / 2.0;
        let label = Text::new(&chart.y_label, TEXT + 3.0, middle, TEXT);
        scene.text(label.anchor(Anchor::Middle).upwards());
    }
}

fn draw_x_axis(scene: &mut Scene, chart: &LineChart, ranges: &Ranges, frame: Frame) {
    let stroke = Stroke { colour: palette::MUTED, width: 1.0, dashed: false };
    let bottom = frame.bottom();
    scene.line((frame.x, bottom), (frame.right(), bottom), stroke);
    let whole =
        chart.series.iter().flat_map(|series| &series.points).all(|point| point.0.fract() == 0.0);
    let wanted = (frame.width / 80.0).max(2.0) as usize;
    let x_ticks = if !chart.x_ticks.is_empty() {
        ticks::at(&chart.x_ticks, ranges.x)
    } else if chart.log_x {
        ticks::logarithmic(ranges.x.0, ranges.x.1, wanted)
    } else {
        ticks::linear(ranges.x.0, ranges.x.1, wanted, whole)
    };
    for tick in x_ticks {
        let x = ranges.place(frame, (tick.value, ranges.y.0)).0;
        scene.line((x, bottom), (x, bottom + 5.0), stroke);
        let text = Text::new(&tick.text, x, bottom + 8.0 + TEXT, TEXT);
        scene.text(text.anchor(Anchor::Middle).colour(palette::MUTED));
    }
    if !chart.x_label.is_empty() {
        let middle = frame.x + frame.width / 2.0;
        let label = Text::new(&chart.x_label, middle, bottom + 14.0 + 2.2 * TEXT, TEXT);
        scene.text(label.anchor(Anchor::Middle));
    }
}

/// One line, interrupted where points are missing.
fn draw_line(scene: &mut Scene, series: &Series, colour: &str, ranges: &Ranges, frame: Frame) {
    let points: Vec<Option<(f64, f64)>> = drawable(series, ranges.log_x, ranges.log_y)
        .map(|point| point.map(|point| ranges.place(frame, point)))
        .collect();
    let stroke = Stroke { colour, width: LINE, dashed: series.dashed };
    for piece in points.split(Option::is_none) {
        let piece: Vec<(f64, f64)> = piece.iter().flatten().copied().collect();
        if piece.len() > 1 {
            scene.polyline(&piece, stroke);
        }
        if points.len() <= MARKED || piece.len() == 1 {
            for &centre in &piece {
                scene.circle(centre, 3.0, colour, 1.0);
            }
        }
    }
    let stroke = Stroke { colour, width: 1.2, dashed: false };
    for (low, high) in error_bars(series, ranges) {
        let (low, high) = (ranges.place(frame, low), ranges.place(frame, high));
        scene.line(low, high, stroke);
        for (x, y) in [low, high] {
            scene.line((x - CAP, y), (x + CAP, y), stroke);
        }
    }
}

/// Names level with the lines' ends, moved apart where they would overlap.
fn draw_names(
    scene: &mut Scene,
    chart: &LineChart,
    ranges: &Ranges,
    frame: Frame,
    names: &[Vec<String>],
) {
    let mut labels: Vec<Name<'_>> = Vec::new();
    for (index, series) in chart.series.iter().enumerate() {
        let last = drawable(series, chart.log_x, chart.log_y).flatten().last();
        if let (Some(last), false) = (last, names[index].is_empty()) {
            let middle = ranges.place_y(frame, last.1).clamp(frame.y, frame.bottom());
            labels.push(Name { series: index, lines: &names[index], middle });
        }
    }
    labels.sort_by(|a, b| a.middle.total_cmp(&b.middle));
    spread_out(&mut labels, frame);
    for label in &labels {
        let series = &chart.series[label.series];
        let (x, colour) = (frame.right() + 10.0, colour(chart, label.series));
        let stroke = Stroke { colour, width: LINE + 0.6, dashed: series.dashed };
        scene.line((x, label.middle), (x + SWATCH, label.middle), stroke);
        let first = label.middle + 0.36 * TEXT - 0.5 * NAME_STEP * (label.lines.len() as f64 - 1.0);
        for (row, line) in label.lines.iter().enumerate() {
            scene.text(Text::new(line, x + SWATCH + 6.0, first + row as f64 * NAME_STEP, TEXT));
        }
    }
}

/// Pushes sorted labels down until none overlaps, then up again from the bottom of the frame.
fn spread_out(labels: &mut [Name<'_>], frame: Frame) {
    let gap = |a: &Name<'_>, b: &Name<'_>| 0.5 * NAME_STEP * (a.lines.len() + b.lines.len()) as f64;
    for index in 1..labels.len() {
        let least = labels[index - 1].middle + gap(&labels[index - 1], &labels[index]);
        labels[index].middle = labels[index].middle.max(least);
    }
    let mut limit = frame.bottom();
    for index in (0..labels.len()).rev() {
        if index + 1 < labels.len() {
            limit = labels[index + 1].middle - gap(&labels[index], &labels[index + 1]);
        }
        labels[index].middle = labels[index].middle.min(limit);
    }
}

fn draw_notes(scene: &mut Scene, chart: &LineChart, ranges: &Ranges, frame: Frame) {
    if !chart.title.is_empty() {
        let title = Text::new(&chart.title, 8.0, 10.0 + TITLE, TITLE);
        scene.text(title.weight(Weight::SemiBold));
    }
    if let Some(value) = ranges.hidden {
        let note = format!("off the scale: values up to {}", ticks::format_value(value));
        let text = Text::new(&note, frame.right(), frame.y + TEXT, TEXT - 1.5);
        scene.text(text.anchor(Anchor::End).colour(palette::MUTED).halo());
    }
}
