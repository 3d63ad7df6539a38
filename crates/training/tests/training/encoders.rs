//! Models whose rows an encoder gives.

use approx::assert_relative_eq;
use autodecoder_models::LatentModel;
use autodecoder_training::{Silent, Streams, TrainingConfig, epoch_order, standard_normal};
use serde_json::json;
use tch::{Device, Kind, Tensor};

use crate::make::{
    adam, autoencoder, config, images, model, numbers, part, variational_autoencoder,
};
use crate::runs::trainer;

fn parameters(model: &LatentModel) -> Vec<f64> {
    model.named_parameters().iter().flat_map(|(_, tensor)| numbers(tensor)).collect()
}

#[test]
fn a_step_moves_both_networks_down_the_gradient_of_the_mean_objective() {
    let images = images(4);
    let model = model(variational_autoencoder(), &images);
    let mut decoder = adam(0.5);
    decoder.optimiser = part(json!({"kind": "sgd", "momentum": 0.0}));
    decoder.warm_up = 0.0;
    let config = TrainingConfig { decoder, regulariser_warm_up: 0.0, ..config(1) };
    let named = model.named_parameters();
    assert_eq!(named.len(), 8);
    let tensors: Vec<Tensor> =
        named.iter().map(|(_, tensor)| tensor.set_requires_grad(true)).collect();
    // The order of the batch's images says which image gets which noise.
    let order = epoch_order(4, &Streams::new(1), 0);
    let batch = images.batch(&Tensor::from_slice(&order));
    let mut rng = Streams::new(1).rng("noise", &[0, 0, 0, 0]);
    let noise = standard_normal(4, 3, Device::Cpu, &mut rng);
    let terms = model.terms(&model.encode(&batch).unwrap(), &noise, &batch);
    let mean = terms.objective(1.0).mean(Kind::Float);
    let gradients = Tensor::run_backward(&[&mean], &tensors, false, false);
    let moved = tensors.iter().zip(&gradients).map(|(p, g)| p.detach() - g * 0.5);
    let expected: Vec<f64> = moved.flat_map(|tensor| numbers(&tensor)).collect();
    let mut trainer = trainer(&model, &images, &config, 1);
    trainer.run(None, || false, &mut Silent).unwrap();
    for (found, expected) in parameters(&model).into_iter().zip(expected) {
        assert_relative_eq!(found, expected, epsilon = 1e-6);
    }
    let record = &trainer.history()[0];
    assert_relative_eq!(record.objective, mean.double_value(&[]), max_relative = 1e-5);
    assert_eq!(record.latent_rate, 0.0);
}

#[test]
fn rows_are_what_the_encoder_gives_after_training() {
    let images = images(10);
    for spec in [autoencoder(), variational_autoencoder()] {
        let variational = spec.kind.is_variational();
        let model = model(spec, &images);
        let before = parameters(&model);
        let config = config(3);
        let mut trainer = trainer(&model, &images, &config, 1);
        assert!(trainer.uses_kernels());
        trainer.run(None, || false, &mut Silent).unwrap();
        let after = parameters(&model);
        let moved = before.iter().zip(&after).filter(|(before, after)| before != after).count();
        assert!(2 * moved > after.len(), "{moved} of {} moved", after.len());
        assert_eq!(trainer.table().len(), 0);
        let expected = model.encode(&images.range(0, 10)).unwrap();
        assert_eq!(expected.size(), [10, model.row_width()]);
        assert_eq!(numbers(&trainer.rows()), numbers(&expected));
        let history = trainer.history();
        assert!(history.iter().all(|record| record.kl.is_some() == variational));
        assert!(history[2].objective < history[0].objective);
    }
}
