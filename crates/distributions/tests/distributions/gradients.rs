//! Gradients with respect to rows against central differences, in f64.

use autodecoder_distributions::{Posterior, standard};
use tch::{Kind, Tensor};

use crate::families::{noise, random_rows, values};

const BATCH: i64 = 3;
const LATENT_DIM: i64 = 4;

type Output<'a> = (&'a str, Box<dyn Fn(&Tensor) -> Option<Tensor> + 'a>);

/// Everything that a posterior computes from rows. `z` is a fixed latent that has a density.
fn outputs<'a>(posterior: &'a dyn Posterior, noise: &'a Tensor, z: &'a Tensor) -> Vec<Output<'a>> {
    let own_density = move |rows: &Tensor| {
        let z = posterior.rsample(rows, noise);
        Some(posterior.log_prob(rows, &z)? - posterior.prior().log_prob(&z))
    };
    vec![
        ("rsample", Box::new(move |rows| Some(posterior.rsample(rows, noise)))),
        ("log_prob", Box::new(move |rows| posterior.log_prob(rows, z))),
        ("log_prob of the sample", Box::new(own_density)),
        ("kl", Box::new(move |rows| posterior.kl(rows, noise).value().map(Tensor::shallow_clone))),
        ("mean", Box::new(move |rows| Some(posterior.mean(rows)))),
        ("variance", Box::new(move |rows| Some(posterior.variance(rows)))),
    ]
}

/// A sum with unequal weights, so that a gradient in the wrong place shows.
fn weighted_sum(output: &Tensor) -> Tensor {
    let count = output.numel() as i64;
    let weights = Tensor::arange(count, (Kind::Double, output.device())).view_(output.size()) + 1.0;
    (output * weights / count as f64).sum(None)
}

fn analytic(rows: &Tensor, f: &dyn Fn(&Tensor) -> Option<Tensor>) -> Option<Vec<f64>> {
    let rows = rows.copy().set_requires_grad(true);
    let scalar = weighted_sum(&f(&rows)?);
    if !scalar.requires_grad() {
        return Some(vec![0.0; rows.numel()]);
    }
    scalar.backward();
    Some(values(&rows.grad()))
}

fn numeric(rows: &Tensor, f: &dyn Fn(&Tensor) -> Option<Tensor>) -> Vec<f64> {
    let step = 1e-5;
    let at = |raw: &[f64]| {
        let rows = Tensor::from_slice(raw).view_(rows.size());
        f(&rows).map_or(f64::NAN, |output| values(&weighted_sum(&output))[0])
    };
    let raw = values(rows);
    (0..raw.len())
        .map(|i| {
            let (mut up, mut down) = (raw.clone(), raw.clone());
            up[i] += step;
            down[i] -= step;
            (at(&up) - at(&down)) / (2.0 * step)
        })
        .collect()
}

#[test]
fn gradients_agree_with_central_differences() {
    for (seed, name) in (800..).zip(standard().names()) {
        let posterior = standard().get(name).unwrap();
        let rows = random_rows([BATCH, posterior.row_width(LATENT_DIM)], 1.5, seed);
        let noise = noise(posterior.noise(), [BATCH, LATENT_DIM], seed + 100);
        // Off the posterior's centre, where the density of a Laplace has its kink.
        let z = (posterior.mean(&rows) + posterior.rsample(&rows, &noise)) / 2.0;
        for (output, f) in outputs(&*posterior, &noise, &z) {
            let Some(analytic) = analytic(&rows, &*f) else {
                continue;
            };
            for (i, (a, n)) in analytic.iter().zip(numeric(&rows, &*f)).enumerate() {
                let off = (a - n).abs() / (1.0 + n.abs());
                assert!(off < 1e-6, "{name}, {output}, element {i}: {a}, not {n}");
            }
        }
    }
}

/// Rows exactly at the prior, where an absolute value has no derivative of its own.
#[test]
fn the_gradient_of_a_closed_divergence_vanishes_at_the_prior() {
    for family in crate::families::families() {
        let posterior = &family.posterior;
        let row = crate::families::rows(&**posterior, &[family.prior]).set_requires_grad(true);
        if let autodecoder_distributions::Kl::Closed(nats) = posterior.kl(&row, &row) {
            nats.sum(None).backward();
            for slope in values(&row.grad()) {
                assert!(slope.abs() < 1e-12, "{posterior:?}: {slope}");
            }
        }
    }
}
