//! Posterior predictive moments against a linear decoder's closed form.

use autodecoder_evaluation::Predictive;
use autodecoder_training::Streams;
use tch::{Kind, Tensor};

use crate::linear_gaussian::{LinearGaussian, PIXELS};
use crate::make::{auto_decoder, images, model, numbers, variational};

const DRAWS: u32 = 4000;

/// A linear decoder makes of N(m, diag v) the mean W m + b and the variances W² v. 300 rows are more than
/// one chunk.
#[test]
fn moments_of_a_linear_decoder() {
    let linear = LinearGaussian::correlated();
    let model = linear.model();
    let mean = Tensor::from_slice(&[0.4, -1.1, 0.7]);
    let variances = Tensor::from_slice(&[0.09, 0.5, 0.02]);
    let row = model.posterior().unconstrain(&[mean.shallow_clone(), variances.log()]);
    let rows = row.unsqueeze(0).repeat([300, 1]);
    let found = Predictive::of(&model, &rows, DRAWS, &Streams::new(1), "test");
    assert_eq!(found.mean.size(), [300, PIXELS]);
    let expected = linear.weight.mv(&mean) + &linear.bias;
    let variance = linear.weight.square().mv(&variances);
    // Over 4,000 draws a mean's standard error is 0.016 of the deviation, a deviation's 0.011 of it.
    let deviation = variance.sqrt();
    let worst = |apart: Tensor| (apart / &deviation).abs().max().double_value(&[]);
    assert!(worst(found.mean - expected) < 5.0 * 0.016);
    assert!(worst(found.deviation - &deviation) < 5.0 * 0.0112);
}

/// A point has one sample, whatever is asked for, and one draw of a posterior no deviation.
#[test]
fn points_and_single_draws_deviate_from_nothing() {
    let images = images(5);
    let points = model(auto_decoder(), &images);
    let gaussian = variational();
    for (model, draws) in [(points, 9), (model(gaussian, &images), 1)] {
        let rows = Tensor::ones([5, model.row_width()], (Kind::Float, images.device()));
        let found = Predictive::of(&model, &rows, draws, &Streams::new(1), "test");
        assert_eq!(numbers(&found.deviation), [0.0; 60]);
        if draws == 9 {
            let decoded = model.decode(&model.posterior().mean(&rows)).to_kind(Kind::Double);
            assert_eq!(numbers(&found.mean), numbers(&decoded));
        }
    }
}
