//! The families under test, each with a reference that knows nothing of tensors, and seeded noise.

use std::sync::Arc;

use autodecoder_distributions::{Noise, Posterior, standard};
use rand::distr::{Distribution, Open01};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::StandardNormal;
use statrs::distribution::{Continuous, ContinuousCDF};
use tch::{Device, Kind, Tensor};

/// A family with a density.
pub struct Family {
    pub posterior: Arc<dyn Posterior>,
    /// Constrained parameters to test at.
    pub cases: &'static [[f64; 2]],
    /// Constrained parameters at which the posterior is the prior.
    pub prior: [f64; 2],
    /// The one-dimensional distribution of given constrained parameters.
    pub reference: fn([f64; 2]) -> Reference,
}

impl Family {
    pub fn prior_reference(&self) -> Reference {
        (self.reference)(self.prior)
    }

    /// One row, f64, with one coordinate for each case.
    pub fn rows(&self) -> Tensor {
        rows(&*self.posterior, self.cases)
    }
}

/// One row, f64, with the given constrained parameters as its coordinates.
pub fn rows(posterior: &dyn Posterior, coordinates: &[[f64; 2]]) -> Tensor {
    let parameters: Vec<Tensor> = (0..2)
        .map(|p| coordinates.iter().map(|c| c[p]).collect::<Vec<f64>>())
        .map(|values| Tensor::from_slice(&values).unsqueeze(0))
        .collect();
    posterior.unconstrain(&parameters)
}

/// A distribution on the line, from statrs 0.18 or a formula of its own.
pub struct Reference {
    pub cdf: Box<dyn Fn(f64) -> f64>,
    /// One less the CDF, with all its digits in the right tail.
    pub survival: Box<dyn Fn(f64) -> f64>,
    pub ln_pdf: Box<dyn Fn(f64) -> f64>,
    /// An interval, with the centre of the distribution in its middle, that holds all but 1e-15 of
    /// the mass.
    pub range: (f64, f64),
}

fn from_statrs<D>(distribution: D, range: (f64, f64)) -> Reference
where
    D: Continuous<f64, f64> + ContinuousCDF<f64, f64> + Copy + 'static,
{
    Reference {
        cdf: Box::new(move |x| distribution.cdf(x)),
        survival: Box::new(move |x| distribution.sf(x)),
        ln_pdf: Box::new(move |x| distribution.ln_pdf(x)),
        range,
    }
}

fn around(centre: f64, reach: f64) -> (f64, f64) {
    (centre - reach, centre + reach)
}

fn gaussian([mean, log_variance]: [f64; 2]) -> Reference {
    let deviation = (log_variance / 2.0).exp();
    let normal = statrs::distribution::Normal::new(mean, deviation).unwrap();
    from_statrs(normal, around(mean, 10.0 * deviation))
}

fn laplace([location, log_scale]: [f64; 2]) -> Reference {
    let scale = log_scale.exp();
    let laplace = statrs::distribution::Laplace::new(location, scale).unwrap();
    from_statrs(laplace, around(location, 40.0 * scale))
}

fn gumbel([location, log_scale]: [f64; 2]) -> Reference {
    let scale = log_scale.exp();
    let gumbel = statrs::distribution::Gumbel::new(location, scale).unwrap();
    let ln_pdf = move |x: f64| {
        let y = (x - location) / scale;
        -y - (-y).exp() - log_scale
    };
    // statrs takes the logarithm of an underflown density in the left tail.
    let ln_pdf = Box::new(ln_pdf);
    Reference { ln_pdf, ..from_statrs(gumbel, around(location, 40.0 * scale)) }
}

fn uniform([centre, half_width]: [f64; 2]) -> Reference {
    let (low, high) = around(centre, half_width);
    from_statrs(statrs::distribution::Uniform::new(low, high).unwrap(), (low, high))
}

/// statrs has no logistic distribution: its density is a hyperbolic secant squared.
fn logistic([location, log_scale]: [f64; 2]) -> Reference {
    let scale = log_scale.exp();
    let half = move |x: f64| (x - location) / (2.0 * scale);
    Reference {
        cdf: Box::new(move |x| 1.0 / (1.0 + (-2.0 * half(x)).exp())),
        survival: Box::new(move |x| 1.0 / (1.0 + (2.0 * half(x)).exp())),
        ln_pdf: Box::new(move |x| -2.0 * half(x).cosh().ln() - (4.0 * scale).ln()),
        range: around(location, 40.0 * scale),
    }
}

