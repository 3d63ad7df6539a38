//! Everything that an experiment file can name.

use std::path::Path;
use std::sync::Arc;

use autodecoder_data::{Dataset, MnistFolder};
use autodecoder_distributions::Registry;
use autodecoder_evaluation::{SamplerFamily, samplers};
use autodecoder_models::Parts;
use autodecoder_training::{OptimiserFamily, optimisers};

/// Opens a data set whose files lie in a folder.
pub type OpenDataset = dyn Fn(&Path) -> Box<dyn Dataset> + Send + Sync;

/// The parts, optimisers, samplers and data sets by name. A user's own are added here (docs/extending.md).
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// Posteriors, decoders and likelihoods.
    pub parts: Parts,
    /// Update rules for decoders and rows.
    pub optimisers: Registry<dyn OptimiserFamily>,
    /// Where latents of new images come from.
    pub samplers: Registry<dyn SamplerFamily>,
    /// Data sets.
    pub datasets: Registry<OpenDataset>,
}

impl Catalogue {
    /// Everything that this project ships.
    pub fn standard() -> Catalogue {
        let datasets = Registry::new("data set")
            .with("fashion-mnist", opener(|folder| MnistFolder::fashion_mnist(folder)))
            .with(
                "mnist",
                opener(|folder| {
                    MnistFolder::new(folder, (0..10).map(|digit| digit.to_string())).named("mnist")
                }),
            );
        let (optimisers, samplers) = (optimisers(), samplers());
        Catalogue { parts: Parts::standard(), optimisers, samplers, datasets }
    }
}

fn opener<D: Dataset + 'static>(
    open: impl Fn(&Path) -> D + Send + Sync + 'static,
) -> Arc<OpenDataset> {
    Arc::new(move |folder| Box::new(open(folder)))
}
