//! The steps of a run. Each reads what the steps before it left in the run's folder.

mod amortisation;
mod compare;
mod earlier;
mod epoch_samples;
mod evaluate;
mod finished;
mod finite;
mod fitted_prior;
mod interpolate;
mod likelihood;
mod probes;
mod report;
mod sample;
mod sample_quality;
mod saving;
mod train;
mod tsne;

pub use amortisation::amortisation;
pub use compare::compare;
pub use epoch_samples::epoch_sheet_name;
pub use evaluate::evaluate;
pub use finished::is_finished;
pub use interpolate::{INTERPOLATION, interpolate};
pub use report::report;
pub use sample::{SIDE_BY_SIDE, sample, sheet_name};
pub use sample_quality::{nearest_name, sample_quality};
pub use train::train;
pub use tsne::{map_name, tsne};

pub(crate) use earlier::scaling as earlier_scaling;
pub(crate) use finite::{infer, score};
pub(crate) use fitted_prior::under_prior;
pub(crate) use interpolate::ends;
pub(crate) use probes::latent_probes;
pub(crate) use sample_quality::{decoded_features, open_classifier};
