//! Decoded images as bytes for figures.

use anyhow::Result;
use autodecoder_data::ImageSet;
use autodecoder_models::LatentModel;
use tch::{Device, Kind, Tensor};

/// The images that latents `z` `[B, latent_dim]` decode to, one vector of bytes each, in the order
/// channel, row, column.
///
/// # Errors
/// Where libtorch cannot copy them.
pub(crate) fn decode_to_bytes(model: &LatentModel, z: &Tensor) -> Result<Vec<Vec<u8>>> {
    let flat = grey_levels(model, z)
        .flatten(1, -1)
        .to_kind(Kind::Uint8)
        .to_device(Device::Cpu)
        .contiguous();
    let size = flat.size();
    let (count, numel) = (size[0] as usize, size[1] as usize);
    let mut bytes = vec![0u8; count * numel];
    flat.f_copy_data_u8(&mut bytes, count * numel)?;
    Ok(bytes.chunks_exact(numel).map(<[u8]>::to_vec).collect())
}

/// The images that latents `z` decode to as a file would hold them: `[B, channels, height, width]` in
/// [0, 1], in steps of 1/255, as data sets are.
pub(crate) fn decode_as_saved(model: &LatentModel, z: &Tensor) -> Tensor {
    grey_levels(model, z) / 255.0
}

/// Whole numbers from 0 to 255.
fn grey_levels(model: &LatentModel, z: &Tensor) -> Tensor {
    tch::no_grad(|| (model.decode(z) * 255.0).round().clamp(0.0, 255.0))
}

/// The images of `set` at `positions`, one vector of bytes each.
pub(crate) fn originals(set: &ImageSet, positions: &[usize]) -> Vec<Vec<u8>> {
    positions.iter().map(|&position| set.drawn(position)).collect()
}
