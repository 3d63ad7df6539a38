//! Every range of the settings: its ends, just outside, NaN and infinities.

use autodecoder_training::{
    OptimiserConfig, RangeError, Schedule, ScheduleKind, StartConfig, TrainingConfig, check_range,
    optimisers,
};
use serde_json::json;

use crate::make::{config, part};

/// What `set` makes of a setting must be taken at both ends of `range` and refused around them.
fn assert_range<T>(
    key: &str,
    [low, high]: [f64; 2],
    [below, above]: [f64; 2],
    set: impl Fn(f64) -> T,
    check: impl Fn(&T) -> Result<(), RangeError>,
) {
    for value in [low, high] {
        assert_eq!(check(&set(value)), Ok(()), "{key} = {value}");
    }
    for value in [below, above, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let Err(error) = check(&set(value)) else {
            panic!("{key} = {value} was taken");
        };
        assert_eq!(error.key, key);
        assert_eq!(error.value, value.to_string());
        assert!(error.allowed.contains(&format!("from {low} to {high}")), "{error}");
    }
}

fn changed<T: Clone>(base: &T, change: impl Fn(&mut T, f64)) -> impl Fn(f64) -> T {
    let base = base.clone();
    move |value| {
        let mut changed = base.clone();
        change(&mut changed, value);
        changed
    }
}

#[test]
fn floats_of_the_training_section() {
    let base = config(3);
    let check = |config: &TrainingConfig| config.check();
    let assert = |key, ends, outside, change: fn(&mut TrainingConfig, f64)| {
        assert_range(key, ends, outside, changed(&base, change), check);
    };
    assert("regulariser_warm_up", [0.0, 1.0], [-1e-9, 1.000_001], |c, v| c.regulariser_warm_up = v);
    assert("start.scale", [0.0, 1000.0], [-1e-9, 1000.1], |c, v| c.start.scale = v);
    assert("start.spread", [1e-4, 0.999], [0.9e-4, 1.0], |c, v| c.start.spread = v);
    assert("decoder.rate", [0.0, 100.0], [-1e-9, 100.1], |c, v| c.decoder.rate = v);
    assert("decoder.warm_up", [0.0, 1.0], [-1e-9, 1.000_001], |c, v| c.decoder.warm_up = v);
    assert("latents.rate", [0.0, 100.0], [-1e-9, 100.1], |c, v| c.latents.rate = v);
    assert("latents.warm_up", [0.0, 1.0], [-1e-9, 1.000_001], |c, v| c.latents.warm_up = v);
}

#[test]
fn sections_can_be_checked_alone() {
    let TrainingConfig { start, decoder, .. } = config(3);
    let check = |start: &StartConfig| start.check("start");
    assert_range(
        "start.spread",
        [1e-4, 0.999],
        [0.0, 1.0],
        changed(&start, |s, v| s.spread = v),
        check,
    );
    assert_range(
        "start.variance_share",
        [0.0, 1.0],
        [-0.1, 1.1],
        changed(&start, |s, v| s.variance_share = v),
        check,
    );
    let check = |config: &OptimiserConfig| config.check("x");
    assert_range(
        "x.rate",
        [0.0, 100.0],
        [-1.0, 101.0],
        changed(&decoder, |o, v| o.rate = v),
        check,
    );
}

#[test]
fn counts_of_the_training_section() {
    type Set = fn(&mut TrainingConfig, u32);
    let rows: [(&str, u32, Set); 4] = [
        ("epochs", 1_000_000, |c, v| c.epochs = v),
        ("batch_size", 65_536, |c, v| c.batch_size = v),
        ("latent_steps", 1000, |c, v| c.latent_steps = v),
        ("importance_samples", 1000, |c, v| c.importance_samples = v),
    ];
    for (key, high, set) in rows {
        let check = |value| {
            let mut config = config(3);
            set(&mut config, value);
            config.check()
        };
        assert!(check(1).is_ok() && check(high).is_ok(), "{key}");
        for value in [0, high + 1] {
            let message = check(value).unwrap_err().to_string();
            assert_eq!(message, format!("{key} = {value}: expected a value from 1 to {high}"));
        }
    }
}

#[test]
fn options_of_optimisers() {
    let build = |options: serde_json::Value| {
        let config = OptimiserConfig { optimiser: part(options), ..config(1).decoder };
        config.build(&optimisers()).map(|_| ()).map_err(|error| error.to_string())
    };
    for options in [
        json!({"kind": "adam", "betas": [0, 0.999_999]}),
        json!({"kind": "adam", "betas": [0.999_999, 0]}),
        json!({"kind": "adam", "epsilon": 1e-16}),
        json!({"kind": "adam", "epsilon": 1}),
        json!({"kind": "sgd", "momentum": 0}),
        json!({"kind": "sgd", "momentum": 0.9999}),
    ] {
        assert_eq!(build(options.clone()), Ok(()), "{options}");
    }
    for (options, expected) in [
        (
            json!({"kind": "adam", "betas": [1, 0.9]}),
            "betas = 1: expected a value from 0 to 0.999999",
        ),
        (json!({"kind": "adam", "betas": [0.9, -0.1]}), "betas = -0.1"),
        (json!({"kind": "adam", "epsilon": 0}), "epsilon = 0"),
        (json!({"kind": "adam", "epsilon": 1.1}), "epsilon = 1.1"),
        (json!({"kind": "sgd", "momentum": 1}), "momentum = 1: expected a value from 0 to 0.9999"),
        (json!({"kind": "sgd", "momentum": -0.1}), "momentum = -0.1"),
    ] {
        let message = build(options).unwrap_err();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn ranges_hold_their_ends_only_and_never_nan() {
    assert!(check_range("k", 1, 1..=1).is_ok());
    assert!(check_range("k", f64::NAN, f64::NEG_INFINITY..=f64::INFINITY).is_err());
}

#[test]
fn schedules_stay_between_zero_and_one_at_every_warm_up() {
    for kind in [ScheduleKind::Constant, ScheduleKind::Cosine] {
        for warm_up in [0.0, 1e-9, 0.3, 0.999, 1.0] {
            for step in 0..=1000 {
                let factor = Schedule { kind, warm_up }.factor(f64::from(step) / 1000.0);
                assert!((0.0..=1.0).contains(&factor), "{kind:?} {warm_up} {step}: {factor}");
            }
        }
    }
}

#[test]
fn the_regulariser_warms_up_linearly() {
    let weight = |warm_up, progress| {
        let config = TrainingConfig { regulariser_warm_up: warm_up, ..config(1) };
        config.regulariser_weight(progress)
    };
    assert_eq!([0.0, 0.1, 0.2, 0.4, 1.0].map(|p| weight(0.4, p)), [0.0, 0.25, 0.5, 1.0, 1.0]);
    assert_eq!([0.0, 0.5, 1.0].map(|p| weight(0.0, p)), [1.0; 3]);
    assert_eq!([0.0, 0.5, 1.0].map(|p| weight(1.0, p)), [0.0, 0.5, 1.0]);
}
