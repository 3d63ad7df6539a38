//! Everything that the sections draw on.

use std::path::Path;

use anyhow::{Context, Result};
use autodecoder_models::LatentModel;
use autodecoder_visualization::report::Picture;

use crate::experiment::{Experiment, ModelConfig};
use crate::metrics_csv::{MetricsRow, read_metrics};
use crate::results::{ModelResults, Results};
use crate::session::Session;

/// A run, loaded for the report.
pub(crate) struct Facts<'a> {
    pub session: &'a Session,
    pub results: &'a Results,
    pub models: Vec<ModelFacts<'a>>,
    pub metrics: Vec<MetricsRow>,
}

/// How many of a run's models have an encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoders {
    None,
    Some,
    All,
}

/// One model of the run.
pub(crate) struct ModelFacts<'a> {
    pub config: &'a ModelConfig,
    pub results: &'a ModelResults,
    pub model: LatentModel,
}

impl<'a> Facts<'a> {
    /// Loads every model, in the experiment's order.
    pub fn collect(session: &'a Session, results: &'a Results) -> Result<Facts<'a>> {
        let models = session
            .experiment
            .models
            .iter()
            .map(|config| {
                let results = results.models.get(&config.name);
                let results = results.with_context(|| {
                    format!("results.json has no model {:?}: evaluate first", config.name)
                })?;
                Ok(ModelFacts { config, results, model: session.load(config)?.model })
            })
            .collect::<Result<_>>()?;
        let metrics = read_metrics(&session.folder.metrics())?;
        Ok(Facts { session, results, models, metrics })
    }

    pub fn experiment(&self) -> &Experiment {
        &self.session.experiment
    }

    /// The models whose images own their rows.
    pub fn with_rows(&self) -> impl Iterator<Item = &ModelFacts<'a>> {
        self.models.iter().filter(|model| !model.config.kind.has_encoder())
    }

    /// Whether any model, and whether every model, has an encoder.
    pub fn encoders(&self) -> Encoders {
        match self.with_rows().count() {
            0 => Encoders::All,
            count if count == self.models.len() => Encoders::None,
            _ => Encoders::Some,
        }
    }

    /// A figure that an earlier step left, by its file name.
    pub fn picture(&self, name: &str) -> Result<Picture> {
        read_picture(&self.session.folder.figure(name))
    }

    /// The VADs with the lowest test negative ELBO, one for each likelihood in the models' order:
    /// nats only compare within one.
    pub fn best_vads(&self) -> Vec<&ModelFacts<'a>> {
        let mut best: Vec<&ModelFacts> = Vec::new();
        for model in self.models.iter().filter(|model| model.nats().is_some()) {
            let likelihood = &model.config.likelihood;
            match best.iter_mut().find(|other| other.config.likelihood == *likelihood) {
                Some(other) if model.nats() < other.nats() => *other = model,
                Some(_) => {}
                None => best.push(model),
            }
        }
        best
    }

    /// The first AD, if there is one.
    pub fn auto_decoder(&self) -> Option<&ModelFacts<'a>> {
        self.with_rows().find(|model| model.nats().is_none())
    }
}

impl ModelFacts<'_> {
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// Test negative ELBO; `None` for an AD.
    pub fn nats(&self) -> Option<f64> {
        self.results.test.negative_elbo
    }
}

fn read_picture(path: &Path) -> Result<Picture> {
    let bytes = std::fs::read(path).with_context(|| {
        format!("{} is missing: run sample, interpolate and tsne first", path.display())
    })?;
    Ok(Picture::Png(bytes))
}
