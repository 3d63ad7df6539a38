//! Rows of models with an encoder: what it gives, and what fitting makes of that.

use autodecoder_evaluation::{fit_rows, infer};
use autodecoder_models::{EncoderSpec, LatentModel, ModelKind, ModelSpec};
use autodecoder_training::{Silent, Streams, optimisers};
use tch::{Kind, Tensor};

use crate::make::{images, inference, model, numbers, variational};

fn vae() -> ModelSpec {
    ModelSpec {
        kind: ModelKind::VariationalAutoencoder,
        encoder: Some(EncoderSpec::default()),
        ..variational()
    }
}

fn bytes(model: &LatentModel) -> Vec<f64> {
    model.named_parameters().iter().flat_map(|(_, tensor)| numbers(tensor)).collect()
}

/// Negative ELBO at the posterior's median, averaged.
fn nats(model: &LatentModel, rows: &Tensor) -> f64 {
    let count = rows.size()[0];
    let noise = Tensor::zeros([count, 3], (Kind::Float, rows.device()));
    let terms = model.terms(rows, &noise, &images(count as usize).range(0, count));
    terms.negative_elbo().unwrap().mean(Kind::Double).double_value(&[])
}

#[test]
fn the_encoder_infers_and_fitting_improves_on_it() {
    let images = images(9);
    let model = model(vae(), &images);
    let before = bytes(&model);
    let (config, streams) = (inference(200), Streams::new(5));
    let rows = infer(&model, &images, &config, &optimisers(), &streams, &mut Silent).unwrap();
    assert_eq!(numbers(&rows), numbers(&model.encode(&images.range(0, 9)).unwrap()));
    let encoded = nats(&model, &rows);
    let rows =
        fit_rows(&model, &images, rows, &config, &optimisers(), &streams, &mut Silent).unwrap();
    assert!(nats(&model, &rows) < encoded - 0.1, "{} and {encoded}", nats(&model, &rows));
    assert_eq!(bytes(&model), before, "inference changed the model");
}
