//! Ranges of the settings: their ends, just outside, NaN and infinities.

use autodecoder_evaluation::{EvaluationConfig, InferenceConfig, infer};
use autodecoder_training::{Error, Silent, Streams, optimisers};

use crate::make::{auto_decoder, evaluation, images, inference, model};

#[test]
fn counts() {
    type Infer = fn(&mut InferenceConfig, u32);
    let rows: [(&str, u32, Infer); 3] = [
        ("steps", 1_000_000, |c, v| c.steps = v),
        ("batch_size", 65_536, |c, v| c.batch_size = v),
        ("candidates", 65_536, |c, v| c.candidates = v),
    ];
    for (key, high, set) in rows {
        assert_count(key, high, |value| {
            let mut config = inference(1);
            set(&mut config, value);
            config.check()
        });
    }
    type Evaluate = fn(&mut EvaluationConfig, u32);
    let rows: [(&str, u32, Evaluate); 3] = [
        ("draws", 100_000, |c, v| c.draws = v),
        ("batch_size", 65_536, |c, v| c.batch_size = v),
        ("neighbours", 1000, |c, v| c.neighbours = v),
    ];
    for (key, high, set) in rows {
        assert_count(key, high, |value| {
            let mut config = evaluation(1);
            set(&mut config, value);
            config.check()
        });
    }
}

fn assert_count(
    key: &str,
    high: u32,
    check: impl Fn(u32) -> Result<(), autodecoder_training::RangeError>,
) {
    assert!(check(1).is_ok() && check(high).is_ok(), "{key}");
    for value in [0, high + 1] {
        let message = check(value).unwrap_err().to_string();
        assert_eq!(message, format!("{key} = {value}: expected a value from 1 to {high}"));
    }
}

#[test]
fn floats() {
    let spread = |spread| InferenceConfig { spread, ..inference(1) }.check();
    let threshold =
        |active_threshold| EvaluationConfig { active_threshold, ..evaluation(1) }.check();
    for value in [1e-4, 0.999] {
        assert_eq!(spread(value), Ok(()));
    }
    for value in [0.9e-4, 1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(spread(value).unwrap_err().key, "spread");
    }
    for value in [0.0, 1000.0] {
        assert_eq!(threshold(value), Ok(()));
    }
    for value in [-1e-9, 1000.1, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(threshold(value).unwrap_err().key, "active_threshold");
    }
    let mut config = inference(1);
    config.latents.rate = f64::NAN;
    assert_eq!(config.check().unwrap_err().key, "latents.rate");
}

#[test]
fn inference_refuses_what_is_out_of_range_or_unknown() {
    let images = images(2);
    let model = model(auto_decoder(), &images);
    let run = |config: &InferenceConfig| {
        infer(&model, &images, config, &optimisers(), &Streams::new(1), &mut Silent)
    };
    let empty = InferenceConfig { batch_size: 0, ..inference(1) };
    assert!(matches!(run(&empty), Err(Error::Range(_))));
    let mut unknown = inference(1);
    unknown.latents.optimiser.kind = "adagrad".to_owned();
    assert!(matches!(run(&unknown), Err(Error::UnknownName(_))));
}
