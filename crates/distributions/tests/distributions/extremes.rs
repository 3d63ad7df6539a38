//! No row, however extreme, and no noise gives an infinite or undefined value or gradient in f32.

use autodecoder_distributions::{Noise, Posterior, standard};
use tch::{Kind, Tensor};

use crate::families::{noise, random_rows, values};

/// Raw numbers of every size. The largest would overflow as a Gaussian's mean, which is squared.
fn raw_numbers(name: &str) -> Vec<f32> {
    let mut raw: Vec<f32> = vec![0.0, 1e-30, 1.0, 9.0, 30.0, 100.0, 1e4];
    if name != "gaussian" {
        raw.push(1e30);
    }
    raw.iter().flat_map(|&x| [x, -x]).collect()
}

/// The noise that lies farthest out, and the middle.
fn noise_numbers(kind: Noise) -> &'static [f32] {
    const STEP: f32 = f32::EPSILON / 2.0;
    match kind {
        Noise::None => &[0.0],
        Noise::Normal => &[-6.0, 0.0, 6.0],
        // 0 and 1 are not in the open interval, but a conversion to f32 may round to them.
        Noise::Uniform => &[0.0, STEP, 0.5, 1.0 - STEP, 1.0],
    }
}

/// Every combination of raw parameters and noise as a batch with one coordinate.
fn combinations(posterior: &dyn Posterior) -> (Tensor, Tensor) {
    let raw = raw_numbers(posterior.name());
    let second = if posterior.parameter_names().len() == 2 { &raw[..] } else { &[] };
    let (mut rows, mut noise) = (Vec::new(), Vec::new());
    for &first in &raw {
        for &u in noise_numbers(posterior.noise()) {
            if second.is_empty() {
                rows.push(first);
                noise.push(u);
            }
            for &second in second {
                rows.extend([first, second]);
                noise.push(u);
            }
        }
    }
    let batch = noise.len() as i64;
    (Tensor::from_slice(&rows).view([batch, -1]), Tensor::from_slice(&noise).view([batch, 1]))
}

fn check_finite(what: &str, tensor: &Tensor, rows: &Tensor) {
    for (i, value) in values(tensor).into_iter().enumerate() {
        let row = rows.get(i as i64 * rows.size()[0] / tensor.numel() as i64);
        assert!(value.is_finite(), "{what} is {value} for {:?}", values(&row));
    }
}

/// Everything that training and evaluation compute from a row, at its own sample.
fn outputs(
    posterior: &dyn Posterior,
    rows: &Tensor,
    noise: &Tensor,
) -> Vec<(&'static str, Tensor)> {
    let z = posterior.rsample(rows, noise);
    let mut outputs = vec![
        ("mean", posterior.mean(rows)),
        ("variance", posterior.variance(rows)),
        ("sample", z.shallow_clone()),
    ];
    outputs.extend(posterior.log_prob(rows, &z).map(|value| ("log_prob", value)));
    let kl = posterior.kl(rows, noise);
    outputs.extend(kl.value().map(|value| ("kl", value.shallow_clone())));
    outputs
}

#[test]
fn values_and_gradients_stay_finite() {
    for name in standard().names() {
        let posterior = standard().get(name).unwrap();
        let (raw, noise) = combinations(&*posterior);
        for i in 0..outputs(&*posterior, &raw, &noise).len() {
            let rows = raw.copy().set_requires_grad(true);
            let (what, output) = outputs(&*posterior, &rows, &noise).swap_remove(i);
            check_finite(&format!("{name}: {what}"), &output, &raw);
            if output.requires_grad() {
                output.sum(None).backward();
                check_finite(&format!("{name}: gradient of {what}"), &rows.grad(), &raw);
            }
        }
    }
}

/// Adam squares gradients: one that overflows there freezes its row for good.
#[test]
fn gumbel_divergence_gradients_can_be_squared() {
    let posterior = standard().get("gumbel").unwrap();
    let (raw, noise) = combinations(&*posterior);
    let rows = raw.set_requires_grad(true);
    if let Some(nats) = posterior.kl(&rows, &noise).value() {
        nats.sum(None).backward();
    }
    check_finite("squared gradient", &rows.grad().square(), &rows);
    assert!(values(&rows.grad().abs().max())[0] > 1e12, "the test reaches large gradients");
}

#[test]
fn unconstrained_rows_stay_finite_at_the_bounds() {
    for name in standard().names() {
        let posterior = standard().get(name).unwrap();
        let (rows, _) = combinations(&*posterior);
        let again = posterior.unconstrain(&posterior.constrain(&rows));
        check_finite(name, &again, &rows);
    }
}

#[test]
fn f32_agrees_with_f64_and_stays_f32() {
    for (seed, name) in (900..).zip(standard().names()) {
        let posterior = standard().get(name).unwrap();
        let rows = random_rows([16, posterior.row_width(4)], 1.5, seed).to_kind(Kind::Float);
        let noise = noise(posterior.noise(), [16, 4], seed + 50).to_kind(Kind::Float);
        let double = (rows.to_kind(Kind::Double), noise.to_kind(Kind::Double));
        let expected = outputs(&*posterior, &double.0, &double.1);
        for ((what, single), (_, double)) in
            outputs(&*posterior, &rows, &noise).iter().zip(expected)
        {
            assert_eq!(single.kind(), Kind::Float, "{name}: {what}");
            for (s, d) in values(single).into_iter().zip(values(&double)) {
                assert!((s - d).abs() < 1e-4 * (1.0 + d.abs()), "{name}: {what}: {s}, not {d}");
            }
        }
    }
}
