//! What several checks share: mathematics, measurements, pictures, and how numbers are written.

pub mod ascent;
pub mod attention;
pub mod compare;
pub mod derivatives;
pub mod estimate;
pub mod fit;
pub mod gaussian;
pub mod linear_gaussian;
pub mod numbers;
pub mod picture;
pub mod receptive_field;
