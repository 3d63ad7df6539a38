//! The Fréchet distance between Gaussians fitted to two sets.

use tch::{Kind, Tensor};

/// Mean and covariance of a set of features, in f64.
#[derive(Debug)]
pub(super) struct Moments {
    /// `[d]`.
    mean: Tensor,
    /// The covariance's symmetric square root, `[d, d]`.
    root: Tensor,
    /// The covariance's trace.
    trace: f64,
}

impl Moments {
    /// The moments of `features` `[N, d]`, f64; the covariance divides by N − 1.
    pub fn of(features: &Tensor) -> Moments {
        let mean = features.mean_dim([0i64].as_slice(), false, None::<Kind>);
        let centred = features - &mean;
        let covariance = centred.tr().matmul(&centred) / (features.size()[0] - 1) as f64;
        let (variances, axes) = covariance.linalg_eigh("L");
        // Rounding leaves tiny negative variances where there are fewer images than features.
        let deviations = variances.clamp_min(0.0).sqrt();
        let root = (&axes * deviations).matmul(&axes.tr());
        Moments { mean, root, trace: covariance.trace().double_value(&[]) }
    }

    /// `‖μ₁ − μ₂‖² + tr(C₁ + C₂ − 2 (C₁^½ C₂ C₁^½)^½)` (Dowson and Landau 1982; as a measure of
    /// images Heusel et al. 2017, arXiv:1706.08500).
    ///
    /// The trace of that last root is the sum of the singular values of `C₁^½ C₂^½`, its nuclear norm.
    /// Taking that, and not the root of a product's eigenvalues, keeps the digits that squaring would
    /// lose.
    pub fn distance(&self, other: &Moments) -> f64 {
        let shift = (&self.mean - &other.mean).square().sum(Kind::Double).double_value(&[]);
        let product = self.root.matmul(&other.root);
        let both = [-2i64, -1].as_slice();
        let shared =
            product.linalg_norm_ord_str("nuc", both, false, None::<Kind>).double_value(&[]);
        // Equal sets would end a rounding error below zero.
        (shift + self.trace + other.trace - 2.0 * shared).max(0.0)
    }
}
