//! A diffusion of one number whose reverse process is linear, so that everything is Gaussian.

use tch::{Device, Kind, Tensor};

use crate::toolkit::gaussian::Gaussian;

/// A forward process: x_t = √(1 − β_t) x_{t−1} + √β_t ε for t = 1 … T. `β_t` is `betas[t − 1]`.
pub(super) struct Forward {
    pub(super) betas: Vec<f64>,
}

impl Forward {
    pub(super) fn steps(&self) -> usize {
        self.betas.len()
    }

    /// ᾱ_t = Π (1 − β) up to t, for t = 0 … T: the share of x_0's variance that is left.
    pub(super) fn kept(&self) -> Vec<f64> {
        let products = self.betas.iter().scan(1.0, |product, beta| {
            *product *= 1.0 - beta;
            Some(*product)
        });
        std::iter::once(1.0).chain(products).collect()
    }

    /// q(x_{1:T} | x_0), from the steps one by one.
    pub(super) fn joint(&self, x0: f64) -> Gaussian {
        let steps = self.steps();
        let mut mean = vec![x0];
        let mut rows = vec![vec![0.0; steps]];
        for (step, beta) in self.betas.iter().enumerate() {
            let shrink = (1.0 - beta).sqrt();
            mean.push(shrink * mean[step]);
            let mut row: Vec<f64> = rows[step].iter().map(|value| shrink * value).collect();
            row[step] = beta.sqrt();
            rows.push(row);
        }
        let factor = Tensor::from_slice(&rows[1..].concat());
        let size = steps as i64;
        Gaussian { mean: Tensor::from_slice(&mean[1..]), factor: factor.reshape([size, size]) }
    }

    /// q(x_{t−1} | x_t, x_0) for t > 1 in closed form: its mean is `[0] x_0 + [1] x_t`, its
    /// variance `[2]`.
    pub(super) fn posterior(&self, t: usize) -> [f64; 3] {
        let (kept, beta) = (self.kept(), self.betas[t - 1]);
        let noise = 1.0 - kept[t];
        [
            kept[t - 1].sqrt() * beta / noise,
            (1.0 - beta).sqrt() * (1.0 - kept[t - 1]) / noise,
            (1.0 - kept[t - 1]) / noise * beta,
        ]
    }
}

/// A reverse process: x_T ~ N(0, 1), x_{t−1} = a_t x_t + c_t + s_t ε. The parameters are
/// `[a, c, ln s]`, `[T]` each.
pub(super) fn reverse_joint(parameters: &[Tensor]) -> Gaussian {
    let steps = parameters[0].size()[0];
    let unit = |index: i64| {
        let eye = Tensor::eye(steps + 1, (Kind::Double, Device::Cpu));
        eye.get(index)
    };
    // In the order x_T, x_{T−1}, …, x_0, each row says how a variable depends on all noise.
    let mut means = vec![Tensor::from(0.0)];
    let mut rows = vec![unit(0)];
    for index in 0..steps {
        let t = steps - 1 - index;
        let [a, c, log_s] = [0, 1, 2].map(|which: usize| parameters[which].get(t));
        let last = index as usize;
        means.push(&a * &means[last] + c);
        rows.push(a * &rows[last] + log_s.exp() * unit(index + 1));
    }
    // Turned round to x_0, x_1, …, x_T.
    means.reverse();
    rows.reverse();
    let rows = Tensor::stack(&rows, 0);
    Gaussian::new(Tensor::stack(&means, 0), &rows.matmul(&rows.tr()))
}

/// KL of two univariate Gaussians by mean and variance, the second N(mean, e^{2 log s}); the squared
/// distance of the means is given, so that it may be an expectation.
pub(super) fn kl(variance: f64, squared_distance: &Tensor, log_s: &Tensor) -> Tensor {
    let scaled: Tensor = (squared_distance + variance) * (log_s * -2.0).exp();
    log_s - 0.5 * variance.ln() + 0.5 * (scaled - 1.0)
}
