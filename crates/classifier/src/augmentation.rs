//! Training images moved and mirrored at random, so that a classifier cannot learn them by heart.

use autodecoder_models::ImageShape;
use rand::Rng;
use tch::Tensor;

/// How images are varied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Augmentation {
    /// Pixels that an image moves at most, in each direction; black comes in from outside.
    pub shift: i64,
    /// Whether every other image, on average, is mirrored.
    pub flip: bool,
}

impl Augmentation {
    /// Varies each of `pixels` `[B, channels, height, width]` in its own way, which `rng` draws.
    pub fn apply(&self, pixels: &Tensor, rng: &mut impl Rng) -> Tensor {
        let size = pixels.size();
        let shape = ImageShape { channels: size[1], height: size[2], width: size[3] };
        let mut sources = Vec::with_capacity(pixels.numel());
        for _ in 0..size[0] {
            Move::draw(self, rng).sources(shape, &mut sources);
        }
        let sources = Tensor::from_slice(&sources).reshape([size[0], -1]);
        // One more pixel, black, stands for everything outside.
        let flat = pixels.flatten(1, -1).constant_pad_nd([0i64, 1].as_slice());
        flat.gather(1, &sources.to_device(pixels.device()), false).reshape(size)
    }
}

/// What happens to one image.
#[derive(Debug, Clone, Copy)]
struct Move {
    down: i64,
    right: i64,
    mirrored: bool,
}

impl Move {
    fn draw(range: &Augmentation, rng: &mut impl Rng) -> Move {
        let shift = range.shift;
        Move {
            down: rng.random_range(-shift..=shift),
            right: rng.random_range(-shift..=shift),
            mirrored: range.flip && rng.random(),
        }
    }

    /// Appends, for each pixel of the moved image, where it is in the original one; one past the last
    /// where it is outside.
    fn sources(&self, shape: ImageShape, out: &mut Vec<i64>) {
        let ImageShape { channels, height, width } = shape;
        for channel in 0..channels {
            for y in 0..height {
                for x in 0..width {
                    let column = if self.mirrored { width - 1 - x } else { x } - self.right;
                    let row = y - self.down;
                    let inside = (0..height).contains(&row) && (0..width).contains(&column);
                    let place = (channel * height + row) * width + column;
                    out.push(if inside { place } else { shape.numel() });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use autodecoder_training::Streams;
    use tch::{Device, Kind};

    use super::*;

    /// Two images of 2 × 3 pixels: 1 to 6, and 7 to 12.
    fn pixels() -> Tensor {
        Tensor::arange_start(1, 13, (Kind::Float, Device::Cpu)).reshape([2, 1, 2, 3])
    }

    fn moved(change: Move) -> Vec<i64> {
        let mut sources = Vec::new();
        change.sources(ImageShape { channels: 1, height: 2, width: 3 }, &mut sources);
        sources
    }

    #[test]
    fn pixels_come_from_where_the_move_says() {
        let still = Move { down: 0, right: 0, mirrored: false };
        assert_eq!(moved(still), [0, 1, 2, 3, 4, 5]);
        assert_eq!(moved(Move { right: 1, ..still }), [6, 0, 1, 6, 3, 4]);
        assert_eq!(moved(Move { down: -1, ..still }), [3, 4, 5, 6, 6, 6]);
        assert_eq!(moved(Move { mirrored: true, ..still }), [2, 1, 0, 5, 4, 3]);
    }

    #[test]
    fn every_move_within_the_range_is_drawn_and_no_other() {
        let range = Augmentation { shift: 1, flip: true };
        let mut seen = std::collections::BTreeMap::new();
        let mut rng = Streams::new(1).rng("augmentation", &[]);
        for _ in 0..1800 {
            let Move { down, right, mirrored } = Move::draw(&range, &mut rng);
            *seen.entry((down, right, mirrored)).or_insert(0) += 1;
        }
        // 3 × 3 × 2 moves, 100 draws each: four standard deviations are 39.
        assert_eq!(seen.len(), 18, "{seen:?}");
        assert!(seen.values().all(|count| (60..140).contains(count)), "{seen:?}");
    }

    #[test]
    fn nothing_allowed_changes_nothing_and_images_stay_apart() {
        let mut rng = Streams::new(1).rng("augmentation", &[]);
        let still = Augmentation { shift: 0, flip: false };
        assert_eq!(still.apply(&pixels(), &mut rng), pixels());
        let varied = Augmentation { shift: 1, flip: true }.apply(&pixels(), &mut rng);
        let values = |image: i64| Vec::<f32>::try_from(varied.get(image).flatten(0, -1)).unwrap();
        assert!(values(0).iter().all(|value| (0.0..=6.0).contains(value)), "{:?}", values(0));
        assert!(values(1).iter().all(|v| *v == 0.0 || (7.0..=12.0).contains(v)), "{:?}", values(1));
    }
}
