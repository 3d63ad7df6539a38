//! Derivatives by autograd, and by finite differences to check them against.

use tch::Tensor;

/// The gradients of a scalar function at `inputs`, one of each input's shape. An input that the
/// function does not use has the gradient zero.
pub fn gradients(inputs: &[&Tensor], function: impl Fn(&[Tensor]) -> Tensor) -> Vec<Tensor> {
    let leaves: Vec<Tensor> =
        inputs.iter().map(|input| input.detach().copy().set_requires_grad(true)).collect();
    function(&leaves).backward();
    let gradient = |leaf: &Tensor| {
        let gradient = leaf.grad();
        if gradient.defined() { gradient } else { leaf.zeros_like().detach() }
    };
    leaves.iter().map(gradient).collect()
}

/// The gradient of a scalar function at `input` by central differences of one coordinate at a time:
/// `(f(x + h·eᵢ) − f(x − h·eᵢ)) / 2h`, with an error of O(h²) and one of O(ε/h) from rounding.
pub fn finite_differences(input: &Tensor, step: f64, function: impl Fn(&Tensor) -> f64) -> Tensor {
    let flat: Vec<f64> = Vec::try_from(input.detach().reshape([-1])).unwrap_or_default();
    let moved = |index: usize, by: f64| {
        let mut values = flat.clone();
        values[index] += by;
        function(&Tensor::from_slice(&values).reshape(input.size()))
    };
    let slope = |index: usize| (moved(index, step) - moved(index, -step)) / (2.0 * step);
    let slopes: Vec<f64> = (0..flat.len()).map(slope).collect();
    Tensor::from_slice(&slopes).reshape(input.size())
}

/// The Jacobian of `function` at `input`, `[outputs, inputs]`: row k is the gradient of output k, one
/// backward pass each through a graph that is kept.
pub fn jacobian(input: &Tensor, function: impl Fn(&Tensor) -> Tensor) -> Tensor {
    let leaf = input.detach().copy().set_requires_grad(true);
    let outputs = function(&leaf).reshape([-1]);
    let row = |index: i64| {
        let gradients = Tensor::run_backward(&[outputs.get(index)], &[&leaf], true, false);
        gradients[0].reshape([-1])
    };
    let rows: Vec<Tensor> = (0..outputs.size()[0]).map(row).collect();
    Tensor::stack(&rows, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toolkit::compare::largest_difference;

    fn cube_sum(x: &Tensor) -> Tensor {
        (x * x * x).sum(tch::Kind::Double)
    }

    #[test]
    fn both_give_the_derivative_of_a_cube() {
        let x = Tensor::from_slice(&[1.0, -2.0, 0.5]);
        let exact = 3.0 * &x * &x;
        let by_autograd = &gradients(&[&x], |x| cube_sum(&x[0]))[0];
        assert!(largest_difference(by_autograd, &exact) < 1e-14);
        let numeric = finite_differences(&x, 1e-5, |x| cube_sum(x).double_value(&[]));
        assert!(largest_difference(&numeric, &exact) < 1e-8);
    }

    #[test]
    fn a_linear_map_is_its_own_jacobian() {
        let matrix = Tensor::from_slice(&[1.0, 2.0, -3.0, 0.5, 0.0, 4.0]).reshape([2, 3]);
        let found = jacobian(&Tensor::from_slice(&[1.0, 1.0, 1.0]), |x| matrix.mv(x));
        assert_eq!(largest_difference(&found, &matrix), 0.0);
    }

    #[test]
    fn an_unused_input_has_no_gradient() {
        let (x, y) = (Tensor::from_slice(&[1.0]), Tensor::from_slice(&[2.0]));
        assert_eq!(gradients(&[&x, &y], |x| cube_sum(&x[0]))[1].double_value(&[0]), 0.0);
    }
}
