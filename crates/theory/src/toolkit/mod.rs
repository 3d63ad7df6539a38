//! What several checks share: derivatives, differences, fits, Gaussians, and how numbers are
//! written.

pub mod ascent;
pub mod compare;
pub mod derivatives;
pub mod estimate;
pub mod fit;
pub mod gaussian;
pub mod linear_gaussian;
pub mod numbers;
