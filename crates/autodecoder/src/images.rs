//! The images of an experiment.

use anyhow::{Context, Result, bail, ensure};
use autodecoder_data::{Dataset, ImageSet, Scaling, Skipped, Split, balanced_subset};
use autodecoder_training::{PixelKind, Streams, binarised_set};

use crate::Catalogue;
use crate::experiment::Experiment;

/// The file beside a model that says how its table's columns are scaled.
pub(crate) const SCALING: &str = "scaling.json";

/// Both halves, cut to the experiment's sizes.
#[derive(Debug)]
pub struct Images {
    /// Training images, as everything but training sees them.
    pub train: ImageSet,
    /// Test images.
    pub test: ImageSet,
    /// The grey training images, where training binarises them anew for every epoch.
    grey: Option<ImageSet>,
    /// What the labels mean.
    pub classes: Vec<String>,
    /// How a table was scaled; `None` for images.
    pub scaling: Option<Scaling>,
    /// Bad files that were left out.
    pub skipped: Vec<Skipped>,
}

impl Images {
    /// The images to train on; in the binarised protocol the grey ones that each epoch draws from.
    pub fn training(&self) -> &ImageSet {
        self.grey.as_ref().unwrap_or(&self.train)
    }

    /// Loads the data set and takes class-balanced subsets of it; the streams `train subset` and
    /// `test subset` choose the images, `hide train` and `hide test` what is taken away from them on
    /// purpose. Where they are to be binarised, the streams `binarise train`
    /// and `binarise test` draw their pixels.
    ///
    /// # Errors
    /// Where no folder is known, a file is wrong, there are fewer images than asked for, the two
    /// halves differ in shape, or the images have neither one channel nor three.
    pub fn load(experiment: &Experiment, catalogue: &Catalogue) -> Result<Images> {
        Images::load_scaled(experiment, catalogue, None)
    }

    /// As [`Images::load`]; a table is scaled by `scaling`, if it is known already.
    ///
    /// # Errors
    /// As there.
    pub fn load_scaled(
        experiment: &Experiment,
        catalogue: &Catalogue,
        scaling: Option<Scaling>,
    ) -> Result<Images> {
        let config = &experiment.data;
        let Some(folder) = &config.folder else {
            bail!(
                "no folder for the data set {:?}: give one with --data DIR, or as data.folder in \
                 the experiment file. `cargo xtask setup` fetches Fashion-MNIST",
                config.set
            );
        };
        let dataset = catalogue.datasets.get(&config.set)?(folder, &config.options(scaling));
        let streams = Streams::new(experiment.seed);
        let train = subset(dataset.as_ref(), Split::Train, config.train, &streams)?;
        let test = subset(dataset.as_ref(), Split::Test, config.test, &streams)?;
        check_shapes(&train, &test)
            .with_context(|| format!("data set {:?} in {}", config.set, folder.display()))?;
        let hide = |images, name| match &config.hidden {
            Some(hidden) => hidden.apply(images, &streams, name),
            None => Ok(images),
        };
        let (train, test) = (hide(train, "hide train")?, hide(test, "hide test")?);
        let (train, test, grey) = match config.pixels {
            PixelKind::Grey => (train, test, None),
            PixelKind::Binarised => (
                binarised_set(&train, &streams, "binarise train")?,
                binarised_set(&test, &streams, "binarise test")?,
                Some(train),
            ),
        };
        Ok(Images {
            train,
            test,
            grey,
            classes: dataset.classes().to_vec(),
            scaling: dataset.scaling().cloned(),
            skipped: dataset.skipped().to_vec(),
        })
    }

    /// Whether they are rows of a table, of which no picture can be drawn.
    pub fn is_table(&self) -> bool {
        self.scaling.is_some()
    }
}

/// A decoder has one output shape, and grids draw grey or coloured images only.
fn check_shapes(train: &ImageSet, test: &ImageSet) -> Result<()> {
    let (train, test) = (train.shape(), test.shape());
    ensure!(
        train == test,
        "the training images are {train} and the test images {test} (channels × height × width), \
         expected one shape for both; the files of one half belong to another data set"
    );
    ensure!(
        [1, 3].contains(&train.channels),
        "the images are {train} (channels × height × width), expected one channel or three; convert \
         them to grey"
    );
    Ok(())
}

fn subset(
    dataset: &dyn Dataset,
    split: Split,
    count: usize,
    streams: &Streams,
) -> Result<ImageSet> {
    let all = dataset.load(split).map_err(|error| {
        let own = matches!(error, autodecoder_data::Error::NoData { .. });
        let error = anyhow::Error::new(error);
        if own { error.context("for files of your own set data.set = \"files\"") } else { error }
    })?;
    let count = if count == 0 { all.len() } else { count };
    let mut rng = streams.rng(&format!("{split} subset"), &[]);
    balanced_subset(&all, count, &mut rng)
        .with_context(|| format!("data.{split} = {count} of the data set {:?}", dataset.name()))
}

#[cfg(test)]
mod tests {
    use autodecoder_data::ImageShape;

    use super::*;

    fn set(shape: ImageShape) -> ImageSet {
        ImageSet::new(shape, vec![0; shape.pixels()], vec![0]).unwrap()
    }

    #[test]
    fn one_shape_of_one_or_three_channels_fits() {
        let (grey, small) = (ImageShape::grey(4, 2), ImageShape::grey(2, 2));
        let colour = ImageShape { channels: 3, ..grey };
        let four = ImageShape { channels: 4, ..grey };
        check_shapes(&set(grey), &set(grey)).unwrap();
        check_shapes(&set(colour), &set(colour)).unwrap();
        let cases =
            [(grey, small, "1 × 4 × 2"), (grey, colour, "3 × 4 × 2"), (four, four, "4 × 4 × 2")];
        for (train, test, named) in cases {
            let error = check_shapes(&set(train), &set(test)).unwrap_err().to_string();
            assert!(error.contains(named) && error.contains("expected one"), "{error}");
        }
    }
}
