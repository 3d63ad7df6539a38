//! A step of a model with an encoder.

use autodecoder_kernels::{Chunk, IndexError, RowIndices, UpdateStep, Wanted};
use tch::Tensor;

use super::buffers::Group;
use super::engine::{CpuEngine, LatentStep};
use super::group::{Shared, Terms};
use super::images::ImageSlices;
use super::side::Pass;
use super::slices;
use crate::decoder_state::DecoderState;
use crate::{BatchNoise, DeviceImages};

impl CpuEngine {
    /// Takes one step on the images at `indices` (`i64`), no more of them than the batch size: the
    /// encoder gives the rows, and both `networks` move at their rate. Its sums of objective,
    /// reconstruction and KL, in nats.
    ///
    /// # Panics
    /// Where an index is none of the images' or occurs twice, a tensor has left the CPU, or the engine
    /// was made without the encoder.
    pub(crate) fn encoder_step(
        &mut self,
        images: &DeviceImages,
        indices: &Tensor,
        (step, noise): (LatentStep, &BatchNoise),
        networks: (&mut DecoderState, f64),
    ) -> Terms {
        match self.checked_encoder_step(images, indices, (step, noise), networks) {
            Ok(Some(sums)) => sums,
            Ok(None) => panic!("an encoder is missing, or a tensor is not a plain one on the CPU"),
            Err(error) => panic!("{error}"),
        }
    }

    fn checked_encoder_step(
        &mut self,
        images: &DeviceImages,
        indices: &Tensor,
        step: (LatentStep, &BatchNoise),
        networks: (&mut DecoderState, f64),
    ) -> Result<Option<Terms>, IndexError> {
        let Some(indices) = slices::integers(indices) else { return Ok(None) };
        let indices = RowIndices::new(indices, images.len().unsigned_abs() as usize)?;
        let sums = self.encode_and_descend(images, indices, step);
        let moved = self.move_networks(indices, networks);
        Ok(sums.zip(moved).map(|(sums, ())| sums))
    }

    /// The pass over the images.
    fn encode_and_descend(
        &mut self,
        images: &DeviceImages,
        indices: RowIndices,
        (step, noise): (LatentStep, &BatchNoise),
    ) -> Option<Terms> {
        let (encoder, encoder_workspace) = self.encoder.as_mut()?.pass()?;
        let (decoder, workspace) = self.decoder.pass()?;
        let wanted = Wanted::Parameters;
        let images = ImageSlices::new(images)?;
        let shared = Shared { images, decoder, parts: &self.parts, noise, wanted };
        let groups = self.buffers.groups(indices, workspace);
        let chunks = encoder_workspace.chunks(indices.len());
        self.team.map(groups.into_iter().zip(chunks).collect(), |(mut group, mut chunk)| {
            group.encode(&encoder, &mut chunk, &shared.images);
            group.descend(&shared, 0, &step, shared.wanted);
            group.send_back(&encoder, &mut chunk);
        });
        Some(self.buffers.sums(indices.len()))
    }

    /// The pass over the weights of both networks.
    fn move_networks(
        &mut self,
        indices: RowIndices,
        (networks, rate): (&mut DecoderState, f64),
    ) -> Option<()> {
        let (rule, step, mut learned) = networks.next_update()?;
        let images = indices.len();
        let of_encoder = learned.split_off(self.decoder.pairs());
        let encoder = UpdateStep { rule, step, rate, rows: images, images };
        let decoder = UpdateStep { rows: images * self.buffers.samples(), ..encoder };
        let mut tasks = self.encoder.as_mut()?.update(of_encoder, &encoder);
        tasks.extend(self.decoder.update(learned, &decoder));
        self.team.map(tasks, |task| task());
        Some(())
    }
}

impl Group<'_> {
    /// The rows that the encoder gives for the images at the group's indices.
    fn encode(&mut self, encoder: &Pass, chunk: &mut Chunk, images: &ImageSlices) {
        let width = self.widths.pixels;
        images.gather(self.indices, width, self.pixels);
        let size = chunk.input().len() / self.indices.len();
        let inputs = chunk.input().chunks_exact_mut(size).zip(self.pixels.chunks_exact(width));
        inputs.for_each(|(input, image)| {
            let (values, mask) = input.split_at_mut(width);
            values.copy_from_slice(image);
            // Only where the mask is an input.
            mask.fill(1.0);
        });
        if let Some(observed) = images.observed {
            let flags = self.indices.rows(observed, width);
            let inputs = chunk.input().chunks_exact_mut(size).zip(flags);
            inputs.for_each(|(input, flags)| hide(input, flags));
        }
        images.compact(self.indices, width, self.pixels);
        encoder.forward(chunk);
        self.rows.copy_from_slice(chunk.output().0);
    }

    /// Takes the rows' gradients back through the encoder.
    fn send_back(&self, encoder: &Pass, chunk: &mut Chunk) {
        chunk.output().1.copy_from_slice(self.gradient);
        encoder.backward(chunk, Wanted::ParametersAlone);
    }
}

/// Puts 0 in the place of values that were not observed, and into the mask behind them if the input has
/// one.
fn hide(input: &mut [f32], observed: &[u8]) {
    for part in input.chunks_exact_mut(observed.len()) {
        let missing = part.iter_mut().zip(observed).filter(|(_, flag)| **flag == 0);
        missing.for_each(|(value, _)| *value = 0.0);
    }
}
