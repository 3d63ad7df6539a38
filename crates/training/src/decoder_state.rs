//! The decoder's side of a run: its parameters and their optimiser's state.

use autodecoder_kernels::{Learned, Update};
use autodecoder_models::LatentModel;
use tch::{Device, Kind, Tensor};

use crate::Optimiser;
use crate::cpu::floats_mut;
use crate::optimisers::usable_kernel;

/// A parameter begins at a multiple of so many values: a cache line's worth.
const ALIGNMENT: usize = 16;

/// Everything that is learned besides the rows, with what moves it.
///
/// All parameters lie one after another in one tensor, of which the model's own are views, and so
/// does their optimiser's state: a GPU, where a step's time is that of starting its many small
/// operations, moves them all at once.
#[derive(Debug)]
pub(crate) struct DecoderState {
    optimiser: Box<dyn Optimiser>,
    kernel: Option<Box<dyn Update>>,
    names: Vec<String>,
    /// The model's own, which share the memory of `values`.
    parameters: Vec<Tensor>,
    /// Where each parameter begins in `values`.
    starts: Vec<i64>,
    /// The parameters, each followed by the zeros that the next one's alignment asks for, `[V]`.
    values: Tensor,
    /// What the optimiser keeps for each value, `[slots, V]`.
    state: Tensor,
    /// Updates so far, `[]`: one number, kept where the CPU reckons with it.
    steps: Tensor,
}

impl DecoderState {
    /// The parameters of `model`, never updated. They stay shared with the model; whoever made a state
    /// of the same model earlier has lost it.
    pub fn new(model: &LatentModel, optimiser: Box<dyn Optimiser>) -> DecoderState {
        let (names, mut parameters): (Vec<_>, Vec<_>) =
            model.named_parameters().into_iter().unzip();
        let options = parameters
            .first()
            .map_or((Kind::Float, Device::Cpu), |first| (first.kind(), first.device()));
        let (starts, count) = layout(&parameters);
        let values = Tensor::zeros([count], options);
        for (parameter, &start) in parameters.iter_mut().zip(&starts) {
            let mut place = part(&values, start, parameter);
            tch::no_grad(|| place.copy_(parameter));
            parameter.set_data(&place);
        }
        let state = optimiser.fresh_state(&values);
        let steps = Tensor::zeros([0i64; 0], (Kind::Float, Device::Cpu));
        let kernel = usable_kernel(optimiser.as_ref());
        DecoderState { optimiser, kernel, names, parameters, starts, values, state, steps }
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
        self.check_shared();
        if gradients.is_empty() {
            return;
        }
        tch::no_grad(|| {
            let _ = self.steps.g_add_scalar_(1.0);
            let gradient = self.in_place_of_values(gradients) / images as f64;
            let step = self.optimiser.update(&gradient, &mut self.state, &self.steps, rate);
            let _ = self.values.g_sub_(&step);
        });
    }

    /// A later state of the same model has taken its parameters along: this one would move nobody's.
    fn check_shared(&self) {
        let first = self.parameters.first();
        debug_assert!(
            first.is_none_or(|first| first.data_ptr() == self.values.data_ptr()),
            "the model has another trainer since"
        );
    }

    /// One tensor for each parameter, as `values` holds the parameters, `[V]`.
    fn in_place_of_values(&self, tensors: &[Tensor]) -> Tensor {
        let ends = self.starts.iter().skip(1).copied().chain(self.values.size());
        let places = self.starts.iter().zip(ends).zip(tensors);
        let parts = places.flat_map(|((start, end), tensor)| {
            let gap = end - start - tensor.numel() as i64;
            // No value of a gap is ever anything but zero.
            [tensor.reshape([-1]), self.values.narrow(0, end - gap, gap)]
        });
        Tensor::cat(&parts.collect::<Vec<_>>(), 0)
    }

