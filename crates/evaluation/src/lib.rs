//! Measuring a trained model on images.
//!
//! [`infer`] gives images rows, by the encoder or fitted with the decoder frozen; [`best_of_prior`] and
//! [`LinearEncoder`] are other places for a fit to begin at. [`evaluate`] scores rows, inferred or
//! trained; [`importance_bounds`] bounds the log likelihood of images; [`prior_gap`] says how far latents
//! lie from the prior that samples are drawn from; [`probe`] says what latents tell of an image's class;
//! [`interpolate`] walks between two latents. A [`Sampler`] is a density fitted to latents, and
//! [`sample_quality`] judges what is decoded from its draws. An [`Imputer`] fills in missing pixels by
//! simpler means than a model. Nothing here changes a model.

mod amortisation;
mod candidates;
mod importance;
mod imputation;
mod inference;
mod interpolation;
mod metrics;
mod missing;
mod per_image;
mod predictive;
mod prior_gap;
mod probes;
mod samplers;
mod samples;

pub use amortisation::{LinearEncoder, best_of_prior};
pub use importance::{
    ImportanceBound, ImportanceBounds, ImportanceConfig, importance_bounds, mean_difference,
};
pub use imputation::{
    ImputationErrors, Imputer, NearestImages, PixelMean, ProbabilisticPca, imputation_errors,
};
pub use inference::{InferenceConfig, PriorKind, fit_rows, infer};
pub use interpolation::interpolate;
pub use metrics::{EvaluationConfig, Metrics, evaluate, mean, negative_elbos, standard_error};
pub use missing::{MissingErrors, missing_errors};
pub use per_image::{course_reconstruction_loss, psnr, squared_errors};
pub use predictive::Predictive;
pub use prior_gap::{PriorGap, Spread, nearest_distances, prior_gap, spread};
pub use probes::{
    Labelled, LinearProbe, NeighbourProbe, Probes, linear_predictions, neighbour_predictions,
    probe, probe_neighbours,
};
pub use samplers::{
    FromPrior, KernelDensity, Mixture, Sampler, SamplerError, SamplerFamily, evenly, fit_sampler,
    load_sampler, posterior_samples, samplers, save_sampler,
};
pub use samples::{
    NEIGHBOURS, RealFeatures, SampleError, SampleQuality, frechet_distance, sample_quality,
};
