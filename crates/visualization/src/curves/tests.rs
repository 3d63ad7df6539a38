//! Tests of line charts.

use super::*;
use crate::Error;

fn losses() -> LineChart {
    let curve = |scale: f64| (1..=40).map(|e| (f64::from(e), scale / f64::from(e))).collect();
    LineChart {
        title: "Loss".to_owned(),
        x_label: "epoch".to_owned(),
        y_label: "nats".to_owned(),
        series: vec![Series::new("train", curve(10.0)), Series::new("test", curve(12.0)).dashed()],
        ..LineChart::default()
    }
}

/// The numbers of an attribute such as `points="…"`, of every element that has it.
fn attribute(svg: &str, name: &str) -> Vec<Vec<f64>> {
    svg.split(&format!("{name}=\""))
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(|list| list.split([' ', ',']).map(|number| number.parse().unwrap()).collect())
        .collect()
}

#[test]
fn the_png_has_twice_the_drawings_size() {
    let drawing = losses().draw().unwrap();
    assert_eq!(drawing.size(), (720.0, 360.0));
    assert_eq!(drawing.pixels().unwrap().dimensions(), (1440, 720));
    assert!(drawing.png().unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn every_point_of_a_line_is_drawn_and_falls_with_the_loss() {
    let drawing = losses().draw().unwrap();
    let longest = attribute(drawing.svg(), "points").into_iter().max_by_key(Vec::len).unwrap();
    assert_eq!(longest.len(), 80);
    let heights: Vec<f64> = longest.chunks(2).map(|point| point[1]).collect();
    // Down the page is down the loss.
    assert!(heights.windows(2).all(|pair| pair[0] <= pair[1]));
}

#[test]
fn missing_points_interrupt_the_line() {
    let mut chart = losses();
    chart.series.truncate(1);
    chart.series[0].points[20].1 = f64::NAN;
    let drawing = chart.draw().unwrap();
    let lengths: Vec<usize> = attribute(drawing.svg(), "points").iter().map(Vec::len).collect();
    assert!(lengths.contains(&40) && lengths.contains(&38), "{lengths:?}");
    assert!(!drawing.svg().contains("NaN"));
}

#[test]
fn names_of_lines_that_end_together_do_not_overlap() {
    let mut chart = losses();
    chart.series =
        (0..6).map(|i| Series::new(format!("line {i}"), vec![(0.0, 1.0), (1.0, 1.0)])).collect();
    let svg = chart.draw().unwrap();
    let mut heights: Vec<f64> = svg
        .svg()
        .lines()
        .filter(|line| line.contains(">line "))
        .map(|line| attribute(line, " y")[0][0])
        .collect();
    heights.sort_by(f64::total_cmp);
    assert_eq!(heights.len(), 6);
    assert!(heights.windows(2).all(|pair| pair[1] - pair[0] >= 17.9));
}

#[test]
fn a_chart_without_points_or_with_bad_sizes_is_refused() {
    let empty = LineChart { series: vec![Series::new("a", vec![(0.0, f64::NAN)])], ..losses() };
    assert!(matches!(empty.draw(), Err(Error::Empty { .. })));
    for clip in [-0.1, 0.5, f64::NAN] {
        assert!(matches!(LineChart { clip, ..losses() }.draw(), Err(Error::Range { .. })));
    }
    assert!(matches!(LineChart { width: 10.0, ..losses() }.draw(), Err(Error::Range { .. })));
}
