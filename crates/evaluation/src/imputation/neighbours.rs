//! Pixels of the most similar training images.

use autodecoder_models::Observation;
use tch::{Kind, Tensor};

use super::{Imputer, PixelMean, flat, shaped};

/// Test images in a block of the distance matrix.
const BLOCK: i64 = 100;
/// How many times more images are looked at than would show a pixel `k` times on average: that fewer
/// than `k` of them show it is then a chance below one in a million for every `k`.
const RESERVE: f64 = 8.0;

/// k-nearest-neighbour imputation (Troyanskaya et al. 2001, Bioinformatics 17:520): a pixel is the mean
/// over the `k` nearest training images in which it was observed. The squared distance of two images is
/// the mean squared difference over the pixels that both show.
///
/// Where too few of the nearest images show a pixel, those that do count; where none does, the pixel is
/// its mean over all images.
#[derive(Debug)]
pub struct NearestImages {
    /// `[N, pixels]` in f64, 0 where missing.
    values: Tensor,
    mask: Tensor,
    mean: PixelMean,
    k: i64,
    /// The nearest images that are looked at.
    reach: i64,
}

impl NearestImages {
    /// Keeps the training images `images`, of which there must be one at least.
    pub fn new(images: &Observation, k: u32) -> NearestImages {
        let (values, mask) = flat(images);
        let share = mask.mean(Kind::Double).double_value(&[]).max(1e-9);
        let reach = (RESERVE * f64::from(k) / share).ceil() as i64;
        let (reach, k) = (reach.clamp(1, images.len()), i64::from(k));
        NearestImages { values, mask, mean: PixelMean::fit(images), k, reach }
    }

    /// Guesses at images of which `values` and `mask`, `[B, pixels]`, are known.
    fn block(&self, values: &Tensor, mask: &Tensor) -> Tensor {
        let order = self.distances(values, mask).topk(self.reach, 1, false, true).1;
        let guesses = (0..order.size()[0]).map(|image| {
            let nearest = order.select(0, image);
            let shown = self.mask.index_select(0, &nearest);
            let donors = &shown * shown.cumsum(0, Kind::Double).le(self.k as f64);
            let sum = |x: &Tensor| x.sum_dim_intlist([0i64].as_slice(), false, Kind::Double);
            let count = sum(&donors);
            let mean =
                sum(&(donors * self.values.index_select(0, &nearest))) / count.clamp_min(1.0);
            mean.where_self(&count.gt(0.0), self.mean.mean())
        });
        Tensor::stack(&guesses.collect::<Vec<_>>(), 0)
    }

    /// Squared distances `[B, N]`: `Σ m m′ (x − x′)²` over `Σ m m′`, by matrix products; infinite where
    /// two images show no pixel in common.
    fn distances(&self, values: &Tensor, mask: &Tensor) -> Tensor {
        let squares = values.square().matmul(&self.mask.tr())
            + mask.matmul(&self.values.square().tr())
            - values.matmul(&self.values.tr()) * 2.0;
        let common = mask.matmul(&self.mask.tr());
        (squares / common.clamp_min(1.0)).masked_fill(&common.lt(0.5), f64::INFINITY)
    }
}

impl Imputer for NearestImages {
    fn reconstruct(&self, images: &Observation) -> Tensor {
        let (values, mask) = flat(images);
        let starts = (0..images.len()).step_by(BLOCK as usize);
        let guesses = starts.map(|start| {
            let count = BLOCK.min(images.len() - start);
            self.block(&values.narrow(0, start, count), &mask.narrow(0, start, count))
        });
        shaped(&Tensor::cat(&guesses.collect::<Vec<_>>(), 0), images)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{images, rows};
    use super::*;

    /// By the definition, one pixel after another.
    fn by_hand(train: &[Vec<f64>], image: &[f64], k: usize) -> Vec<f64> {
        let distance = |other: &Vec<f64>| {
            let squares = image.iter().zip(other).map(|(a, b)| (a - b).powi(2));
            let common: Vec<f64> = squares.filter(|square| !square.is_nan()).collect();
            if common.is_empty() {
                return f64::INFINITY;
            }
            common.iter().sum::<f64>() / common.len() as f64
        };
        let mut order: Vec<&Vec<f64>> = train.iter().collect();
        order.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
        let donors = |pixel: usize| {
            let shown = order.iter().map(|other| other[pixel]).filter(|value| !value.is_nan());
            shown.take(k).collect::<Vec<f64>>()
        };
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        (0..image.len()).map(|pixel| mean(donors(pixel))).collect()
    }

    #[test]
    fn it_is_what_brute_force_finds() {
        for (ratio, k) in [(0.0, 1), (0.3, 3), (0.6, 2), (0.3, 100)] {
            let images = images(130, ratio);
            let (train, test) = (part(&images, 0, 110), part(&images, 110, 20));
            let found = rows(&NearestImages::new(&train, k).reconstruct(&test).flatten(1, -1));
            let pixels = |images: &Observation| rows(&images.pixels.flatten(1, -1));
            for (image, found) in pixels(&test).iter().zip(&found) {
                let expected = by_hand(&pixels(&train), image, k as usize);
                for (found, expected) in found.iter().zip(expected) {
                    assert!((found - expected).abs() < 1e-9, "{ratio}, {k}: {found}, {expected}");
                }
            }
        }
    }

    #[test]
    fn an_image_of_which_nothing_is_known_is_no_nan() {
        let images = images(30, 0.5);
        let nothing = Observation {
            pixels: images.pixels.narrow(0, 0, 1),
            observed: images.observed.as_ref().map(|o| o.narrow(0, 0, 1).zeros_like()),
        };
        let found = NearestImages::new(&images, 3).reconstruct(&nothing);
        assert_eq!(found.isfinite().all().int64_value(&[]), 1);
    }

    fn part(images: &Observation, start: i64, count: i64) -> Observation {
        let observed = images.observed.as_ref().map(|flags| flags.narrow(0, start, count));
        Observation { pixels: images.pixels.narrow(0, start, count), observed }
    }
}
