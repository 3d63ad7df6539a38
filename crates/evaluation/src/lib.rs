//! Measuring a trained model on images.
//!
//! [`infer`] gives images rows, by the encoder or fitted with the decoder frozen; [`evaluate`] scores rows, inferred
//! or trained; [`prior_gap`] says how far latents lie from the prior that samples are drawn from;
//! [`probe`] says what latents tell of an image's class; [`interpolate`] walks between two latents.
//! Nothing here changes a model.

mod inference;
mod interpolation;
mod metrics;
mod per_image;
mod prior_gap;
mod probes;

pub use inference::{InferenceConfig, fit_rows, infer};
pub use interpolation::interpolate;
pub use metrics::{EvaluationConfig, Metrics, evaluate};
pub use per_image::{course_reconstruction_loss, psnr, squared_errors};
pub use prior_gap::{PriorGap, Spread, nearest_distances, prior_gap};
pub use probes::{
    Labelled, LinearProbe, NeighbourProbe, Probes, linear_predictions, neighbour_predictions, probe,
};
