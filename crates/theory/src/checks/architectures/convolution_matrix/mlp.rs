//! What an MLP can compute that a CNN cannot, and the reverse.

use tch::{Device, Kind, Tensor};

use super::matrix::{Convolution, flat};
use crate::toolkit::compare::relative_difference;
use crate::toolkit::derivatives::gradients;
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Context, Finding, Precision, Verdict};

pub(super) fn compare(
    context: &Context,
    convolution: &Convolution,
    images: &Tensor,
) -> [Finding; 3] {
    [
        no_difference(context, convolution),
        same_network(context, convolution, images),
        flat_vector(context, images),
    ]
}

/// How far a linear layer lies from the nearest convolution: that one has the mean of the entries
/// that share a weight at each of their places.
fn no_difference(context: &Context, convolution: &Convolution) -> Finding {
    let places = convolution.places();
    let layer = context.normal("convolution-matrix layer", &places.size());
    let sum_over = |values: &Tensor| {
        let sums = Tensor::zeros([109], (Kind::Double, Device::Cpu));
        sums.index_add(0, &places.reshape([-1]), &values.reshape([-1]))
    };
    let means = (sum_over(&layer) / sum_over(&layer.ones_like())).narrow(0, 0, 108);
    let weight = means.reshape([4, 3, 3, 3]);
    let nearest = Convolution { weight, side: convolution.side }.matrix();
    let distance = ((&layer - nearest).norm() / layer.norm()).double_value(&[]);
    Finding {
        id: "no-difference".into(),
        claim: "A convolution is linear, so it makes no difference whether linear layers or \
                convolutions stand between the activations"
            .into(),
        source: "003, question 2 (b)".into(),
        expected: "a linear layer with random weights is a convolution: distance 0".into(),
        measured: format!("the nearest convolution lies {} of its norm away", fixed(distance, 4)),
        verdict: Verdict::holds_if(distance < 1e-6),
        precision: Precision::Relative(1e-3),
    }
}

/// Two convolutions with ReLU, and the MLP with their matrices.
fn same_network(context: &Context, first: &Convolution, images: &Tensor) -> Finding {
    let weight = context.normal("convolution-matrix second", &[2, 4, 3, 3]);
    let second = Convolution { weight, side: first.side };
    let cnn = flat(&second.apply(&first.apply(images).relu()));
    let hidden = flat(images).matmul(&first.matrix().tr()).relu();
    let mlp = hidden.matmul(&second.matrix().tr());
    let difference = relative_difference(&mlp, &cnn);
    Finding {
        id: "same-network".into(),
        claim: "MLPs are not able to capture spatial relationships, as they treat images as flat \
                vectors"
            .into(),
        source: "002, CNN and MLP, (b)".into(),
        expected: "no MLP computes what a CNN of two convolutions computes".into(),
        measured: format!(
            "the MLP with the convolutions’ matrices does: relative difference {}",
            at_most(difference, -12)
        ),
        verdict: Verdict::holds_if(difference > 1e-3),
        precision: Precision::Exact,
    }
}

/// Training sees no order of pixels in an MLP: the gradient for images with permuted pixels is the
/// permuted gradient. For a convolution it is another one.
fn flat_vector(context: &Context, images: &Tensor) -> Finding {
    let order = context.uniform("convolution-matrix order", &[300]).argsort(0, false);
    let permuted = flat(images).index_select(1, &order).reshape_as(images);
    let layer = 0.1 * context.normal("convolution-matrix dense", &[400, 300]);
    let dense = |images: &Tensor, layer: &Tensor| {
        gradients(&[layer], |w| loss(&flat(images).matmul(&w[0].tr()))).remove(0)
    };
    let by_order = |matrix: &Tensor| matrix.index_select(1, &order);
    let mlp = relative_difference(
        &dense(&permuted, &by_order(&layer)),
        &by_order(&dense(images, &layer)),
    );
    let kernel = 0.1 * context.normal("convolution-matrix kernel", &[4, 3, 3, 3]);
    let shared = |images: &Tensor| {
        let side = 10;
        let output =
            |w: &[Tensor]| Convolution { weight: w[0].shallow_clone(), side }.apply(images);
        gradients(&[&kernel], |w| loss(&output(w))).remove(0)
    };
    let cnn = relative_difference(&shared(&permuted), &shared(images));
    Finding {
        id: "flat-vector".into(),
        claim: "An MLP treats the image as a flat vector".into(),
        source: "002, CNN and MLP, (a)".into(),
        expected: "permuting the pixels permutes the gradient of an MLP, and changes a CNN’s"
            .into(),
        measured: format!(
            "relative difference {} for the MLP, {} for the CNN",
            at_most(mlp, -12),
            fixed(cnn, 2)
        ),
        verdict: Verdict::holds_if(mlp < 1e-12 && cnn > 0.1),
        precision: Precision::Relative(0.05),
    }
}

/// Some loss that is not linear.
fn loss(output: &Tensor) -> Tensor {
    output.tanh().square().sum(Kind::Double)
}
