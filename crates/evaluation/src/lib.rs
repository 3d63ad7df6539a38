//! Measuring a trained model on images.
//!
//! [`infer`] gives images rows, by the encoder or fitted with the decoder frozen; [`evaluate`] scores rows, inferred
//! or trained; [`prior_gap`] says how far latents lie from the prior that samples are drawn from;
//! [`probe`] says what latents tell of an image's class; [`interpolate`] walks between two latents. A
//! [`Sampler`] is a density fitted to latents, and [`sample_quality`] judges what is decoded from its
//! draws. An [`Imputer`] fills in missing pixels by simpler means than a
//! model. Nothing here changes a model.

mod imputation;
mod inference;
mod interpolation;
mod metrics;
mod per_image;
mod prior_gap;
mod probes;
mod samplers;
mod samples;

pub use imputation::{
    ImputationErrors, Imputer, NearestImages, PixelMean, ProbabilisticPca, imputation_errors,
};
pub use inference::{InferenceConfig, fit_rows, infer};
pub use interpolation::interpolate;
pub use metrics::{EvaluationConfig, Metrics, evaluate};
pub use per_image::{course_reconstruction_loss, psnr, squared_errors};
pub use prior_gap::{PriorGap, Spread, nearest_distances, prior_gap, spread};
pub use probes::{
    Labelled, LinearProbe, NeighbourProbe, Probes, linear_predictions, neighbour_predictions, probe,
};
pub use samplers::{
    FromPrior, KernelDensity, Mixture, Sampler, SamplerError, SamplerFamily, evenly, fit_sampler,
    load_sampler, posterior_samples, samplers, save_sampler,
};
pub use samples::{
    NEIGHBOURS, RealFeatures, SampleError, SampleQuality, frechet_distance, sample_quality,
};
