//! A loss over some of an image's pixels.

use super::Loss;

/// Moves the values whose flag in `observed` (as many, 1 or 0) is 1 to the front, in their order, and
/// says how many they are. What stands behind them is of no meaning.
///
/// # Panics
/// Where there are not as many flags as values.
pub fn compact(values: &mut [f32], observed: &[u8]) -> usize {
    assert_eq!(values.len(), observed.len(), "each value needs a flag");
    let mut front = 0;
    for (place, &flag) in observed.iter().enumerate() {
        // No branch: which pixels are missing is chance.
        values[front] = values[place];
        front += usize::from(flag != 0);
    }
    front
}

/// Undoes [`compact`]: the `count` values at the front go back to their places, and the others are 0.
fn spread(values: &mut [f32], observed: &[u8], count: usize) {
    let mut front = count;
    // From behind, so that no value is overwritten before it has moved.
    for (place, &flag) in observed.iter().enumerate().rev() {
        let seen = flag != 0;
        front -= usize::from(seen);
        // There is such a place: if all are seen, one was taken off, and else they are fewer.
        let value = values[front];
        values[place] = if seen { value } else { 0.0 };
    }
}

/// [`Loss::apply`] over the observed pixels of an image. `logits` are those of all its pixels, `pixels`
/// the observed ones alone, as [`compact`] leaves them at the front. The gradient replaces the logits:
/// 0 where nothing was observed, so that the pixel might have been anything.
///
/// # Panics
/// Where there are not as many flags as logits, or fewer pixels than observed ones.
pub fn apply_observed(loss: &dyn Loss, logits: &mut [f32], pixels: &[f32], observed: &[u8]) -> f64 {
    let count = compact(logits, observed);
    let value = loss.apply(&mut logits[..count], &pixels[..count]);
    spread(logits, observed, count);
    value
}
