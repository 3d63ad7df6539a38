//! Samples that were drawn while a model was trained.

use anyhow::Result;
use autodecoder_visualization::report::{Block, Figure, NoteKind};

use super::facts::{Facts, ModelFacts};
use crate::pipeline::epoch_sheet_name;

/// The sheets of a model side by side; nothing where the experiment asks for none. What was lost cannot
/// be drawn again, and is said.
pub(super) fn blocks(facts: &Facts, model: &ModelFacts) -> Result<Vec<Block>> {
    let (asked, trained) = (&facts.experiment().figures.epochs, model.config.training.epochs);
    let (mut figures, mut lost) = (Vec::new(), Vec::new());
    for epoch in asked.iter().copied().filter(|&epoch| epoch <= trained) {
        if facts.session.folder.figure(&epoch_sheet_name(model.name(), epoch)).exists() {
            figures.push(figure(facts, model, epoch)?);
        } else {
            lost.push(epoch.to_string());
        }
    }
    let mut blocks = Vec::new();
    if !figures.is_empty() {
        let text = format!(
            "How `{}` came to draw so: the same draws of its prior, decoded at several points of its \
             training.",
            model.name()
        );
        blocks.extend([Block::Paragraph(text.into()), Block::FigureRow(figures)]);
    }
    if !lost.is_empty() {
        let text = format!(
            "`{}`: the samples after epoch {} are lost. Only another training draws them: `--force`.",
            model.name(),
            lost.join(", ")
        );
        blocks.push(Block::Note(NoteKind::Caution, text.into()));
    }
    Ok(blocks)
}

fn figure(facts: &Facts, model: &ModelFacts, epoch: u32) -> Result<Figure> {
    let file = epoch_sheet_name(model.name(), epoch);
    let when = match epoch {
        0 => "before training".to_owned(),
        1 => "after 1 epoch".to_owned(),
        epochs => format!("after {epochs} epochs"),
    };
    let name = model.name();
    let id = format!("epoch-{epoch}-of-{name}");
    let alt = format!("Samples of {name} {when}");
    Ok(Figure::new(id, facts.picture(&file)?, alt, format!("`{name}` {when}.")))
}
