//! Principal components of incomplete images, by expectation and maximisation.

use autodecoder_models::Observation;
use tch::{Kind, Tensor};

use super::{Imputer, PixelMean, flat, shaped};

/// Least variance of a pixel's noise: a share of the pixels' mean variance.
const LEAST_NOISE: f64 = 1e-6;
/// Added to the normal equations of a pixel that was observed in few images or in none.
const RIDGE: f64 = 1e-6;

/// Probabilistic PCA (Tipping and Bishop 1999): `x = W z + μ + ε` with `z ~ N(0, I)` and
/// `ε ~ N(0, σ² I)`, of which only the observed pixels are looked at (Ilin and Raiko 2010, JMLR 11:1957,
/// section 4). A guess is the mean of `x` given what was observed.
#[derive(Debug)]
pub struct ProbabilisticPca {
    /// `W` and then `μ` as a last column, f64, `[pixels, components + 1]`.
    loadings: Tensor,
    /// `σ²`.
    noise: f64,
}

/// What the latents of images are, given their observed pixels.
struct Posterior {
    /// `E[z̃]`, `[N, components + 1]`; the last entry of `z̃` is 1.
    means: Tensor,
    /// `E[z̃ z̃ᵀ]`, `[N, (components + 1)²]`.
    products: Tensor,
}

impl ProbabilisticPca {
    /// Fits `components` directions to `images` in `rounds` rounds, from the principal components of the
    /// images with means in place of missing pixels.
    pub fn fit(images: &Observation, components: i64, rounds: u32) -> ProbabilisticPca {
        let (values, mask) = flat(images);
        let mut model = ProbabilisticPca::start(images, components);
        for _ in 0..rounds {
            model = model.improved(&values, &mask);
        }
        model
    }

    fn start(images: &Observation, components: i64) -> ProbabilisticPca {
        let (values, mask) = flat(images);
        let mean = PixelMean::fit(images).mean().shallow_clone();
        let centred = (values - &mean) * mask;
        let covariance = centred.tr().matmul(&centred) / images.len() as f64;
        let (variances, vectors) = covariance.linalg_eigh("L");
        let pixels = mean.size()[0];
        let components = components.min(pixels);
        let leading = |x: &Tensor| x.narrow(-1, pixels - components, components);
        let rest = variances.narrow(0, 0, pixels - components);
        let total = variances.mean(Kind::Double).double_value(&[]);
        let noise = match pixels - components {
            0 => 0.0,
            _ => rest.mean(Kind::Double).double_value(&[]),
        };
        let noise = noise.max(LEAST_NOISE * total).max(f64::MIN_POSITIVE);
        let loadings = leading(&vectors) * (leading(&variances) - noise).clamp_min(0.0).sqrt();
        ProbabilisticPca { loadings: Tensor::cat(&[loadings, mean.unsqueeze(1)], 1), noise }
    }

    fn components(&self) -> i64 {
        self.loadings.size()[1] - 1
    }

    fn directions(&self) -> Tensor {
        self.loadings.narrow(1, 0, self.components())
    }

    /// `M = W_oᵀ W_o + σ² I` and the mean of each image's latent, `M⁻¹ W_oᵀ (x_o − μ_o)`, of
    /// `values` `[N, pixels]`.
    fn latents(&self, values: &Tensor, mask: &Tensor) -> (Tensor, Tensor) {
        let (q, w) = (self.components(), self.directions());
        let outer = (w.unsqueeze(2) * w.unsqueeze(1)).flatten(1, 2);
        let identity = Tensor::eye(q, (Kind::Double, values.device()));
        let precisions = mask.matmul(&outer).reshape([-1, q, q]) + identity * self.noise;
        let centred = (values - self.loadings.select(1, q)) * mask;
        let factors = precisions.linalg_cholesky(false);
        let means = centred.matmul(&w).unsqueeze(2).cholesky_solve(&factors, false).squeeze_dim(2);
        (factors, means)
    }

    fn posterior(&self, values: &Tensor, mask: &Tensor) -> Posterior {
        let (count, q) = (values.size()[0], self.components());
        let (factors, means) = self.latents(values, mask);
        let covariances = factors.cholesky_inverse(false) * self.noise;
        let ones = Tensor::ones([count, 1], (Kind::Double, values.device()));
        let means = Tensor::cat(&[means, ones], 1);
        let products = means.unsqueeze(2) * means.unsqueeze(1);
        let _ = products.narrow(1, 0, q).narrow(2, 0, q).g_add_(&covariances);
        Posterior { means, products: products.flatten(1, 2) }
    }

    /// A round: the latents of every image, then loadings and noise that fit them best.
    fn improved(&self, values: &Tensor, mask: &Tensor) -> ProbabilisticPca {
        let width = self.components() + 1;
        let Posterior { means, products } = self.posterior(values, mask);
        // For each pixel the normal equations over the images that show it.
        let squares = mask.tr().matmul(&products).reshape([-1, width, width]);
        let ridge = Tensor::eye(width, (Kind::Double, values.device())) * RIDGE;
        let right = values.tr().matmul(&means).unsqueeze(2);
        let loadings = right.cholesky_solve(&(squares + ridge).linalg_cholesky(false), false);
        let loadings = loadings.squeeze_dim(2);
        // Σ (x² − 2 x w̃ᵀE[z̃] + w̃ᵀE[z̃z̃ᵀ]w̃) over what was observed.
        let outer = (loadings.unsqueeze(2) * loadings.unsqueeze(1)).flatten(1, 2);
        let spread = products.matmul(&outer.tr());
        let squares =
            (values.square() - values * means.matmul(&loadings.tr()) * 2.0 + spread) * mask;
        let sum = |x: &Tensor| x.sum(Kind::Double).double_value(&[]);
        let noise = sum(&squares) / sum(mask).max(1.0);
        let least = LEAST_NOISE * sum(&values.square()) / sum(mask).max(1.0);
        ProbabilisticPca { loadings, noise: noise.max(least).max(f64::MIN_POSITIVE) }
    }
}

