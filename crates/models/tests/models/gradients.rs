//! Gradients against central differences, in f64.

use tch::{Kind, Tensor};

use crate::make::numbers;

/// The gradient of the sum of `f` at `x` beside its central differences.
pub fn assert_gradient(what: &str, x: &Tensor, f: impl Fn(&Tensor) -> Tensor) {
    let leaf = x.copy().set_requires_grad(true);
    let gradient = Tensor::run_backward(&[f(&leaf).sum(Kind::Double)], &[&leaf], false, false);
    let values = numbers(x);
    let at = |index: usize, offset: f64| {
        let mut moved = values.clone();
        moved[index] += offset;
        let moved = Tensor::from_slice(&moved).reshape(x.size());
        f(&moved).sum(Kind::Double).double_value(&[])
    };
    for (index, found) in numbers(&gradient[0]).into_iter().enumerate() {
        let step = 1e-5 * values[index].abs().max(1.0);
        let expected = (at(index, step) - at(index, -step)) / (2.0 * step);
        let tolerance = 1e-5 * expected.abs().max(1.0);
        assert!(
            (found - expected).abs() < tolerance,
            "{what} at {}: {found}, expected {expected}",
            values[index]
        );
    }
}
