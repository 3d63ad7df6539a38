//! Proofs that two programs do the same work, before their times are compared.
//!
//! Both begin from the same weights, rows and order of images, with the noise off, and their losses
//! are compared. A loss sees the rows as they were before the step and the decoder as all steps
//! before have left it. So within the first epoch, in which each row is used once, losses depend on
//! the decoder's optimiser alone; from the second epoch on they depend on the rows' as well. The
//! course's dense Adam counts steps for all rows at once and moves rows without a gradient: it agrees
//! within the first epoch, and cannot agree after it. It is compared over one epoch, the others over
//! two and a half.

use std::fmt;
use std::path::Path;

use anyhow::{Result, ensure};
use autodecoder_training::Precision;

use crate::case::{Setting, Work};
use crate::peer::{Peer, Programs};
use crate::prepare::Use;
use crate::protocol::Request;

/// Steps of training that are compared.
const STEPS: u64 = 50;
/// How far the first losses may lie apart: rounding.
const FIRST: f64 = 1e-5;
/// How far the last may: rounding that fifty steps have carried on.
const LAST: f64 = 1e-3;

/// The same where factors have the 8 bits of a bfloat16.
const FIRST_BF16: f64 = 1e-4;
const LAST_BF16: f64 = 5e-3;

/// Two programs do not do the same work: their times must not be compared.
#[derive(Debug)]
pub struct Violation(String);

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Violation {}

/// How far two programs' first and last losses lie apart, relative to ours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// At the first step.
    pub first: f64,
    /// At the last step.
    pub last: f64,
}

/// Compares our losses with a peer's on a small case of the setting's kind; its images are the first
/// of those in the file `images`.
///
/// # Errors
/// [`Violation`] where they differ; and where a program fails.
pub fn prove(
    programs: &Programs,
    setting: &Setting,
    peer: Peer,
    images: &Path,
) -> Result<Agreement> {
    let agreement = match setting.work {
        Work::Train => training(programs, setting, peer, images)?,
        Work::Infer => inference(programs, setting, peer, images)?,
    };
    let Agreement { first, last } = agreement;
    let (name, peer) = (setting.name(), peer.name());
    let (allowed_first, allowed_last) = match setting.precision {
        Precision::F32 | Precision::Bf16x3 => (FIRST, LAST),
        Precision::Bf16 => (FIRST_BF16, LAST_BF16),
    };
    // Written so that NaN is a violation too.
    if !(first <= allowed_first && last <= allowed_last) {
        let problem = format!(
            "{name}: {peer} does not do the same work: its first loss is {first:.1e} away from ours \
             (allowed {allowed_first:.0e}), its last one {last:.1e} (allowed {allowed_last:.0e})"
        );
        return Err(Violation(problem).into());
    }
    Ok(agreement)
}

fn training(
    programs: &Programs,
    setting: &Setting,
    peer: Peer,
    images: &Path,
) -> Result<Agreement> {
    let epoch = if peer == Peer::Course { STEPS } else { STEPS * 2 / 5 };
    let small = Setting { count: setting.batch * epoch as usize, ..*setting };
    let usage = Use::Proof { epochs: STEPS.div_ceil(epoch) as u32 };
    let case = programs.workshop.case(&small, Some(images.to_owned()), usage)?;
    let (ours, other) = losses(programs, peer, &case, STEPS)?;
    Ok(Agreement {
        first: distance(ours.first(), other.first()),
        last: distance(ours.last(), other.last()),
    })
}

/// Inference reports a batch's loss at its last step only: of one step for the first loss, of fifty
/// for the last. The rows are points, for which there is no noise to be switched off.
fn inference(
    programs: &Programs,
    setting: &Setting,
    peer: Peer,
    images: &Path,
) -> Result<Agreement> {
    let small = Setting { count: setting.batch, variational: false, ..*setting };
    let loss = |steps: u32| -> Result<f64> {
        let usage = Use::InferenceProof { steps };
        let case = programs.workshop.case(&small, Some(images.to_owned()), usage)?;
        let (ours, other) = losses(programs, peer, &case, 1)?;
        Ok(distance(ours.first(), other.first()))
    };
    Ok(Agreement { first: loss(1)?, last: loss(STEPS as u32)? })
}

fn losses(
    programs: &Programs,
    peer: Peer,
    case: &Path,
    steps: u64,
) -> Result<(Vec<f64>, Vec<f64>)> {
    let request = Request::Losses(steps);
    let ours: Vec<f64> = programs.our_worker(case)?.ask(request)?;
    let other: Vec<f64> = programs.worker(peer, case)?.ask(request)?;
    ensure!(
        [ours.len(), other.len()] == [steps as usize; 2],
        "{steps} losses were asked for; there are {} of ours and {} of {}'s",
        ours.len(),
        other.len(),
        peer.name()
    );
    Ok((ours, other))
}

/// How far `other` is from `ours`, relative to it.
fn distance(ours: Option<&f64>, other: Option<&f64>) -> f64 {
    match (ours, other) {
        (Some(ours), Some(other)) => (other - ours).abs() / ours.abs(),
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_relative_and_what_is_missing_is_no_number() {
        assert!((distance(Some(&200.0), Some(&201.0)) - 0.005).abs() < 1e-12);
        assert!(distance(None, Some(&1.0)).is_nan());
    }
}
