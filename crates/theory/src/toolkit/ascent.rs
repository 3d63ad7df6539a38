//! Gradient ascent in plain steps.

use tch::Tensor;

use super::derivatives::gradients;

/// The parameters before the first of `steps` steps of `rate` times the gradient of `objective`, and
/// after each.
pub fn climb(
    start: Vec<Tensor>,
    rate: f64,
    steps: usize,
    objective: impl Fn(&[Tensor]) -> Tensor,
) -> Vec<Vec<Tensor>> {
    let mut path = vec![start];
    for step in 0..steps {
        let here = &path[step];
        let slopes = gradients(&here.iter().collect::<Vec<_>>(), &objective);
        let next = here.iter().zip(&slopes).map(|(value, slope)| value + rate * slope).collect();
        path.push(next);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parabola_is_climbed_by_halves() {
        // With slope −2 (x − 3) and rate ¼, each step halves the distance to 3.
        let path = climb(vec![Tensor::from(11.0)], 0.25, 3, |x| -(&x[0] - 3.0).square());
        let values: Vec<f64> = path.iter().map(|point| point[0].double_value(&[])).collect();
        assert_eq!(values, [11.0, 7.0, 5.0, 4.0]);
    }
}
