//! Self-attention blocks with the normalisation after or before.

use tch::{Kind, Tensor};

use crate::Context;

/// Where LayerNorm stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placement {
    /// `x ← LayerNorm(x + A(x))`: the original transformer, "post-LN".
    After,
    /// `x ← x + A(LayerNorm(x))`: "pre-LN".
    Before,
}

/// Blocks of one placement, each with weights of its own.
pub(super) struct Stack {
    /// The same in every block.
    pub placement: Placement,
    /// Query, key and value matrices of each block, `[width, width]`.
    weights: Vec<[Tensor; 3]>,
}

impl Stack {
    /// Normal weights of variance 1/width. Both placements get the same ones.
    pub fn new(
        context: &Context,
        name: &str,
        placement: Placement,
        depth: usize,
        width: i64,
    ) -> Stack {
        let all = context.normal(&format!("layer-norm {name}"), &[depth as i64, 3, width, width])
            / (width as f64).sqrt();
        let block = |index: i64| [0, 1, 2].map(|which| all.get(index).get(which));
        Stack { placement, weights: (0..depth as i64).map(block).collect() }
    }

    /// A(x) = softmax(Q Kᵀ / √d) V of block `index`, for x of shape `[tokens, width]`.
    pub fn attention(&self, index: usize, x: &Tensor) -> Tensor {
        let [query, key, value] = &self.weights[index];
        let scores = x.matmul(query).matmul(&x.matmul(key).tr());
        let scale = (x.size()[1] as f64).sqrt();
        (scores / scale).softmax(-1, Kind::Double).matmul(&x.matmul(value))
    }

    /// One block.
    pub fn block(&self, index: usize, x: &Tensor) -> Tensor {
        match self.placement {
            Placement::After => normalised(&(x + self.attention(index, x))),
            Placement::Before => x + self.attention(index, &normalised(x)),
        }
    }

    /// Blocks `from` to `to`, the latter left out.
    pub fn blocks(&self, from: usize, to: usize, x: &Tensor) -> Tensor {
        (from..to).fold(x.shallow_clone(), |x, index| self.block(index, &x))
    }
}

/// LayerNorm over the features of each token, without a learnt scale or shift.
pub(super) fn normalised(x: &Tensor) -> Tensor {
    let width = x.size().last().copied().unwrap_or_default();
    x.layer_norm([width], None::<Tensor>, None::<Tensor>, EPSILON, false)
}

/// What LayerNorm adds to the variance.
pub(super) const EPSILON: f64 = 1e-5;
