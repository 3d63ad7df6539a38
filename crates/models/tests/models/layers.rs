//! What decoders are made of: layers, names, counts, fresh values, and what does not fit.

use approx::assert_relative_eq;
use autodecoder_models::{Decoder, Error, ImageShape, LatentModel, Layer, ModelSpec, Parts};
use serde_json::json;
use tch::{Device, Kind, Tensor};

use crate::make::{IMAGE, auto_decoder, conv, learned_gaussian, mlp, model, numbers, part, rng};

#[test]
fn layers_shapes_and_counts_are_those_of_the_family() {
    let conv = model(auto_decoder(conv()));
    let texts: Vec<String> = conv.decoder().layers().iter().map(Layer::to_string).collect();
    let expected = [
        "linear 3 4",
        "relu",
        "linear 4 6",
        "relu",
        "reshape 3 1 2",
        "conv_transpose2d 3 2 kernel 4 stride 2 padding 1",
        "relu",
        "conv_transpose2d 2 2 kernel 4 stride 2 padding 1",
    ];
    assert_eq!(texts, expected);
    let counts = (3 * 4 + 4) + (4 * 6 + 6) + (3 * 2 * 16 + 2) + (2 * 2 * 16 + 2);
    assert_eq!(conv.decoder().parameter_count(), counts);
    assert_eq!(conv.decoder().output_shapes()[4..6], [vec![3, 1, 2], vec![2, 2, 4]]);

    let mlp = model(auto_decoder(mlp()));
    let texts: Vec<String> = mlp.decoder().layers().iter().map(Layer::to_string).collect();
    assert_eq!(texts, ["linear 3 5", "relu", "linear 5 64", "reshape 2 4 8"]);
    assert_eq!(mlp.decoder().parameter_count(), (3 * 5 + 5) + (5 * 64 + 64));
    for decoder in [conv.decoder(), mlp.decoder()] {
        let held: usize = decoder.named_parameters().iter().map(|(_, tensor)| tensor.numel()).sum();
        assert_eq!(decoder.parameter_count(), held as i64);
    }
}

#[test]
fn a_learned_variance_counts_as_a_parameter() {
    let model = model(learned_gaussian());
    assert_eq!(model.parameter_count(), model.decoder().parameter_count() + 1);
}

#[test]
fn parameters_are_named_by_layer_in_pytorchs_shapes() {
    let named = model(auto_decoder(conv())).decoder().named_parameters();
    let found: Vec<_> = named.iter().map(|(name, tensor)| (name.as_str(), tensor.size())).collect();
    let expected = [
        ("layers.0.weight", vec![4, 3]),
        ("layers.0.bias", vec![4]),
        ("layers.2.weight", vec![6, 4]),
        ("layers.2.bias", vec![6]),
        ("layers.5.weight", vec![3, 2, 4, 4]),
        ("layers.5.bias", vec![2]),
        ("layers.7.weight", vec![2, 2, 4, 4]),
        ("layers.7.bias", vec![2]),
    ];
    assert_eq!(found, expected);
}

#[test]
fn fresh_parameters_fill_their_bounds_and_depend_on_the_generator_alone() {
    let fresh = |seed| {
        let layers = vec!["linear 100 784".parse().unwrap(), "reshape 1 28 28".parse().unwrap()];
        let image = ImageShape { channels: 1, height: 28, width: 28 };
        let decoder = Decoder::new(layers, 100, image, Device::Cpu, &mut rng(seed)).unwrap();
        let named = decoder.named_parameters();
        named.iter().map(|(_, tensor)| numbers(tensor)).collect::<Vec<_>>()
    };
    assert_eq!(fresh(1), fresh(1));
    assert_ne!(fresh(1), fresh(2));
    // Fan-in 100, so the bound is 0.1; the variance of that uniform distribution is 0.1² / 3.
    for values in fresh(1) {
        let largest = values.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
        assert!((0.099..=0.1 + 1e-8).contains(&largest), "largest {largest}");
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        assert!(mean.abs() < 0.01, "mean {mean}");
        let square = values.iter().map(|x| x * x).sum::<f64>() / values.len() as f64;
        assert_relative_eq!(square, 0.01 / 3.0, max_relative = 0.1);
    }
}

/// The bounds that torch 2.13.0 draws from: `1 / sqrt(weight.size(1) * kernel²)`.
#[test]
fn bounds_are_pytorchs() {
    let bound = |text: &str| text.parse::<Layer>().unwrap().init_bound();
    assert_relative_eq!(bound("linear 16 3"), 0.25);
    assert_relative_eq!(bound("conv_transpose2d 7 9 kernel 2 stride 1 padding 0"), 1.0 / 6.0);
}

