//! A Gaussian of several dimensions with any covariance.

use std::f64::consts::TAU;

use tch::{Kind, Tensor};

/// `N(mean, factor · factorᵀ)`. Everything is differentiable in both.
#[derive(Debug)]
pub struct Gaussian {
    /// `[D]`.
    pub mean: Tensor,
    /// The Cholesky factor of the covariance: lower triangular, `[D, D]`.
    pub factor: Tensor,
}

impl Gaussian {
    /// From a mean `[D]` and a positive definite covariance `[D, D]`.
    pub fn new(mean: Tensor, covariance: &Tensor) -> Gaussian {
        Gaussian { mean, factor: covariance.linalg_cholesky(false) }
    }

    /// Independent coordinates, from means and standard deviations `[D]`.
    pub fn independent(mean: Tensor, deviation: &Tensor) -> Gaussian {
        Gaussian { mean, factor: deviation.diag(0) }
    }

    /// The covariance, `[D, D]`.
    pub fn covariance(&self) -> Tensor {
        self.factor.matmul(&self.factor.tr())
    }

    /// Samples `[L, D]` from standard normal noise `[L, D]`.
    pub fn sample(&self, noise: &Tensor) -> Tensor {
        &self.mean + noise.matmul(&self.factor.tr())
    }

    /// Log densities `[L]` of points `[L, D]`, in nats.
    pub fn log_prob(&self, points: &Tensor) -> Tensor {
        let whitened = self.whiten(&(points - &self.mean).tr());
        let squared = whitened.square().sum_dim_intlist(0, false, Kind::Double);
        -0.5 * (squared + self.dimensions() * TAU.ln()) - self.half_log_determinant()
    }

    /// KL(self ‖ other) in nats, a scalar.
    pub fn kl(&self, other: &Gaussian) -> Tensor {
        let spread = other.whiten(&self.factor).square().sum(Kind::Double);
        let shift = other.whiten(&(&self.mean - &other.mean).unsqueeze(1)).square();
        0.5 * (spread + shift.sum(Kind::Double) - self.dimensions()) + other.half_log_determinant()
            - self.half_log_determinant()
    }

    /// The distribution of the other coordinates where the first has this value.
    pub fn given_first(&self, value: f64) -> Gaussian {
        let rest = self.mean.size()[0] - 1;
        let covariance = self.covariance();
        let column = covariance.narrow(0, 1, rest).narrow(1, 0, 1);
        let slope = &column / covariance.get(0).get(0);
        let shift = (value - self.mean.get(0)) * slope.squeeze_dim(1);
        let within = covariance.narrow(0, 1, rest).narrow(1, 1, rest);
        Gaussian::new(self.mean.narrow(0, 1, rest) + shift, &(within - slope.matmul(&column.tr())))
    }

    /// ½ ln det of the covariance.
    fn half_log_determinant(&self) -> Tensor {
        self.factor.diagonal(0, 0, 1).log().sum(Kind::Double)
    }

    /// `factor⁻¹ · columns`.
    fn whiten(&self, columns: &Tensor) -> Tensor {
        self.factor.linalg_solve_triangular(columns, false, true, false)
    }

    fn dimensions(&self) -> f64 {
        self.mean.size()[0] as f64
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::toolkit::compare::largest_difference;

    fn pair() -> (Gaussian, Gaussian) {
        let covariance = Tensor::from_slice(&[2.0, 0.6, 0.6, 0.5]).reshape([2, 2]);
        let q = Gaussian::new(Tensor::from_slice(&[0.3, -0.7]), &covariance);
        let deviation = Tensor::from_slice(&[1.5, 0.8]);
        (q, Gaussian::independent(Tensor::from_slice(&[-0.2, 0.1]), &deviation))
    }

    /// Points of a square grid of side 24 around the origin, and the area of a cell.
    fn grid() -> (Tensor, f64) {
        let (count, step) = (400, 0.06);
        let axis = (Tensor::arange(count, (Kind::Double, Device::Cpu)) + 0.5) * step - 12.0;
        (Tensor::cartesian_prod(&[&axis, &axis]), step * step)
    }

    fn value(tensor: &Tensor) -> f64 {
        tensor.double_value(&[])
    }

    #[test]
    fn densities_integrate_to_one_and_give_mean_and_divergence() {
        let (q, p) = pair();
        let (points, area) = grid();
        let density = q.log_prob(&points).exp() * area;
        assert!((value(&density.sum(Kind::Double)) - 1.0).abs() < 1e-9);
        let mean = (density.unsqueeze(1) * &points).sum_dim_intlist(0, false, Kind::Double);
        assert!(largest_difference(&mean, &q.mean) < 1e-9);
        let integral = density * (q.log_prob(&points) - p.log_prob(&points));
        let integral = value(&integral.sum(Kind::Double));
        assert!((value(&q.kl(&p)) - integral).abs() < 1e-8);
        assert!(value(&q.kl(&q)).abs() < 1e-14);
    }

    #[test]
    fn samples_have_the_covariance() {
        let (q, _) = pair();
        // Noise whose own moments are exact: ±√2 along each axis.
        let noise = Tensor::from_slice(&[1.0, 0.0, -1.0, 0.0, 0.0, 1.0, 0.0, -1.0]) * 2f64.sqrt();
        let moved = q.sample(&noise.reshape([4, 2])) - &q.mean;
        assert!(largest_difference(&(moved.tr().matmul(&moved) / 4.0), &q.covariance()) < 1e-14);
    }

    #[test]
    fn joint_is_first_times_conditional() {
        let (q, _) = pair();
        let (x, y) = (0.9, -1.1);
        let first =
            Gaussian::new(q.mean.narrow(0, 0, 1), &q.covariance().narrow(0, 0, 1).narrow(1, 0, 1));
        let at = |values: &[f64]| Tensor::from_slice(values).reshape([1, -1]);
        let product = first.log_prob(&at(&[x])) + q.given_first(x).log_prob(&at(&[y]));
        assert!(largest_difference(&product, &q.log_prob(&at(&[x, y]))) < 1e-13);
    }
}
