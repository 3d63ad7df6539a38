//! Update rules over slices.

use std::fmt::Debug;

mod adam;
mod sgd;

pub use adam::Adam;
pub use sgd::Sgd;

/// An elementwise first-order update rule.
pub trait Update: Debug + Send + Sync {
    /// Moves `values` by their `gradient` and updates what the rule keeps for them: one slice of
    /// `state` a slot ([`Adam`] has two, [`Sgd`] one), zero before the first update. `gradient` and all
    /// slots are as long as `values`. `step` counts the updates of these values, this one included;
    /// `rate` is the learning rate.
    ///
    /// # Panics
    /// Where `state` has not as many slots as the rule.
    fn update(
        &self,
        values: &mut [f32],
        gradient: &[f32],
        state: &mut [&mut [f32]],
        step: f64,
        rate: f64,
    );
}
