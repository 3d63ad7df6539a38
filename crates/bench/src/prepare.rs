//! Cases on disk: the files that our program and its peers both begin from.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use autodecoder_data::{Dataset, MnistFolder, Split};
use autodecoder_models::tensor_file::{self, write_atomically};
use autodecoder_models::{LatentModel, Parts};
use autodecoder_training::epoch_order;
use tch::Device;

use crate::case::{Case, LATENT_DIM, Setting, Work};
use crate::model;

/// Steps of inference for each image.
pub const INFERENCE_STEPS: u32 = 200;

/// Where cases are written, and what they have in common.
#[derive(Debug)]
pub struct Workshop {
    folder: PathBuf,
    threads: usize,
    device: String,
}

/// How a case is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Timed: noise is drawn, the order is each program's own.
    Timing,
    /// Compared: no noise, and the order of so many epochs is given.
    Proof {
        /// Epochs.
        epochs: u32,
    },
    /// Compared: inference in so many steps.
    InferenceProof {
        /// Steps for each image.
        steps: u32,
    },
}

impl Workshop {
    /// A folder for cases; it is made.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn new(folder: PathBuf, threads: usize, device: &str) -> Result<Workshop> {
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        Ok(Workshop { folder: std::path::absolute(folder)?, threads, device: device.to_owned() })
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Threads that every program gets.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// The device that every program uses.
    pub fn device(&self) -> &str {
        &self.device
    }

    /// Writes the images of `data` as raw bytes, and says where.
    ///
    /// # Errors
    /// Where they cannot be read or written.
    pub fn images(&self, data: &Path, split: Split) -> Result<PathBuf> {
        let path = self.path(&format!("{split}.u8"));
        let set = MnistFolder::fashion_mnist(data).load(split)?;
        write_atomically(&path, set.pixels())?;
        Ok(path)
    }

    /// Writes a case with all that belongs to it; random images where no file is given.
    ///
    /// # Errors
    /// Where a file cannot be written.
    pub fn case(&self, setting: &Setting, images: Option<PathBuf>, usage: Use) -> Result<PathBuf> {
        let proof = if usage == Use::Timing { "" } else { "proof-" };
        let folder = self.path(&format!("{proof}{}", setting.name().replace('/', "-")));
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let model = fresh_model(setting)?;
        let mut case = self.describe(setting, &model, folder.join("weights.safetensors"));
        tensor_file::write(&case.weights, &model.named_parameters(), None)?;
        if images.is_some() {
            case.images = images;
            let path = folder.join("rows.safetensors");
            let on_cpu = Case { device: "cpu".to_owned(), ..case.clone() };
            let rows = model::rows(&case, &model, &model::images(&on_cpu)?)?;
            tensor_file::write(&path, &[("rows".to_owned(), rows)], None)?;
            case.rows = Some(path);
        }
        match usage {
            Use::Timing => {}
            Use::Proof { epochs } => {
                let path = folder.join("orders.i64");
                write_atomically(&path, &orders(setting, epochs))?;
                (case.orders, case.noise) = (Some(path), false);
                // Large steps carry a difference in the optimisers into the losses.
                (case.decoder_rate, case.row_rate) = (5e-3, 0.5);
            }
            Use::InferenceProof { steps } => {
                (case.inference_steps, case.noise) = (steps, false);
            }
        }
        let path = folder.join("case.json");
        write_atomically(&path, &serde_json::to_vec_pretty(&case)?)?;
        Ok(path)
    }

    fn describe(&self, setting: &Setting, model: &LatentModel, weights: PathBuf) -> Case {
        Case {
            work: setting.work,
            layers: model.decoder().layers().iter().map(ToString::to_string).collect(),
            latent_dim: LATENT_DIM,
            variational: setting.variational,
            images: None,
            count: setting.count,
            batch: setting.batch,
            precision: setting.precision,
            weights,
            rows: None,
            orders: None,
            noise: true,
            row_rate: if setting.work == Work::Infer { 0.2 } else { 0.1 },
            row_betas: [0.5, 0.9],
            decoder_rate: 1e-3,
            decoder_betas: [0.9, 0.999],
            epsilon: 1e-8,
            inference_steps: INFERENCE_STEPS,
            threads: self.threads,
            device: self.device.clone(),
        }
    }
}

fn fresh_model(setting: &Setting) -> Result<LatentModel> {
    let spec = model::spec(setting.decoder.name(), LATENT_DIM, setting.variational);
    let mut rng = model::streams().rng("decoder", &[]);
    Ok(LatentModel::new(spec, model::SHAPE, &Parts::standard(), Device::Cpu, &mut rng)?)
}

/// The order of the images in each epoch, as our trainer will visit them.
fn orders(setting: &Setting, epochs: u32) -> Vec<u8> {
    let order = |epoch| epoch_order(setting.count as i64, &model::streams(), epoch);
    (0..epochs).flat_map(order).flat_map(i64::to_le_bytes).collect()
}