impl Imputer for ProbabilisticPca {
    fn reconstruct(&self, images: &Observation) -> Tensor {
        let (values, mask) = flat(images);
        let (_, latents) = self.latents(&values, &mask);
        let guesses =
            latents.matmul(&self.directions().tr()) + self.loadings.select(1, self.components());
        shaped(&guesses, images)
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::super::test_support::{images, rows};
    use super::*;

    fn close(a: &Tensor, b: &Tensor, bound: f64) {
        let difference = (a - b).abs().max().double_value(&[]);
        assert!(difference < bound, "{difference}");
    }

    /// Tipping and Bishop's equations 7 and 8: `W Wᵀ = U (Λ − σ² I) Uᵀ`, `σ²` the mean of the
    /// eigenvalues that are left out.
    #[test]
    fn of_complete_images_it_is_the_closed_form() {
        let images = images(200, 0.0);
        let (values, mask) = flat(&images);
        let mut model = ProbabilisticPca::start(&images, 2);
        // From two of the pixels: the start is the closed form already, but for the mean, which rounds
        // must leave where it is.
        let directions = Tensor::eye(12, (Kind::Double, Device::Cpu)).narrow(1, 0, 2);
        model.loadings = Tensor::cat(&[directions, model.loadings.narrow(1, 2, 1)], 1);
        model.noise = 1.0;
        for _ in 0..400 {
            model = model.improved(&values, &mask);
        }
        let covariance = values.tr().cov(0, None::<&Tensor>, None::<&Tensor>);
        let (variances, vectors) = covariance.linalg_eigh("L");
        let noise = variances.narrow(0, 0, 10).mean(Kind::Double).double_value(&[]);
        let (u, l) = (vectors.narrow(1, 10, 2), variances.narrow(0, 10, 2));
        let expected = (&u * (l - noise)).matmul(&u.tr());
        let w = model.directions();
        close(&w.matmul(&w.tr()), &expected, 1e-5);
        assert!((model.noise - noise).abs() < 1e-6, "{} {noise}", model.noise);
        let mean = values.mean_dim([0i64].as_slice(), false, Kind::Double);
        close(&model.loadings.select(1, 2), &mean, 1e-5);
    }

    /// `−log p` of what was observed, from the marginal Gaussian of each image.
    fn nats(model: &ProbabilisticPca, images: &Observation) -> f64 {
        let (values, mask) = flat(images);
        let w = model.directions();
        let covariance: Tensor =
            w.matmul(&w.tr()) + Tensor::eye(12, (Kind::Double, Device::Cpu)) * model.noise;
        let mut sum = 0.0;
        for image in 0..images.len() {
            let seen = mask.select(0, image).nonzero().squeeze_dim(1);
            let x = (values.select(0, image) - model.loadings.select(1, 2)).index_select(0, &seen);
            let block = covariance.index_select(0, &seen).index_select(1, &seen);
            let form = x.dot(&block.inverse().mv(&x)).double_value(&[]);
            let volume = block.logdet().double_value(&[]);
            sum += 0.5 * (form + volume);
        }
        sum
    }

    #[test]
    fn every_round_makes_what_was_observed_more_likely() {
        let images = images(80, 0.5);
        let mut last = nats(&ProbabilisticPca::fit(&images, 2, 0), &images);
        for rounds in 1..12 {
            let next = nats(&ProbabilisticPca::fit(&images, 2, rounds), &images);
            assert!(next < last, "{rounds}: {next} after {last}");
            last = next;
        }
    }

    /// A guess is the conditional mean of a Gaussian: `μ + C_xo C_oo⁻¹ (x_o − μ_o)`, up to noise.
    #[test]
    fn a_guess_is_the_conditional_mean() {
        let images = images(60, 0.4);
        let model = ProbabilisticPca::fit(&images, 2, 5);
        let (values, mask) = flat(&images);
        let w = model.directions();
        let signal = w.matmul(&w.tr());
        let covariance = &signal + Tensor::eye(12, (Kind::Double, Device::Cpu)) * model.noise;
        let found = model.reconstruct(&images).flatten(1, -1);
        let mean = model.loadings.select(1, 2);
        for image in 0..10 {
            let seen = mask.select(0, image).nonzero().squeeze_dim(1);
            let x = (values.select(0, image) - &mean).index_select(0, &seen);
            let block = covariance.index_select(0, &seen).index_select(1, &seen);
            let gain = signal.index_select(1, &seen).matmul(&block.inverse());
            close(&found.select(0, image), &(gain.mv(&x) + &mean), 1e-9);
        }
        assert!(rows(&found).iter().flatten().all(|value| value.is_finite()));
    }
}
