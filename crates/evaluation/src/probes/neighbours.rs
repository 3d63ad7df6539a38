//! The nearest neighbours' vote.

use tch::{Kind, Tensor};

use super::{Labelled, class_count};

/// Values of a block of the distance matrix: 128 MB in double precision, whatever the number of
/// images.
const BLOCK_VALUES: i64 = 1 << 24;

/// The class that most of the `k` nearest of `train` have, for each of `features` `[M, d]`: `[M]`.
/// Distances are Euclidean; of classes with as many votes the lowest number wins, as in SciPy's
/// `mode` and scikit-learn.
///
/// All in double precision: a distance comes from a matrix product, which cancels digits where points
/// are close to one another and far from the origin.
pub fn neighbour_predictions(train: &Labelled, features: &Tensor, k: i64) -> Tensor {
    let _guard = tch::no_grad_guard();
    let others = train.features.to_kind(Kind::Double);
    let centre = others.mean_dim([0i64].as_slice(), true, Kind::Double);
    let others = others - &centre;
    // Of ‖a − b‖² the part that differs between the candidates b of one a.
    let squares = others.square().sum_dim_intlist([1i64].as_slice(), false, Kind::Double);
    let votes = train.classes.one_hot(class_count(&train.classes));
    let block = (BLOCK_VALUES / others.size()[0]).max(1);
    let predict = |part: &Tensor| {
        let part = part.to_kind(Kind::Double) - &centre;
        let distances = squares.addmm(&(&part * -2.0), &others.tr());
        let (_, nearest) = distances.topk(k, 1, false, false);
        let votes = votes.index_select(0, &nearest.reshape([-1]));
        let votes = votes.reshape([part.size()[0], k, -1]);
        votes.sum_dim_intlist([1i64].as_slice(), false, Kind::Int64).argmax(1, false)
    };
    Tensor::cat(&features.split(block, 0).iter().map(predict).collect::<Vec<_>>(), 0)
}
