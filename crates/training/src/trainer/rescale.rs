//! The scale of the latents, which their images leave free.

use tch::{Kind, Tensor};

use super::Trainer;

impl Trainer<'_> {
    /// Brings every coordinate of the latents to the prior's scale, and lets the decoder's first layer undo
    /// it: all images decode as before, and the mean KL divergence is the lowest that scaling alone can reach.
    ///
    /// For Gaussian rows and `z · f` in place of `z` that mean is `½ (f² s − 1 − 2 ln f)` and what does not
    /// depend on `f`, with `s` the mean of `mean² + variance` over the rows; `f = 1 / √s` is its minimum.
    /// By gradient descent alone rows and weights would have to move together to get there, and do so slowly.
    ///
    /// Optimisers' moments stay what they were: from one epoch to the next the scale hardly changes, and
    /// they forget. An encoder is moved with the decoder, and needs no help.
    pub(super) fn rescale(&mut self) {
        if !self.config.rescale || self.model.encoder().is_some() {
            return;
        }
        let _guard = tch::no_grad_guard();
        let posterior = self.model.posterior();
        let (rows, ..) = self.table.tensors_mut();
        let scales = second_moments(&posterior.mean(rows), &posterior.variance(rows)).sqrt();
        let Some(scaled) = posterior.scaled(rows, &scales.reciprocal()) else { return };
        if self.model.decoder().scale_inputs(&scales) {
            rows.copy_(&scaled);
        }
        if let Some(engine) = &mut self.engine {
            let _ = engine.refresh();
        }
    }
}

/// Means of `mean² + variance` over the rows, `[latent_dim]`. They are summed in f64, so that the order of
/// summation, which depends on the number of threads, is lost in rounding.
fn second_moments(means: &Tensor, variances: &Tensor) -> Tensor {
    let sum = means.to_kind(Kind::Double).square() + variances;
    sum.mean_dim(0, false, Kind::Double).to_kind(means.kind())
}
