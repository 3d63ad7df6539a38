//! Fitting a latent table together with a decoder.
//!
//! A [`LatentTable`] holds one row per training image, with its optimiser's state. A [`Trainer`]
//! draws batches, moves the rows of the batch by [`row_step`] and the decoder with them. A step
//! reads and writes only the rows of its batch, so its cost does not depend on the number of
//! images. Every random number comes from a named stream of one seed ([`Streams`]), keyed by epoch
//! and batch, so that a resumed run continues with the same numbers.

mod batch_noise;
mod binarised;
mod checkpoint;
mod config;
mod cpu;
mod decoder_state;
mod device_images;
mod encoder_batch;
mod error;
mod importance_samples;
mod importance_weighted;
mod latents_file;
mod noise;
mod observer;
mod optimisers;
mod pca;
mod precision;
mod row_step;
mod schedule;
mod start;
mod streams;
mod table;
mod tensor_batch;
mod trainer;

pub use batch_noise::BatchNoise;
pub use binarised::{PixelKind, binarise, binarised_set};
pub use checkpoint::{CheckpointInfo, latest_checkpoint, prune_checkpoints};
pub use config::{EngineKind, OptimiserConfig, RangeError, TrainingConfig, check_range};
pub use cpu::{CpuEngine, LatentStep};
pub use device_images::{DeviceImages, image_digest};
pub use encoder_batch::encoded_rows;
pub use error::Error;
pub use importance_samples::{check_importance_samples, check_weighed, one_sample};
pub use latents_file::{Latents, read_latents, write_latents};
pub use noise::{latent_noise, standard_normal};
pub use observer::{BatchRecord, EpochRecord, Observer, Silent};
pub use optimisers::{Adam, Optimiser, OptimiserFamily, Sgd, optimisers};
pub use pca::Pca;
pub use precision::Precision;
pub use row_step::{RowStep, StepOutcome, row_step};
pub use schedule::{Schedule, ScheduleKind};
pub use start::{StartConfig, StartKind};
pub use streams::Streams;
pub use table::{LatentTable, RowBatch};
pub use trainer::{Position, Trainer, epoch_order};
