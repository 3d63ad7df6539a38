//! The decoder's side of a run: its parameters and their optimiser's state.

use autodecoder_kernels::{Learned, Update};
use autodecoder_models::LatentModel;
use tch::{Kind, Tensor};

use crate::Optimiser;
use crate::cpu::floats_mut;
use crate::optimisers::usable_kernel;

/// Everything that is learned besides the rows, with what moves it.
#[derive(Debug)]
pub(crate) struct DecoderState {
    optimiser: Box<dyn Optimiser>,
    kernel: Option<Box<dyn Update>>,
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
        let kernel = usable_kernel(optimiser.as_ref());
        DecoderState { optimiser, kernel, names, parameters, state, steps }
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

    /// Begins an update by the kernels: the rule, its number, and what it moves, in pairs of weight and
    /// bias. `None` where the optimiser has no kernel or a tensor is not on the CPU.
    pub fn next_update(&mut self) -> Option<(&dyn Update, f64, Vec<Learned<'_>>)> {
        let rule = self.kernel.as_deref()?;
        let _ = tch::no_grad(|| self.steps.g_add_scalar_(1.0));
        let mut values = self.parameters.iter_mut().zip(&mut self.state);
        let mut learned = Vec::new();
        while let (Some(weight), Some(bias)) = (values.next(), values.next()) {
            let (weight, weight_state) = with_slots(weight)?;
            let (bias, bias_state) = with_slots(bias)?;
            learned.push(Learned { weight, weight_state, bias, bias_state });
        }
        Some((rule, self.steps.double_value(&[0]), learned))
    }

    /// Whether the optimiser has a kernel.
    pub fn has_kernel(&self) -> bool {
        self.kernel.is_some()
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

/// A parameter and its slots as slices.
fn with_slots<'a>(
    (values, state): (&'a mut Tensor, &'a mut Tensor),
) -> Option<(&'a mut [f32], Vec<&'a mut [f32]>)> {
    let values = floats_mut(values)?;
    let state = floats_mut(state)?.chunks_exact_mut(values.len()).collect();
    Some((values, state))
}
