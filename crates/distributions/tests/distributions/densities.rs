//! Log densities against references and quadrature.

use approx::assert_relative_eq;
use autodecoder_distributions::{Posterior, Uniform};
use tch::Tensor;

use crate::families::{Reference, families, noise, values};
use crate::quadrature::integral;

/// All coordinates at once: the sum over them is part of what is checked.
#[test]
fn log_prob_is_the_sum_of_reference_log_densities() {
    for (seed, family) in (300..).zip(families()) {
        let posterior = &family.posterior;
        let shape = [50, family.cases.len() as i64];
        let rows = family.rows().expand([50, -1], false);
        let z = posterior.rsample(&rows, &noise(posterior.noise(), shape, seed));
        let computed = posterior.log_prob(&rows, &z).unwrap();
        assert_eq!(computed.size(), [50]);
        let references: Vec<_> = family.cases.iter().map(|&c| (family.reference)(c)).collect();
        for (z, computed) in values(&z).chunks(references.len()).zip(values(&computed)) {
            let expected: f64 = references.iter().zip(z).map(|(r, &x)| (r.ln_pdf)(x)).sum();
            assert_relative_eq!(computed, expected, max_relative = 1e-10, epsilon = 1e-10);
        }
    }
}

#[test]
fn prior_log_prob_is_the_sum_of_reference_log_densities() {
    for (seed, family) in (400..).zip(families()) {
        let prior = family.posterior.prior();
        let z = prior.sample(&noise(prior.noise(), [50, 3], seed));
        let reference = family.prior_reference();
        for (z, computed) in values(&z).chunks(3).zip(values(&prior.log_prob(&z))) {
            let expected: f64 = z.iter().map(|&x| (reference.ln_pdf)(x)).sum();
            assert_relative_eq!(computed, expected, max_relative = 1e-10, epsilon = 1e-10);
        }
    }
}

#[test]
fn densities_integrate_to_one() {
    for family in families() {
        for &case in family.cases {
            let row = crate::families::rows(&*family.posterior, &[case]);
            let density = |x: f64| {
                let z = Tensor::from_slice(&[x]).unsqueeze(0);
                values(&family.posterior.log_prob(&row, &z).unwrap())[0].exp()
            };
            let total = integral_on_few_nodes((family.reference)(case).range, density);
            assert_relative_eq!(total, 1.0, epsilon = 1e-4);
        }
    }
}

/// Simpson's rule on few nodes, because each of them costs tensor operations.
fn integral_on_few_nodes((low, high): (f64, f64), density: impl Fn(f64) -> f64) -> f64 {
    let nodes = 2_000;
    let step = (high - low) / f64::from(nodes);
    (0..nodes / 2)
        .map(|i| low + step * f64::from(2 * i))
        .map(|x| density(x) + 4.0 * density(x + step) + density((x + 2.0 * step).min(high)))
        .sum::<f64>()
        * step
        / 3.0
}

/// Mean and variance of a reference, by quadrature.
fn moments(reference: &Reference) -> (f64, f64) {
    let density = |x: f64| (reference.ln_pdf)(x).exp();
    let mean = integral(reference.range, |x| x * density(x));
    (mean, integral(reference.range, |x| (x - mean).powi(2) * density(x)))
}

#[test]
fn moments_are_those_of_the_densities() {
    for family in families() {
        let (posterior, rows) = (&family.posterior, family.rows());
        let computed =
            values(&posterior.mean(&rows)).into_iter().zip(values(&posterior.variance(&rows)));
        for (&case, (mean, variance)) in family.cases.iter().zip(computed) {
            let expected = moments(&(family.reference)(case));
            assert_relative_eq!(mean, expected.0, epsilon = 1e-7);
            assert_relative_eq!(variance, expected.1, max_relative = 1e-6);
        }
        let expected = moments(&family.prior_reference());
        assert_relative_eq!(posterior.prior().mean(), expected.0, epsilon = 1e-7);
        assert_relative_eq!(posterior.prior().variance(), expected.1, max_relative = 1e-6);
    }
}

#[test]
fn uniform_has_no_density_outside_its_support() {
    let row = crate::families::rows(&Uniform, &[[0.5, 0.25]]);
    let at = |x: f64| {
        values(&Uniform.log_prob(&row, &Tensor::from_slice(&[x]).unsqueeze(0)).unwrap())[0]
    };
    for x in [0.2499, 0.7501, -3.0] {
        assert_eq!(at(x), f64::NEG_INFINITY, "at {x}");
    }
    assert_relative_eq!(at(0.2501), 2f64.ln(), epsilon = 1e-12);
    assert_relative_eq!(at(0.7499), 2f64.ln(), epsilon = 1e-12);
}

#[test]
fn one_coordinate_outside_is_enough() {
    let z = Tensor::from_slice(&[0.0, 0.0, 0.0, 1.001]).view([2, 2]);
    let log_prob = values(&Uniform.prior().log_prob(&z));
    assert_relative_eq!(log_prob[0], -2.0 * 2f64.ln(), epsilon = 1e-12);
    assert_eq!(log_prob[1], f64::NEG_INFINITY);
}

/// The integrator itself, on an integral that is known.
#[test]
fn quadrature_integrates_a_sine() {
    assert_relative_eq!(integral((0.0, std::f64::consts::PI), f64::sin), 2.0, epsilon = 1e-12);
}
