//! KL divergences against quadrature and Monte Carlo, and the gradient of the estimated one.

use approx::assert_relative_eq;
use autodecoder_distributions::{Kl, Posterior};
use tch::Tensor;

use crate::families::{Family, families, noise, rows, values};
use crate::quadrature::divergence;

const SAMPLES: i64 = 40_000;

fn mean_and_standard_error(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, (variance / count).sqrt())
}

/// `SAMPLES` copies of one row, and noise for them.
fn many(family: &Family, row: &Tensor, seed: u64) -> (Tensor, Tensor) {
    let latent_dim = row.size()[1] / 2;
    let noise = noise(family.posterior.noise(), [SAMPLES, latent_dim], seed);
    (row.expand([SAMPLES, -1], false).contiguous(), noise)
}

fn quadrature_divergence(family: &Family, case: [f64; 2]) -> f64 {
    divergence(&(family.reference)(case), &family.prior_reference())
}

#[test]
fn closed_forms_agree_with_quadrature() {
    let mut closed_forms = Vec::new();
    for family in families() {
        for &case in family.cases {
            let row = rows(&*family.posterior, &[case]);
            if let Kl::Closed(value) = family.posterior.kl(&row, &Tensor::zeros_like(&row)) {
                closed_forms.push(family.posterior.name());
                let expected = quadrature_divergence(&family, case);
                assert_relative_eq!(
                    values(&value)[0],
                    expected,
                    max_relative = 1e-6,
                    epsilon = 1e-7
                );
            }
        }
    }
    closed_forms.dedup();
    assert_eq!(closed_forms, ["gaussian", "laplace", "gumbel", "uniform"]);
}

/// The divergence, closed or estimated, against the mean of `log q(z) − log p(z)` over samples, and
/// an estimated one against quadrature. All cases are the coordinates of one row.
#[test]
fn divergences_agree_with_monte_carlo() {
    for (seed, family) in (500..).zip(families()) {
        let posterior = &family.posterior;
        let (rows, noise) = many(&family, &family.rows(), seed);
        let z = posterior.rsample(&rows, &noise);
        let log_ratio = posterior.log_prob(&rows, &z).unwrap() - posterior.prior().log_prob(&z);
        let (mean, error) = mean_and_standard_error(&values(&log_ratio));
        let expected = match posterior.kl(&rows, &noise) {
            Kl::Closed(value) => values(&value)[0],
            Kl::MonteCarlo(value) => {
                let difference = (value - &log_ratio).abs().max();
                assert!(values(&difference)[0] < 1e-10, "{posterior:?}");
                family.cases.iter().map(|&case| quadrature_divergence(&family, case)).sum()
            }
            Kl::Undefined => unreachable!("the list holds families with a density"),
        };
        let off = (mean - expected).abs();
        assert!(off <= 4.0 * error + 1e-9, "{posterior:?}: {mean} ± {error}, not {expected}");
    }
}

#[test]
fn divergence_vanishes_at_the_prior_and_grows_around_it() {
    for family in families().into_iter().filter(|f| f.posterior.name() != "uniform") {
        let (row, noise) = many(&family, &rows(&*family.posterior, &[family.prior]), 600);
        let at =
            |row: Tensor| values(&family.posterior.kl(&row, &noise).value().unwrap().mean(None))[0];
        assert_relative_eq!(at(row.shallow_clone()), 0.0, epsilon = 1e-12);
        for step in [[0.2, 0.0], [-0.2, 0.0], [0.0, 0.2], [0.0, -0.2]] {
            let moved = at(&row + Tensor::from_slice(&step));
            assert!(moved > 1e-3, "{:?} moved by {step:?}: {moved}", family.posterior);
        }
    }
}

#[test]
fn uniform_divergence_vanishes_as_the_width_fills_the_prior() {
    let uniform = autodecoder_distributions::Uniform;
    let nats = |half_width: f64| {
        let row = rows(&uniform, &[[0.0, half_width]]);
        values(uniform.kl(&row, &row).value().unwrap())[0]
    };
    assert_relative_eq!(nats(0.5), 2f64.ln(), max_relative = 1e-12);
    assert_relative_eq!(nats(1.0 - 1e-9), 1e-9, max_relative = 1e-6);
}

/// Gradient of the quadrature divergence with respect to a raw row, by central differences.
fn quadrature_gradient(family: &Family, row: &Tensor) -> Vec<f64> {
    let step = 1e-4;
    let at = |raw: &[f64]| {
        let constrained = family.posterior.constrain(&Tensor::from_slice(raw).unsqueeze(0));
        quadrature_divergence(family, [values(&constrained[0])[0], values(&constrained[1])[0]])
    };
    let raw = values(row);
    (0..raw.len())
        .map(|i| {
            let (mut up, mut down) = (raw.clone(), raw.clone());
            up[i] += step;
            down[i] -= step;
            (at(&up) - at(&down)) / (2.0 * step)
        })
        .collect()
}

/// A Monte-Carlo divergence is of use in training only if its gradient is right on average.
#[test]
fn the_gradient_of_an_estimated_divergence_is_unbiased() {
    let mut checked = 0;
    for family in families() {
        for (seed, &case) in (700..).zip(family.cases) {
            let row = rows(&*family.posterior, &[case]);
            let (copies, noise) = many(&family, &row, seed);
            let copies = copies.set_requires_grad(true);
            let Kl::MonteCarlo(nats) = family.posterior.kl(&copies, &noise) else {
                continue;
            };
            nats.sum(None).backward();
            let gradients = copies.grad();
            for (i, expected) in (0..).zip(quadrature_gradient(&family, &row)) {
                let (mean, error) = mean_and_standard_error(&values(&gradients.select(1, i)));
                let off = (mean - expected).abs();
                assert!(
                    off <= 4.0 * error + 1e-6,
                    "{case:?}, {i}: {mean} ± {error}, not {expected}"
                );
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 10, "the logistic family: five cases of two parameters");
}

/// `ln σ(ε) + ln σ(−ε)` is `ln u + ln(1 − u)`, whose variance is `4 − π²/3`: what one coordinate
/// of a narrow logistic posterior adds to the variance of its estimate.
#[test]
fn a_narrow_logistic_divergence_is_as_noisy_as_documented() {
    let logistic = autodecoder_distributions::Logistic;
    let row = rows(&logistic, &[[0.0, -9.0]]).expand([SAMPLES, -1], false);
    let nats = logistic.kl(&row, &noise(logistic.noise(), [SAMPLES, 1], 750));
    let (_, error) = mean_and_standard_error(&values(nats.value().unwrap()));
    let variance = error.powi(2) * SAMPLES as f64;
    assert_relative_eq!(variance, 4.0 - std::f64::consts::PI.powi(2) / 3.0, max_relative = 0.05);
}
