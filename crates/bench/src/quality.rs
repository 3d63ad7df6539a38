//! Time to quality: seconds of training until the test images' negative ELBO passes a level.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};
use autodecoder::experiment::{Experiment, ModelConfig, read};
use autodecoder::{Catalogue, Images};
use autodecoder_evaluation::{evaluate, infer};
use autodecoder_models::LatentModel;
use autodecoder_training::{DeviceImages, Silent, Streams, Trainer};
use serde::{Deserialize, Serialize};
use tch::Device;

use crate::child;
use crate::model::SHAPE;
use crate::peer::Programs;
use crate::quiet::Watch;
use crate::row::Row;
use crate::statistics::Spread;
use crate::worker;

const PRESET: &str = "full";
const MODEL: &str = "vad-gaussian";

/// What a model has reached at the end of an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Epoch, from 1.
    pub epoch: u32,
    /// Seconds of training so far, evaluation left out.
    pub seconds: f64,
    /// Negative ELBO of the test images, nats per image.
    pub nats: f64,
}

/// Lengths of schedules, in epochs.
#[derive(Debug, Clone)]
pub struct Schedules {
    /// Those of both programs.
    pub both: Vec<u32>,
    /// Further ones of ours, whose epochs take less time.
    pub ours: Vec<u32>,
}

/// All that both programs have reached, under schedules of several lengths.
#[derive(Debug, Default)]
pub struct Curves {
    ours: Vec<Point>,
    vae: Vec<Point>,
    ours_last: Option<Point>,
    vae_last: Option<Point>,
    /// Cores that other programs used meanwhile.
    foreign: f64,
}

impl Curves {
    /// Runs both programs in turn, once for each number of epochs, then ours alone.
    ///
    /// # Errors
    /// Where one of them fails.
    pub fn measure(
        programs: &Programs,
        data: &Path,
        images: [&Path; 2],
        schedules: &Schedules,
        say: &dyn Fn(&str),
    ) -> Result<Curves> {
        let (mut curves, watch) = (Curves::default(), Watch::start(&[])?);
        for &count in &schedules.both {
            let ours = points(programs, "ours", our_command(programs, data, count)?, say)?;
            let vae = points(programs, "vae", vae_command(programs, images, count), say)?;
            (curves.ours_last, curves.vae_last) = (ours.last().copied(), vae.last().copied());
            curves.ours.extend(ours);
            curves.vae.extend(vae);
        }
        for &count in &schedules.ours {
            curves.ours.extend(points(programs, "ours", our_command(programs, data, count)?, say)?);
        }
        curves.foreign = watch.foreign()?;
        Ok(curves)
    }

    /// The row of a level.
    pub fn row(&self, level: f64) -> Row {
        let (ours, vae) = (earliest(&self.ours, level), earliest(&self.vae, level));
        let ratio = ours.zip(vae).map(|(ours, vae)| Spread::single(vae / ours));
        let row = Row::new("time", ratio).beside(self.foreign);
        row.with("ours_seconds", ours).with("other_seconds", vae)
    }

    /// The row of what both have reached at the end of the last schedule.
    pub fn last_row(&self) -> Row {
        let nats = |point: Option<Point>| point.map(|point| point.nats);
        let (ours, vae) = (nats(self.ours_last), nats(self.vae_last));
        let ratio = ours.zip(vae).map(|(ours, vae)| Spread::single(vae / ours));
        Row::new("negative ELBO", ratio).with("ours_nats", ours).with("other_nats", vae)
    }
}

/// The fewest seconds after which a level was passed.
fn earliest(points: &[Point], level: f64) -> Option<f64> {
    let passing = points.iter().filter(|point| point.nats <= level);
    passing.map(|point| point.seconds).min_by(f64::total_cmp)
}

fn our_command(programs: &Programs, data: &Path, epochs: u32) -> Result<Command> {
    let mut command = programs.ours()?;
    command.arg("quality").arg(data);
    command.arg(format!("--epochs={epochs}"));
    command.arg(format!("--threads={}", programs.workshop.threads()));
    Ok(command)
}

fn vae_command(programs: &Programs, [train, test]: [&Path; 2], epochs: u32) -> Command {
    let mut command = programs.script("vae.py");
    command.arg("--train").arg(train).arg("--test").arg(test);
    command.arg(format!("--epochs={epochs}"));
    command.arg(format!("--threads={}", programs.workshop.threads()));
    command
}

