//! Activations and their derivatives.

use multiversion::multiversion;

use crate::math::{sigmoid, tanh};

/// An elementwise function between two layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// `max(x, 0)`.
    Relu,
    /// `x · sigmoid(x)`.
    Silu,
    /// Hyperbolic tangent.
    Tanh,
}

impl Activation {
    /// Writes the function's values at `x` into `y`. All slices of a call have the same length.
    pub fn forward(self, x: &[f32], y: &mut [f32]) {
        match self {
            Activation::Relu => relu(x, y),
            Activation::Silu => silu(x, y),
            Activation::Tanh => tanh_all(x, y),
        }
    }

    /// Writes the gradient at `x` into `dx`, given the values `y` and their gradient `dy`.
    pub fn backward(self, x: &[f32], y: &[f32], dy: &[f32], dx: &mut [f32]) {
        match self {
            Activation::Relu => relu_gradient(y, dy, dx),
            Activation::Silu => silu_gradient(x, dy, dx),
            Activation::Tanh => tanh_gradient(y, dy, dx),
        }
    }
}

/// Gated linear units (arXiv:1612.08083) of one sample: `y = a · sigmoid(b)` for the two halves of
/// `x = [a, b]`, each as long as `y`.
#[multiversion(targets = "simd")]
pub(crate) fn gated(x: &[f32], y: &mut [f32]) {
    let (a, b) = x.split_at(y.len());
    for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
        *y = a * sigmoid(b);
    }
}

/// Writes the gradient at `x` into `dx`, given that of the values, `dy`.
#[multiversion(targets = "simd")]
pub(crate) fn gated_gradient(x: &[f32], dy: &[f32], dx: &mut [f32]) {
    let ((a, b), (da, db)) = (x.split_at(dy.len()), dx.split_at_mut(dy.len()));
    for ((((da, db), &a), &b), &dy) in da.iter_mut().zip(db).zip(a).zip(b).zip(dy) {
        let s = sigmoid(b);
        *da = dy * s;
        *db = dy * a * s * (1.0 - s);
    }
}

#[multiversion(targets = "simd")]
fn relu(x: &[f32], y: &mut [f32]) {
    // A NaN must come through, or a diverged run would look sane: `max` would hide it.
    y.iter_mut().zip(x).for_each(|(y, &x)| *y = if x < 0.0 { 0.0 } else { x });
}

#[multiversion(targets = "simd")]
fn relu_gradient(y: &[f32], dy: &[f32], dx: &mut [f32]) {
    for ((dx, &y), &dy) in dx.iter_mut().zip(y).zip(dy) {
        // At a NaN, too, the gradient passes: a comparison the other way round would stop it.
        *dx = if y <= 0.0 { 0.0 } else { dy };
    }
}

/// From here on down SiLU and its slope are 0 to all digits of an f32 near 1, and so they stay: times a
/// sigmoid that is never quite 0, a huge `x` would come back.
const SILU_END: f32 = -87.0;

/// A NaN stays one.
#[inline(always)]
fn above_silu_end(x: f32) -> f32 {
    if x < SILU_END { SILU_END } else { x }
}

#[multiversion(targets = "simd")]
fn silu(x: &[f32], y: &mut [f32]) {
    for (y, &x) in y.iter_mut().zip(x) {
        let x = above_silu_end(x);
        *y = x * sigmoid(x);
    }
}

#[multiversion(targets = "simd")]
fn silu_gradient(x: &[f32], dy: &[f32], dx: &mut [f32]) {
    for ((dx, &x), &dy) in dx.iter_mut().zip(x).zip(dy) {
        let x = above_silu_end(x);
        let s = sigmoid(x);
        *dx = dy * s * (1.0 + x * (1.0 - s));
    }
}

#[multiversion(targets = "simd")]
fn tanh_all(x: &[f32], y: &mut [f32]) {
    y.iter_mut().zip(x).for_each(|(y, &x)| *y = tanh(x));
}

#[multiversion(targets = "simd")]
fn tanh_gradient(y: &[f32], dy: &[f32], dx: &mut [f32]) {
    for ((dx, &y), &dy) in dx.iter_mut().zip(y).zip(dy) {
        *dx = dy * (1.0 - y * y);
    }
}
