//! From an experiment file to trained models, metrics, figures and a report.

mod catalogue;
pub mod cli;
mod device;
pub mod experiment;
mod images;
mod metrics_csv;
pub mod pipeline;
mod pixels;
mod progress;
mod report;
mod results;
mod run_folder;
mod session;

pub use catalogue::{Catalogue, OpenDataset};
pub use device::{ChosenDevice, choose_device};
pub use images::Images;
pub use progress::{Progress, catch_signals, check_stop, say};
pub use results::{
    ComparisonResults, DataSizes, ModelResults, Results, Seconds, TsneResults, VariantResults,
};
pub use run_folder::{Environment, Existing, RunFolder};
pub use session::{Session, TrainedModel};

/// The libtorch version that `tch` is built for.
pub const LIBTORCH_VERSION: &str = "2.13.0";
