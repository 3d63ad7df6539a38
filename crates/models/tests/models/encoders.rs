//! Encoders: what they consist of, and what they see.

use autodecoder_models::{
    EncoderInput, EncoderSpec, LatentModel, Layer, ModelKind, ModelSpec, Observation, Parts,
};
use serde_json::{Value, json};
use tch::{Device, Tensor};

use crate::make::{IMAGE, auto_decoder, conv, mlp, numbers, part, pixels, rng, variational};

fn encoder(table: Value) -> EncoderSpec {
    serde_json::from_value(table).unwrap()
}

/// A VAE whose encoder is as `table` says.
fn vae(decoder: Value, table: Value) -> ModelSpec {
    ModelSpec {
        name: "vae".to_owned(),
        kind: ModelKind::VariationalAutoencoder,
        encoder: Some(encoder(table)),
        ..variational(part(decoder))
    }
}

fn build(spec: ModelSpec) -> Result<LatentModel, autodecoder_models::Error> {
    LatentModel::new(spec, IMAGE, &Parts::standard(), Device::Cpu, &mut rng(1))
}

fn layers(spec: ModelSpec) -> Vec<String> {
    let model = build(spec).unwrap();
    model.encoder().unwrap().layers().iter().map(Layer::to_string).collect()
}

#[test]
fn a_mirror_reverses_its_decoder_and_ends_in_a_row() {
    let mlp = json!({"kind": "mlp", "hidden": [5, 7]});
    assert_eq!(
        layers(vae(mlp.clone(), json!({"kind": "mirror"}))),
        ["reshape 64", "linear 64 7", "relu", "linear 7 5", "relu", "linear 5 6"]
    );
    let masked = json!({"kind": "mirror", "input": "mask-channel"});
    assert_eq!(
        layers(vae(mlp, masked.clone())),
        ["reshape 128", "linear 128 7", "relu", "linear 7 5", "relu", "linear 5 6"]
    );
    let conv = json!({"kind": "conv", "hidden": [5], "channels": [4, 3]});
    let expected = |channels: i64| {
        [
            format!("conv2d {channels} 3 kernel 4 stride 2 padding 1"),
            "relu".to_owned(),
            "conv2d 3 4 kernel 4 stride 2 padding 1".to_owned(),
            "reshape 8".to_owned(),
            "relu".to_owned(),
            "linear 8 5".to_owned(),
            "relu".to_owned(),
            "linear 5 6".to_owned(),
        ]
    };
    assert_eq!(layers(vae(conv.clone(), json!({"kind": "mirror"}))), expected(2));
    assert_eq!(layers(vae(conv, masked)), expected(4));
}

#[test]
fn gates_halve_what_comes_to_them_in_the_mirror_too() {
    let gated = json!({"kind": "mlp", "hidden": [5, 7], "activation": "glu"});
    let expected = ["reshape 64", "linear 64 14", "glu", "linear 7 10", "glu", "linear 5 6"];
    assert_eq!(layers(vae(gated.clone(), json!({"kind": "mirror"}))), expected);
    let same = json!({"kind": "mlp", "hidden": [7, 5], "activation": "glu"});
    assert_eq!(layers(vae(gated, same)), expected);
}

