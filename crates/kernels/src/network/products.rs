//! The matrix products of a pass, in the precision of a stage's copies.

use super::packed::{Both, Copies};
use super::pairs::Factors;
use crate::ConvTranspose2d;
use crate::bf16::{Left, Parts, Right, product};
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
        &Copies::LinearInPairs(parts, Both { ref forward, .. }) => {
            let pairs = inputs.div_ceil(2);
            let x = Left::of_rows(factors.left.of_columns(x, inputs, parts), pairs, parts);
            let panels = forward.chunks(width * parts.line(pairs));
            for (panel, start) in panels.zip((0..).step_by(width)) {
                let panel = Right::of_blocks(panel, pairs, parts);
                product(y, (outputs, start), (x, panel), 1.0, Into::Add);
            }
        }
        Copies::None | Copies::Convolution(_) | Copies::ConvolutionInPairs(..) => {}
    }
}

/// Writes the product of `values`, `width` in each row, and a copy in pairs, `columns` in each line.
fn in_pairs(
    (values, width): (&[f32], usize),
    (copy, columns): (&[u32], usize),
    parts: Parts,
    to: &mut [f32],
    factors: &mut Factors,
) {
    let values = factors.left.of_columns(values, width, parts);
    let left = Left::of_rows(values, width.div_ceil(2), parts);
    let right = Right::of_lines(copy, columns, parts);
    product(to, (columns, 0), (left, right), 1.0, Into::Replace);
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
        &Copies::LinearInPairs(parts, Both { ref backward, .. }) => {
            in_pairs((dy, outputs), (backward, inputs), parts, dx, factors);
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
        &Copies::ConvolutionInPairs(parts, Both { ref forward, .. }) => {
            in_pairs((x, inputs), (forward, width), parts, patches, factors);
        }
        Copies::None | Copies::Linear(_) | Copies::LinearInPairs(..) => {}
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
        &Copies::ConvolutionInPairs(parts, Both { ref backward, .. }) => {
            in_pairs((patches, width), (backward, inputs), parts, dx, factors);
        }
        Copies::None | Copies::Linear(_) | Copies::LinearInPairs(..) => {}
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
    if let &Copies::ConvolutionInPairs(parts, _) = copies {
        let Factors { left, right, turned } = factors;
        let x = left.of_rows(x, inputs, parts);
        let x = Left::of_columns((x, inputs), (0, inputs), parts, turned);
        let patches = Right::of_lines(right.of_rows(patches, width, parts), width, parts);
        product(weight, (width, 0), (x, patches), 1.0, Into::Add);
    } else {
        let x = Matrix::new(x, inputs).transposed();
        matmul(weight, x, Matrix::new(patches, width), 1.0, Into::Add);
    }
}
