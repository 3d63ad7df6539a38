//! Measuring one planned row after another.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use autodecoder::CheckpointInterval;
use autodecoder_data::Split;

use crate::alternate::{Round, alternate};
use crate::case::{PIXELS, Setting};
use crate::child::Worker;
use crate::peer::{Peer, Programs};
use crate::plan::Measure;
use crate::prepare::{INFERENCE_STEPS, Use};
use crate::proof::{self, Agreement};
use crate::protocol::Request;
use crate::quality::{Curves, Schedules};
use crate::row::Row;
use crate::statistics::Spread;
use crate::{case, tsne};

/// More images than Fashion-MNIST has are drawn at random.
const REAL_IMAGES: usize = 60_000;
/// What a program may hold besides images, rows and their moments, bytes.
const ALLOWANCE: usize = 500_000_000;
/// Steps after which memory is at its peak.
const MEMORY_STEPS: u64 = 20;

/// How thorough the measurements are.
#[derive(Debug)]
pub struct Effort {
    /// Rounds of each pair.
    pub rounds: u32,
    /// Seconds of a round.
    pub seconds: f64,
    /// Schedules whose time to quality is measured.
    pub schedules: Schedules,
}

/// All that rows are measured with.
pub struct Bench<'a> {
    programs: &'a Programs,
    data: &'a Path,
    effort: &'a Effort,
    say: &'a dyn Fn(&str),
    train: PathBuf,
    test: PathBuf,
    proven: BTreeMap<(Setting, Peer), Agreement>,
    curves: OnceCell<Curves>,
}

impl<'a> Bench<'a> {
    /// Writes the images for all programs.
    ///
    /// # Errors
    /// Where they cannot be read or written.
    pub fn new(
        programs: &'a Programs,
        data: &'a Path,
        effort: &'a Effort,
        say: &'a dyn Fn(&str),
    ) -> Result<Bench<'a>> {
        let train = programs.workshop.images(data, Split::Train)?;
        let test = programs.workshop.images(data, Split::Test)?;
        let (proven, curves) = (BTreeMap::new(), OnceCell::new());
        Ok(Bench { programs, data, effort, say, train, test, proven, curves })
    }

    /// Measures a row.
    ///
    /// # Errors
    /// [`proof::Violation`] where the two programs do not do the same work; and where one fails.
    pub fn measure(&mut self, measure: Measure) -> Result<Row> {
        match measure {
            Measure::Speed(setting, peer) => self.speed(&setting, peer),
            Measure::Scaling { many, few } => self.scaling(&many, &few),
            Measure::Memory(setting, peer) => self.memory(&setting, peer),
            Measure::Checkpoint(setting) => self.checkpoint(&setting),
            Measure::Tsne(program) => tsne::compare(self.programs, program, &self.test),
            Measure::TimeToQuality(level) => Ok(self.curves()?.row(f64::from(level))),
            Measure::Quality => Ok(self.curves()?.last_row()),
        }
    }

    fn speed(&mut self, setting: &Setting, peer: Peer) -> Result<Row> {
        let agreement = match peer {
            Peer::Limit => None,
            _ => Some(self.prove(setting, peer)?),
        };
        let case = self.case(setting)?;
        let (ours, other) = (self.programs.our_worker(&case)?, self.programs.worker(peer, &case)?);
        let row = self.rounds(ours, other)?;
        Ok(match agreement {
            Some(Agreement { first, last }) => {
                row.with("first_loss_distance", first).with("last_loss_distance", last)
            }
            None => row,
        })
    }

    /// Proves equality once for all settings that differ in their number of images only.
    fn prove(&mut self, setting: &Setting, peer: Peer) -> Result<Agreement> {
        let key = (Setting { count: 0, ..*setting }, peer);
        if let Some(agreement) = self.proven.get(&key) {
            return Ok(*agreement);
        }
        let agreement = proof::prove(self.programs, setting, peer, &self.train)?;
        self.proven.insert(key, agreement);
        Ok(agreement)
    }

    fn scaling(&self, many: &Setting, few: &Setting) -> Result<Row> {
        let [many, few] = [many, few].map(|setting| self.programs.our_worker(&self.case(setting)?));
        self.rounds(many?, few?)
    }

    fn rounds(&self, ours: Worker, other: Worker) -> Result<Row> {
        let Effort { rounds, seconds, .. } = *self.effort;
        let rounds = alternate(ours, other, rounds, seconds)?;
        let median =
            |pick: fn(&Round) -> f64| Spread::of(rounds.iter().map(pick)).map(|s| s.median);
        Ok(Row::new("time", Spread::of(rounds.iter().map(Round::ratio)))
            .with("ours_seconds_per_step", median(|round| round.ours))
            .with("other_seconds_per_step", median(|round| round.other))
            .with("rounds", rounds.len())
            .beside(rounds.iter().map(|round| round.foreign).fold(0.0, f64::max)))
    }

    fn memory(&self, setting: &Setting, peer: Option<Peer>) -> Result<Row> {
        let case = self.case(setting)?;
        let ours = peak(self.programs.our_worker(&case)?)?;
        let row = |other: f64| {
            Row::new("peak memory", Some(Spread::single(other / ours)))
                .with("ours_bytes", ours)
                .with("other_bytes", other)
        };
        match peer {
            Some(peer) => Ok(row(peak(self.programs.worker(peer, &case)?)?)),
            None => Ok(row(bound(setting) as f64)),
        }
    }

    fn checkpoint(&self, setting: &Setting) -> Result<Row> {
        let mut ours = self.programs.our_worker(&self.case(setting)?)?;
        ours.ask::<f64>(Request::Time(MEMORY_STEPS))?;
        let mut seconds = Vec::new();
        for _ in 0..self.effort.rounds {
            seconds.push(ours.ask::<f64>(Request::Checkpoint)?);
        }
        let shares = seconds.iter().map(|&seconds| share(seconds));
        let median = Spread::of(seconds.iter().copied()).map(|spread| spread.median);
        Ok(Row::new("share of the time", Spread::of(shares))
            .with("seconds", median)
            .with("interval_seconds", median.map(interval)))
    }

    fn curves(&self) -> Result<&Curves> {
        if self.curves.get().is_none() {
            let (images, schedules) = ([self.train.as_path(), &self.test], &self.effort.schedules);
            let curves = Curves::measure(self.programs, self.data, images, schedules, self.say)?;
            let _ = self.curves.set(curves);
        }
        self.curves.get().context("the curves were measured")
    }

    /// Writes the case of a setting.
    fn case(&self, setting: &Setting) -> Result<PathBuf> {
        let images = (setting.count <= REAL_IMAGES).then(|| self.train.clone());
        self.programs.workshop.case(setting, images, Use::Timing)
    }
}

