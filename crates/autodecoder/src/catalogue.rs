//! Everything that an experiment file can name.

use std::path::Path;
use std::sync::Arc;

use autodecoder_data::{Dataset, FileOptions, Files, MnistFolder};
use autodecoder_distributions::Registry;
use autodecoder_evaluation::{SamplerFamily, samplers};
use autodecoder_models::Parts;
use autodecoder_training::{OptimiserFamily, optimisers};

/// Opens a data set whose files lie in a folder, or are a single one. The options are for a user's own
/// files.
pub type OpenDataset = dyn Fn(&Path, &FileOptions) -> Box<dyn Dataset> + Send + Sync;

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
            .with("fashion-mnist", opener(|folder, _| MnistFolder::fashion_mnist(folder)))
            .with(
                "mnist",
                opener(|folder, _| {
                    MnistFolder::new(folder, (0..10).map(|digit| digit.to_string())).named("mnist")
                }),
            )
            .with("files", opener(|path, options| Files::new(path, options.clone())));
        let (optimisers, samplers) = (optimisers(), samplers());
        Catalogue { parts: Parts::standard(), optimisers, samplers, datasets }
    }
}

fn opener<D: Dataset + 'static>(
    open: impl Fn(&Path, &FileOptions) -> D + Send + Sync + 'static,
) -> Arc<OpenDataset> {
    Arc::new(move |folder, options| Box::new(open(folder, options)))
}
