//! What part of the plane a chart shows.

use super::{LineChart, Series};
use crate::error::{Error, Result};
use crate::scene::Frame;

/// The shown intervals, and the largest value above them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ranges {
    pub x: (f64, f64),
    pub y: (f64, f64),
    /// Largest value that the chart cuts off.
    pub hidden: Option<f64>,
    pub log_x: bool,
    pub log_y: bool,
}

impl Ranges {
    pub fn of(chart: &LineChart) -> Result<Ranges> {
        let lines: Vec<Vec<(f64, f64)>> = chart
            .series
            .iter()
            .map(|series| {
                let points = drawable(series, chart.log_x, chart.log_y);
                let bars = bars(series, chart.log_x, chart.log_y);
                points.flatten().chain(bars.flat_map(|(low, high)| [low, high])).collect()
            })
            .collect();
        let points = || lines.iter().flatten();
        if points().next().is_none() {
            return Err(Error::Empty { what: "line chart", minimum: 1 });
        }
        let x = extent(points().map(|point| point.0));
        let (low, highest) = extent(points().map(|point| point.1));
        let tops = lines.iter().filter_map(|line| quantile(line, 1.0 - chart.clip));
        let high = tops.fold(low, f64::max);
        let hidden = (highest > high).then_some(highest);
        let y = if chart.log_y { widen_log(low, high) } else { widen(low, high) };
        // Widening may bring a value just above the quantile back into view.
        let hidden = hidden.filter(|&value| value > y.1);
        Ok(Ranges { x: spread(x), y, hidden, log_x: chart.log_x, log_y: chart.log_y })
    }

    /// Where a point lies in the frame.
    pub fn place(&self, frame: Frame, point: (f64, f64)) -> (f64, f64) {
        (frame.x + share(point.0, self.x, self.log_x) * frame.width, self.place_y(frame, point.1))
    }

    pub fn place_y(&self, frame: Frame, y: f64) -> f64 {
        // Far off-scale points must stay numbers that a rasteriser can handle.
        frame.bottom() - share(y, self.y, self.log_y).clamp(-50.0, 50.0) * frame.height
    }
}

/// How far along an interval a value lies: 0 at its low end, 1 at its high one.
fn share(value: f64, (low, high): (f64, f64), log: bool) -> f64 {
    if log {
        (value.ln() - low.ln()) / (high.ln() - low.ln())
    } else {
        (value - low) / (high - low)
    }
}

/// The series' points, `None` where one cannot be drawn.
pub(super) fn drawable(
    series: &Series,
    log_x: bool,
    log_y: bool,
) -> impl Iterator<Item = Option<(f64, f64)>> + '_ {
    series.points.iter().map(move |&(x, y)| {
        let finite = x.is_finite() && y.is_finite();
        (finite && (!log_x || x > 0.0) && (!log_y || y > 0.0)).then_some((x, y))
    })
}

/// Lower and upper end of each error bar, with its point's `x`.
pub(super) fn error_bars(
    series: &Series,
    ranges: &Ranges,
) -> impl Iterator<Item = ((f64, f64), (f64, f64))> {
    bars(series, ranges.log_x, ranges.log_y)
}

/// On a logarithmic axis a bar that reaches zero or less ends at its point.
fn bars(
    series: &Series,
    log_x: bool,
    log_y: bool,
) -> impl Iterator<Item = ((f64, f64), (f64, f64))> {
    let points = drawable(series, log_x, log_y).zip(&series.errors);
    points.filter_map(move |(point, &error)| {
        let (x, y) = point.filter(|_| error.is_finite() && error > 0.0)?;
        let low = if log_y && error >= y { y } else { y - error };
        Some(((x, low), (x, y + error)))
    })
}

fn extent(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    })
}

/// The smallest value that at least a share `share` of the line's points does not exceed.
fn quantile(line: &[(f64, f64)], share: f64) -> Option<f64> {
    let mut values: Vec<f64> = line.iter().map(|point| point.1).collect();
    values.sort_by(f64::total_cmp);
    let rank = (share * values.len() as f64).ceil() as usize;
    values.get(rank.clamp(1, values.len().max(1)) - 1).copied()
}