/// Seconds between two checkpoints of which each takes `seconds`, by default.
fn interval(seconds: f64) -> f64 {
    CheckpointInterval::Adaptive.after(Duration::from_secs_f64(seconds)).as_secs_f64()
}

/// Share of the time that checkpoints of `seconds` each take.
fn share(seconds: f64) -> f64 {
    seconds / (interval(seconds) + seconds)
}

/// A fresh worker's peak memory after some steps.
fn peak(mut worker: Worker) -> Result<f64> {
    worker.ask::<f64>(Request::Time(MEMORY_STEPS))?;
    worker.ask(Request::Memory)
}

/// Images as bytes, rows with two moments each, and an allowance for all else.
fn bound(setting: &Setting) -> usize {
    let width = if setting.variational { 2 } else { 1 } * case::LATENT_DIM as usize;
    setting.count * (PIXELS + 3 * width * size_of::<f32>()) + ALLOWANCE
}

/// A line that says how a step's time relates to what is reported of inference.
pub fn inference_note() -> String {
    format!("A step of inference is one batch fitted in {INFERENCE_STEPS} steps.")
}

#[cfg(test)]
mod tests {
    use autodecoder_training::Precision;

    use super::*;
    use crate::case::{Decoder, Work};

    #[test]
    fn the_bound_counts_images_rows_and_moments() {
        let setting = Setting {
            work: Work::Train,
            decoder: Decoder::Mlp,
            variational: true,
            count: 1_000_000,
            batch: 64,
            precision: Precision::F32,
        };
        assert_eq!(bound(&setting), 784_000_000 + 768_000_000 + 500_000_000);
    }
}
