//! Training the classifier that judges samples.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use autodecoder_classifier::{
    ClassifierConfig, Description, Error, LabelledImages, save_classifier, train_classifier,
};
use autodecoder_data::{FileOptions, Split};
use autodecoder_training::Streams;

use super::arguments::ClassifierArguments;
use super::open;
use crate::Catalogue;
use crate::progress::{Progress, say};

/// Trains on all training images of the data set, says how good it is on the test images, and saves.
pub(super) fn train(arguments: &ClassifierArguments, catalogue: &Catalogue) -> Result<()> {
    let config = settings(arguments)?;
    let Some(folder) = &arguments.compute.data else {
        bail!("no folder for the data set {:?}: give one with --data DIR", arguments.set);
    };
    let dataset = catalogue.datasets.get(&arguments.set)?(folder, &FileOptions::default());
    make_folder(&arguments.out)?;
    let [train, test] = [dataset.load(Split::Train)?, dataset.load(Split::Test)?];
    let device = open::compute(&arguments.compute.machine)?.device;
    let [images, unseen] = [&train, &test].map(|set| LabelledImages::new(set, device));
    let classes = dataset.classes();
    let mut progress = Progress::new("train the classifier");
    let (streams, started) = (Streams::new(arguments.seed), Instant::now());
    let trained = train_classifier(&images, classes.len() as i64, &config, &streams, &mut progress)
        .map_err(with_exit_code)?;
    let loss = trained.losses.last().copied().unwrap_or(f64::NAN);
    progress.finish(&format!(
        "{} epochs in {:.1} s, loss {loss:.4} nats",
        config.epochs,
        started.elapsed().as_secs_f64()
    ));
    let description = Description {
        set: arguments.set.clone(),
        classes: classes.to_vec(),
        config,
        seed: arguments.seed,
        train: train.len(),
        train_images: images.images().digest().to_owned(),
        test: test.len(),
        test_accuracy: trained.classifier.accuracy(&unseen),
    };
    save_classifier(&trained.classifier, &description, &arguments.out)?;
    say(&format!(
        "test accuracy {:.2} percent on {} images; the classifier is in {}",
        description.test_accuracy * 100.0,
        test.len(),
        arguments.out.display()
    ));
    Ok(())
}

fn settings(arguments: &ClassifierArguments) -> Result<ClassifierConfig> {
    let mut config = match &arguments.settings {
        None => ClassifierConfig::standard()?,
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            ClassifierConfig::parse(&text).with_context(|| path.display().to_string())?
        }
    };
    config.epochs = arguments.epochs.unwrap_or(config.epochs);
    config.check()?;
    Ok(config)
}

/// Minutes later would be too late to tell that nothing can be written there.
fn make_folder(out: &Path) -> Result<()> {
    ensure!(
        !out.join("classifier.json").exists(),
        "{}: this folder holds a classifier; remove it, or choose another folder with --out",
        out.display()
    );
    std::fs::create_dir_all(out)
        .with_context(|| format!("cannot make the folder {}", out.display()))
}

/// A stop is no error of the user's.
fn with_exit_code(error: Error) -> anyhow::Error {
    match error {
        Error::Stopped => {
            let place = "during the classifier's training; nothing is saved";
            autodecoder_training::Error::Interrupted { place }.into()
        }
        error => error.into(),
    }
}
