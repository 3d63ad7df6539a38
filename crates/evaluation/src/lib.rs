//! Measuring a trained model on images.
//!
//! [`infer`] gives images rows, by the encoder or fitted with the decoder frozen; [`evaluate`] scores
//! rows, inferred or trained; [`importance_bounds`] bounds the log likelihood of images; [`prior_gap`]
//! says how far latents lie from the prior that samples are drawn from; [`interpolate`] walks between
//! two latents. Nothing here changes a model.

mod importance;
mod inference;
mod interpolation;
mod metrics;
mod per_image;
mod prior_gap;

pub use importance::{
    ImportanceBound, ImportanceBounds, ImportanceConfig, importance_bounds, mean_difference,
};
pub use inference::{InferenceConfig, fit_rows, infer};
pub use interpolation::interpolate;
pub use metrics::{EvaluationConfig, Metrics, evaluate};
pub use per_image::{course_reconstruction_loss, psnr, squared_errors};
pub use prior_gap::{PriorGap, Spread, nearest_distances, prior_gap};
