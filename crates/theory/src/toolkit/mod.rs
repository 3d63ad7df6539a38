//! What several checks share: attention, derivatives, differences, fits, receptive fields, pictures, and how numbers are
//! written.

pub mod attention;
pub mod compare;
pub mod derivatives;
pub mod fit;
pub mod numbers;
pub mod picture;
pub mod receptive_field;
