//! The engine: what is set up once, and a batch's way through it.

use autodecoder_kernels::{
    Affine, IndexError, Loss, Network, Packed, Reparameterisation, RowIndices, Update, UpdateStep,
    Wanted, Workspace,
};
use autodecoder_models::LatentModel;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use tch::Tensor;

use super::buffers::{Buffers, Widths};
use super::group::{Shared, Sums};
use super::images::ImageSlices;
use super::{slices, tables};
use crate::batch_noise::GROUP;
use crate::decoder_state::DecoderState;
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
    network: Network,
    packed: Packed,
    workspace: Workspace,
    buffers: Buffers,
    pool: ThreadPool,
    loss: Box<dyn Loss>,
    posterior: Box<dyn Reparameterisation>,
    rule: Box<dyn Update>,
    parameters: Vec<Tensor>,
    beta: f64,
    l2: f64,
}

impl CpuEngine {
    /// An engine for batches of up to `batch_size` rows, moved by `optimiser`, on as many threads as
    /// libtorch has. `None` where the model is not on the CPU, or its likelihood or the optimiser has
    /// no kernel.
    pub fn new(
        model: &LatentModel,
        optimiser: &dyn Optimiser,
        batch_size: usize,
    ) -> Option<CpuEngine> {
        let network = model.decoder().network()?;
        let parameters: Vec<Tensor> =
            model.decoder_parameters().into_iter().map(|(_, tensor)| tensor).collect();
        let loss = model.likelihood().kernel()?;
        let rule = optimiser.kernel()?;
        let widths = Widths {
            row: usize::try_from(model.row_width()).ok()?,
            slots: usize::try_from(optimiser.slots()).ok()?,
            latent: network.inputs(),
            pixels: network.outputs(),
        };
        let packed = Packed::new(&network, &affines(&parameters)?);
        let threads = usize::try_from(tch::get_num_threads()).ok()?;
        let variational = model.spec().kind.is_variational();
        Some(CpuEngine {
            packed,
            workspace: Workspace::new(&network, batch_size, GROUP),
            buffers: Buffers::new(widths, batch_size),
            pool: ThreadPoolBuilder::new().num_threads(threads).build().ok()?,
            loss,
            posterior: model.reparameterisation(),
            rule,
            parameters,
            beta: if variational { model.spec().beta } else { 0.0 },
            l2: if variational { 0.0 } else { model.spec().l2 },
            network,
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
    ) -> Sums {
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
    ) -> Result<Option<Sums>, IndexError> {
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
    ) -> Option<Sums> {
        let shared = Shared {
            images: ImageSlices::new(images)?,
            network: &self.network,
            packed: &self.packed,
            parameters: &affines(&self.parameters)?,
            loss: self.loss.as_ref(),
            posterior: self.posterior.as_ref(),
            rule: self.rule.as_ref(),
            noise,
            latent_dim: self.network.inputs(),
            beta: self.beta,
            l2: self.l2,
            wanted,
        };
        let tables = tables::shared(table)?;
        let (buffers, workspace) = (&mut self.buffers, &mut self.workspace);
        let sums: Vec<Sums> = self.pool.install(|| {
            let groups = buffers.groups(indices, workspace).into_par_iter().with_max_len(1);
            let fitted = groups.map(|mut group| {
                group.gather(&tables, &shared.images);
                group.fit(&shared, steps)
            });
            fitted.collect()
        });
        // In the order of the groups, whoever was first.
        let zero = [0.0; 3];
        Some(sums.iter().fold(zero, |all, sums| std::array::from_fn(|term| all[term] + sums[term])))
    }

    /// The pass over the weights, while the rows are written back.
    fn write(
        &mut self,
        table: &mut LatentTable,
        indices: RowIndices,
        decoder: Option<(&mut DecoderState, f64)>,
    ) -> Option<()> {
        let CpuEngine { network, packed, workspace, buffers, pool, .. } = self;
        let mut tables = tables::exclusive(table)?;
        let mut scatter = || buffers.scatter(indices, &mut tables);
        let Some((decoder, rate)) = decoder else {
            scatter();
            return Some(());
        };
        let (rule, step, learned) = decoder.next_update()?;
        let update = UpdateStep { rule, step, rate, rows: indices.len() };
        pool.join(scatter, || network.update(workspace, packed, learned, &update));
        Some(())
    }

    /// Looks at the decoder's parameters anew, after they were changed. `None` where they left the CPU.
    pub(crate) fn refresh(&mut self) -> Option<()> {
        let CpuEngine { network, packed, pool, parameters, .. } = self;
        let affines = affines(parameters)?;
        pool.install(|| packed.refresh(network, &affines));
        Some(())
    }
}

/// Pairs of weight and bias, as they lie in memory.
fn affines(parameters: &[Tensor]) -> Option<Vec<Affine<'_>>> {
    let (pairs, _) = parameters.as_chunks::<2>();
    pairs
        .iter()
        .map(|[weight, bias]| {
            Some(Affine { weight: slices::floats(weight)?, bias: slices::floats(bias)? })
        })
        .collect()
}
