//! The matrix products of a pass, in the precision of a stage's copies.

use super::packed::{Both, Copies};
use super::pairs::Factors;
use crate::ConvTranspose2d;
use crate::bf16::{Left, Right, product};
use crate::matmul::{Into, Matrix, add_to_columns, matmul};

/// Adds `x Wᵀ` to `y`, for `sizes` inputs and outputs.
pub(super) fn linear(
    copies: &Copies,
    [inputs, outputs]: [usize; 2],
    x: &[f32],
    y: &mut [f32],
    factors: &mut Factors,
) {
    let width = copies.panel();
    match copies {
        Copies::Linear(panels) => {
            let x = Matrix::new(x, inputs);
            for (panel, start) in panels.chunks(width * inputs).zip((0..).step_by(width)) {
                add_to_columns(y, (outputs, start), x, Matrix::new(panel, panel.len() / inputs));
            }
        }
        Copies::LinearInPairs(Both { forward, .. }) => {
            let pairs = inputs.div_ceil(2);
            let x = Left::of_rows(factors.left.of_columns(x, inputs), pairs);
            for (panel, start) in forward.chunks(width * pairs).zip((0..).step_by(width)) {
                let panel = Right::new(panel, panel.len() / pairs);
                product(y, (outputs, start), (x, panel), 1.0, Into::Add);
            }
        }
        Copies::None | Copies::Convolution(_) | Copies::ConvolutionInPairs(_) => {}
    }
}

/// Writes the product of `values`, `width` in each row, and a copy in pairs, `columns` in each line.
fn in_pairs(
    (values, width): (&[f32], usize),
    (copy, columns): (&[u32], usize),
    to: &mut [f32],
    factors: &mut Factors,
) {
    let left = Left::of_rows(factors.left.of_columns(values, width), width.div_ceil(2));
    product(to, (columns, 0), (left, Right::new(copy, columns)), 1.0, Into::Replace);
}

/// Writes `dy W` to `dx`.
pub(super) fn linear_back(
    (copies, weight): (&Copies, &[f32]),
    [inputs, outputs]: [usize; 2],
    dy: &[f32],
    dx: &mut [f32],
    factors: &mut Factors,
) {
    match copies {
        Copies::LinearInPairs(Both { backward, .. }) => {
            in_pairs((dy, outputs), (backward, inputs), dx, factors);
        }
        _ => {
            let (dy, weight) = (Matrix::new(dy, outputs), Matrix::new(weight, inputs));
            matmul(dx, dy, weight, 1.0, Into::Replace);
        }
    }
}

/// Writes what each pixel of an image adds, `[pixels, kernel, kernel, outputs]`, to `patches`.
pub(super) fn convolution(
    copies: &Copies,
    sizes: ConvTranspose2d,
    x: &[f32],
    patches: &mut [f32],
    factors: &mut Factors,
) {
    let (inputs, width) = (sizes.inputs, sizes.patch_len());
    match copies {
        Copies::Convolution(Both { forward, .. }) => {
            let (x, weight) = (Matrix::new(x, inputs), Matrix::new(forward, width));
            matmul(patches, x, weight, 1.0, Into::Replace);
        }
        Copies::ConvolutionInPairs(Both { forward, .. }) => {
            in_pairs((x, inputs), (forward, width), patches, factors);
        }
        Copies::None | Copies::Linear(_) | Copies::LinearInPairs(_) => {}
    }
}

/// Writes the gradient of an image's input to `dx`, from that of its `patches`.
pub(super) fn convolution_back(
    copies: &Copies,
    sizes: ConvTranspose2d,
    patches: &[f32],
    dx: &mut [f32],
    factors: &mut Factors,
) {
    let (inputs, width) = (sizes.inputs, sizes.patch_len());
    match copies {
        Copies::Convolution(Both { backward, .. }) => {
            let (patches, weight) = (Matrix::new(patches, width), Matrix::new(backward, inputs));
            matmul(dx, patches, weight, 1.0, Into::Replace);
        }
        Copies::ConvolutionInPairs(Both { backward, .. }) => {
            in_pairs((patches, width), (backward, inputs), dx, factors);
        }
        Copies::None | Copies::Linear(_) | Copies::LinearInPairs(_) => {}
    }
}

/// Adds one image's gradient of the weight, `[inputs, kernel, kernel, outputs]`, to `weight`.
pub(super) fn convolution_weight(
    copies: &Copies,
    sizes: ConvTranspose2d,
    (x, patches): (&[f32], &[f32]),
    weight: &mut [f32],
    factors: &mut Factors,
) {
    let (inputs, width) = (sizes.inputs, sizes.patch_len());
    if let Copies::ConvolutionInPairs(_) = copies {
        let Factors { left, right } = factors;
        let x = Left::of_columns(left.of_rows(x, inputs), inputs, 0, inputs);
        let patches = Right::new(right.of_rows(patches, width), width);
        product(weight, (width, 0), (x, patches), 1.0, Into::Add);
    } else {
        let x = Matrix::new(x, inputs).transposed();
        matmul(weight, x, Matrix::new(patches, width), 1.0, Into::Add);
    }
}