fn points(
    programs: &Programs,
    name: &str,
    command: Command,
    say: &dyn Fn(&str),
) -> Result<Vec<Point>> {
    let mut found: Vec<Point> = Vec::new();
    child::run(name, command, &programs.workshop.path("quality.log"), |point: Point| {
        let Point { epoch, seconds, nats } = point;
        say(&format!("  {name}: epoch {epoch}, {seconds:.1} s, {nats:.2} nats"));
        found.push(point);
    })?;
    Ok(found)
}

/// Trains our model with the settings of the preset, and answers with a point for each epoch that
/// is evaluated.
///
/// # Errors
/// Where the data is missing, or training fails.
pub fn ours(data: &Path, epochs: u32, threads: usize) -> Result<()> {
    tch::set_num_threads(i32::try_from(threads)?);
    let catalogue = Catalogue::standard();
    let mut experiment = read(PRESET, &catalogue)?;
    experiment.data.folder = Some(data.to_owned());
    let mut config = experiment.model(MODEL)?.clone();
    config.training.epochs = epochs;
    train(&experiment, &config, &catalogue)
}

fn train(experiment: &Experiment, config: &ModelConfig, catalogue: &Catalogue) -> Result<()> {
    let images = Images::load(experiment, catalogue)?;
    let streams = Streams::new(experiment.seed);
    let mut rng = streams.rng("decoder", &[]);
    let model = LatentModel::new(config.spec(), SHAPE, &catalogue.parts, Device::Cpu, &mut rng)?;
    let [train, test] =
        [&images.train, &images.test].map(|set| DeviceImages::new(set, Device::Cpu));
    let steps = (images.train.len() as u64).div_ceil(u64::from(config.training.batch_size));
    // Where the rows begin is found from the images: that is part of the training.
    let started = Instant::now();
    let mut trainer =
        Trainer::new(&model, &train, &config.training, &catalogue.optimisers, streams)?;
    let mut seconds = started.elapsed().as_secs_f64();
    for epoch in 1..=config.training.epochs {
        let started = Instant::now();
        trainer.advance(steps, &mut Silent)?;
        seconds += started.elapsed().as_secs_f64();
        if is_evaluated(epoch, config.training.epochs) {
            let nats = nats(experiment, config, catalogue, &model, &test)?;
            worker::answer(&Point { epoch, seconds, nats })?;
        }
    }
    Ok(())
}

/// An evaluation takes longer than some epochs: there are four, in the last third of a schedule, where
/// the falling rates let a model reach most.
fn is_evaluated(epoch: u32, epochs: u32) -> bool {
    let (left, every) = (epochs - epoch, (epochs / 10).max(1));
    left.is_multiple_of(every) && left / every < 4
}

fn nats(
    experiment: &Experiment,
    config: &ModelConfig,
    catalogue: &Catalogue,
    model: &LatentModel,
    test: &DeviceImages,
) -> Result<f64> {
    let (streams, optimisers) = (Streams::new(experiment.seed), &catalogue.optimisers);
    let rows = infer(model, test, &config.inference, optimisers, &streams, &mut Silent)?;
    let scoring = &experiment.evaluation;
    let metrics = evaluate(model, &rows, test, scoring, &streams, "evaluate test", &mut Silent)?;
    metrics.negative_elbo.context("a VAD has an ELBO")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(seconds: f64, nats: f64) -> Point {
        Point { epoch: 1, seconds, nats }
    }

    #[test]
    fn the_earliest_passing_time_of_all_schedules_counts() {
        let points =
            [point(10.0, 250.0), point(20.0, 241.0), point(15.0, 244.0), point(30.0, 239.0)];
        assert_eq!(earliest(&points, 245.0), Some(15.0));
        assert_eq!(earliest(&points, 241.0), Some(20.0));
        assert_eq!(earliest(&points, 238.0), None);
    }

    #[test]
    fn a_level_that_one_has_not_reached_has_no_ratio() {
        let curves = Curves {
            ours: vec![point(10.0, 240.0)],
            vae: vec![point(30.0, 242.0)],
            ..Curves::default()
        };
        assert_eq!(curves.row(242.0).ratio, Some(3.0));
        let row = curves.row(240.0);
        assert_eq!((row.ratio, &row.extras["ours_seconds"]), (None, &10.0.into()));
    }

    #[test]
    fn a_schedule_is_evaluated_four_times_in_its_last_third() {
        let evaluated = |epochs: u32| -> Vec<u32> {
            (1..=epochs).filter(|&epoch| is_evaluated(epoch, epochs)).collect()
        };
        assert_eq!(evaluated(10), [7, 8, 9, 10]);
        assert_eq!(evaluated(31), [22, 25, 28, 31]);
        assert_eq!(evaluated(1), [1]);
    }
}
