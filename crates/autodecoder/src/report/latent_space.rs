//! Maps of the latent spaces.

use anyhow::Result;
use autodecoder_visualization::report::{Block, Figure, Section};

use super::facts::{Facts, ModelFacts};
use super::numbers::{fixed, thousands};
use super::probes;
use crate::pipeline::map_name;

/// Questions 2 and 5 of the assignment.
pub(super) fn section(facts: &Facts) -> Result<Section> {
    let mut section = Section::new("latent-space", "The latent spaces");
    if let Some(blocks) = probes::blocks(facts) {
        section = blocks.into_iter().fold(section, Section::block);
    }
    section = section.paragraph(
        "t-SNE (van der Maaten 2014) keeps neighbours together: images whose latents are near one \
         another lie near one another on the map. No model saw a label, so where classes gather, \
         the latents know them. Distances between groups, and the size of a group, mean nothing. \
         A map's KL divergence is what t-SNE minimises, computed exactly over all pairs; it says \
         how much of the neighbourhoods two dimensions lose, not how good a model is. Its \
         trustworthiness (Venna and Kaski 2001) looks at each point’s nearest neighbours on the map: 1 \
         where all of them are neighbours in the latent space too, about ½ for a map at random.",
    );
    for model in &facts.models {
        section = section.block(Block::Figure(map(facts, model)?));
    }
    Ok(section)
}

fn map(facts: &Facts, model: &ModelFacts) -> Result<Figure> {
    let what = if model.nats().is_some() { "posterior means" } else { "latents" };
    let quality = model.results.tsne.map_or_else(String::new, |tsne| {
        let trust = tsne.trustworthiness.zip(tsne.trustworthiness_neighbours);
        let trust = trust.map_or_else(String::new, |(value, k)| {
            format!(", trustworthiness {} ({k} neighbours)", fixed(value, 3))
        });
        format!(
            " {} training images, perplexity {}, KL divergence {} nats{trust}.",
            thousands(tsne.points as i64),
            tsne.perplexity,
            fixed(tsne.kl, 2)
        )
    });
    Ok(Figure::new(
        format!("map-{}", model.name()),
        facts.picture(&format!("{}.png", map_name(model.name())))?,
        format!("t-SNE map of {} of {}, coloured by class", what, model.name()),
        format!("`{}`: t-SNE of the {what}, coloured by class.{quality}", model.name()),
    ))
}
