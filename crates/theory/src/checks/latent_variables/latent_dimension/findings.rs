//! What follows from a sweep.

use super::Sweeps;
use super::sweep::{Accuracy, Point};
use crate::toolkit::numbers::fixed;
use crate::{Finding, Verdict};

/// Names of [`on_data`]'s findings, without a prefix.
pub const IDS: [&str; 4] = ["rises", "falls", "falls-few-labels", "falls-from-table"];

const SOURCE: &str = "002, latent dimension";
/// What counts as a rise, or as a fall of one curve: more than three standard errors at 1,000 images.
const STEP: f64 = 0.05;
/// What counts as a fall where the document says that there is one.
const FALL: f64 = 0.03;

/// One finding for each of [`IDS`].
pub fn on_data(prefix: &str, sweeps: &Sweeps) -> Vec<Finding> {
    let found = [rises(sweeps), falls(sweeps), few_labels(sweeps), falls_from_table(sweeps)];
    let named = |(finding, id)| Finding { id: format!("{prefix}{id}"), ..finding };
    found.into_iter().zip(IDS).map(named).collect()
}

/// The sample has too few images to say what happens with many labels.
pub fn on_sample(sweeps: &Sweeps) -> Vec<Finding> {
    let mut found = on_data("sample-", sweeps);
    found.retain(|finding| finding.id != "sample-falls");
    found
}

/// Accuracy by rising latent_dim, of one classifier on one kind of model.
struct Curve {
    name: &'static str,
    values: Vec<f64>,
}

impl Curve {
    fn new(name: &'static str, points: &[Point], value: impl Fn(&Point) -> f64) -> Curve {
        Curve { name, values: points.iter().map(value).collect() }
    }

    fn first(&self) -> f64 {
        self.values[0]
    }

    fn last(&self) -> f64 {
        self.values[self.values.len() - 1]
    }

    fn best(&self) -> f64 {
        self.values.iter().copied().fold(0.0, f64::max)
    }

    /// Whether it ends clearly below its best.
    fn falls(&self) -> bool {
        self.last() < self.best() - STEP
    }
}

fn curves(sweeps: &Sweeps, latents: fn(&Point) -> Accuracy) -> [Curve; 4] {
    [
        Curve::new("AD linear", &sweeps.ad, |p| latents(p).linear),
        Curve::new("AD 5-NN", &sweeps.ad, |p| latents(p).neighbours),
        Curve::new("VAD linear", &sweeps.vad, |p| latents(p).linear),
        Curve::new("VAD 5-NN", &sweeps.vad, |p| latents(p).neighbours),
    ]
}

fn clauses(curves: &[Curve], text: impl Fn(&Curve) -> String) -> String {
    let clause = |curve: &Curve| format!("{} {}", curve.name, text(curve));
    curves.iter().map(clause).collect::<Vec<_>>().join("; ")
}

fn finding([claim, source, expected]: [&str; 3], measured: String, verdict: Verdict) -> Finding {
    Finding::exact("", claim, source, expected, measured, verdict).within(0.3)
}

/// Accuracy of the better of the two classifiers, for each kind of model.
fn better(sweeps: &Sweeps) -> [Curve; 2] {
    let of = |p: &Point| p.inferred.linear.max(p.inferred.neighbours);
    [Curve::new("AD", &sweeps.ad, of), Curve::new("VAD", &sweeps.vad, of)]
}

fn rises(sweeps: &Sweeps) -> Finding {
    let claim = "The classification accuracy would first increase with the latent dimension h";
    let expected = "for latents of the AD and of the VAD, the better of a linear probe and 5 nearest \
                    neighbours gains more than 0.05 from h = 2 to its best";
    let measured = clauses(&curves(sweeps, |point| point.inferred), |curve| {
        format!("{} at h = 2, {} at best", fixed(curve.first(), 2), fixed(curve.best(), 2))
    });
    let agrees = better(sweeps).iter().all(|curve| curve.best() > curve.first() + STEP);
    finding([claim, SOURCE, expected], measured, Verdict::holds_if(agrees))
}

fn falls(sweeps: &Sweeps) -> Finding {
    let curves = curves(sweeps, |point| point.inferred);
    let claim = "At a certain point h becomes too large, and the accuracy starts to decrease";
    let expected = "accuracy at h = 128 more than 0.03 below the best, for both classifiers on latents of \
                    the AD and of the VAD";
    let falls: Vec<bool> = curves.iter().map(|curve| curve.last() < curve.best() - FALL).collect();
    let verdict =
        Verdict::by_condition(falls.iter().any(|&falls| falls), falls.iter().all(|&falls| falls));
    finding([claim, SOURCE, expected], best_and_last(&curves), verdict)
}

/// `AD 0.76 at best, 0.72 at h = 128; …`
fn best_and_last(curves: &[Curve]) -> String {
    clauses(curves, |curve| {
        format!("{} at best, {} at h = 128", fixed(curve.best(), 2), fixed(curve.last(), 2))
    })
}

fn few_labels(sweeps: &Sweeps) -> Finding {
    let curves = [
        Curve::new("AD", &sweeps.ad, |point| point.few),
        Curve::new("VAD", &sweeps.vad, |point| point.few),
    ];
    let claim = "It does decrease for a linear probe on the AD’s latents that has only 128 labelled \
                 images, all of which it can fit at h = 128";
    let expected = "accuracy at h = 128 more than 0.05 below the best";
    let agrees = curves[0].falls();
    finding([claim, "standard result", expected], best_and_last(&curves), Verdict::holds_if(agrees))
}

fn falls_from_table(sweeps: &Sweeps) -> Finding {
    let [linear, ..] = curves(sweeps, |point| point.table);
    let claim = "It does decrease for a linear probe that is fitted to an AD’s table, whose latents were \
                 found in another way than those of test images";
    let expected = "accuracy at h = 128 more than 0.05 below the best";
    let (best, last) = (fixed(linear.best(), 2), fixed(linear.last(), 2));
    let measured = format!("{best} at best, {last} at h = 128");
    finding([claim, "standard result", expected], measured, Verdict::holds_if(linear.falls()))
}
