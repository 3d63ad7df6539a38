//! What several checks share: derivatives, differences, fits, and how numbers are written.

pub mod compare;
pub mod derivatives;
pub mod fit;
pub mod numbers;
