//! The images of an experiment.

use anyhow::{Context, Result, bail};
use autodecoder_data::{Dataset, ImageSet, Split, balanced_subset};
use autodecoder_training::Streams;

use crate::Catalogue;
use crate::experiment::Experiment;

/// Both halves, cut to the experiment's sizes.
#[derive(Debug)]
pub struct Images {
    /// Training images.
    pub train: ImageSet,
    /// Test images.
    pub test: ImageSet,
    /// What the labels mean.
    pub classes: Vec<String>,
}

impl Images {
    /// Loads the data set and takes class-balanced subsets of it; the streams `train subset` and
    /// `test subset` choose the images.
    ///
    /// # Errors
    /// Where no folder is known, a file is wrong, or there are fewer images than asked for.
    pub fn load(experiment: &Experiment, catalogue: &Catalogue) -> Result<Images> {
        let config = &experiment.data;
        let Some(folder) = &config.folder else {
            bail!(
                "no folder for the data set {:?}: give one with --data DIR, or as data.folder in \
                 the experiment file. `cargo xtask setup` fetches Fashion-MNIST",
                config.set
            );
        };
        let dataset = catalogue.datasets.get(&config.set)?(folder);
        let streams = Streams::new(experiment.seed);
        Ok(Images {
            train: subset(dataset.as_ref(), Split::Train, config.train, &streams)?,
            test: subset(dataset.as_ref(), Split::Test, config.test, &streams)?,
            classes: dataset.classes().to_vec(),
        })
    }
}

fn subset(
    dataset: &dyn Dataset,
    split: Split,
    count: usize,
    streams: &Streams,
) -> Result<ImageSet> {
    let all = dataset.load(split)?;
    let mut rng = streams.rng(&format!("{split} subset"), &[]);
    balanced_subset(&all, count, &mut rng)
        .with_context(|| format!("data.{split} = {count} of the data set {:?}", dataset.name()))
}
