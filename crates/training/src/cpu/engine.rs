//! The engine: what is set up once, and a batch's way through it.

use autodecoder_kernels::{IndexError, Precision, RowIndices, Team, UpdateStep, Wanted};
use autodecoder_models::LatentModel;
use tch::Tensor;

use super::buffers::{Buffers, Widths};
use super::group::{Parts, Shared, Terms};
use super::images::ImageSlices;
use super::share::images_per_chunk;
use super::side::Side;
use super::{slices, tables};
use crate::decoder_state::DecoderState;
use crate::optimisers::usable_kernel;
use crate::{BatchNoise, DeviceImages, LatentTable, Optimiser};

/// How one step moves the rows of a batch.
#[derive(Debug, Clone, Copy)]
pub struct LatentStep {
    /// Learning rate of the rows.
    pub rate: f64,
    /// Weight of the regulariser.
    pub regulariser_weight: f64,
}

/// Moves the rows of batches, and the decoder with them, on the CPU.
#[derive(Debug)]
pub struct CpuEngine {
    pub(super) decoder: Side,
    /// Only where it is trained.
    pub(super) encoder: Option<Side>,
    pub(super) buffers: Buffers,
    pub(super) team: Team,
    pub(super) parts: Parts,
}

impl CpuEngine {
    /// An engine that trains a model: rows in batches of up to `batch_size`, `samples` drawn of each at a time, are
    /// moved by `optimiser`, or come from the model's encoder. `None` as for [`CpuEngine::new`], and where the
    /// encoder has no kernel.
    pub(crate) fn for_training(
        model: &LatentModel,
        optimiser: &dyn Optimiser,
        (batch_size, samples): (usize, usize),
        precision: Precision,
    ) -> Option<CpuEngine> {
        let mut engine = CpuEngine::new(model, optimiser, (batch_size, samples), precision)?;
        if let Some(encoder) = model.encoder() {
            let (network, named) = (encoder.network()?, encoder.named_parameters());
            let rows = (batch_size, engine.buffers.group_images());
            engine.encoder = Some(Side::new(network, named, rows, precision)?);
        }
        Some(engine)
    }

    /// An engine for batches of up to `batch_size` rows, `samples` drawn of each at a time, moved by `optimiser`, on as
    /// many threads as libtorch has, with products of this precision. `None` where the model is not on the CPU, or its
    /// decoder, its likelihood or the optimiser has no kernel.
    pub fn new(
        model: &LatentModel,
        optimiser: &dyn Optimiser,
        (batch_size, samples): (usize, usize),
        precision: Precision,
    ) -> Option<CpuEngine> {
        let network = model.decoder().network()?;
        let loss = model.likelihood().kernel()?;
        let rule = usable_kernel(optimiser)?;
        let widths = Widths {
            row: usize::try_from(model.row_width()).ok()?,
            slots: usize::try_from(optimiser.slots()).ok()?,
            latent: network.inputs(),
            pixels: network.outputs(),
            samples,
        };
        let threads = usize::try_from(tch::get_num_threads()).ok()?;
        // Without a kernel libtorch computes a posterior, on all rows of a chunk at once.
        let by_kernel = model.posterior().kernel().is_some();
        let independent = by_kernel && precision.rows_are_independent();
        let group = images_per_chunk(&network, independent, (batch_size, samples), threads.max(1));
        let rows = (batch_size * samples, group * samples);
        let variational = model.spec().kind.is_variational();
        Some(CpuEngine {
            decoder: Side::new(network, model.decoder_parameters(), rows, precision)?,
            encoder: None,
            buffers: Buffers::new(widths, batch_size, group),
            team: Team::new(threads).ok()?,
            parts: Parts {
                loss,
                posterior: model.reparameterisation(),
                rule,
                beta: if variational { model.spec().beta } else { 0.0 },
                l2: if variational { 0.0 } else { model.spec().l2 },
            },
        })
    }

