//! Features that cannot be compared.

/// Why two sets of features have no distance.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SampleError {
    /// A set is too small to have neighbourhoods.
    #[error("the {which} images are {found}, expected at least {least}")]
    TooFew {
        /// Which set, such as `generated`.
        which: &'static str,
        /// Rows found.
        found: i64,
        /// Rows needed.
        least: i64,
    },
    /// The two sets were not described by the same features.
    #[error("one set has {found} features an image and the other {expected}, expected as many")]
    Width {
        /// Columns of one set.
        found: i64,
        /// Columns of the other.
        expected: i64,
    },
    /// A feature is NaN or infinite.
    #[error("the features of the {which} images are not all finite")]
    NotFinite {
        /// Which set.
        which: &'static str,
    },
}
