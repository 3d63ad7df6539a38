//! Reconstruction losses with their gradients, in one pass.

use std::fmt::Debug;

mod bernoulli;
mod gaussian;
mod observed;

pub use bernoulli::Bernoulli;
pub use gaussian::{Gaussian, IdentityGaussian};
pub use observed::{apply_observed, compact};

/// What logits cost, given the pixels that they stand for.
pub trait Loss: Debug + Send + Sync {
    /// The loss of one image, `−log p(pixels | logits)` in nats, summed over its pixels, which lie in
    /// [0, 1]. Its gradient replaces the logits. NaN where a logit is NaN.
    ///
    /// # Panics
    /// Where there are not as many pixels as logits.
    fn apply(&self, logits: &mut [f32], pixels: &[f32]) -> f64;
}

/// Partial sums, so that the compiler may add several terms at a time in an order that is the same
/// on every machine.
const LANES: usize = 16;

/// Applies `term` to every pair, which returns its share of the sum, and adds the shares.
#[inline(always)]
fn sum(logits: &mut [f32], pixels: &[f32], term: impl Fn(&mut f32, f32) -> f32) -> f64 {
    assert_eq!(logits.len(), pixels.len(), "each logit needs a pixel");
    let mut lanes = [0.0f32; LANES];
    let (blocks, rest) = logits.as_chunks_mut::<LANES>();
    let (pixel_blocks, pixel_rest) = pixels.as_chunks::<LANES>();
    for (logits, pixels) in blocks.iter_mut().zip(pixel_blocks) {
        for lane in 0..LANES {
            lanes[lane] += term(&mut logits[lane], pixels[lane]);
        }
    }
    let rest = rest.iter_mut().zip(pixel_rest).map(|(logit, &pixel)| f64::from(term(logit, pixel)));
    rest.sum::<f64>() + lanes.into_iter().map(f64::from).sum::<f64>()
}