    /// Takes the steps `steps` on the rows of `table` at `indices` (`i64`), no more of them than the batch size,
    /// each fitted to the image of its index. In the last of them `decoder` moves too, if there is one,
    /// at its rate. The last step's sums of objective, reconstruction and KL, in nats.
    ///
    /// # Panics
    /// Where an index is none of the table's or occurs twice, or a tensor has left the CPU.
    pub(crate) fn step(
        &mut self,
        table: &mut LatentTable,
        images: &DeviceImages,
        indices: &Tensor,
        (steps, noise): (&[LatentStep], &BatchNoise),
        decoder: Option<(&mut DecoderState, f64)>,
    ) -> Terms {
        match self.checked_step(table, images, indices, (steps, noise), decoder) {
            Ok(Some(sums)) => sums,
            Ok(None) => panic!("a tensor of the CPU's engine is not a plain one on the CPU"),
            Err(error) => panic!("{error}"),
        }
    }

    /// Takes the steps `steps` on the rows of `table` at `indices` (`i64`), no more of them than the batch size,
    /// each fitted to the image of its index; the decoder is as it was. The last step's sums of
    /// objective, reconstruction and KL, in nats.
    ///
    /// # Panics
    /// Where an index is none of the table's or occurs twice, or a tensor has left the CPU.
    pub fn infer(
        &mut self,
        table: &mut LatentTable,
        images: &DeviceImages,
        indices: &Tensor,
        steps: &[LatentStep],
        noise: &BatchNoise,
    ) -> [f64; 3] {
        self.step(table, images, indices, (steps, noise), None)
    }

    fn checked_step(
        &mut self,
        table: &mut LatentTable,
        images: &DeviceImages,
        indices: &Tensor,
        (steps, noise): (&[LatentStep], &BatchNoise),
        decoder: Option<(&mut DecoderState, f64)>,
    ) -> Result<Option<Terms>, IndexError> {
        let Some(indices) = slices::integers(indices) else { return Ok(None) };
        let indices = RowIndices::new(indices, table.len().unsigned_abs() as usize)?;
        let wanted = if decoder.is_some() { Wanted::Parameters } else { Wanted::Input };
        let sums = self.fit(table, images, indices, (steps, noise), wanted);
        let moved = self.write(table, indices, decoder);
        Ok(sums.zip(moved).map(|(sums, ())| sums))
    }

    /// The pass over the rows.
    fn fit(
        &mut self,
        table: &LatentTable,
        images: &DeviceImages,
        indices: RowIndices,
        (steps, noise): (&[LatentStep], &BatchNoise),
        wanted: Wanted,
    ) -> Option<Terms> {
        let (decoder, workspace) = self.decoder.pass()?;
        let images = ImageSlices::new(images)?;
        let shared = Shared { images, decoder, parts: &self.parts, noise, wanted };
        let tables = tables::shared(table)?;
        let groups = self.buffers.groups(indices, workspace);
        self.team.map(groups, |mut group| {
            group.gather(&tables, &shared.images);
            group.fit(&shared, steps);
        });
        Some(self.buffers.sums(indices.len()))
    }

    /// The pass over the weights, while the rows are written back.
    fn write(
        &mut self,
        table: &mut LatentTable,
        indices: RowIndices,
        decoder: Option<(&mut DecoderState, f64)>,
    ) -> Option<()> {
        let CpuEngine { decoder: side, buffers, team, .. } = self;
        let mut tables = tables::exclusive(table)?;
        let mut scatter = || buffers.scatter(indices, &mut tables);
        let Some((decoder, rate)) = decoder else {
            scatter();
            return Some(());
        };
        let (rule, step, learned) = decoder.next_update()?;
        let (images, samples) = (indices.len(), buffers.samples());
        let update = UpdateStep { rule, step, rate, rows: images * samples, images };
        let mut tasks = side.update(learned, &update);
        tasks.push(Box::new(scatter));
        team.map(tasks, |task| task());
        Some(())
    }

    /// Looks at the networks' parameters anew, after they were changed. `None` where they left the CPU.
    pub(crate) fn refresh(&mut self) -> Option<()> {
        self.decoder.refresh()?;
        self.encoder.as_mut().map_or(Some(()), Side::refresh)
    }
}
