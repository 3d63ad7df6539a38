//! Where a product and its factors lie.

use crate::matmul::Into;

/// Where a tile is, and how its neighbours lie. Not to be used when the borrows are over that [`Place::corner`] was given.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub target: *mut f32,
    pub target_stride: usize,
    pub left: *const u32,
    /// From row to row, and from step to step.
    pub left_strides: [usize; 2],
    pub right: *const u32,
    pub right_stride: usize,
    /// Steps along the inner dimension, each of one number or one pair.
    pub steps: usize,
    pub scale: f32,
    pub adds: bool,
}

/// A factor's values of 32 bits, and how they lie: `[rows, steps]` of the left one in any order, `[steps, columns]` of
/// the right one with columns side by side.
#[derive(Clone, Copy)]
pub(crate) struct Factor<'a> {
    pub values: &'a [u32],
    pub size: [usize; 2],
    pub strides: [usize; 2],
}

impl<'a> Factor<'a> {
    /// The values.
    ///
    /// # Panics
    /// Where a size is 0, or an element lies beyond the slice.
    pub fn checked(&self) -> &'a [u32] {
        assert!(!self.size.contains(&0), "an empty factor");
        let last: usize = self.size.iter().zip(self.strides).map(|(n, by)| (n - 1) * by).sum();
        assert!(last < self.values.len(), "a factor beyond its slice");
        self.values
    }
}

impl Place {
    /// The first tile of `scale · left · right`, which is written to the first columns of `target`, `width`
    /// values from row to row, or added there.
    ///
    /// # Panics
    /// Where the product is empty, inner sizes differ, or an element of it or of a factor lies beyond its slice.
    pub fn corner(
        target: &mut [f32],
        width: usize,
        (left, right): (Factor, Factor),
        scale: f32,
        into: Into,
    ) -> Place {
        let ([rows, steps], [inner, columns]) = (left.size, right.size);
        assert!(rows > 0 && steps > 0 && columns > 0, "an empty product");
        assert_eq!(steps, inner, "the inner sizes of a product");
        assert_eq!(right.strides[1], 1, "the right factor's columns side by side");
        assert!((rows - 1) * width + columns <= target.len(), "the product beyond its slice");
        Place {
            target: target.as_mut_ptr(),
            target_stride: width,
            left: left.checked().as_ptr(),
            left_strides: left.strides,
            right: right.checked().as_ptr(),
            right_stride: right.strides[0],
            steps,
            scale,
            adds: into == Into::Add,
        }
    }
}
