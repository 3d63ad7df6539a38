//! Where a product and its factors lie.

use super::{Left, Right};
use crate::matmul::Into;

/// Where a tile is, and how its neighbours lie.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub target: *mut f32,
    pub target_stride: usize,
    pub left: *const u32,
    pub left_strides: [usize; 2],
    pub right: *const u32,
    pub right_stride: usize,
    pub pairs: usize,
    pub scale: f32,
    pub adds: bool,
}

impl Place {
    /// The first tile of `scale · left · right`, which is written to the first columns of `target`, `width`
    /// values from row to row, or added there.
    ///
    /// # Panics
    /// Where the product is empty, or an element of it or of a factor lies beyond its slice.
    pub fn corner(
        target: &mut [f32],
        width: usize,
        (left, right): (Left, Right),
        scale: f32,
        into: Into,
    ) -> Place {
        let Left { rows, pairs, row_stride, pair_stride, .. } = left;
        assert!(rows > 0 && pairs > 0 && right.columns > 0, "an empty product");
        assert!((rows - 1) * width + right.columns <= target.len(), "the product beyond its slice");
        let last = (rows - 1) * row_stride + (pairs - 1) * pair_stride;
        assert!(last < left.values.len(), "the left factor beyond its slice");
        assert!(pairs * right.columns <= right.values.len(), "the right factor beyond its slice");
        Place {
            target: target.as_mut_ptr(),
            target_stride: width,
            left: left.values.as_ptr(),
            left_strides: [row_stride, pair_stride],
            right: right.values.as_ptr(),
            right_stride: right.columns,
            pairs,
            scale,
            adds: into == Into::Add,
        }
    }
}
