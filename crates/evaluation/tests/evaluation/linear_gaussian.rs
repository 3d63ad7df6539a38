//! A model whose log likelihood has a closed form: z ~ N(0, I), x = W z + b + σ ε, in f64.

use std::f64::consts::TAU;
use std::sync::Arc;

use autodecoder_data::{ImageSet, ImageShape};
use autodecoder_models::{
    Decoder, Error, LatentModel, Layer, Likelihood, LikelihoodFamily, ModelSpec, Parts,
};
use autodecoder_training::DeviceImages;
use serde_json::Value;
use tch::{Device, Kind, Tensor};

use crate::make::{part, variational};

/// σ² of every pixel.
pub const VARIANCE: f64 = 0.05;
pub const PIXELS: i64 = 6;
pub const LATENT_DIM: i64 = 3;

/// Pixels are normal around the logits themselves.
#[derive(Debug)]
struct IdentityGaussian;

impl Likelihood for IdentityGaussian {
    fn name(&self) -> &'static str {
        "identity-gaussian"
    }

    fn pixel_nats(&self, logits: &Tensor, pixels: &Tensor) -> Tensor {
        (logits - pixels).square() / (2.0 * VARIANCE) + 0.5 * (TAU * VARIANCE).ln()
    }

    fn mean(&self, logits: &Tensor) -> Tensor {
        logits.shallow_clone()
    }
}

impl LikelihoodFamily for IdentityGaussian {
    fn name(&self) -> &'static str {
        "identity-gaussian"
    }

    fn build(&self, _options: &Value, _device: Device) -> Result<Box<dyn Likelihood>, Error> {
        Ok(Box::new(IdentityGaussian))
    }
}

/// `W` `[PIXELS, LATENT_DIM]` and `b` `[PIXELS]`.
#[derive(Debug)]
pub struct LinearGaussian {
    pub weight: Tensor,
    pub bias: Tensor,
}

impl LinearGaussian {
    /// Columns of W at odd angles: the posterior's coordinates depend on one another.
    pub fn correlated() -> LinearGaussian {
        let weight: Vec<f64> = (0..PIXELS * LATENT_DIM).map(|i| (1.7 * i as f64).sin()).collect();
        let bias: Vec<f64> = (0..PIXELS).map(|i| 0.5 + 0.3 * (2.3 * i as f64).cos()).collect();
        LinearGaussian {
            weight: Tensor::from_slice(&weight).reshape([PIXELS, LATENT_DIM]) * 0.2,
            bias: Tensor::from_slice(&bias),
        }
    }

    /// Columns of W at right angles and of different lengths: the posterior is diagonal.
    pub fn diagonal() -> LinearGaussian {
        let correlated = LinearGaussian::correlated();
        let (basis, _) = Tensor::linalg_qr(&correlated.weight, "reduced");
        let lengths = Tensor::from_slice(&[0.1f64, 0.4, 0.9]);
        LinearGaussian { weight: basis * lengths, ..correlated }
    }

    pub fn model(&self) -> LatentModel {
        let layers = vec![
            Layer::Linear { inputs: LATENT_DIM, outputs: PIXELS },
            Layer::Reshape(vec![1, 2, 3]),
        ];
        let image = autodecoder_models::ImageShape { channels: 1, height: 2, width: 3 };
        let take = |name: &str, _: &[i64]| {
            let tensor = if name.ends_with("weight") { &self.weight } else { &self.bias };
            Ok(tensor.shallow_clone())
        };
        let decoder = Decoder::from_parameters(layers, LATENT_DIM, image, take).unwrap();
        let mut parts = Parts::standard();
        parts.likelihoods = parts.likelihoods.with("identity-gaussian", Arc::new(IdentityGaussian));
        let spec = ModelSpec { likelihood: part("identity-gaussian"), ..variational() };
        LatentModel::with_decoder(spec, decoder, &parts, Device::Cpu).unwrap()
    }

    /// The same model of some of its pixels.
    pub fn of_pixels(&self, pixels: &[i64]) -> LinearGaussian {
        let pixels = Tensor::from_slice(pixels);
        LinearGaussian {
            weight: self.weight.index_select(0, &pixels),
            bias: self.bias.index_select(0, &pixels),
        }
    }

    /// `log N(x; b, W Wᵀ + σ² I)` of one image, a value for each of the model's pixels.
    pub fn log_likelihood(&self, x: &Tensor) -> f64 {
        let pixels = x.size()[0];
        let covariance = self.weight.matmul(&self.weight.tr()) + identity(pixels) * VARIANCE;
        let offset = x - &self.bias;
        let mahalanobis = offset.dot(&Tensor::linalg_inv(&covariance).mv(&offset));
        let (_, log_determinant) = covariance.slogdet();
        let twice = mahalanobis + log_determinant + pixels as f64 * TAU.ln();
        -0.5 * twice.double_value(&[])
    }

    /// Mean `[LATENT_DIM]` and precision `[LATENT_DIM, LATENT_DIM]` of the true posterior.
    pub fn posterior(&self, x: &Tensor) -> (Tensor, Tensor) {
        let precision = self.weight.tr().matmul(&self.weight) / VARIANCE + identity(LATENT_DIM);
        let pull = self.weight.tr().mv(&(x - &self.bias)) / VARIANCE;
        (Tensor::linalg_inv(&precision).mv(&pull), precision)
    }
}

/// `KL(N(mean, diag variances) ‖ N(μ, Λ⁻¹))`.
pub fn kl(mean: &Tensor, variances: &Tensor, (mu, precision): &(Tensor, Tensor)) -> f64 {
    let offset = mu - mean;
    let trace = (precision.diag(0) * variances).sum(Kind::Double);
    let (_, log_determinant) = precision.slogdet();
    let twice = trace + offset.dot(&precision.mv(&offset))
        - LATENT_DIM as f64
        - log_determinant
        - variances.log().sum(Kind::Double);
    0.5 * twice.double_value(&[])
}

/// `copies` copies of one image of grey values.
pub fn copies(grey: [u8; PIXELS as usize], copies: usize) -> DeviceImages {
    DeviceImages::new(&copies_set(grey, copies), Device::Cpu)
}

/// [`copies`], off the device.
pub fn copies_set(grey: [u8; PIXELS as usize], copies: usize) -> ImageSet {
    ImageSet::new(ImageShape::grey(2, 3), grey.repeat(copies), vec![0; copies]).unwrap()
}

/// The first image, `[PIXELS]`, f64.
pub fn first(images: &DeviceImages) -> Tensor {
    images.range(0, 1).pixels.reshape([PIXELS]).to_kind(Kind::Double)
}

fn identity(size: i64) -> Tensor {
    Tensor::eye(size, (Kind::Double, Device::Cpu))
}
