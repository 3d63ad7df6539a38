//! Tensors of the CPU as slices.

use tch::{Device, Kind, Tensor};

/// The values of a contiguous `f32` tensor on the CPU; `None` for any other.
#[allow(unsafe_code)]
pub(crate) fn floats(tensor: &Tensor) -> Option<&[f32]> {
    is_plain(tensor, Kind::Float).then(|| {
        // SAFETY: the tensor is contiguous, of this type, in this process's memory, and owns it for as
        // long as it is borrowed.
        unsafe { std::slice::from_raw_parts(tensor.data_ptr().cast(), tensor.numel()) }
    })
}

/// The same, to be changed. The tensor's other handles see the change; nobody may use one meanwhile.
#[allow(unsafe_code)]
pub(crate) fn floats_mut(tensor: &mut Tensor) -> Option<&mut [f32]> {
    is_plain(tensor, Kind::Float).then(|| {
        // SAFETY: as above. Handles that share the memory are read through libtorch, or as slices by the
        // pass over the rows, by this thread or on its behalf: not while this borrow lives.
        unsafe { std::slice::from_raw_parts_mut(tensor.data_ptr().cast(), tensor.numel()) }
    })
}

/// The values of a contiguous `u8` tensor on the CPU.
#[allow(unsafe_code)]
pub(crate) fn bytes(tensor: &Tensor) -> Option<&[u8]> {
    is_plain(tensor, Kind::Uint8).then(|| {
        // SAFETY: as in `floats`.
        unsafe { std::slice::from_raw_parts(tensor.data_ptr().cast(), tensor.numel()) }
    })
}

/// The values of a contiguous `i64` tensor on the CPU.
#[allow(unsafe_code)]
pub(crate) fn integers(tensor: &Tensor) -> Option<&[i64]> {
    is_plain(tensor, Kind::Int64).then(|| {
        // SAFETY: as in `floats`.
        unsafe { std::slice::from_raw_parts(tensor.data_ptr().cast(), tensor.numel()) }
    })
}

/// An empty tensor may have no memory at all.
fn is_plain(tensor: &Tensor, kind: Kind) -> bool {
    tensor.device() == Device::Cpu
        && tensor.kind() == kind
        && tensor.is_contiguous()
        && tensor.numel() > 0
}
