//! What a sweep trains: models, dimensions, seeds, and how much of each.

use anyhow::{Context, Result};
use autodecoder_models::ModelKind;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::Catalogue;
use crate::experiment::{self, Experiment};

/// What two cores of a server do in a second: images visited in training, with a latent table and with
/// an encoder, and steps of inference times images. For an announcement, not for a comparison.
const VISITS: f64 = 25_000.0;
const ENCODER_VISITS: f64 = 10_000.0;
const STEPS: f64 = 90_000.0;

/// A sweep over latent_dim. Its folder is its: another plan is another sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Kinds of the models; each is called by its abbreviation.
    pub kinds: Vec<ModelKind>,
    /// Values of latent_dim, rising.
    pub dimensions: Vec<i64>,
    /// Seeds: each chooses images, first weights, order and noise.
    pub seeds: Vec<u64>,
    /// Training images.
    pub train: usize,
    /// Test images.
    pub test: usize,
    /// Passes over the training images.
    pub epochs: u32,
    /// Gradient steps of inference per image.
    pub steps: u32,
    /// Places among which a row begins, in few dimensions.
    pub candidates: u32,
    /// Test accuracy of the classifier that judges samples, which tells it from others; none where
    /// samples are not judged.
    pub classifier: Option<f64>,
}

/// One model of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Kind of the model.
    pub kind: ModelKind,
    /// Values in one latent.
    pub latent_dim: i64,
    /// The seed.
    pub seed: u64,
}

impl Place {
    /// The model's name in its seed's experiment: `vad-32`.
    pub fn model(&self) -> String {
        format!("{}-{}", self.kind.abbreviation().to_lowercase(), self.latent_dim)
    }

    /// The name of its file.
    pub(super) fn file(&self) -> String {
        format!("{}-seed-{}", self.model(), self.seed)
    }
}

impl Plan {
    /// A sweep for two CPU cores.
    pub fn standard() -> Plan {
        Plan {
            kinds: vec![
                ModelKind::AutoDecoder,
                ModelKind::VariationalAutoDecoder,
                ModelKind::VariationalAutoencoder,
            ],
            dimensions: vec![2, 4, 8, 16, 32, 64, 128],
            seeds: vec![1, 2, 3],
            train: 5000,
            test: 1000,
            epochs: 25,
            steps: 100,
            candidates: 1000,
            classifier: None,
        }
    }

    /// A small one, to see that everything works.
    pub fn quick() -> Plan {
        Plan {
            dimensions: vec![2, 8, 32, 128],
            train: 1000,
            test: 500,
            epochs: 15,
            ..Plan::standard()
        }
    }

    /// All of Fashion-MNIST, for a GPU.
    pub fn full() -> Plan {
        Plan { train: 60_000, test: 10_000, epochs: 50, steps: 200, ..Plan::standard() }
    }

    /// Every model, seed by seed, so that a sweep that was stopped early has whole curves.
    pub fn places(&self) -> Vec<Place> {
        let of_seed = |&seed: &u64| {
            let of_dimension = move |&latent_dim: &i64| {
                self.kinds.iter().map(move |&kind| Place { kind, latent_dim, seed })
            };
            self.dimensions.iter().flat_map(of_dimension)
        };
        self.seeds.iter().flat_map(of_seed).collect()
    }

    /// About how long a model takes on two CPU cores.
    pub fn seconds(&self, place: Place) -> f64 {
        let visits = self.train as f64 * f64::from(self.epochs);
        if place.kind.has_encoder() {
            return 1.0 + visits / ENCODER_VISITS;
        }
        let steps = (self.train + self.test) as f64 * f64::from(self.steps);
        1.0 + visits / VISITS + steps / STEPS
    }

    /// The models of one seed as an experiment: everything that is not in the plan is a default.
    ///
    /// # Errors
    /// For sizes out of range.
    pub fn experiment(&self, seed: u64, catalogue: &Catalogue) -> Result<Experiment> {
        let mut file = Table::new();
        let seed_value = i64::try_from(seed).context("a seed")?;
        file.insert("seed".to_owned(), seed_value.into());
        file.insert(
            "data".to_owned(),
            table([("train", self.train as i64), ("test", self.test as i64)]),
        );
        file.insert("training".to_owned(), table([("epochs", i64::from(self.epochs))]));
        file.insert(
            "inference".to_owned(),
            table([("steps", i64::from(self.steps)), ("candidates", i64::from(self.candidates))]),
        );
        let model = |place: Place| -> Result<Value> {
            let mut model = Table::new();
            model.insert("name".to_owned(), place.model().into());
            model.insert("kind".to_owned(), Value::try_from(place.kind).context("a kind")?);
            model.insert("latent_dim".to_owned(), place.latent_dim.into());
            Ok(model.into())
        };
        let of_seed = self.places().into_iter().filter(|place| place.seed == seed);
        let models = of_seed.map(model).collect::<Result<Vec<Value>>>()?;
        file.insert("models".to_owned(), models.into());
        experiment::parse(&file.to_string(), "sweep-latent-dim", catalogue)
    }
}

fn table<const N: usize>(entries: [(&str, i64); N]) -> Value {
    let entries = entries.into_iter().map(|(key, value)| (key.to_owned(), value.into()));
    Value::Table(entries.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plan_makes_experiments_of_all_its_models() {
        for plan in [Plan::standard(), Plan::quick(), Plan::full()] {
            let places = plan.places();
            let count = plan.kinds.len() * plan.dimensions.len();
            assert_eq!(places.len(), count * plan.seeds.len());
            for &seed in &plan.seeds {
                let experiment = plan.experiment(seed, &Catalogue::standard()).unwrap();
                assert_eq!((experiment.seed, experiment.models.len()), (seed, count));
                for place in places.iter().filter(|place| place.seed == seed) {
                    let model = experiment.model(&place.model()).unwrap();
                    assert_eq!((model.kind, model.latent_dim), (place.kind, place.latent_dim));
                    assert_eq!(model.training.epochs, plan.epochs);
                    assert_eq!(model.inference.steps, plan.steps);
                }
            }
        }
    }

    #[test]
    fn a_seed_is_complete_before_the_next_begins() {
        let seeds: Vec<u64> = Plan::quick().places().iter().map(|place| place.seed).collect();
        assert!(seeds.is_sorted());
    }
}
