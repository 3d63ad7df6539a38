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

#[cfg(test)]
mod tests {
    //! Against the standard library's functions in float64, over dense grids.

    use super::{exp, ln_1p_of_unit, sigmoid, sigmoid_and_softplus, tanh};

    /// About two and a half units in the last place.
    const RELATIVE: f64 = 3e-7;

    /// Evenly spaced numbers from `low` to `high`, and their neighbours around 0.
    fn grid(low: f32, high: f32) -> impl Iterator<Item = f32> {
        const COUNT: usize = 100_000;
        let even = (0..=COUNT).map(move |i| low + (high - low) * (i as f32 / COUNT as f32));
        let small = (-126..0).flat_map(|power| [2.0f32.powi(power), -(2.0f32.powi(power))]);
        even.chain(small).filter(move |x| (low..=high).contains(x))
    }

    /// Where results are larger than `tiny`; below, they must be about as small.
    fn check(
        inputs: impl Iterator<Item = f32>,
        function: fn(f32) -> f32,
        exact: fn(f64) -> f64,
        tiny: f64,
    ) {
        for x in inputs {
            let (found, expected) = (f64::from(function(x)), exact(f64::from(x)));
            let bound = tiny + RELATIVE * expected.abs();
            assert!((found - expected).abs() <= bound, "at {x:e}: {found:e}, not {expected:e}");
        }
    }

    #[test]
    fn exponentials_are_exact_to_a_few_units() {
        check(grid(-87.0, 88.0), exp, f64::exp, 0.0);
        check(grid(-1.0, 1.0), exp, f64::exp, 0.0);
        assert_eq!((exp(0.0), exp(-0.0)), (1.0, 1.0));
        for x in [1e3, 1e30, f32::MAX, f32::INFINITY] {
            assert_eq!((exp(x), exp(-x)), (exp(88.0), exp(-87.0)));
        }
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn logarithms_are_exact_to_a_few_units() {
        check(grid(0.0, 1.0), ln_1p_of_unit, f64::ln_1p, 0.0);
        assert!(ln_1p_of_unit(f32::NAN).is_nan());
    }

    fn softplus(x: f32) -> f32 {
        sigmoid_and_softplus(x).1
    }

    #[test]
    fn sigmoids_and_softplus_are_exact_to_a_few_units() {
        let exact_sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let exact_softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
        for (limit, tiny) in [(87.0, 0.0), (1.0, 0.0), (1e4, 2e-38)] {
            check(grid(-limit, limit), sigmoid, exact_sigmoid, tiny);
            check(grid(-limit, limit), softplus, exact_softplus, tiny);
        }
        assert!(sigmoid(f32::NAN).is_nan() && softplus(f32::NAN).is_nan());
    }

    #[test]
    fn tangents_are_exact_to_a_few_units() {
        for limit in [0.3, 2.0, 20.0, 1e4] {
            check(grid(-limit, limit), tanh, f64::tanh, 0.0);
        }
        assert_eq!(
            (tanh(0.0).to_bits(), tanh(-0.0).to_bits()),
            (0.0f32.to_bits(), (-0.0f32).to_bits())
        );
        assert_eq!((tanh(f32::INFINITY), tanh(-f32::INFINITY)), (1.0, -1.0));
        assert!(tanh(f32::NAN).is_nan());
    }
}
