//! The pass over the weights: gradients of the whole batch, each block moved at once.

use std::cell::Cell;

use super::packed::{Copies, Panel, panels, turn_kernels};
use super::{Network, Packed, Stage, Workspace};
use crate::aligned::Aligned;
use crate::bf16::{Left, Right, product};
use crate::matmul::{Into, Matrix, matmul};
use crate::{ConvTranspose2d, Update};

/// The parameters of a stage with what the update rule keeps for them.
#[derive(Debug)]
pub struct Learned<'a> {
    /// The weight, in PyTorch's layout.
    pub weight: &'a mut [f32],
    /// One slice a slot, as long as the weight.
    pub weight_state: Vec<&'a mut [f32]>,
    /// The bias.
    pub bias: &'a mut [f32],
    /// One slice a slot, as long as the bias.
    pub bias_state: Vec<&'a mut [f32]>,
}

/// How the parameters of a batch are moved.
#[derive(Debug, Clone, Copy)]
pub struct UpdateStep<'a> {
    /// The rule.
    pub rule: &'a dyn Update,
    /// Updates so far, this one included.
    pub step: f64,
    /// Learning rate.
    pub rate: f64,
    /// Rows of the batch, over which its gradients are summed.
    pub rows: usize,
    /// What that sum is divided by: how many images the rows are samples of.
    pub images: usize,
}

/// What a task needs for itself: of one at a time, and too large to be allocated for each.
#[derive(Debug, Default)]
struct Buffers {
    gradient: Aligned<f32>,
    /// Of pairs, on their way to a product.
    turned: Aligned<u32>,
}

thread_local! {
    static BUFFERS: Cell<Buffers> = Cell::default();
}

impl UpdateStep<'_> {
    fn apply(&self, values: &mut [f32], gradient: &[f32], state: &mut [&mut [f32]]) {
        self.rule.update(values, gradient, state, self.step, self.rate);
    }

    fn mean(&self) -> f32 {
        (1.0 / self.images as f64) as f32
    }
}

/// Some rows of a linear weight, or a convolution's parameters.
struct Task<'a> {
    stage: usize,
    /// The first of the stage's outputs that are moved.
    start: usize,
    learned: Learned<'a>,
    copies: Moved<'a>,
}

/// Where a task's weights are copied to.
enum Moved<'a> {
    Panel(Panel<'a>),
    Kernels(&'a mut Copies),
}

impl Network {
    /// What moves all parameters, by the gradients of the batch whose chunks have all been through
    /// [`Network::backward`] with [`Wanted::Parameters`](super::Wanted::Parameters): tasks that may run
    /// at the same time, the longest first. `learned` has one entry for each stage that learns, in their
    /// order; `packed` holds their copies, which move along. An empty batch moves nothing.
    ///
    /// # Panics
    /// Where the batch has more rows than the workspace, or weights and biases are not the network's.
    pub fn update<'a>(
        &'a self,
        workspace: &'a Workspace,
        packed: &'a mut Packed,
        learned: Vec<Learned<'a>>,
        step: &'a UpdateStep<'a>,
    ) -> Vec<Box<dyn FnOnce() + Send + 'a>> {
        if step.rows == 0 {
            return Vec::new();
        }
        let lengths = |learned: &Learned| [learned.weight.len(), learned.bias.len()];
        self.check_parameters(learned.iter().map(lengths));
        let tasks: Vec<Task> = self
            .stages
            .iter()
            .zip(packed.stages_mut())
            .enumerate()
            .filter(|(_, (stage, _))| stage.parameters().is_some())
            .zip(learned)
            .flat_map(|((index, (stage, copies)), learned)| tasks(index, *stage, copies, learned))
            .collect();
        // The widest layers come last, and are the ones to begin with.
        let run = |task| -> Box<dyn FnOnce() + Send + 'a> {
            Box::new(move || self.run(workspace, task, step))
        };
        tasks.into_iter().rev().map(run).collect()
    }

    fn run(&self, workspace: &Workspace, task: Task, step: &UpdateStep) {
        match self.stages[task.stage] {
            Stage::Linear { inputs, outputs } => {
                let dy = Matrix::new(workspace.gradients(task.stage, step.rows), outputs);
                let mut buffers = BUFFERS.take();
                let Buffers { gradient, turned } = &mut buffers;
                gradient.resize(task.learned.weight.len());
                if let Moved::Panel(Panel::Pairs { parts, .. }) = task.copies {
                    let [x, dy] = workspace.row_pairs(task.stage, step.rows);
                    let columns = (task.start, task.learned.bias.len());
                    let dy = Left::of_columns((dy, outputs), columns, parts, turned);
                    let x = Right::of_lines(x, inputs, parts);
                    product(gradient, (inputs, 0), (dy, x), step.mean(), Into::Replace);
                } else {
                    let x = Matrix::new(workspace.inputs(task.stage, step.rows), inputs);
                    let dy = dy.columns(task.start, task.learned.bias.len()).transposed();
                    matmul(gradient, dy, x, step.mean(), Into::Replace);
                }
                move_linear(task, gradient, dy, step);
                BUFFERS.set(buffers);
            }
            Stage::ConvTranspose2d(sizes) => {
                let partials = workspace.partials(task.stage, step.rows);
                move_convolution(sizes, task, partials, step);
            }
            Stage::Activation(_) | Stage::Gated { .. } | Stage::Transpose { .. } => {}
        }
    }
}

