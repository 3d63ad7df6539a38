//! KL divergences in closed form, against an integral and against samples.

use anyhow::Result;
use autodecoder_distributions::{Kl, Posterior, standard};
use autodecoder_training::latent_noise;
use tch::{Device, Kind, Tensor};

use crate::toolkit::numbers::{at_most, fixed};
use crate::{Context, Finding, Outcome, Precision, Verdict};

/// A univariate Gaussian by its mean and variance.
#[derive(Debug, Clone, Copy)]
struct Normal {
    mean: f64,
    variance: f64,
}

impl Normal {
    fn log_density(self, x: f64) -> f64 {
        let squared = (x - self.mean).powi(2) / self.variance;
        -0.5 * ((std::f64::consts::TAU * self.variance).ln() + squared)
    }
}

/// KL(q ‖ p) = ln(σp/σq) + (σq² + (μq − μp)²) / 2σp² − ½, in nats.
fn closed(q: Normal, p: Normal) -> f64 {
    let squared = q.variance + (q.mean - p.mean).powi(2);
    0.5 * (p.variance / q.variance).ln() + squared / (2.0 * p.variance) - 0.5
}

/// ∫ q(x) (ln q(x) − ln p(x)) dx by the trapezoidal rule over twelve standard deviations of q, which
/// converges exponentially for a function that vanishes at both ends.
fn integral(q: Normal, p: Normal) -> f64 {
    let (points, width) = (4000, 12.0 * q.variance.sqrt());
    let step = 2.0 * width / f64::from(points);
    let height = |index: i32| {
        let x = q.mean - width + step * f64::from(index);
        q.log_density(x).exp() * (q.log_density(x) - p.log_density(x))
    };
    (0..=points).map(height).sum::<f64>() * step
}

/// The closed forms of KL divergences that the course and the VAE use, each against a computation
/// that does not know them.
pub fn gaussian_kl(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let formula = formula(context, &mut outcome);
    outcome.findings.push(formula);
    outcome.findings.extend(worked_numbers());
    outcome.findings.push(diagonal(context));
    for name in standard().names() {
        outcome.findings.extend(posterior(context, standard().get(name)?.as_ref()));
    }
    Ok(outcome)
}

fn formula(context: &Context, outcome: &mut Outcome) -> Finding {
    let numbers = Vec::try_from(context.normal("gaussian-kl pairs", &[20, 4]).reshape([-1]));
    let pairs: Vec<f64> = numbers.unwrap_or_default();
    let mut largest: f64 = 0.0;
    for pair in pairs.chunks_exact(4) {
        let q = Normal { mean: pair[0], variance: pair[1].exp() };
        let p = Normal { mean: pair[2], variance: pair[3].exp() };
        let (closed, integral) = (closed(q, p), integral(q, p));
        outcome.show(format!(
            "KL(N({:.3}, {:.3}) ‖ N({:.3}, {:.3})): closed form {closed:.9}, integral {integral:.9}",
            q.mean, q.variance, p.mean, p.variance
        ));
        largest = largest.max((closed - integral).abs() / closed);
    }
    Finding {
        id: "closed-form".into(),
        claim: "KL(q ‖ p) = ln(σp/σq) + (σq² + (μq − μp)²)/2σp² − ½ for univariate Gaussians"
            .into(),
        source: "004, question 3".into(),
        expected: "the numerical integral of q ln(q/p), for 20 random pairs".into(),
        measured: format!("relative difference {}", at_most(largest, -10)),
        verdict: Verdict::holds_if(largest < 1e-10),
        precision: Precision::Exact,
    }
}

fn worked_numbers() -> Vec<Finding> {
    let standard = Normal { mean: 0.0, variance: 1.0 };
    let cases = [
        ("small-example", Normal { mean: 0.1, variance: 1.0 }, 0.005, "0.005", 3),
        ("large-example", Normal { mean: 1.0, variance: 1e-4 }, 9994.9, "9994.9", 1),
    ];
    let finding = |(id, p, claimed, text, decimals): (&str, Normal, f64, &str, usize)| {
        let measured = integral(standard, p);
        Finding {
            id: id.into(),
            claim: format!("KL(N(0, 1) ‖ N({}, {})) = {text} nats", p.mean, p.variance),
            source: "004, question 3".into(),
            expected: text.into(),
            measured: format!("{} by the integral", fixed(measured, decimals)),
            verdict: Verdict::holds_if(
                (measured - claimed).abs() < 0.5 * 10f64.powi(-(decimals as i32)) + 1e-9,
            ),
            precision: Precision::Exact,
        }
    };
    cases.map(finding).into()
}

