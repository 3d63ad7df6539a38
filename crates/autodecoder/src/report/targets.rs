//! Numbers to reach.

use autodecoder_visualization::report::{Block, Cell, Column, Section, Table};

use super::facts::Facts;
use super::numbers::fixed;
use crate::experiment::{TargetConfig, TargetMetric};
use crate::results::ImportanceResults;

/// One row per target.
pub(super) fn section(facts: &Facts) -> Section {
    let columns = vec![
        Column::text("model"),
        Column::text("metric on test images"),
        Column::number("at most"),
        Column::number("measured"),
        Column::text("reached"),
        Column::text("where the number comes from"),
    ];
    let caption = "Numbers that this experiment set out to reach.";
    let mut table = Table::new("targets-reached", caption, columns);
    for target in &facts.experiment().targets {
        table.rows.push(row(facts, target));
    }
    Section::new("targets", "Numbers to reach").block(Block::Table(table))
}

fn row(facts: &Facts, target: &TargetConfig) -> Vec<Cell> {
    let (name, decimals) = match target.metric {
        TargetMetric::Mse => ("mean squared error", 5),
        TargetMetric::ReconstructionLoss => ("course’s reconstruction loss", 6),
        TargetMetric::NegativeElbo => ("negative ELBO, nats", 2),
        TargetMetric::NegativeLogLikelihood => ("−log p̂_{K}, nats", 2),
        TargetMetric::NegativeLogLikelihoodFitted => ("−log p̂_{K} by fitted proposals, nats", 2),
    };
    let measured = facts.models.iter().find(|model| model.name() == target.model);
    let measured = measured.and_then(|model| {
        let (test, results) = (&model.results.test, model.results);
        match target.metric {
            TargetMetric::Mse => Some(test.mse),
            TargetMetric::ReconstructionLoss => Some(test.reconstruction_loss),
            TargetMetric::NegativeElbo => test.negative_elbo,
            TargetMetric::NegativeLogLikelihood => negative(results.importance.as_ref()),
            TargetMetric::NegativeLogLikelihoodFitted => {
                negative(results.importance_fitted.as_ref())
            }
        }
    });
    let reached = match measured {
        Some(value) if value <= target.at_most => "yes",
        Some(_) => "**no**",
        None => "not measured",
    };
    vec![
        format!("`{}`", target.model).into(),
        name.into(),
        fixed(target.at_most, decimals).into(),
        super::numbers::optional(measured, decimals).into(),
        reached.into(),
        target.source.clone().into(),
    ]
}

/// `−log p̂_K` at the largest K.
fn negative(bounds: Option<&ImportanceResults>) -> Option<f64> {
    Some(-bounds?.bounds.tightest()?.log_likelihood)
}
