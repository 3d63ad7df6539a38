//! ReLU networks whose weights are written down.

use tch::{Device, Kind, Tensor};

/// Fully connected layers (weight, bias) with a ReLU between any two.
pub(super) struct Mlp(Vec<(Tensor, Tensor)>);

impl Mlp {
    /// `[n]` inputs to `[n]` outputs.
    pub(super) fn forward(&self, x: &Tensor) -> Tensor {
        let mut h = x.unsqueeze(1);
        for (index, (weight, bias)) in self.0.iter().enumerate() {
            h = if index > 0 { h.relu() } else { h };
            h = h.linear(weight, Some(bias));
        }
        h.squeeze_dim(1)
    }

    pub(super) fn parameters(&self) -> usize {
        self.0.iter().map(|(weight, bias)| weight.numel() + bias.numel()).sum()
    }
}

fn tensor(values: &[f64], shape: &[i64]) -> Tensor {
    Tensor::from_slice(values).reshape(shape)
}

/// One hidden layer whose graph is the polygon through the points, sorted by x: unit k bends it at
/// point k, by as much as the slope changes there.
pub(super) fn through(points: &[(f64, f64)]) -> Mlp {
    let slopes = points.windows(2).map(|p| (p[1].1 - p[0].1) / (p[1].0 - p[0].0));
    let mut before = 0.0;
    let bends: Vec<f64> =
        slopes.map(|slope| slope - std::mem::replace(&mut before, slope)).collect();
    let width = bends.len() as i64;
    let knots: Vec<f64> = points[..bends.len()].iter().map(|point| -point.0).collect();
    let hidden = (Tensor::ones([width, 1], (Kind::Double, Device::Cpu)), tensor(&knots, &[width]));
    Mlp(vec![hidden, (tensor(&bends, &[1, width]), tensor(&[points[0].1], &[1]))])
}

/// `through` at `pieces + 1` evenly spaced points of [0, 1].
pub(super) fn interpolating(pieces: i32, f: impl Fn(f64) -> f64) -> Mlp {
    let x = |k: i32| f64::from(k) / f64::from(pieces);
    through(&(0..=pieces).map(|k| (x(k), f(x(k)))).collect::<Vec<_>>())
}

/// x² by `depth` hidden layers of three units (Yarotsky 2017): x² ≈ x − Σₛ gₛ(x)/4ˢ, where gₛ is the
/// tent map g(x) = 2·relu(x) − 4·relu(x − ½) applied s times, a sawtooth of 2ˢ pieces.
pub(super) fn deep_square(depth: i32) -> Mlp {
    let mut layers = vec![(tensor(&[1.0, 1.0, 1.0], &[3, 1]), tensor(&[0.0, -0.5, 0.0], &[3]))];
    for s in 1..=depth {
        let share = 0.25f64.powi(s);
        let sum = [-2.0 * share, 4.0 * share, 1.0];
        layers.push(if s < depth {
            let weight = [[2.0, -4.0, 0.0], [2.0, -4.0, 0.0], sum].concat();
            (tensor(&weight, &[3, 3]), tensor(&[0.0, -0.5, 0.0], &[3]))
        } else {
            (tensor(&sum, &[1, 3]), tensor(&[0.0], &[1]))
        });
    }
    Mlp(layers)
}
