//! How many images a thread takes at a time.

use autodecoder_kernels::{Network, Stage};

use crate::batch_noise::GROUP;

/// The most rows of the decoder in a chunk, where a group of noise has no more: what they are at each layer should stay
/// in a core's cache.
const MOST_ROWS: usize = 128;

/// Images of a chunk, `samples` rows of `network` each, in batches of `batch` images on `threads` threads.
///
/// All weights pass through a core's cache for each chunk, so chunks are as large as they can be without
/// keeping any thread longer at work than small ones would. They stay small, whatever the number of threads, unless rows are
/// `independent`, so that a chunk's size changes no bit of what becomes of them, and for convolutions, which take images
/// one by one and add their gradients up chunk by chunk.
pub(super) fn images_per_chunk(
    network: &Network,
    independent: bool,
    (batch, samples): (usize, usize),
    threads: usize,
) -> usize {
    let is_convolution = |stage: &Stage| matches!(stage, Stage::ConvTranspose2d(_));
    if !independent || network.stages().iter().any(is_convolution) {
        return GROUP;
    }
    let most = (MOST_ROWS / samples.max(1) / GROUP).max(1);
    let sizes = (1..=most as u32).rev().map(|groups| groups as usize * GROUP);
    sizes.min_by_key(|&size| longest(batch, size, threads)).unwrap_or(GROUP)
}

/// Images that the busiest of `threads` threads takes of a batch in chunks of `size`.
fn longest(batch: usize, size: usize, threads: usize) -> usize {
    let others = batch.div_ceil(size).saturating_sub(1);
    // The last chunk has what is left. Where it begins a round, nobody has more to do in that one.
    let last = if others.is_multiple_of(threads) { batch - others * size } else { size };
    others / threads * size + last
}

#[cfg(test)]
mod tests {
    use autodecoder_kernels::ConvTranspose2d;

    use super::*;

    fn linear() -> Network {
        Network::new(2, vec![Stage::Linear { inputs: 2, outputs: 3 }]).unwrap()
    }

    #[test]
    fn chunks_are_large_and_threads_have_the_same_to_do() {
        for ((batch, threads), expected) in [
            ((64, 1), 128),
            ((64, 2), 32),
            ((64, 4), 16),
            ((64, 16), 16),
            ((256, 2), 128),
            ((256, 8), 32),
            ((250, 2), 128),
            ((128, 3), 48),
            // 48 + 4 images for the busier thread, where 32 would make it 64.
            ((100, 2), 48),
            ((1, 2), 128),
        ] {
            let found = images_per_chunk(&linear(), true, (batch, 1), threads);
            assert_eq!(found, expected, "{batch} images, {threads} threads");
        }
    }

    #[test]
    fn dependent_rows_samples_and_convolutions_make_them_small() {
        assert_eq!(images_per_chunk(&linear(), false, (256, 1), 1), 16);
        assert_eq!(images_per_chunk(&linear(), true, (256, 2), 1), 64);
        assert_eq!(images_per_chunk(&linear(), true, (256, 1000), 1), 16);
        let sizes = ConvTranspose2d {
            inputs: 1,
            outputs: 1,
            kernel: 2,
            stride: 1,
            padding: 0,
            size: [2, 2],
        };
        let network = Network::new(sizes.input_len(), vec![Stage::ConvTranspose2d(sizes)]).unwrap();
        assert_eq!(images_per_chunk(&network, true, (256, 1), 1), 16);
    }
}
