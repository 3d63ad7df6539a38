//! One piece of work, described to our program and to its peers alike.
//!
//! The JSON form is what `benches/peers/protocol.py` reads; the two lists of fields must agree.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use autodecoder_training::Precision;
use serde::{Deserialize, Serialize};
use tch::{Cuda, Device};

/// Values in one latent.
pub const LATENT_DIM: i64 = 32;
/// Standard deviation that posteriors begin with.
pub const SPREAD: f64 = 0.2;
/// Pixels of an image.
pub const PIXELS: usize = 784;

/// What is done with the images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Work {
    /// The decoder and the rows are fitted together. A step is one batch.
    Train,
    /// New rows are fitted, the decoder stays. A step is all the steps of one batch.
    Infer,
}

/// The decoder's kind, with its default options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decoder {
    /// Fully connected.
    Mlp,
    /// Transposed convolutions.
    Conv,
}

impl Decoder {
    /// The name in experiment files.
    pub fn name(self) -> &'static str {
        match self {
            Decoder::Mlp => "mlp",
            Decoder::Conv => "conv",
        }
    }
}

/// What makes one case differ from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Setting {
    /// Training or inference.
    pub work: Work,
    /// The decoder.
    pub decoder: Decoder,
    /// A VAD with Gaussian posteriors, or else an AD.
    pub variational: bool,
    /// Images.
    pub count: usize,
    /// Images in a batch.
    pub batch: usize,
    /// What our products are computed in; a peer's is its own.
    pub precision: Precision,
}

impl Setting {
    /// The setting's name in the report: `train/mlp/n60000/b64`.
    pub fn name(&self) -> String {
        let Setting { work, decoder, variational, count, batch, precision } = self;
        let work = match work {
            Work::Train => "train",
            Work::Infer => "inference",
        };
        let kind = if *variational { "" } else { "-ad" };
        let products = match precision {
            Precision::F32 => "",
            Precision::Bf16 => "-bf16",
            Precision::Bf16x3 => "-bf16x3",
        };
        format!("{work}{kind}{products}/{}/n{count}/b{batch}", decoder.name())
    }
}

/// A case as it lies on disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Training or inference.
    pub work: Work,
    /// The decoder's layers as text.
    pub layers: Vec<String>,
    /// Values in one latent.
    pub latent_dim: i64,
    /// A VAD with Gaussian posteriors, or else an AD.
    pub variational: bool,
    /// The images as raw bytes; random ones where there is no file.
    pub images: Option<PathBuf>,
    /// How many of them are used, from the first on.
    pub count: usize,
    /// Images in a batch.
    pub batch: usize,
    /// What our products are computed in.
    pub precision: Precision,
    /// The decoder's weights (safetensors).
    pub weights: PathBuf,
    /// The first rows (safetensors); random ones where there is no file.
    pub rows: Option<PathBuf>,
    /// The images' order over several epochs; a random one where there is no file.
    pub orders: Option<PathBuf>,
    /// Whether the posteriors' noise is drawn, or is 0.
    pub noise: bool,
    /// Learning rate of the rows.
    pub row_rate: f64,
    /// Decay rates of the rows' moments.
    pub row_betas: [f64; 2],
    /// Learning rate of the decoder.
    pub decoder_rate: f64,
    /// Decay rates of the decoder's moments.
    pub decoder_betas: [f64; 2],
    /// Added to the root of second moments.
    pub epsilon: f64,
    /// Steps in which inference fits a batch; unused in training.
    pub inference_steps: u32,
    /// Threads of libtorch.
    pub threads: usize,
    /// `cpu` or `cuda:0`, as PyTorch calls it.
    pub device: String,
}

impl Case {
    /// Where the work is done.
    pub fn device(&self) -> Device {
        if self.device == "cpu" { Device::Cpu } else { Device::Cuda(0) }
    }

    /// Waits until the device has done all that it was asked for: only then may a clock be read.
    pub fn wait(&self) {
        if let Device::Cuda(number) = self.device() {
            Cuda::synchronize(number as i64);
        }
    }

    /// Reads a case.
    ///
    /// # Errors
    /// Where the file cannot be read or is no case.
    pub fn read(path: &Path) -> Result<Case> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is no case", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_differs() {
        let base = Setting {
            work: Work::Train,
            decoder: Decoder::Mlp,
            variational: true,
            count: 60_000,
            batch: 64,
            precision: Precision::F32,
        };
        assert_eq!(base.name(), "train/mlp/n60000/b64");
        let other = Setting { decoder: Decoder::Conv, variational: false, ..base };
        assert_eq!(other.name(), "train-ad/conv/n60000/b64");
        let other = Setting { precision: Precision::Bf16, ..base };
        assert_eq!(other.name(), "train-bf16/mlp/n60000/b64");
        let other = Setting { precision: Precision::Bf16x3, ..base };
        assert_eq!(other.name(), "train-bf16x3/mlp/n60000/b64");
    }

    #[test]
    fn the_peers_know_the_same_fields() {
        let peer = include_str!("../../../benches/peers/protocol.py");
        let case = Case {
            work: Work::Infer,
            layers: vec!["relu".to_owned()],
            latent_dim: LATENT_DIM,
            variational: true,
            images: None,
            count: 1,
            batch: 1,
            precision: Precision::F32,
            weights: PathBuf::from("w"),
            rows: None,
            orders: None,
            noise: false,
            row_rate: 0.1,
            row_betas: [0.5, 0.9],
            decoder_rate: 0.1,
            decoder_betas: [0.9, 0.999],
            epsilon: 1e-8,
            inference_steps: 3,
            threads: 1,
            device: "cpu".to_owned(),
        };
        let json = serde_json::to_value(&case).unwrap();
        for field in json.as_object().unwrap().keys() {
            assert!(peer.contains(&format!("\n    {field}: ")), "{field}");
        }
        assert_eq!(serde_json::from_value::<Case>(json).unwrap(), case);
    }
}
