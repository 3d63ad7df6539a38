//! How rows are laid out, constrained, unconstrained and started.

use approx::assert_relative_eq;
use autodecoder_distributions::standard;
use proptest::prelude::*;
use tch::{Kind, Tensor};

use crate::families::{families, noise, random_rows, rows, values};

#[test]
fn rows_hold_one_parameter_after_the_other() {
    for family in families() {
        let posterior = &family.posterior;
        let latent_dim = family.cases.len() as i64;
        let row = family.rows();
        assert_eq!(row.size(), [1, posterior.row_width(latent_dim)]);
        assert_eq!(posterior.row_width(latent_dim), 2 * latent_dim);
        for (p, parameter) in posterior.constrain(&row).iter().enumerate() {
            assert_eq!(parameter.size(), [1, latent_dim]);
            for (value, case) in values(parameter).into_iter().zip(family.cases) {
                assert_relative_eq!(value, case[p], epsilon = 1e-12, max_relative = 1e-10);
            }
        }
    }
}

#[test]
fn shapes_are_those_of_the_contract() {
    for name in standard().names() {
        let posterior = standard().get(name).unwrap();
        let rows = random_rows([6, posterior.row_width(5)], 1.0, 11);
        let noise = noise(posterior.noise(), [6, 5], 12);
        let z = posterior.rsample(&rows, &noise);
        for latents in [&z, &posterior.mean(&rows), &posterior.variance(&rows)] {
            assert_eq!(latents.size(), [6, 5], "{name}");
        }
        let parameters = posterior.constrain(&rows);
        assert_eq!(parameters.len(), posterior.parameter_names().len(), "{name}");
        for nats in [posterior.log_prob(&rows, &z).as_ref(), posterior.kl(&rows, &noise).value()] {
            assert!(nats.is_none_or(|nats| nats.size() == [6]), "{name}");
        }
        assert_eq!(posterior.prior().log_prob(&z).size(), [6], "{name}");
    }
}

/// A row's results depend on no other row: a step may take any subset of the table.
#[test]
fn rows_do_not_touch_each_other() {
    for name in standard().names() {
        let posterior = standard().get(name).unwrap();
        let rows = random_rows([6, posterior.row_width(5)], 1.0, 13);
        let noise = noise(posterior.noise(), [6, 5], 14);
        let all = posterior.rsample(&rows, &noise);
        let some_noise = if noise.numel() == 0 { noise } else { noise.narrow(0, 2, 3) };
        let some = posterior.rsample(&rows.narrow(0, 2, 3), &some_noise);
        assert_eq!(some, all.narrow(0, 2, 3), "{name}");
    }
}

proptest! {
    #[test]
    fn unconstrain_inverts_constrain(raw in prop::collection::vec(-6f64..6.0, 4)) {
        for name in standard().names() {
            let posterior = standard().get(name).unwrap();
            let row = Tensor::from_slice(&raw).unsqueeze(0);
            for kind in [Kind::Double, Kind::Float] {
                let row = row.to_kind(kind);
                let parameters = posterior.constrain(&row);
                let again = posterior.unconstrain(&parameters);
                prop_assert_eq!(again.kind(), kind);
                for (a, b) in values(&again).into_iter().zip(values(&row)) {
                    prop_assert!(kind == Kind::Float || (a - b).abs() < 1e-8, "{}: {} became {}", name, b, a);
                }
                // Near a bound, f32 holds few digits of the raw number: what counts is the distribution.
                for (p, q) in parameters.iter().zip(posterior.constrain(&again)) {
                    prop_assert!(values(&(p - q).abs().max())[0] < 1e-5, "{}", name);
                }
            }
        }
    }
}

#[test]
fn start_puts_rows_where_it_says() {
    let location = random_rows([7, 4], 1.0, 15);
    let spread = 0.3;
    for name in standard().names().into_iter().filter(|&name| name != "point") {
        let posterior = standard().get(name).unwrap();
        let rows = posterior.start(&location, spread);
        assert_eq!(rows.size(), [7, posterior.row_width(4)], "{name}");
        let squashed = location.tanh() * (1.0 - spread);
        let expected = if name == "uniform" { &squashed } else { &location };
        for (mean, expected) in values(&posterior.mean(&rows)).into_iter().zip(values(expected)) {
            assert_relative_eq!(mean, expected, epsilon = 1e-12);
        }
        let deviation = spread * posterior.prior().variance().sqrt();
        for variance in values(&posterior.variance(&rows)) {
            assert_relative_eq!(variance.sqrt(), deviation, max_relative = 1e-10);
        }
    }
}

#[test]
fn a_start_with_the_priors_spread_at_its_mean_is_the_prior() {
    for family in families().into_iter().filter(|f| f.posterior.name() != "uniform") {
        let posterior = &family.posterior;
        let location = Tensor::from_slice(&[posterior.prior().mean()]).unsqueeze(0);
        let prior = rows(&**posterior, &[family.prior]);
        for (a, b) in values(&posterior.start(&location, 1.0)).into_iter().zip(values(&prior)) {
            assert_relative_eq!(a, b, epsilon = 1e-12);
        }
    }
}

/// The table is changed in place: it must not share memory with what it was started from.
#[test]
fn start_copies_its_location() {
    let location = random_rows([2, 3], 1.0, 16);
    let before = location.copy();
    for name in standard().names() {
        let _ = standard().get(name).unwrap().start(&location, 0.5).fill_(9.0);
        assert_eq!(location, before, "{name}");
    }
}

#[test]
fn start_keeps_rows_finite_for_any_spread() {
    let location = Tensor::from_slice(&[-50f32, 0.0, 50.0]).unsqueeze(0);
    for name in standard().names() {
        for spread in [0.0, 1e-30, 1.0, 1e30] {
            let rows = standard().get(name).unwrap().start(&location, spread);
            assert!(values(&rows).iter().all(|x| x.is_finite()), "{name} at {spread}: {rows:?}");
        }
    }
}
