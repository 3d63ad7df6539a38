//! From an experiment file to trained models, metrics, figures and a report.

mod apply;
mod catalogue;
mod checkpoint_interval;
pub mod cli;
mod csv_file;
mod device;
mod environment;
pub mod experiment;
mod image_digests;
mod images;
pub mod incomplete;
mod leftovers;
mod metrics_csv;
pub mod pipeline;
mod pixels;
mod progress;
mod replaced;
mod report;
mod results;
mod run_folder;
mod run_lock;
mod seeds;
mod session;
mod study;
pub mod sweep;

pub use catalogue::{Catalogue, OpenDataset};
pub use checkpoint_interval::CheckpointInterval;
pub use device::{ChosenDevice, choose_device};
pub use environment::Environment;
pub use image_digests::ImageDigests;
pub use images::Images;
pub use progress::{Progress, catch_signals, check_stop, say};
pub use results::{
    AmortisationResults, ComparisonResults, DataSizes, JudgeResults, ModelResults, ModelSamples,
    PixelProbes, Results, SamplerResults, Seconds, TsneResults, VariantResults, WayResults,
};
pub use run_folder::{Existing, RunFolder};
pub use run_lock::RunLock;
pub use session::{Session, TrainedModel};

/// The libtorch version that `tch` is built for.
pub const LIBTORCH_VERSION: &str = "2.13.0";