/// An interval of no width becomes one that can be drawn.
fn spread((low, high): (f64, f64)) -> (f64, f64) {
    if high > low {
        return (low, high);
    }
    let around = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
    (low - around, high + around)
}

/// Room above and below, but never below zero where all values are at least zero.
fn widen(low: f64, high: f64) -> (f64, f64) {
    let (from, to) = spread((low, high));
    let margin = 0.05 * (to - from);
    let bottom = if low >= 0.0 { (from - margin).max(0.0) } else { from - margin };
    (bottom, to + margin)
}

fn widen_log(low: f64, high: f64) -> (f64, f64) {
    let factor = (high / low).powf(0.05).max(1.1);
    (low / factor, high * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: Vec<(f64, f64)>) -> LineChart {
        LineChart { series: vec![Series::new("a", points)], ..LineChart::default() }
    }

    #[test]
    fn clipping_ignores_a_spike_and_tells_its_height() {
        let mut points: Vec<(f64, f64)> = (0..100).map(|i| (f64::from(i), 2.0)).collect();
        points[0].1 = 900.0;
        points[50].1 = 1.0;
        let mut chart = chart(points);
        assert!(Ranges::of(&chart).unwrap().y.1 > 900.0);
        chart.clip = 0.02;
        let ranges = Ranges::of(&chart).unwrap();
        assert_eq!(ranges.hidden, Some(900.0));
        approx::assert_relative_eq!(ranges.y.1, 2.05);
        approx::assert_relative_eq!(ranges.y.0, 0.95);
    }

    #[test]
    fn a_short_line_is_not_clipped_away() {
        let mut high = chart(vec![(0.0, 1.0), (1.0, 1.0), (2.0, 1.0)]);
        high.series.push(Series::new("b", vec![(2.0, 8.0)]));
        high.clip = 0.1;
        assert!(Ranges::of(&high).unwrap().y.1 > 8.0);
    }

    #[test]
    fn nonsense_is_left_out() {
        let points =
            vec![(0.0, f64::NAN), (f64::INFINITY, 3.0), (1.0, -4.0), (2.0, 5.0), (3.0, 50.0)];
        let mut chart = chart(points);
        assert_eq!(Ranges::of(&chart).unwrap().x, (1.0, 3.0));
        chart.log_y = true;
        let ranges = Ranges::of(&chart).unwrap();
        assert_eq!(ranges.x, (2.0, 3.0));
        assert!(ranges.y.0 > 0.0 && ranges.y.0 < 5.0);
        chart.log_x = true;
        chart.series[0].points.push((0.0, 9.0));
        assert_eq!(Ranges::of(&chart).unwrap().x, (2.0, 3.0));
    }

    #[test]
    fn places_are_linear_or_logarithmic() {
        let frame = Frame { x: 10.0, y: 20.0, width: 100.0, height: 200.0 };
        let (x, y) = ((0.0, 2.0), (1.0, 100.0));
        let mut ranges = Ranges { x, y, hidden: None, log_x: false, log_y: true };
        approx::assert_relative_eq!(ranges.place(frame, (1.0, 10.0)).0, 60.0);
        approx::assert_relative_eq!(ranges.place(frame, (1.0, 10.0)).1, 120.0);
        ranges.log_y = false;
        approx::assert_relative_eq!(ranges.place_y(frame, 50.5), 120.0);
        (ranges.x, ranges.log_x) = ((1.0, 100.0), true);
        approx::assert_relative_eq!(ranges.place(frame, (10.0, 1.0)).0, 60.0);
    }

    #[test]
    fn equal_values_get_a_range() {
        let ranges = Ranges::of(&chart(vec![(1.0, 0.0)])).unwrap();
        assert!(ranges.x.0 < 1.0 && ranges.x.1 > 1.0 && ranges.y.1 > 0.0);
    }
}
