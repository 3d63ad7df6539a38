//! How far two samples of points lie apart as distributions.

use tch::{Kind, Tensor};

/// Mean Euclidean distance of a point of `a` `[N, d]` from a point of `b` `[M, d]`.
pub fn mean_distance(a: &Tensor, b: &Tensor) -> f64 {
    let (a, b) = (a.to_kind(Kind::Double), b.to_kind(Kind::Double));
    Tensor::cdist(&a, &b, 2.0, None::<i64>).mean(Kind::Double).double_value(&[])
}

/// The energy distance `2 E‖X − Y‖ − E‖X − X′‖ − E‖Y − Y′‖` of two samples (Székely and Rizzo 2013,
/// doi:10.1016/j.jspi.2013.03.018): zero where both are drawn from one distribution, but for what
/// finite samples leave, and positive otherwise. It needs no parameter, and it sees a lack of
/// variety as well as points that belong nowhere.
pub fn energy_distance(a: &Tensor, b: &Tensor) -> f64 {
    2.0 * mean_distance(a, b) - mean_distance(a, a) - mean_distance(b, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_pairs_on_a_line() {
        // From {0, 2} to {5, 7}: distances 5, 7, 3, 5; within each 0, 2, 2, 0.
        let a = Tensor::from_slice(&[0.0, 2.0]).reshape([2, 1]);
        let b = &a + 5.0;
        assert!((energy_distance(&a, &b) - (2.0 * 5.0 - 1.0 - 1.0)).abs() < 1e-12);
        assert!(energy_distance(&a, &a).abs() < 1e-12);
    }
}
