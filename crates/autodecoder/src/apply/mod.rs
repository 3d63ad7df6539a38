//! A trained model applied to new files: their rows, and what they do not show.

mod error;
mod given;
mod impute;
mod infer;
mod model;
mod output;
mod samples;

pub(crate) use impute::{ImputeOptions, impute};
pub(crate) use infer::infer;
pub(crate) use model::AppliedModel;

pub(crate) use given::Given;
