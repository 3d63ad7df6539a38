//! A step of a model with an encoder.

use autodecoder_kernels::{Chunk, IndexError, RowIndices, UpdateStep, Wanted};
use tch::Tensor;

use super::buffers::Group;
use super::engine::{CpuEngine, LatentStep, total};
use super::group::{Shared, Sums};
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
    ) -> Sums {
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
    ) -> Result<Option<Sums>, IndexError> {
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
    ) -> Option<Sums> {
        let (encoder, encoder_workspace) = self.encoder.as_mut()?.pass()?;
        let (decoder, workspace) = self.decoder.pass()?;
        let wanted = Wanted::Parameters;
        let shared = Shared { decoder, parts: &self.parts, noise, wanted };
        let pixels = slices::bytes(images.bytes())?;
        let groups = self.buffers.groups(indices, workspace);
        let chunks = encoder_workspace.chunks(indices.len());
        let sums =
            self.team.map(groups.into_iter().zip(chunks).collect(), |(mut group, mut chunk)| {
                group.gather_images(pixels);
                group.encode(&encoder, &mut chunk);
                let sums = group.descend(&shared, 0, &step, Wanted::Parameters);
                group.send_back(&encoder, &mut chunk);
                sums
            });
        Some(total(&sums))
    }

    /// The pass over the weights of both networks.
    fn move_networks(
        &mut self,
        indices: RowIndices,
        (networks, rate): (&mut DecoderState, f64),
    ) -> Option<()> {
        let (rule, step, mut learned) = networks.next_update()?;
        let update = UpdateStep { rule, step, rate, rows: indices.len() };
        let of_encoder = learned.split_off(self.decoder.pairs());
        let mut tasks = self.encoder.as_mut()?.update(of_encoder, &update);
        tasks.extend(self.decoder.update(learned, &update));
        self.team.map(tasks, |task| task());
        Some(())
    }
}

impl Group<'_> {
    /// The rows that the encoder gives for the group's images.
    fn encode(&mut self, encoder: &Pass, chunk: &mut Chunk) {
        let (images, inputs) = (self.pixels.len(), chunk.input().len());
        let per_image = inputs / (images / self.widths.pixels).max(1);
        let images = self.pixels.chunks_exact(self.widths.pixels);
        for (input, image) in chunk.input().chunks_exact_mut(per_image).zip(images) {
            let (values, mask) = input.split_at_mut(image.len());
            values.copy_from_slice(image);
            // Where the mask is an input: all was observed.
            mask.fill(1.0);
        }
        encoder.forward(chunk);
        self.rows.copy_from_slice(chunk.output().0);
    }

    /// Takes the rows' gradients back through the encoder.
    fn send_back(&self, encoder: &Pass, chunk: &mut Chunk) {
        chunk.output().1.copy_from_slice(self.gradient);
        encoder.backward(chunk, Wanted::ParametersAlone);
    }
}
