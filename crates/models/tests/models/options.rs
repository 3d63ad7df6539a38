//! Options and names of parts: what is refused, and that the message lists what is allowed.

use autodecoder_models::{ImageShape, LatentModel, Layer, ModelKind, ModelSpec, Parts};
use serde_json::{Value, json};
use tch::Device;

use crate::make::{IMAGE, auto_decoder, mlp, part, rng, variational};

fn refusal(spec: ModelSpec) -> String {
    let model = LatentModel::new(spec, IMAGE, &Parts::standard(), Device::Cpu, &mut rng(1));
    model.unwrap_err().to_string()
}

fn assert_decoder_refused(options: Value, expected: &[&str]) {
    let message = refusal(auto_decoder(part(options.clone())));
    for words in expected {
        assert!(message.contains(words), "{options}: {message}");
    }
}

#[test]
fn options_of_decoders_out_of_range_are_refused() {
    for hidden in [json!([0]), json!([65_537]), json!([-1]), json!(vec![5; 17])] {
        let range = "expected up to 16 widths from 1 to 65536";
        assert_decoder_refused(json!({"kind": "mlp", "hidden": hidden}), &["\"mlp\"", range]);
        assert_decoder_refused(json!({"kind": "conv", "hidden": hidden}), &["\"conv\"", range]);
    }
    for channels in [json!([]), json!([0]), json!([4097]), json!(vec![1; 7])] {
        let range = "expected 1 to 6 counts from 1 to 4096";
        assert_decoder_refused(json!({"kind": "conv", "channels": channels}), &[range]);
    }
    let sizes = ["divisible by 8", "4 × 8"];
    assert_decoder_refused(json!({"kind": "conv", "channels": [1, 1, 1]}), &sizes);
}

#[test]
fn options_at_the_ends_of_their_ranges_are_taken() {
    let parts = Parts::standard();
    let (mlp, conv) = (parts.decoders.get("mlp").unwrap(), parts.decoders.get("conv").unwrap());
    let widths = |widths: &[i64]| json!({"hidden": widths});
    for options in [json!({}), widths(&[]), widths(&[1]), widths(&[65_536]), widths(&[1; 16])] {
        assert!(mlp.layers(&options, 3, IMAGE).is_ok(), "{options}");
    }
    let square = ImageShape { channels: 1, height: 64, width: 64 };
    for channels in [json!([1]), json!([4096]), json!(vec![1; 6])] {
        let options = json!({"hidden": [], "channels": channels});
        assert!(conv.layers(&options, 3, square).is_ok(), "{options}");
    }
}

#[test]
fn defaults_are_those_of_the_documentation() {
    let parts = Parts::standard();
    let image = ImageShape { channels: 1, height: 28, width: 28 };
    let count = |name: &str| {
        let layers = parts.decoders.get(name).unwrap().layers(&json!({}), 32, image).unwrap();
        layers.iter().map(Layer::parameter_count).sum::<i64>()
    };
    let linear = |inputs: i64, outputs: i64| inputs * outputs + outputs;
    assert_eq!(count("mlp"), linear(32, 256) + linear(256, 512) + linear(512, 784));
    let dense = linear(32, 256) + linear(256, 64 * 7 * 7);
    assert_eq!(count("conv"), dense + (64 * 32 * 16 + 32) + (32 * 16 + 1));
}

#[test]
fn unknown_keys_and_wrong_types_are_refused_with_what_is_allowed() {
    assert_decoder_refused(json!({"kind": "mlp", "width": 3}), &["`width`", "`hidden`"]);
    let known = ["`depth`", "`hidden`", "`channels`"];
    assert_decoder_refused(json!({"kind": "conv", "depth": 3}), &known);
    assert_decoder_refused(
        json!({"kind": "mlp", "hidden": "wide"}),
        &["string \"wide\"", "sequence"],
    );
    for kind in ["bernoulli", "continuous-bernoulli"] {
        let likelihood = part(json!({"kind": kind, "variance": 1.0}));
        let message = refusal(ModelSpec { likelihood, ..auto_decoder(mlp()) });
        assert!(message.contains(kind) && message.contains("`variance`"), "{message}");
    }
    let likelihood = part(json!({"kind": "gaussian", "sigma": 1.0}));
    let message = refusal(ModelSpec { likelihood, ..auto_decoder(mlp()) });
    assert!(message.contains("`sigma`") && message.contains("`variance`"), "{message}");
}

#[test]
fn the_variance_of_a_gaussian_is_checked() {
    let parts = Parts::standard();
    let gaussian = parts.likelihoods.get("gaussian").unwrap();
    let build = |options: &Value| gaussian.build(options, Device::Cpu);
    for options in [
        json!({}),
        json!({"variance": 1e-6}),
        json!({"variance": 100}),
        json!({"variance": "learned"}),
    ] {
        assert!(build(&options).is_ok(), "{options}");
    }
    for variance in
        [json!(0), json!(9e-7), json!(100.1), json!(-1.0), json!("fixed"), json!(true), json!(null)]
    {
        let message = build(&json!({"variance": variance})).unwrap_err().to_string();
        let expected =
            format!("variance = {variance}: expected a number from 1e-6 to 100, or \"learned\"");
        assert!(message.contains(&expected), "{message}");
    }
}

#[test]
fn unknown_names_list_the_known_ones() {
    let message = refusal(auto_decoder(part(json!({"kind": "transformer"}))));
    assert!(message.contains("decoder \"transformer\": known are conv, mlp"), "{message}");
    let likelihood = part(json!({"kind": "poisson"}));
    let message = refusal(ModelSpec { likelihood, ..auto_decoder(mlp()) });
    assert!(message.contains("known are bernoulli, continuous-bernoulli, gaussian"), "{message}");
    let message = refusal(ModelSpec { posterior: "normal".to_owned(), ..variational(mlp()) });
    assert!(message.contains("posterior \"normal\": known are gaussian"), "{message}");
}

#[test]
fn a_model_and_its_posterior_must_be_of_one_kind() {
    let message = refusal(ModelSpec { kind: ModelKind::AutoDecoder, ..variational(mlp()) });
    assert!(message.contains("\"gaussian\": an auto-decoder needs a point"), "{message}");
    let message =
        refusal(ModelSpec { kind: ModelKind::VariationalAutoDecoder, ..auto_decoder(mlp()) });
    assert!(message.contains("\"point\": a variational auto-decoder needs a density"), "{message}");
}
