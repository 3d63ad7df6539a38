//! What several checks share: derivatives, differences, fits, small networks and classifiers, and how
//! numbers are written.

pub mod classify;
pub mod compare;
pub mod derivatives;
pub mod descent;
pub mod fit;
pub mod numbers;
pub mod samples;
