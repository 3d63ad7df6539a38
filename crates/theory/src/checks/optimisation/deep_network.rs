//! The course's 25-layer network, and variants of it: what `deep_sigmoid_model` and
//! `gradient_remedies` measure.

use tch::{Kind, Reduction, Tensor};

use crate::Context;

/// Inputs of the model: "known global pirate hot spots".
const INPUTS: i64 = 42;
/// Units of a hidden layer.
const WIDTH: i64 = 128;
/// Layers from 128 to 128 units.
const REPEATED: usize = 24;
/// Examples.
const EXAMPLES: i64 = 64;

/// How a network is initialised, and what happens between two of its weight matrices.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recipe {
    /// The activation function.
    pub activation: fn(&Tensor) -> Tensor,
    /// A weight's variance times the number of inputs: 1/3 in PyTorch's `Linear`, 1 for Xavier's
    /// initialisation, 2 for He's.
    pub gain: f64,
    /// What happens to pre-activations.
    pub normalise: fn(Tensor) -> Tensor,
    /// Whether the repeated layers add their input to their output.
    pub residual: bool,
}

impl Recipe {
    /// Plain layers in PyTorch's initialisation.
    pub fn plain(activation: fn(&Tensor) -> Tensor) -> Recipe {
        Recipe { activation, gain: 1.0 / 3.0, normalise: |h| h, residual: false }
    }
}

/// Batch normalisation: every unit gets mean 0 and variance 1 over the examples.
pub(super) fn batch_norm(h: Tensor) -> Tensor {
    h.batch_norm::<Tensor>(None, None, None, None, true, 0.1, 1e-5, false)
}

/// Layer normalisation: every example gets mean 0 and variance 1 over its units.
pub(super) fn layer_norm(h: Tensor) -> Tensor {
    h.layer_norm::<Tensor>([WIDTH], None, None, 1e-5, false)
}

/// Weights and biases, from the input to the output: 42 → 128, 24 times 128 → 128, 128 → 1.
#[derive(Debug)]
pub(super) struct Network {
    recipe: Recipe,
    /// The weight matrices.
    pub weights: Vec<Tensor>,
    biases: Vec<Tensor>,
}

impl Network {
    /// Every layer with parameters of its own.
    pub fn new(context: &Context, recipe: Recipe) -> Network {
        let shapes = shapes();
        let uniform = |purpose: String, shape: &[i64], bound: f64| {
            let values = context.uniform(&format!("deep-network {purpose}"), shape);
            ((values * 2.0 - 1.0) * bound).set_requires_grad(true)
        };
        let layers = || shapes.iter().enumerate();
        let weights = layers().map(|(layer, shape)| {
            uniform(format!("weight {layer}"), shape, (3.0 * recipe.gain / shape[1] as f64).sqrt())
        });
        let biases = layers().map(|(layer, shape)| {
            uniform(format!("bias {layer}"), &shape[..1], 1.0 / (shape[1] as f64).sqrt())
        });
        Network { recipe, weights: weights.collect(), biases: biases.collect() }
    }

    /// What Python's `[…] * 24` makes: 24 times the same layer. A shallow clone is the same tensor,
    /// as a repeated reference is in Python.
    pub fn shared(context: &Context, recipe: Recipe) -> Network {
        let mut network = Network::new(context, recipe);
        for layer in 2..=REPEATED {
            network.weights[layer] = network.weights[1].shallow_clone();
            network.biases[layer] = network.biases[1].shallow_clone();
        }
        network
    }

    /// The same values, every layer in memory of its own.
    pub fn separate(&self) -> Network {
        let copy = |tensors: &[Tensor]| {
            tensors.iter().map(|t| t.detach().copy().set_requires_grad(true)).collect()
        };
        Network { recipe: self.recipe, weights: copy(&self.weights), biases: copy(&self.biases) }
    }

    /// The outputs of all layers for inputs `[64, 42]`: 25 times `[64, 128]`, then `[64, 1]`.
    fn outputs(&self, x: &Tensor) -> Vec<Tensor> {
        let Recipe { activation, normalise, residual, .. } = self.recipe;
        let mut h = x.shallow_clone();
        let mut layer = |(index, (weight, bias)): (usize, (&Tensor, &Tensor))| {
            let out = h.linear(weight, Some(bias));
            h = match index {
                0 => activation(&normalise(out)),
                _ if index > REPEATED => out,
                _ if residual => &h + activation(&normalise(out)),
                _ => activation(&normalise(out)),
            };
            h.shallow_clone()
        };
        self.weights.iter().zip(&self.biases).enumerate().map(&mut layer).collect()
    }

    /// The predictions for inputs `[64, 42]`, and the outputs of the 25 hidden layers.
    fn forward(&self, x: &Tensor) -> (Tensor, Vec<Tensor>) {
        let mut outputs = self.outputs(x);
        let last = outputs.split_off(REPEATED + 1);
        (last[0].squeeze_dim(1), outputs)
    }

    /// The predictions for [`examples`].
    pub fn predictions(&self, context: &Context) -> Tensor {
        self.forward(&examples(context).0).0
    }

    /// The mean squared error on [`examples`].
    pub fn loss(&self, context: &Context) -> Tensor {
        self.predictions(context).mse_loss(&examples(context).1, Reduction::Mean)
    }

    /// The norms of the loss's gradients by the outputs of the 25 hidden layers.
    pub fn signal_norms(&self, context: &Context) -> Vec<f64> {
        let (x, y) = examples(context);
        let (predictions, hidden) = self.forward(&x);
        let loss = predictions.mse_loss(&y, Reduction::Mean);
        Tensor::run_backward(&[loss], &hidden, false, false).iter().map(norm).collect()
    }

    /// The gradients of all weight matrices, in order.
    pub fn gradients(&self, context: &Context) -> Vec<Tensor> {
        let loss = self.loss(context);
        Tensor::run_backward(&[loss], &self.weights, false, false)
    }

    /// Their Frobenius norms.
    pub fn gradient_norms(&self, context: &Context) -> Vec<f64> {
        self.gradients(context).iter().map(norm).collect()
    }

    /// One step of gradient descent on all weights and biases; the loss before it.
    pub fn step(&mut self, context: &Context, rate: f64) -> f64 {
        let loss = self.loss(context);
        let parameters: Vec<&Tensor> = self.weights.iter().chain(&self.biases).collect();
        let gradients = Tensor::run_backward(&[&loss], &parameters, false, false);
        tch::no_grad(|| {
            let all = self.weights.iter_mut().chain(&mut self.biases);
            all.zip(&gradients).for_each(|(tensor, gradient)| *tensor -= rate * gradient);
        });
        loss.double_value(&[])
    }
}

/// The Frobenius norm.
pub(super) fn norm(tensor: &Tensor) -> f64 {
    tensor.square().sum(Kind::Double).sqrt().double_value(&[])
}

/// Standard normal inputs and targets: 64 examples.
pub(super) fn examples(context: &Context) -> (Tensor, Tensor) {
    (
        context.normal("deep-network inputs", &[EXAMPLES, INPUTS]),
        context.normal("deep-network targets", &[EXAMPLES]),
    )
}

fn shapes() -> Vec<[i64; 2]> {
    let mut shapes = vec![[WIDTH, INPUTS]];
    shapes.extend([[WIDTH, WIDTH]; REPEATED]);
    shapes.push([1, WIDTH]);
    shapes
}
