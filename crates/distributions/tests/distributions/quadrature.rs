//! Integrals by Simpson's rule, to compare closed forms with.

use crate::families::Reference;

/// Even, so that the middle of the range, where a Laplace density has its kink, is a node.
const INTERVALS: u32 = 200_000;

/// The integral of `f` from `low` to `high`.
pub fn integral((low, high): (f64, f64), f: impl Fn(f64) -> f64) -> f64 {
    let step = (high - low) / f64::from(INTERVALS);
    let weighted = |i: u32| {
        let weight = match i {
            0 | INTERVALS => 1.0,
            i if i % 2 == 1 => 4.0,
            _ => 2.0,
        };
        // The ends exactly: a uniform density is zero one rounding error beyond them.
        let x = if i == INTERVALS { high } else { low + step * f64::from(i) };
        weight * f(x)
    };
    (0..=INTERVALS).map(weighted).sum::<f64>() * step / 3.0
}

/// KL divergence of `q` from `p` in nats.
pub fn divergence(q: &Reference, p: &Reference) -> f64 {
    integral(q.range, |x| {
        let ln_q = (q.ln_pdf)(x);
        let density = ln_q.exp();
        // Where the density underflows, its logarithm may be infinite: the product is still 0.
        if density == 0.0 { 0.0 } else { density * (ln_q - (p.ln_pdf)(x)) }
    })
}
