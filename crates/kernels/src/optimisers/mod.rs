//! Update rules over slices.

use std::fmt::Debug;

mod adam;
mod sgd;

pub use adam::Adam;
pub use sgd::Sgd;

/// An elementwise first-order update rule.
pub trait Update: Debug + Send + Sync {
    /// Moves `values` by their `gradient` and updates what the rule keeps for them: one slice of
    /// `state` a slot, each as long as `values`. `step` counts the updates of these values, this one
    /// included.
    fn update(
        &self,
        values: &mut [f32],
        gradient: &[f32],
        state: &mut [&mut [f32]],
        step: f64,
        rate: f64,
    );
}
