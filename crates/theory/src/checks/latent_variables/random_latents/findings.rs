//! What follows from the measurements.

use super::Measured;
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Finding, Verdict};

const BOB_A: &str = "002, decoding random vectors (a)";
const BOB_B: &str = "002, decoding random vectors (b)";

/// One finding a claim.
pub fn findings(m: &Measured) -> Vec<Finding> {
    vec![
        any_vector(m),
        where_they_lie(m),
        no_scale(m),
        tied(m),
        learned(m),
        test_latents(m),
        vad(m),
    ]
}

/// All energy distances in a line.
pub fn working(m: &Measured) -> String {
    format!(
        "energy distance from the training images: AD, own latents {:.3}, test latents {:.3}, \
         N(0, I) {:.3}, N(μ, Σ) {:.3}; VAD, N(0, I) {:.3}",
        m.own, m.test, m.normal, m.fitted, m.vad
    )
}

fn finding(
    id: &str,
    [claim, source, expected]: [&str; 3],
    measured: String,
    agrees: bool,
) -> Finding {
    Finding::exact(id, claim, source, expected, measured, Verdict::holds_if(agrees)).within(0.4)
}

fn any_vector(m: &Measured) -> Finding {
    let claim = "Since the decoder learns to turn latent vectors into images, we can simply feed it \
                 random numbers to generate new, realistic-looking images (Bob)";
    let expected = "draws from N(0, I) decode to images whose energy distance from the training images \
                    is at most 5 times that of the reconstructions";
    let measured = format!("N(0, I): {}, reconstructions: {}", fixed(m.normal, 2), fixed(m.own, 3));
    finding("any-vector", [claim, BOB_A, expected], measured, m.normal <= 5.0 * m.own)
}

fn where_they_lie(m: &Measured) -> Finding {
    let claim = "Where only the reconstruction loss is minimised, the latents do not follow the \
                 distribution that new latents are sampled from";
    let expected = "a variance in a dimension that differs from N(0, I)’s by more than a factor of 1.5 \
                    (median over the dimensions)";
    let gap = &m.gap;
    let ratio = gap.dimension_variance_ratio.median;
    let measured = format!(
        "{} times it; median norm {} beside {}",
        fixed(ratio, 1),
        fixed(gap.latent_norm.median, 1),
        fixed(gap.prior_norm.median, 1)
    );
    let agrees = ratio.ln().abs() > 1.5f64.ln();
    finding("where-they-lie", [claim, "003, 1.3.2", expected], measured, agrees)
}

fn no_scale(m: &Measured) -> Finding {
    let claim = "Nothing in the auto-decoder’s loss ties its latents to N(0, I): with latents times c \
                 and first weights over c the loss is the same, and draws from N(0, I) decode to \
                 something else";
    let expected = "reconstructions equal to rounding for c = 0.3 and 10, and energy distances of the \
                    draws that differ by more than a factor of 4";
    let [small, own, large] = [m.scaled[0], m.scaled[1], m.scaled[2]];
    let measured = format!(
        "largest difference of a pixel {}; energy distance {}, {}, {} for c = 0.3, 1, 10",
        at_most(m.unchanged, -5),
        fixed(small, 2),
        fixed(own, 2),
        fixed(large, 2)
    );
    let agrees = m.unchanged < 1e-5 && large > 4.0 * small;
    finding("no-scale", [claim, "standard result", expected], measured, agrees)
}

fn tied(m: &Measured) -> Finding {
    let claim = "The KL term forces the learned latent space to follow the prior: the VAD’s loss does \
                 not allow another scale";
    let expected = "the same scaling by c = 10 multiplies the VAD’s KL term by more than 5";
    let [own, scaled] = m.kl;
    let measured = format!("{} nats per image become {}", fixed(own, 1), fixed(scaled, 0));
    finding("tied-by-kl", [claim, BOB_B, expected], measured, scaled > 5.0 * own)
}

fn learned(m: &Measured) -> Finding {
    let claim = "For meaningful generation, the sampled latent vectors should come from the same \
                 distribution as those learned during training";
    let expected = "draws from the Gaussian with the latents’ mean and covariance have an energy \
                    distance below 0.6 of that of draws from N(0, I)";
    let measured = format!("N(μ, Σ): {}, N(0, I): {}", fixed(m.fitted, 2), fixed(m.normal, 2));
    finding("learned-distribution", [claim, BOB_A, expected], measured, m.fitted < 0.6 * m.normal)
}

fn test_latents(m: &Measured) -> Finding {
    let claim = "Latents of test images decode to better images than latents sampled from N(0, I)";
    let expected = "an energy distance below 0.75 of that of draws from N(0, I)";
    let measured = format!("test latents: {}, N(0, I): {}", fixed(m.test, 2), fixed(m.normal, 2));
    let source = "003, 1.3.1, question 3";
    finding("test-latents", [claim, source, expected], measured, m.test < 0.75 * m.normal)
}

fn vad(m: &Measured) -> Finding {
    let claim = "The KL divergence loss enables new samples by sampling from the latent space";
    let expected = "the VAD’s draws from N(0, I) have an energy distance below 0.75 of the AD’s";
    let measured = format!("VAD: {}, AD: {}", fixed(m.vad, 2), fixed(m.normal, 2));
    finding("kl-generates", [claim, BOB_B, expected], measured, m.vad < 0.75 * m.normal)
}
