//! Scaled dot-product attention.

use tch::{Kind, Tensor};

/// `softmax(QKᵀ/√d)`: row i holds how much query i takes of each value. Q is `[…, n, d]`, K
/// `[…, m, d]`, the result `[…, n, m]`.
pub fn attention_weights(queries: &Tensor, keys: &Tensor) -> Tensor {
    scores(queries, keys).softmax(-1, Kind::Double)
}

/// The weights where query i sees the keys 0 to i only.
pub fn causal_weights(queries: &Tensor, keys: &Tensor) -> Tensor {
    let scores = scores(queries, keys);
    let later = scores.ones_like().triu(1).to_kind(Kind::Bool);
    scores.masked_fill(&later, f64::NEG_INFINITY).softmax(-1, Kind::Double)
}

fn scores(queries: &Tensor, keys: &Tensor) -> Tensor {
    let width = queries.size().last().copied().unwrap_or(1) as f64;
    queries.matmul(&keys.transpose(-2, -1)) / width.sqrt()
}

/// A self-attention layer's three projections, each `[width in, width out]`.
#[derive(Debug)]
pub struct Projections {
    /// To queries.
    pub query: Tensor,
    /// To keys.
    pub key: Tensor,
    /// To values.
    pub value: Tensor,
}

impl Projections {
    /// Self-attention of a sequence `[n, width in]`; `weights` is one of the functions above.
    pub fn attend(&self, sequence: &Tensor, weights: fn(&Tensor, &Tensor) -> Tensor) -> Tensor {
        let weights = weights(&sequence.matmul(&self.query), &sequence.matmul(&self.key));
        weights.matmul(&sequence.matmul(&self.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toolkit::compare::largest_difference;

    fn grid(shape: [i64; 2], scale: f64) -> Tensor {
        let count = shape[0] * shape[1];
        (Tensor::arange(count, (Kind::Double, tch::Device::Cpu)) * scale).sin().reshape(shape)
    }

    #[test]
    fn both_agree_with_libtorch() {
        let (q, k, v) = (grid([5, 3], 0.7), grid([5, 3], 1.3), grid([5, 4], 2.1));
        for (causal, weights) in
            [(false, attention_weights(&q, &k)), (true, causal_weights(&q, &k))]
        {
            let [q, k, v] = [&q, &k, &v].map(|tensor| tensor.unsqueeze(0));
            let theirs = Tensor::scaled_dot_product_attention(
                &q,
                &k,
                &v,
                None::<Tensor>,
                0.0,
                causal,
                None,
                false,
            );
            let ours = weights.matmul(&v.squeeze_dim(0));
            assert!(largest_difference(&ours, &theirs.squeeze_dim(0)) < 1e-12);
        }
    }
}