/// Location and logarithm of the scale: at the prior, near it, narrow and far, wide.
const LOCATION_AND_LOG_SCALE: &[[f64; 2]] =
    &[[0.0, 0.0], [0.4, -0.2], [-1.5, -2.5], [2.5, -1.0], [0.3, 0.7]];

/// Location and logarithm of the variance, likewise.
const MEAN_AND_LOG_VARIANCE: &[[f64; 2]] =
    &[[0.0, 0.0], [0.4, -0.4], [-1.5, -5.0], [2.5, -2.0], [0.3, 1.4]];

/// Centre and half-width: nearly the prior, in the middle, narrow at either edge.
const CENTRE_AND_HALF_WIDTH: &[[f64; 2]] =
    &[[0.0, 0.9999], [0.0, 0.5], [0.35, 0.4], [-0.94, 0.05], [0.989, 0.01]];

pub fn families() -> Vec<Family> {
    let location_scale = |name, reference| Family {
        posterior: standard().get(name).unwrap(),
        cases: LOCATION_AND_LOG_SCALE,
        prior: [0.0, 0.0],
        reference,
    };
    vec![
        Family {
            cases: MEAN_AND_LOG_VARIANCE,
            ..location_scale("gaussian", gaussian as fn([f64; 2]) -> Reference)
        },
        location_scale("laplace", laplace),
        location_scale("logistic", logistic),
        location_scale("gumbel", gumbel),
        Family {
            cases: CENTRE_AND_HALF_WIDTH,
            prior: [0.0, 1.0],
            ..location_scale("uniform", uniform)
        },
    ]
}

/// Seeded noise of a kind, f64, `[batch, latent_dim]`. Empty for [`Noise::None`].
pub fn noise(kind: Noise, [batch, latent_dim]: [i64; 2], seed: u64) -> Tensor {
    let mut stream = ChaCha8Rng::seed_from_u64(seed);
    let mut draw = || match kind {
        Noise::Normal => StandardNormal.sample(&mut stream),
        Noise::Uniform => Open01.sample(&mut stream),
        Noise::None => 0.0,
    };
    let count = if kind == Noise::None { 0 } else { batch * latent_dim };
    let values: Vec<f64> = (0..count).map(|_| draw()).collect();
    let tensor = Tensor::from_slice(&values);
    if kind == Noise::None { tensor } else { tensor.view([batch, latent_dim]) }
}

/// Seeded rows of any shape, f64, normal with the given standard deviation.
pub fn random_rows(shape: [i64; 2], deviation: f64, seed: u64) -> Tensor {
    noise(Noise::Normal, shape, seed) * deviation
}

/// All elements in order, as f64.
pub fn values(tensor: &Tensor) -> Vec<f64> {
    let flat = tensor.to_kind(Kind::Double).to_device(Device::Cpu).contiguous().view(-1);
    Vec::<f64>::try_from(flat).unwrap()
}

/// Every check that uses the list covers every posterior that has a density.
#[test]
fn the_list_covers_the_standard_registry() {
    let mut listed: Vec<&str> = families().iter().map(|family| family.posterior.name()).collect();
    listed.push("point");
    listed.sort_unstable();
    assert_eq!(listed, standard().names());
}

/// The references themselves: a density is the slope of its CDF.
#[test]
fn reference_densities_are_the_slopes_of_their_cdfs() {
    for family in families() {
        for &case in family.cases {
            let reference = (family.reference)(case);
            let (low, high) = reference.range;
            let (middle, step) = ((low + high) / 2.0, (high - low) * 1e-6);
            for x in [-0.02, 0.013, 0.03].map(|t| middle + t * (high - low)) {
                let slope = ((reference.cdf)(x + step) - (reference.cdf)(x - step)) / (2.0 * step);
                approx::assert_relative_eq!(
                    slope,
                    (reference.ln_pdf)(x).exp(),
                    max_relative = 1e-5
                );
            }
        }
    }
}
