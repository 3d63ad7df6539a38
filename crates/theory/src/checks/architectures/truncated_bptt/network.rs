//! A recurrent network, trained through all steps or through chunks of them.

use tch::{Device, Kind, Tensor};

use crate::toolkit::derivatives::gradients;

/// What happens to the hidden state where one chunk ends and the next begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Border {
    /// It is handed on, the gradient is not: truncated backpropagation through time.
    Cut,
    /// It starts at 0 again: every chunk is a sequence of its own.
    Reset,
}

/// hₜ = tanh(xₜU + hₜ₋₁W), oₜ = hₜV; inputs, recurrence and output in this order.
pub(super) type Parameters = [Tensor; 3];

/// Sequences `[batch, steps, width]`, and what the outputs should be.
pub(super) struct Task {
    pub inputs: Tensor,
    pub targets: Tensor,
    /// How much each step's error counts: `[1, steps, 1]`.
    pub counts: Tensor,
}

impl Task {
    fn batch(&self) -> f64 {
        self.inputs.size()[0] as f64
    }
}

/// The outputs `[batch, steps, width]`, with the hidden state treated so every `span` steps.
pub(super) fn outputs(p: &[Tensor], inputs: &Tensor, span: i64, border: Border) -> Tensor {
    let start = Tensor::zeros([inputs.size()[0], p[1].size()[0]], (Kind::Double, Device::Cpu));
    let mut hidden = start.shallow_clone();
    let mut outputs = Vec::new();
    for step in 0..inputs.size()[1] {
        if step % span == 0 {
            hidden = match border {
                Border::Cut => hidden.detach(),
                Border::Reset => start.shallow_clone(),
            };
        }
        hidden = (inputs.select(1, step).matmul(&p[0]) + hidden.matmul(&p[1])).tanh();
        outputs.push(hidden.matmul(&p[2]));
    }
    Tensor::stack(&outputs, 1)
}

/// ½·(squared error), summed over the steps that count, mean over the batch.
pub(super) fn loss(p: &[Tensor], task: &Task, span: i64, border: Border) -> Tensor {
    let errors = outputs(p, &task.inputs, span, border) - &task.targets;
    0.5 * (errors.square() * &task.counts).sum(Kind::Double) / task.batch()
}

/// The gradients of all parameters by autograd.
pub(super) fn by_autograd(p: &Parameters, task: &Task, span: i64, border: Border) -> Vec<Tensor> {
    gradients(&p.each_ref(), |p| loss(p, task, span, border))
}

/// The gradients by the recursion of backpropagation through time, from the last step to the first:
///
/// δₜ = (eₜVᵀ + δₜ₊₁Wᵀ) ⊙ (1 − hₜ²), and then xₜᵀδₜ, hₜ₋₁ᵀδₜ and hₜᵀeₜ are step t's share of the
/// three gradients. Truncation leaves δₜ₊₁Wᵀ out where t + 1 is in the next chunk.
pub(super) fn by_hand(p: &Parameters, task: &Task, span: i64) -> Vec<Tensor> {
    let (steps, batch) = (task.inputs.size()[1], task.inputs.size()[0]);
    let mut states = vec![Tensor::zeros([batch, p[1].size()[0]], (Kind::Double, Device::Cpu))];
    for step in 0..steps {
        let before = &states[step as usize];
        states.push((task.inputs.select(1, step).matmul(&p[0]) + before.matmul(&p[1])).tanh());
    }
    let mut sums: Vec<Tensor> = p.iter().map(Tensor::zeros_like).collect();
    let mut next = states[0].zeros_like();
    for step in (0..steps).rev() {
        let (before, state) = (&states[step as usize], &states[step as usize + 1]);
        let error = (state.matmul(&p[2]) - task.targets.select(1, step))
            * task.counts.select(1, step)
            / task.batch();
        if (step + 1) % span == 0 {
            next = next.zeros_like();
        }
        let back = error.matmul(&p[2].tr()) + next.matmul(&p[1].tr());
        next = back * (1.0 - state.square());
        sums[0] += task.inputs.select(1, step).tr().matmul(&next);
        sums[1] += before.tr().matmul(&next);
        sums[2] += state.tr().matmul(&error);
    }
    sums
}

/// Gradient descent.
pub(super) fn train(start: &Parameters, task: &Task, span: i64, border: Border) -> Parameters {
    let mut parameters = start.each_ref().map(Tensor::copy);
    for _ in 0..200 {
        let slopes = by_autograd(&parameters, task, span, border);
        for (parameter, slope) in parameters.iter_mut().zip(&slopes) {
            *parameter -= 0.5 * slope;
        }
    }
    parameters
}