/// ½ Σᵢ (σᵢ² − ln σᵢ² − 1 + μᵢ²): the VAE's KL term for one image, from the univariate formula.
fn diagonal(context: &Context) -> Finding {
    let dimension = 20;
    let mean = context.normal("gaussian-kl mean", &[dimension]);
    let variance = context.normal("gaussian-kl variance", &[dimension]).exp();
    let given: Tensor = 0.5 * (&variance - variance.log() - 1.0 + mean.square());
    let given = given.sum(Kind::Double).double_value(&[]);
    let prior = Normal { mean: 0.0, variance: 1.0 };
    let coordinate =
        |i: i64| Normal { mean: mean.double_value(&[i]), variance: variance.double_value(&[i]) };
    let summed: f64 = (0..dimension).map(|i| integral(coordinate(i), prior)).sum();
    let difference = (given - summed).abs() / summed;
    Finding {
        id: "diagonal".into(),
        claim: "The VAE's KL term is ½ (Σᵢ (σᵢ² − ln σᵢ²) − D + ‖μ‖²)".into(),
        source: "004, question 7".into(),
        expected: "the sum of 20 numerical integrals, one a coordinate".into(),
        measured: format!("relative difference {}", at_most(difference, -10)),
        verdict: Verdict::holds_if(difference < 1e-10),
        precision: Precision::Exact,
    }
}

/// The KL that a posterior of this workbench reports, against the integral of q(z) ln(q(z)/p(z)).
/// `None` for a point, which has no density.
fn posterior(context: &Context, posterior: &dyn Posterior) -> Option<Finding> {
    let row = posterior.start(&Tensor::from_slice(&[0.7]).reshape([1, 1]), 0.4);
    let samples = 200_000;
    let mut rng = context.rng(&format!("gaussian-kl {}", posterior.name()));
    let noise = latent_noise(posterior.noise(), samples, 1, Device::Cpu, &mut rng);
    let kl = posterior.kl(&row, &noise.to_kind(Kind::Double));
    let nats = kl.value()?;
    let reported = nats.mean(Kind::Double).double_value(&[]);
    // One closed value has no spread; Monte-Carlo estimates get four standard errors.
    let (way, error) = match &kl {
        Kl::Closed(_) => ("closed KL", 0.0),
        _ => ("Monte-Carlo KL", nats.std(true).double_value(&[]) / (samples as f64).sqrt()),
    };
    let integral = posterior_integral(posterior, &row)?;
    let (name, prior) = (posterior.name(), posterior.prior().name());
    Some(Finding {
        id: format!("posterior-{name}"),
        claim: format!("The {way} of the {name} posterior from the {prior} prior is right"),
        source: "docs/distributions.md".into(),
        expected: format!("{} nats, by the integral of q ln(q/p)", fixed(integral, 4)),
        measured: match kl {
            Kl::Closed(_) => format!("{} nats", fixed(reported, 4)),
            _ => format!("{} ± {} nats", fixed(reported, 4), fixed(error, 4)),
        },
        verdict: Verdict::holds_if((reported - integral).abs() <= 4.0 * error + 1e-4),
        precision: Precision::Exact,
    })
}

/// The integral by the midpoint rule over forty standard deviations, in one dimension.
fn posterior_integral(posterior: &dyn Posterior, row: &Tensor) -> Option<f64> {
    let points = 400_000_i32;
    let width = 40.0 * posterior.variance(row).double_value(&[0, 0]).sqrt();
    let step = width / f64::from(points);
    let grid =
        (Tensor::arange(i64::from(points), (Kind::Double, Device::Cpu)) + 0.5) * step - 0.5 * width;
    let z = grid.reshape([-1, 1]) + posterior.mean(row);
    let rows = row.expand([z.size()[0], row.size()[1]], false);
    let log_q = posterior.log_prob(&rows, &z)?;
    // Where q is 0, its logarithm is −∞ and the product 0.
    let product = log_q.exp() * (&log_q - posterior.prior().log_prob(&z));
    Some(product.nan_to_num(0.0, 0.0, 0.0).sum(Kind::Double).double_value(&[]) * step)
}
