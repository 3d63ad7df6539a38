//! Ridge regression as an inner problem, its strength chosen by the error on other data.

use tch::{Device, Kind, Tensor};

use crate::Context;

/// Inner: w*(θ) = argmin ½‖Xw − y‖²/n + ½e^θ‖w‖², on training data. Outer: the error on other data.
pub(super) struct Ridge {
    x: Tensor,
    y: Tensor,
    other_x: Tensor,
    other_y: Tensor,
}

impl Ridge {
    pub(super) fn new(context: &Context) -> Ridge {
        let normal =
            |purpose: &str, shape: &[i64]| context.normal(&format!("bilevel {purpose}"), shape);
        let truth = normal("truth", &[5]);
        let (x, other_x) = (normal("training", &[20, 5]), normal("validation", &[20, 5]));
        let y = x.matmul(&truth) + normal("training noise", &[20]);
        let other_y = other_x.matmul(&truth) + normal("validation noise", &[20]);
        Ridge { x, y, other_x, other_y }
    }

    /// The inner objective.
    pub(super) fn inner(&self, w: &Tensor, theta: &Tensor) -> Tensor {
        let fit = 0.5 * (self.x.matmul(w) - &self.y).square().mean(Kind::Double);
        fit + 0.5 * theta.exp() * w.square().sum(Kind::Double)
    }

    /// The inner problem's solution in closed form, by a Cholesky factor: no descent.
    pub(super) fn solve(&self, theta: f64) -> Tensor {
        let count = self.x.size()[0] as f64;
        let identity = Tensor::eye(5, (Kind::Double, Device::Cpu));
        let normal = self.x.tr().matmul(&self.x) / count + theta.exp() * identity;
        let right = (self.x.tr().matmul(&self.y) / count).unsqueeze(1);
        right.cholesky_solve(&normal.linalg_cholesky(false), false).squeeze_dim(1)
    }

    /// The outer objective.
    pub(super) fn outer(&self, w: &Tensor) -> Tensor {
        (self.other_x.matmul(w) - &self.other_y).square().mean(Kind::Double)
    }

    /// Gradient descent on the inner problem, from zero: its result, for autograd to go through.
    pub(super) fn descend(&self, theta: &Tensor, steps: i64) -> Tensor {
        let mut w = Tensor::zeros([5], (Kind::Double, Device::Cpu)).set_requires_grad(true);
        for _ in 0..steps {
            let value = self.inner(&w, theta);
            let gradient = Tensor::run_backward(&[value], &[&w], true, true).remove(0);
            w = &w - 0.3 * gradient;
        }
        w
    }
}
