//! The steps of a run. Each reads what the steps before it left in the run's folder.

mod evaluate;
mod train;

pub use evaluate::evaluate;
pub use train::train;
