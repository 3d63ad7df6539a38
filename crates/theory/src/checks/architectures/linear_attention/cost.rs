//! Multiplications counted one by one, and the times that go with them.

use std::time::Instant;

use tch::Tensor;

use super::bob;
use super::counter::{Counter, Matrix};
use crate::toolkit::attention::attention_weights;
use crate::toolkit::compare::relative_difference;
use crate::toolkit::fit::exponent;
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Context, Finding, Precision, Verdict};

/// Counts of both formulas for `n` tokens of width `d`, and how far they are from tch's results.
struct Count {
    standard: Counter,
    bob: Counter,
    difference: f64,
}

fn count(context: &Context, n: i64, d: i64) -> Count {
    let tensors =
        ["q", "k", "v"].map(|what| context.normal(&format!("linear-attention {what}"), &[n, d]));
    let [q, k, v] = tensors.each_ref().map(|tensor| Matrix::try_from(tensor).unwrap_or_default());
    let (mut standard, mut linear) = (Counter::default(), Counter::default());
    let results = [standard.standard(&q, &k, &v), linear.bob(&q, &k, &v)];
    let [q, k, v] = &tensors;
    let expected = [attention_weights(q, k).matmul(v), bob(q, k, v)];
    let differences = results.iter().zip(&expected).map(|(result, expected)| {
        let flat: Vec<f64> = result.concat();
        relative_difference(&Tensor::from_slice(&flat).reshape([n, d]), expected)
    });
    Count { difference: differences.fold(0.0, f64::max), standard, bob: linear }
}

pub(super) fn measure(context: &Context, working: &mut Vec<String>) -> [Finding; 3] {
    let by_length = [16, 32, 64].map(|n| (n, count(context, n, 8)));
    let by_width = [4, 8, 16].map(|d| (d, count(context, 32, d)));
    working.extend(by_length.iter().map(|(n, found)| line(*n, 8, found)));
    working.extend(by_width.iter().map(|(d, found)| line(32, *d, found)));
    working.extend(times(context));
    let sweeps: [&[(i64, Count)]; 2] = [&by_length, &by_width];
    let standard = "softmax(QKᵀ/√d)V costs O(n²d)";
    let bob = "softmax(Q/√d)(KᵀV) costs O(nd²)";
    [
        cost("cost-standard", standard, 1, [2.0, 1.0], sweeps, |c| c.standard.multiplications),
        cost("cost-bob", bob, 2, [1.0, 2.0], sweeps, |c| c.bob.multiplications),
        better(context),
    ]
}

fn line(n: i64, d: i64, Count { standard, bob, .. }: &Count) -> String {
    format!(
        "n = {n}, d = {d}: {} multiplications and {} exponentials for softmax(QKᵀ/√d)V, {} and {} for \
         softmax(Q/√d)(KᵀV)",
        standard.multiplications, standard.exponentials, bob.multiplications, bob.exponentials
    )
}

fn cost(
    id: &str,
    claim: &str,
    part: i32,
    [in_n, in_d]: [f64; 2],
    [by_length, by_width]: [&[(i64, Count)]; 2],
    pick: fn(&Count) -> u64,
) -> Finding {
    let fit = |counts: &[(i64, Count)]| {
        let points: Vec<(f64, f64)> =
            counts.iter().map(|(x, found)| (*x as f64, pick(found) as f64)).collect();
        exponent(&points)
    };
    let (n, d) = (fit(by_length), fit(by_width));
    let counts = by_length.iter().chain(by_width);
    let difference = counts.map(|(_, found)| found.difference).fold(0.0, f64::max);
    let example = by_length.last().map_or(0, |(_, found)| pick(found));
    Finding {
        id: id.into(),
        claim: claim.into(),
        source: format!("002, linear attention, part {part}"),
        expected: format!("counted multiplications with the exponents {in_n} in n and {in_d} in d"),
        measured: format!(
            "exponents {} and {}; {example} for n = 64 and d = 8 (the loops’ results are tch’s, \
             relative difference {})",
            fixed(n, 3),
            fixed(d, 3),
            at_most(difference, -12)
        ),
        verdict: Verdict::holds_if(
            (n - in_n).abs() < 1e-3 && (d - in_d).abs() < 1e-3 && difference < 1e-12,
        ),
        precision: Precision::Exact,
    }
}

fn better(context: &Context) -> Finding {
    let ratio = |n: i64, d: i64| {
        let found = count(context, n, d);
        found.standard.multiplications as f64 / found.bob.multiplications as f64
    };
    let (long, short) = (ratio(64, 8), ratio(8, 16));
    Finding {
        id: "better".into(),
        claim: "The complexity of Bob’s formula is better than the original one’s".into(),
        source: "002, linear attention, part 2".into(),
        expected:
            "n/d times fewer multiplications: better where d is much smaller than n, as the answer \
                   says"
                .into(),
        measured: format!("{long} times for n = 64, d = 8; {short} times for n = 8, d = 16"),
        verdict: Verdict::holds_if((long - 8.0).abs() < 1e-9 && (short - 0.5).abs() < 1e-9),
        precision: Precision::Exact,
    }
}

/// Times on this machine: shown, and never judged.
fn times(context: &Context) -> Vec<String> {
    let lengths = [512, 1024, 2048];
    let [mut standard, mut linear] = [Vec::new(), Vec::new()];
    for n in lengths {
        let x = context.normal("linear-attention timed", &[n, 32]);
        standard.push((n as f64, seconds(|| attention_weights(&x, &x).matmul(&x))));
        linear.push((n as f64, seconds(|| bob(&x, &x, &x))));
    }
    let line = |name: &str, points: &[(f64, f64)]| {
        let times: Vec<String> =
            points.iter().map(|(n, time)| format!("{:.2} ms for n = {n}", 1e3 * time)).collect();
        format!("{name}, d = 32: {}; exponent {:.1}", times.join(", "), exponent(points))
    };
    vec![line("softmax(QKᵀ/√d)V", &standard), line("softmax(Q/√d)(KᵀV)", &linear)]
}

/// The shortest of three runs.
fn seconds(run: impl Fn() -> Tensor) -> f64 {
    let once = |_| {
        let start = Instant::now();
        drop(run());
        start.elapsed().as_secs_f64()
    };
    (0..3).map(once).fold(f64::INFINITY, f64::min)
}
