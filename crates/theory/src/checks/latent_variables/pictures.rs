//! Images as grey values for figures.

use anyhow::Result;
use tch::{Kind, Tensor};

/// Images `[B, channels, height, width]` in [0, 1], one vector of grey values each.
pub fn grey(images: &Tensor) -> Result<Vec<Vec<u8>>> {
    let rounded = (images * 255.0).round().clamp(0.0, 255.0).to_kind(Kind::Uint8).flatten(1, -1);
    let (count, size) = (rounded.numel(), rounded.size()[1] as usize);
    let mut bytes = vec![0; count];
    rounded.contiguous().f_copy_data_u8(&mut bytes, count)?;
    Ok(bytes.chunks_exact(size).map(<[u8]>::to_vec).collect())
}