    /// Begins an update by the kernels: the rule, its number, and what it moves, in pairs of weight and
    /// bias. `None` where the optimiser has no kernel or a tensor is not on the CPU.
    pub fn next_update(&mut self) -> Option<(&dyn Update, f64, Vec<Learned<'_>>)> {
        self.check_shared();
        let rule = self.kernel.as_deref()?;
        // Not by libtorch's operations: two of them take longer than all else between two passes.
        let steps = floats_mut(&mut self.steps)?.first_mut()?;
        *steps += 1.0;
        let step = f64::from(*steps);
        let values = floats_mut(&mut self.values)?;
        let slots = floats_mut(&mut self.state)?.chunks_exact_mut(values.len().max(1));
        let mut rest: Vec<&mut [f32]> = std::iter::once(values).chain(slots).collect();
        let mut sizes = self.parameters.iter().map(Tensor::numel);
        let mut learned = Vec::new();
        while let (Some(weights), Some(biases)) = (sizes.next(), sizes.next()) {
            let (weight, weight_state) = take_first(&mut rest, weights)?;
            let (bias, bias_state) = take_first(&mut rest, biases)?;
            learned.push(Learned { weight, weight_state, bias, bias_state });
        }
        Some((rule, step, learned))
    }

    /// Whether the optimiser has a kernel.
    pub fn has_kernel(&self) -> bool {
        self.kernel.is_some()
    }

    /// Everything that a checkpoint must hold, by name; the tensors are shared, not copied.
    pub fn named_tensors(&self) -> Vec<(String, Tensor)> {
        let mut named = vec![("decoder_steps".to_owned(), self.steps.view([1]))];
        for ((name, parameter), &start) in self.names.iter().zip(&self.parameters).zip(&self.starts)
        {
            named.push((format!("decoder.{name}"), parameter.shallow_clone()));
            named.push((format!("decoder_state.{name}"), self.state_of(start, parameter)));
        }
        named
    }

    /// What the optimiser keeps for the parameter at `start`, `[slots, …]`.
    fn state_of(&self, start: i64, parameter: &Tensor) -> Tensor {
        let mut shape = vec![self.state.size()[0]];
        shape.extend(parameter.size());
        self.state.narrow(1, start, parameter.numel() as i64).view(&*shape)
    }
}

/// Where each parameter begins in one tensor of them all, and that tensor's size.
fn layout(parameters: &[Tensor]) -> (Vec<i64>, i64) {
    let mut end = 0;
    let starts = parameters.iter().map(|parameter| {
        let start = end;
        end += parameter.numel().next_multiple_of(ALIGNMENT) as i64;
        start
    });
    (starts.collect(), end)
}

/// The part of `values` from `start` on that is as large as `like`, in its shape.
fn part(values: &Tensor, start: i64, like: &Tensor) -> Tensor {
    values.narrow(0, start, like.numel() as i64).view(&*like.size())
}

/// Cuts the next parameter of `count` values off the values and the slots in `rest`.
fn take_first<'a>(
    rest: &mut [&'a mut [f32]],
    count: usize,
) -> Option<(&'a mut [f32], Vec<&'a mut [f32]>)> {
    let room = count.next_multiple_of(ALIGNMENT);
    let mut taken = rest.iter_mut().map(|rest| rest.split_off_mut(..room)?.get_mut(..count));
    Some((taken.next()??, taken.collect::<Option<_>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_begin_on_cache_lines_and_gaps_lie_between_them() {
        let sizes: [&[i64]; 4] = [&[3, 5], &[16], &[], &[4, 8]];
        let parameters = sizes.map(|size| Tensor::zeros(size, (Kind::Float, Device::Cpu)));
        assert_eq!(layout(&parameters), (vec![0, 16, 32, 48], 80));
    }

    #[test]
    fn a_parameter_and_its_slots_are_cut_off_together() {
        let (mut values, mut slots) = ([0.0, 1.0, 2.0].repeat(8), [3.0, 4.0, 5.0].repeat(8));
        let mut rest = [&mut *values, &mut *slots];
        let (first, state) = take_first(&mut rest, 2).unwrap();
        assert_eq!((&*first, &*state[0]), (&[0.0, 1.0][..], &[3.0, 4.0][..]));
        assert_eq!((rest[0].len(), rest[1][0]), (8, 4.0));
        assert!(take_first(&mut rest, 9).is_none());
    }
}
