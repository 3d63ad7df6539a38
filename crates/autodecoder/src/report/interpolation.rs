//! Lines between two latents.

use anyhow::Result;
use autodecoder_visualization::report::{Block, Figure, Section};

use super::facts::Facts;
use crate::pipeline::{INTERPOLATION, ends};

/// Question 6 of the assignment.
pub(super) fn section(facts: &Facts) -> Result<Section> {
    let set = &facts.session.images.test;
    let [from, to] = ends(facts.session)?;
    let class = |position: usize| {
        let label = usize::from(set.labels()[position]);
        facts.session.images.classes.get(label).cloned().unwrap_or_else(|| label.to_string())
    };
    let steps = facts.experiment().figures.interpolation_steps;
    let figure = Figure::new(
        "interpolated",
        facts.picture(INTERPOLATION)?,
        format!("Interpolation from {} to {} for each model", class(from), class(to)),
        format!(
            "From test image {} ({}) to test image {} ({}): the originals at the ends, beside \
             them their decoded latents, between those {steps} evenly spaced points of the \
             straight line.",
            set.index()[from],
            class(from),
            set.index()[to],
            class(to)
        ),
    );
    Ok(Section::new("interpolation", "Interpolation")
        .paragraph(
            "Each model inferred a latent for both images; the line between the two is straight \
             and evenly divided, and every point on it is decoded. In a space where the decoder \
             was trained in between, each step should look like something one could wear; \
             elsewhere the line crosses mixtures of both ends.",
        )
        .block(Block::Figure(figure)))
}
