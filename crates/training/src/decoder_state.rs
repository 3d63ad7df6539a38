//! The decoder's side of a run: its parameters and their optimiser's state.

use autodecoder_models::LatentModel;
use tch::{Kind, Tensor};

use crate::Optimiser;

/// Everything that is learned besides the rows, with what moves it.
#[derive(Debug)]
pub(crate) struct DecoderState {
    optimiser: Box<dyn Optimiser>,
    names: Vec<String>,
    parameters: Vec<Tensor>,
    /// For each parameter what the optimiser keeps, `[slots, …]`.
    state: Vec<Tensor>,
    steps: Tensor,
}

impl DecoderState {
    /// The parameters of `model`, never updated. They stay shared with the model.
    pub fn new(model: &LatentModel, optimiser: Box<dyn Optimiser>) -> DecoderState {
        let (names, parameters): (Vec<_>, Vec<_>) = model.named_parameters().into_iter().unzip();
        let state = parameters.iter().map(|values| optimiser.fresh_state(values)).collect();
        let device = parameters.first().map_or(tch::Device::Cpu, Tensor::device);
        let steps = Tensor::zeros([1], (Kind::Float, device));
        DecoderState { optimiser, names, parameters, state, steps }
    }

    /// The learned tensors.
    pub fn parameters(&self) -> &[Tensor] {
        &self.parameters
    }

    /// Says whether autograd should follow the parameters.
    pub fn set_requires_grad(&self, wanted: bool) {
        for parameter in &self.parameters {
            let _ = parameter.set_requires_grad(wanted);
        }
    }

    /// Moves the parameters by the gradients of a batch's summed objective, averaged over its
    /// `images`.
    pub fn update(&mut self, gradients: &[Tensor], images: i64, rate: f64) {
        tch::no_grad(|| {
            let _ = self.steps.g_add_scalar_(1.0);
            let values = self.parameters.iter_mut().zip(&mut self.state).zip(gradients);
            for ((parameter, state), gradient) in values {
                let mean = gradient / images as f64;
                let _ = parameter.g_sub_(&self.optimiser.update(&mean, state, &self.steps, rate));
            }
        });
    }

    /// Everything that a checkpoint must hold, by name; the tensors are shared, not copied.
    pub fn named_tensors(&self) -> Vec<(String, Tensor)> {
        let mut named = vec![("decoder_steps".to_owned(), self.steps.shallow_clone())];
        for ((name, parameter), state) in self.names.iter().zip(&self.parameters).zip(&self.state) {
            named.push((format!("decoder.{name}"), parameter.shallow_clone()));
            named.push((format!("decoder_state.{name}"), state.shallow_clone()));
        }
        named
    }
}
