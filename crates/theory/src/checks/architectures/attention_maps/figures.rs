//! The figures.

use anyhow::Result;
use autodecoder_visualization::curves::{LineChart, Series};
use tch::{Device, Kind, Tensor};

use super::{WORDS, entropy, most_entropy};
use crate::Outcome;
use crate::toolkit::picture::matrices;

/// A map whose rows spread further, the lower they stand.
pub(super) fn draw_map(outcome: &mut Outcome) -> Result<()> {
    let places = Tensor::arange(WORDS, (Kind::Double, Device::Cpu));
    let distance = (places.unsqueeze(1) - places.unsqueeze(0)).square();
    let sharpness = (&places * -0.35 + 2.5).exp().unsqueeze(1);
    let map = (-distance * sharpness).softmax(-1, Kind::Double);
    let entropies = entropy(&map);
    for row in 0..WORDS {
        outcome.show(format!(
            "row {row} of the figure: entropy {:.2} nats, brightest pixel {:.2}",
            entropies.double_value(&[row]),
            map.get(row).max().double_value(&[])
        ));
    }
    // White is 1, in a black frame.
    let picture = (map * -1.0 + 1.0).pad([1, 1, 1, 1], "constant", 1.0);
    let mut grid = matrices(&[("source words", picture)], 14)?;
    grid.rows[0].label = "target words".into();
    outcome.png(
        "attention-map",
        grid.png()?,
        "A map of 14 by 14 pixels in a black frame, black but for the diagonal: white pixels above, wider and darker \
         grey bands below",
        "An attention map. Every row sums to 1: the upper ones have it in one white pixel, the lower \
         ones share it among ever more grey ones.",
    );
    Ok(())
}

/// The least and the most that the brightest pixel can be.
pub(super) fn draw_bounds(outcome: &mut Outcome) -> Result<()> {
    let words = WORDS as f64;
    let fine = || (0..=200).map(|step| f64::from(step) / 200.0);
    let most = fine().map(|part| 1.0 / words + (1.0 - 1.0 / words) * part);
    let least = fine().map(|part| words.ln() * part);
    let chart = LineChart {
        x_label: "entropy of the row / nats".into(),
        y_label: "its brightest pixel".into(),
        series: vec![
            Series::new("at most", most.map(|m| (most_entropy(m, words), m)).collect()),
            Series::new("at least", least.map(|h| (h, (-h).exp())).collect()),
        ],
        ..LineChart::default()
    };
    outcome.plot(
        "attention-brightness",
        &chart.draw()?,
        "Brightest pixel against entropy: two curves that meet at brightness 1 for entropy 0, and at \
         1/14 for the largest entropy",
        "Every row of 14 words lies between the curves. A pixel is white where the entropy is 0, and \
         only there; k equal words lie on the lower curve.",
    )
}
