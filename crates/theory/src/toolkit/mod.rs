//! What several checks share: mathematics, measurements, small networks and classifiers, pictures, and how
//! numbers are written.

pub mod ascent;
pub mod attention;
pub mod classify;
pub mod compare;
pub mod derivatives;
pub mod descent;
pub mod estimate;
pub mod fit;
pub mod gaussian;
pub mod linear_gaussian;
pub mod numbers;
pub mod picture;
pub mod receptive_field;
pub mod samples;
