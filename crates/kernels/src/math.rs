//! Elementary functions that the compiler can turn into vector instructions.
//!
//! The standard library's are calls, one number at a time. These are polynomials without branches,
//! inlined into the loops that use them. They agree with the exact values to a few units in the last
//! place, and give the same bits on every machine: nothing is contracted into fused operations.

use std::f32::consts::LOG2_E;

/// Largest and smallest arguments whose exponential is a normal number.
const EXP_RANGE: (f32, f32) = (-87.0, 88.0);
/// `ln 2` in two parts, so that a whole multiple of the first is exact.
const LN_2_HIGH: f32 = 355.0 / 512.0;
const LN_2_LOW: f32 = -2.121_944_4e-4;
/// Adding and subtracting it rounds a number below 2²² to the nearest whole one.
const ROUND: f32 = 12_582_912.0;

/// `eˣ` for `x` within ±87; beyond that, the value at the nearer end.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    let x = x.clamp(EXP_RANGE.0, EXP_RANGE.1);
    let twos = (x * LOG2_E + ROUND) - ROUND;
    let r = (x - twos * LN_2_HIGH) - twos * LN_2_LOW;
    // Taylor's series; |r| is at most ½ ln 2, where the first term left out is 1e-8.
    let tail = 1.0 / 120.0 + r * (1.0 / 720.0 + r * (1.0 / 5040.0));
    let series = 1.0 + r * (1.0 + r * (0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * tail))));
    series * f32::from_bits(((twos as i32 + 127) << 23) as u32)
}

/// `ln(1 + x)` for `x` in [0, 1].
#[inline(always)]
pub(crate) fn ln_1p_of_unit(x: f32) -> f32 {
    // ln(1 + x) = 2 artanh(s) with s = x / (2 + x), at most ⅓.
    let s = x / (2.0 + x);
    let q = s * s;
    let tail = 1.0 / 9.0 + q * (1.0 / 11.0 + q * (1.0 / 13.0 + q * (1.0 / 15.0)));
    2.0 * s * (1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * tail))))
}

/// `1 / (1 + e⁻ˣ)`.
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    sigmoid_and_softplus(x).0
}

/// `1 / (1 + e⁻ˣ)` and `ln(1 + eˣ)`, which share an exponential.
#[inline(always)]
pub(crate) fn sigmoid_and_softplus(x: f32) -> (f32, f32) {
    let e = exp(-x.abs());
    let larger = 1.0 / (1.0 + e);
    let sigmoid = if x >= 0.0 { larger } else { e * larger };
    (sigmoid, x.max(0.0) + ln_1p_of_unit(e))
}

/// Hyperbolic tangent.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let e = exp(-2.0 * x.abs());
    let far = ((1.0 - e) / (1.0 + e)).copysign(x);
    // Near 0 that difference has lost its digits.
    let q = x * x;
    let near =
        x * (1.0 - q * (1.0 / 3.0 - q * (2.0 / 15.0 - q * (17.0 / 315.0 - q * (62.0 / 2835.0)))));
    if x.abs() < 0.2 { near } else { far }
}
