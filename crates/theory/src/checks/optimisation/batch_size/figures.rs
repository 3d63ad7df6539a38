//! The two figures of the check.

use anyhow::Result;
use autodecoder_visualization::curves::{LineChart, Series};

use super::Line;
use super::regression::{expected, tuned};
use crate::Outcome;

pub(super) fn variance(outcome: &mut Outcome, with: &Line, without: &Line) -> Result<()> {
    let chart = LineChart {
        title: "Variance of a batch’s gradient, softmax regression on 256 images".into(),
        x_label: "batch size B".into(),
        y_label: "variance, share of one image’s".into(),
        series: vec![
            Series::new("with replacement", with.clone()),
            Series::new("without", without.clone()),
        ],
        log_x: true,
        log_y: true,
        ..LineChart::default()
    };
    let alt = "Variance over batch size, both logarithmic: a line of slope −1; without replacement it bends \
               down near the whole set.";
    let caption = "Four times the batch, a quarter of the variance. Batches of an epoch never repeat an \
                   image and are a little better still.";
    outcome.plot("batch-size-variance", &chart.draw()?, alt, caption)
}

pub(super) fn iterations(outcome: &mut Outcome) -> Result<()> {
    let sizes: Vec<f64> = (0..10).map(|power| 2f64.powi(power)).collect();
    let best = sizes.iter().map(|&size| (size, tuned(size).1 as f64)).collect::<Vec<_>>();
    let halving = sizes.iter().map(|&size| (size, best[0].1 / size)).take(6).collect();
    let same =
        sizes.iter().filter_map(|&size| Some((size, expected(size, 0.05)? as f64))).collect();
    let chart = LineChart {
        title: "Iterations to one loss, linear regression in 10 dimensions".into(),
        x_label: "batch size B".into(),
        y_label: "iterations".into(),
        series: vec![
            Series::new("rate 0.05 for all", same),
            Series::new("best rate for each size", best),
            Series::new("halving with each doubling", halving).dashed(),
        ],
        log_x: true,
        log_y: true,
        ..LineChart::default()
    };
    let alt = "Iterations over batch size, both logarithmic: flat for one rate; for the best rates first \
               falling, then flat.";
    let caption = "Doubling the batch saves iterations only while noise is what limits the rate. With an \
                   unchanged rate it saves almost none.";
    outcome.plot("batch-size-iterations", &chart.draw()?, alt, caption)
}