#[test]
fn encoders_of_their_own_kind_take_options() {
    let mlp = json!({"kind": "mlp", "hidden": [5]});
    assert_eq!(
        layers(vae(mlp.clone(), json!({"kind": "mlp", "hidden": [9]}))),
        ["reshape 64", "linear 64 9", "relu", "linear 9 6"]
    );
    assert_eq!(
        layers(vae(mlp.clone(), json!({"kind": "conv", "channels": [3], "hidden": []}))),
        ["conv2d 2 3 kernel 4 stride 2 padding 1", "relu", "reshape 24", "linear 24 6"]
    );
    for (table, words) in [
        (json!({"kind": "mirror", "hidden": [3]}), "unknown field `hidden`"),
        (json!({"kind": "mlp", "widths": [3]}), "unknown field `widths`"),
        (json!({"kind": "mlp", "hidden": [0]}), "expected up to 16 widths"),
        (json!({"kind": "mlp", "activation": "elu"}), "`relu`, `silu`, `tanh`, `glu`"),
        (json!({"kind": "conv", "channels": [1, 1, 1]}), "divisible by 8"),
        (json!({"kind": "cnn"}), "known are conv, mirror, mlp"),
    ] {
        let message = build(vae(mlp.clone(), table)).unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn every_encoder_gives_a_row_per_image() {
    for decoder in [mlp(), conv()] {
        for kind in ["mirror", "mlp", "conv"] {
            for input in ["zero-filled", "mask-channel"] {
                let table = json!({"kind": kind, "input": input});
                let decoder = serde_json::to_value(&decoder).unwrap();
                let model = build(vae(decoder, table)).unwrap();
                let rows = model.encode(&pixels(3).into()).unwrap();
                assert_eq!(rows.size(), [3, 6], "{kind}, {input}");
                let own = model.encode(&pixels(3).narrow(0, 1, 1).into()).unwrap();
                let difference = (rows.narrow(0, 1, 1) - own).abs().max().double_value(&[]);
                assert!(difference < 1e-6, "an image's row depends on the others of its batch");
            }
        }
    }
}

#[test]
fn kind_and_encoder_must_go_together() {
    let with = ModelSpec { encoder: Some(EncoderSpec::default()), ..auto_decoder(mlp()) };
    assert_eq!(build(with).unwrap_err().to_string(), "an auto-decoder has no encoder");
    let without = ModelSpec { kind: ModelKind::VariationalAutoencoder, ..variational(mlp()) };
    let message = build(without).unwrap_err().to_string();
    assert_eq!(message, "a variational autoencoder needs an encoder");
    let point = ModelSpec {
        posterior: "point".to_owned(),
        ..vae(json!({"kind": "mlp"}), json!({"kind": "mlp"}))
    };
    assert!(build(point).unwrap_err().to_string().contains("needs a density"));
}

#[test]
fn a_pixel_that_was_not_observed_never_reaches_the_rows() {
    let observed = pixels(2).lt(0.5);
    let with = |fill: f64| {
        let fill = pixels(2).full_like(fill);
        Observation {
            pixels: pixels(2).where_self(&observed, &fill),
            observed: Some(observed.shallow_clone()),
        }
    };
    for input in ["zero-filled", "mask-channel"] {
        let model = build(vae(json!({"kind": "conv"}), json!({"kind": "mirror", "input": input})));
        let rows = |images: &Observation| numbers(&model.as_ref().unwrap().encode(images).unwrap());
        let expected = rows(&with(0.0));
        assert_eq!(rows(&with(f64::NAN)), expected);
        let complete = rows(&with(0.0).pixels.into());
        assert_eq!(complete == expected, input == "zero-filled", "{input}: the mask is an input");
    }
    assert_eq!(serde_json::to_value(EncoderInput::MaskChannel).unwrap(), "mask-channel");
}

#[test]
fn named_parameters_tell_the_networks_apart() {
    let model =
        build(vae(json!({"kind": "mlp", "hidden": []}), json!({"kind": "mirror"}))).unwrap();
    let names = |named: Vec<(String, Tensor)>| -> Vec<String> {
        named.into_iter().map(|(name, _)| name).collect()
    };
    let decoder = ["layers.0.weight", "layers.0.bias"];
    assert_eq!(names(model.decoder_parameters()), decoder);
    let all = [decoder[0], decoder[1], "encoder.layers.1.weight", "encoder.layers.1.bias"];
    assert_eq!(names(model.named_parameters()), all);
    assert_eq!(model.parameter_count(), 64 * 3 + 64 + 6 * 64 + 6);
}
