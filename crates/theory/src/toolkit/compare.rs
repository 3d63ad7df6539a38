//! How far two tensors lie apart.

use tch::{Kind, Tensor};

/// The largest absolute difference of two tensors of one shape.
pub fn largest_difference(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.size(), b.size(), "tensors of one shape are compared");
    largest(&(a.to_kind(Kind::Double) - b.to_kind(Kind::Double)))
}

/// The largest absolute difference, over the largest absolute value in `reference`.
pub fn relative_difference(value: &Tensor, reference: &Tensor) -> f64 {
    largest_difference(value, reference) / largest(reference)
}

/// The largest absolute value.
pub fn largest(values: &Tensor) -> f64 {
    values.to_kind(Kind::Double).abs().max().double_value(&[])
}