fn tasks<'a>(
    index: usize,
    stage: Stage,
    copies: &'a mut Copies,
    learned: Learned<'a>,
) -> Vec<Task<'a>> {
    match stage {
        Stage::Linear { inputs, .. } => split(index, inputs, copies, learned),
        _ => vec![Task { stage: index, start: 0, learned, copies: Moved::Kernels(copies) }],
    }
}

/// Cuts a linear stage into blocks of outputs.
fn split<'a>(
    stage: usize,
    inputs: usize,
    copies: &'a mut Copies,
    learned: Learned<'a>,
) -> Vec<Task<'a>> {
    let Learned { weight, weight_state, bias, bias_state } = learned;
    let width = copies.panel();
    let mut weight_state: Vec<_> =
        weight_state.into_iter().map(|slot| slot.chunks_mut(width * inputs)).collect();
    let mut bias_state: Vec<_> =
        bias_state.into_iter().map(|slot| slot.chunks_mut(width)).collect();
    let blocks = weight.chunks_mut(width * inputs).zip(bias.chunks_mut(width));
    blocks
        .zip(panels(copies, inputs))
        .zip((0..).step_by(width))
        .map(|(((weight, bias), panel), start)| Task {
            stage,
            start,
            copies: Moved::Panel(panel),
            learned: Learned {
                weight,
                weight_state: weight_state.iter_mut().filter_map(Iterator::next).collect(),
                bias,
                bias_state: bias_state.iter_mut().filter_map(Iterator::next).collect(),
            },
        })
        .collect()
}

/// Moves the weights of a task's outputs by their `gradient`, `dW = dyᵀ x`, and their biases by `Σ dy`.
fn move_linear(task: Task, gradient: &[f32], dy: Matrix, step: &UpdateStep) {
    let Task { start, mut learned, copies, .. } = task;
    step.apply(learned.weight, gradient, &mut learned.weight_state);
    if let Moved::Panel(panel) = copies {
        panel.copy(learned.weight, learned.weight.len() / learned.bias.len());
    }
    let mut bias_gradient = vec![0.0; learned.bias.len()];
    dy.columns(start, learned.bias.len()).add_rows(step.mean(), &mut bias_gradient);
    step.apply(learned.bias, &bias_gradient, &mut learned.bias_state);
}

/// Adds the chunks' gradients up and puts them into PyTorch's order.
fn move_convolution<'a>(
    sizes: ConvTranspose2d,
    task: Task,
    mut partials: impl Iterator<Item = &'a [f32]>,
    step: &UpdateStep,
) {
    let Task { mut learned, copies, .. } = task;
    let Some(first) = partials.next() else { return };
    let mut sums = first.to_vec();
    for partial in partials {
        sums.iter_mut().zip(partial).for_each(|(sum, value)| *sum += value);
    }
    sums.iter_mut().for_each(|sum| *sum *= step.mean());
    let (weight, bias) = sums.split_at(sizes.weight_len());
    let cells = sizes.kernel * sizes.kernel;
    let mut gradient = vec![0.0; weight.len()];
    for (index, value) in gradient.iter_mut().enumerate() {
        let (input, output, cell) =
            (index / (sizes.outputs * cells), index / cells % sizes.outputs, index % cells);
        *value = weight[(input * cells + cell) * sizes.outputs + output];
    }
    step.apply(learned.weight, &gradient, &mut learned.weight_state);
    step.apply(learned.bias, bias, &mut learned.bias_state);
    if let Moved::Kernels(copies) = copies {
        turn_kernels(sizes, learned.weight, copies);
    }
}
