//! The small numerical tools that the families share.

use tch::{Kind, Tensor};

/// Euler's constant γ: the mean of a standard Gumbel variable.
pub(crate) const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;

/// Splits rows `[…, 2 · latent_dim]` into views of the first and the second parameter.
pub(crate) fn halves(rows: &Tensor) -> (Tensor, Tensor) {
    let latent_dim = rows.size().last().copied().unwrap_or_default() / 2;
    (rows.narrow(-1, 0, latent_dim), rows.narrow(-1, latent_dim, latent_dim))
}

/// Sum over coordinates, `[B, latent_dim]` to `[B]`.
pub(crate) fn sum_coordinates(values: &Tensor) -> Tensor {
    values.sum_dim_intlist(-1, false, None::<Kind>)
}

/// `limit · tanh(raw / limit)`: nearly `raw` where that is small, within ±`limit` always, and with
/// a finite gradient everywhere.
pub(crate) fn squash(raw: &Tensor, limit: f64) -> Tensor {
    (raw / limit).tanh() * limit
}

/// The inverse of [`squash`]. Values at or beyond the limit go to the last raw number before ∞.
pub(crate) fn unsquash(value: &Tensor, limit: f64) -> Tensor {
    inverse_tanh(&(value / limit)) * limit
}

/// `atanh`, finite at ±1 and beyond.
pub(crate) fn inverse_tanh(value: &Tensor) -> Tensor {
    let edge = 1.0 - half_ulp(value);
    value.clamp(-edge, edge).atanh()
}

/// Half the distance from 1 to the next larger number of the tensor's kind, which is the distance
/// from 1 to the next smaller one: 2⁻²⁴ for f32, 2⁻⁵³ for f64.
pub(crate) fn half_ulp(like: &Tensor) -> f64 {
    match like.kind() {
        Kind::Double => f64::EPSILON / 2.0,
        _ => f64::from(f32::EPSILON) / 2.0,
    }
}

/// Uniform noise, kept off 0 and 1 so that an inverse CDF stays finite.
///
/// Noise from the open interval is left as it is, unless it lies nearer to 0 than a generator of
/// its kind can step.
pub(crate) fn open_unit(noise: &Tensor) -> Tensor {
    let edge = half_ulp(noise);
    noise.clamp(edge, 1.0 - edge)
}

/// 0 where `inside` holds and −∞ elsewhere, of the kind of `like`. Carries no gradient.
pub(crate) fn support_penalty(inside: &Tensor, like: &Tensor) -> Tensor {
    inside.to_kind(like.kind()).log()
}
