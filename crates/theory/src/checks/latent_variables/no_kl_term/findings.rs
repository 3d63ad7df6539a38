//! What follows from the measurements.

use super::Pair;
use super::measured::Measured;
use crate::toolkit::numbers::fixed;
use crate::{Finding, Verdict};

const QUESTION: &str = "001, Unsupervised learning, question 1";

/// One finding a claim.
pub fn findings(pairs: &[Pair]) -> Vec<Finding> {
    vec![
        variance(pairs),
        what_holds_it(pairs),
        spread(pairs),
        representation(pairs),
        reconstructions(pairs),
        similar(pairs),
        variety(pairs),
        generation(pairs),
    ]
}

/// Whether the value without the KL term over the value with it is as it should be, for every model.
fn ratios(pairs: &[Pair], value: fn(&Measured) -> f64, agrees: impl Fn(f64) -> bool) -> bool {
    pairs.iter().all(|pair| agrees(value(&pair.without) / value(&pair.with)))
}

/// One clause a model: `VAD: …; VAE: …`.
fn clauses(pairs: &[Pair], text: impl Fn(&Pair) -> String) -> String {
    let clause = |pair: &Pair| format!("{}: {}", pair.name, text(pair));
    pairs.iter().map(clause).collect::<Vec<_>>().join("; ")
}

/// `VAD: a with KL, b without; VAE: …`
fn both(pairs: &[Pair], decimals: usize, value: fn(&Measured) -> f64) -> String {
    clauses(pairs, |pair| {
        let [with, without] = [&pair.with, &pair.without].map(|m| fixed(value(m), decimals));
        format!("{with} with KL, {without} without")
    })
}

fn finding(
    id: &str,
    [claim, source, expected]: [&str; 3],
    measured: String,
    agrees: bool,
) -> Finding {
    Finding::exact(id, claim, source, expected, measured, Verdict::holds_if(agrees)).within(0.4)
}

fn variance(pairs: &[Pair]) -> Finding {
    let claim = "Without the KL term the VAE becomes essentially a standard autoencoder, with a \
                 deterministic mapping x → z";
    let expected = "the posteriors’ median σ, over the spread of their means, falls below a fifth of \
                    what it is with KL";
    let agrees = ratios(pairs, |m| m.width, |ratio| ratio < 0.2);
    finding("variance", [claim, QUESTION, expected], both(pairs, 5, |m| m.width), agrees)
}

fn what_holds_it(pairs: &[Pair]) -> Finding {
    let claim = "With the KL term, reconstruction pulls a trained posterior’s ln σ² down as hard as \
                 KL pulls it up; without, nothing pulls it up";
    let expected = "mean derivatives in ln σ²: that of the reconstruction term positive, that of the \
                    KL term negative, sizes within a factor of 1.5";
    let measured = clauses(pairs, |Pair { with, .. }| {
        let (down, up) = (fixed(with.reconstruction_pull, 2), fixed(with.kl_pull, 2));
        format!("reconstruction {down} nats, KL {up} nats")
    });
    let agrees = pairs.iter().all(|Pair { with, .. }| {
        let (down, up) = (with.reconstruction_pull, -with.kl_pull);
        down > 0.0 && up > 0.0 && (down / up).ln().abs() < 1.5f64.ln()
    });
    finding("what-holds-it", [claim, "standard result", expected], measured, agrees)
}

fn spread(pairs: &[Pair]) -> Finding {
    let claim = "Without the KL term the latents leave the prior N(0, I)";
    let expected = "the means’ standard deviation over the images is at least twice the prior’s 1, \
                    and at least twice what it is with KL";
    let agrees = ratios(pairs, |m| m.spread, |ratio| ratio > 2.0)
        && pairs.iter().all(|pair| pair.without.spread > 2.0);
    finding("spread", [claim, "standard result", expected], both(pairs, 2, |m| m.spread), agrees)
}

fn representation(pairs: &[Pair]) -> Finding {
    let claim = "Without the KL term the model is prevented from effectively learning a useful latent \
                 representation of the input data";
    let expected = "5 nearest neighbours in latent space tell the class of less than 0.4 of the images \
                    (chance: 0.1)";
    let agrees = pairs.iter().all(|pair| pair.without.accuracy < 0.4);
    finding("representation", [claim, QUESTION, expected], both(pairs, 2, |m| m.accuracy), agrees)
}

fn reconstructions(pairs: &[Pair]) -> Finding {
    let claim = "Without the KL term the model is able to reconstruct its inputs during training: \
                 even better than with it";
    let expected = "a mean squared error per pixel of x → z → x′, on the training images, below 0.9 of \
                    that with KL";
    let agrees = ratios(pairs, |m| m.error, |ratio| ratio < 0.9);
    finding("reconstructions", [claim, QUESTION, expected], both(pairs, 4, |m| m.error), agrees)
}

fn similar(pairs: &[Pair]) -> Finding {
    let claim = "Without the KL term, generated images are very similar to the inputs in the training \
                 set";
    let expected = "an energy distance from the training images at most 3 times that of their \
                    reconstructions";
    let measured = clauses(pairs, |Pair { without, .. }| {
        let (new, again) = (fixed(without.generated, 2), fixed(without.reconstructed, 2));
        format!("prior samples {new}, reconstructions {again}")
    });
    let agrees = pairs.iter().all(|Pair { without: m, .. }| m.generated < 3.0 * m.reconstructed);
    finding("similar-to-training", [claim, QUESTION, expected], measured, agrees)
}

fn variety(pairs: &[Pair]) -> Finding {
    let claim = "Without the KL term the model is unable to generate samples as diverse as with it";
    let expected = "a mean distance between two images decoded from the prior below 0.9 of that with \
                    KL";
    let agrees = ratios(pairs, |m| m.variety, |ratio| ratio < 0.9);
    finding("variety", [claim, QUESTION, expected], both(pairs, 1, |m| m.variety), agrees)
}

fn generation(pairs: &[Pair]) -> Finding {
    let claim = "The KL term makes it possible to sample from the prior for novel images";
    let expected = "without it, the energy distance between prior samples and the images is at least \
                    1.5 times as large";
    let agrees = ratios(pairs, |m| m.generated, |ratio| ratio > 1.5);
    finding("generation", [claim, QUESTION, expected], both(pairs, 2, |m| m.generated), agrees)
}
