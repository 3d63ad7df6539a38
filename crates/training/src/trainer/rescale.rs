//! The scale of the latents, which their images leave free.

use autodecoder_distributions::Posterior;
use tch::{Kind, Tensor};

use super::Trainer;

/// libtorch begins to share work among threads above twice as many.
const VALUES_AT_A_TIME: i64 = 16_384;

impl Trainer<'_> {
    /// Brings every coordinate of the latents to the prior's scale, and lets the decoder's first layer undo
    /// it: all images decode as before, and the mean KL divergence is the lowest that scaling alone can reach.
    ///
    /// For Gaussian rows and `z · f` in place of `z` that mean is `½ (f² s − 1 − 2 ln f)` and what does not
    /// depend on `f`, with `s` the mean of `mean² + variance` over the rows; `f = 1 / √s` is its minimum.
    /// By gradient descent alone rows and weights would have to move together to get there, and do so slowly.
    ///
    /// Where several samples are weighed the objective holds no such mean, and the scale is near its best only.
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
        let scales = scales(posterior, rows);
        let factors = scales.reciprocal();
        let belongs = posterior.scaled(&rows.narrow(0, 0, 1), &factors).is_some();
        if !(belongs && self.model.decoder().scale_inputs(&scales)) {
            return;
        }
        for mut rows in blocks(rows) {
            if let Some(scaled) = posterior.scaled(&rows, &factors) {
                rows.copy_(&scaled);
            }
        }
        if let Some(engine) = &mut self.engine {
            let _ = engine.refresh();
        }
    }
}

/// Roots of the means of `mean² + variance` over the rows, `[latent_dim]`.
fn scales(posterior: &dyn Posterior, rows: &Tensor) -> Tensor {
    let square = |rows: &Tensor| {
        let second = posterior.mean(rows).to_kind(Kind::Double).square() + posterior.variance(rows);
        second.sum_dim_intlist(0, false, Kind::Double)
    };
    let sum = blocks(rows).map(|rows| square(&rows)).reduce(|sum, block| sum + block);
    let mean = sum.unwrap_or_else(|| square(rows)) / rows.size()[0] as f64;
    mean.sqrt().to_kind(rows.kind())
}

/// Views of all rows, some at a time: so few that libtorch gives none of its threads a part of them, and every
/// result is the same to the bit for any number of threads.
fn blocks(rows: &Tensor) -> impl Iterator<Item = Tensor> {
    let at_a_time = (VALUES_AT_A_TIME / rows.size()[1]).max(1);
    rows.split(at_a_time, 0).into_iter()
}