fn refusal(texts: &[&str], latent_dim: i64) -> String {
    let layers = texts.iter().map(|text| text.parse().unwrap()).collect();
    let result = Decoder::new(layers, latent_dim, IMAGE, Device::Cpu, &mut rng(1));
    result.unwrap_err().to_string()
}

#[test]
fn layers_that_do_not_fit_are_named() {
    for (texts, expected) in [
        (
            vec!["linear 4 64"],
            "layer 0 (linear 4 64): cannot take input of shape [3]; it takes [4]",
        ),
        (
            vec!["linear 3 64", "reshape 2 4 9"],
            "layer 1 (reshape 2 4 9): cannot take input of shape [64]; it takes 72 values",
        ),
        (
            vec!["linear 3 64"],
            "decoder layer 1 (output): cannot take input of shape [64]; the decoder must end in shape [2, 4, 8]",
        ),
        (vec![], "layer 0 (output): cannot take input of shape [3]"),
        (vec!["conv_transpose2d 3 1 kernel 1 stride 1 padding 0"], "it takes [3, height, width]"),
        (vec!["glu"], "it takes one even number of values"),
        (vec!["linear 3 64", "reshape 2 4 8", "glu"], "it takes one even number of values"),
        (
            vec!["reshape 3 1 1", "conv_transpose2d 3 2 kernel 2 stride 1 padding 1"],
            "its padding leaves nothing",
        ),
        (
            vec![
                "reshape 3 1 1",
                "conv_transpose2d 3 2 kernel 1 stride 1 padding 9223372036854775807",
            ],
            "its padding leaves nothing",
        ),
        (
            vec!["reshape 9223372036854775807 9223372036854775807"],
            "more values than can be counted",
        ),
    ] {
        let message = refusal(&texts, 3);
        assert!(message.contains(expected), "{message}");
    }
    for latent_dim in [0, -1, 65_537] {
        let message = refusal(&["relu"], latent_dim);
        assert!(
            message.contains(&format!("latent_dim = {latent_dim}: expected a size")),
            "{message}"
        );
    }
}

#[test]
fn a_likelihood_that_does_not_learn_adds_no_parameter() {
    let spec: ModelSpec = auto_decoder(mlp());
    let gaussian = ModelSpec {
        likelihood: part(json!({"kind": "gaussian", "variance": "learned"})),
        ..spec.clone()
    };
    let names = |spec| {
        let model = LatentModel::new(spec, IMAGE, &Parts::standard(), Device::Cpu, &mut rng(1));
        let named = model.unwrap().named_parameters();
        named.into_iter().map(|(name, _): (String, Tensor)| name).collect::<Vec<_>>()
    };
    assert_eq!(names(spec).len(), 4);
    assert_eq!(names(gaussian).last().map(String::as_str), Some("likelihood.raw_log_variance"));
}

#[test]
fn a_decoder_takes_whatever_its_source_hands_out_or_refuses() {
    let layers = || vec!["linear 3 64".parse().unwrap(), "reshape 2 4 8".parse().unwrap()];
    let ones = |_: &str, shape: &[i64]| Ok(Tensor::ones(shape, (Kind::Double, Device::Cpu)));
    let decoder = Decoder::from_parameters(layers(), 3, IMAGE, ones).unwrap();
    let logits = decoder.forward(&Tensor::from_slice(&[1.0f64, 2.0, 3.0]).reshape([1, 3]));
    assert_eq!(numbers(&logits), [7.0; 64]);
    let refuse = |key: &str, _: &[i64]| {
        if key.ends_with("bias") {
            Err(Error::Size { key: "bias", value: 0 })
        } else {
            ones(key, &[64, 3])
        }
    };
    assert!(matches!(
        Decoder::from_parameters(layers(), 3, IMAGE, refuse),
        Err(Error::Size { .. })
    ));
}

/// Sizes that pass one by one, and a product that nothing can hold.
#[test]
fn a_decoder_too_large_for_memory_is_refused_before_it_is_made() {
    let grown = |hidden: i64| {
        let texts = [format!("linear 1 {hidden}"), format!("linear {hidden} 64")];
        let layers = texts.iter().map(|text| text.parse().unwrap());
        let layers = layers.chain(["reshape 2 4 8".parse().unwrap()]).collect();
        Decoder::new(layers, 1, IMAGE, Device::Cpu, &mut rng(1)).map(|_| ())
    };
    for (hidden, expected) in
        [(2_000_000, 132_000_064), (i64::MAX / 8, i64::MAX), (i64::MAX, i64::MAX)]
    {
        match grown(hidden) {
            Err(Error::TooManyParameters { count, .. }) => assert_eq!(count, expected),
            other => panic!("{hidden}: {other:?}"),
        }
    }
    grown(1000).unwrap();
}
