//! What a run was computed with.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ChosenDevice;

/// What a run was computed with; results are only bit-equal where these are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Version of this program.
    pub autodecoder: String,
    /// Version of libtorch.
    pub libtorch: String,
    /// The device's name.
    pub device: String,
    /// Threads that libtorch computes with.
    pub threads: i64,
}

impl Environment {
    /// The environment of this process on `device`.
    pub fn current(device: &ChosenDevice) -> Environment {
        Environment {
            autodecoder: env!("CARGO_PKG_VERSION").to_owned(),
            libtorch: crate::LIBTORCH_VERSION.to_owned(),
            device: device.name.clone(),
            threads: i64::from(tch::get_num_threads()),
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Environment { autodecoder, libtorch, device, threads } = self;
        write!(f, "autodecoder {autodecoder}, libtorch {libtorch}, {device}, {threads} threads")
    }
}
