//! Experiment files: what to train, on what, and how it is measured.

mod check;
mod from_table;
mod hidden;
mod merge;
mod presets;
mod read;
mod schema;
mod sizes;

pub use hidden::HiddenConfig;
pub use presets::{PRESETS, preset};
pub use read::{parse, read};
pub use schema::{
    ComparisonConfig, DataConfig, Experiment, FiguresConfig, ModelConfig, TargetConfig,
    TargetMetric, TsneConfig, VariantConfig,
};
