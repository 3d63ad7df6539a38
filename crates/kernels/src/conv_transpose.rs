//! Transposed convolutions as matrix products.
//!
//! Images lie channels last: `[height, width, channels]`. A pixel's channels times the weight gives
//! what it adds to each pixel under the kernel; those patches are then added up where they overlap.
//! The way back gathers the patches again.

use multiversion::multiversion;

/// The sizes of a transposed convolution with a square kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvTranspose2d {
    /// Channels in.
    pub inputs: usize,
    /// Channels out.
    pub outputs: usize,
    /// Side of the kernel.
    pub kernel: usize,
    /// Stride in both directions.
    pub stride: usize,
    /// Lines that are cut off on every side of what comes out, as in PyTorch.
    pub padding: usize,
    /// Height and width of the images that come in.
    pub size: [usize; 2],
}

impl ConvTranspose2d {
    /// Height and width of the images that go out, each `(side − 1) · stride + kernel − 2 · padding`;
    /// 0 where the padding leaves nothing.
    pub fn output_size(&self) -> [usize; 2] {
        self.size.map(|side| {
            let unpadded = side.saturating_sub(1) * self.stride + self.kernel;
            unpadded.saturating_sub(2 * self.padding)
        })
    }

    /// Values that come in for one image.
    pub fn input_len(&self) -> usize {
        self.size[0] * self.size[1] * self.inputs
    }

    /// Values that go out for one image.
    pub fn output_len(&self) -> usize {
        let [height, width] = self.output_size();
        height * width * self.outputs
    }

    /// Values of a patch: what one pixel adds to.
    pub(crate) fn patch_len(&self) -> usize {
        self.kernel * self.kernel * self.outputs
    }

    /// Values of the patches of one image.
    pub(crate) fn patches_len(&self) -> usize {
        self.size[0] * self.size[1] * self.patch_len()
    }

    /// Values of the weight, `[inputs, outputs, kernel, kernel]` as it is learned.
    pub fn weight_len(&self) -> usize {
        self.inputs * self.patch_len()
    }

    /// One image from its `patches`, what each pixel of the input adds, where they overlap, and the bias.
    pub(crate) fn scatter(&self, patches: &[f32], bias: &[f32], y: &mut [f32]) {
        y.chunks_exact_mut(self.outputs).for_each(|pixel| pixel.copy_from_slice(bias));
        self.overlaps(|patch, pixel, count| add(&mut y[pixel..pixel + count], &patches[patch..]));
    }

    /// The patches under which the gradient `dy` of one image lies.
    pub(crate) fn gather(&self, dy: &[f32], patches: &mut [f32]) {
        // What a patch holds beyond the image's border meets nothing.
        patches.fill(0.0);
        self.overlaps(|patch, pixel, count| {
            patches[patch..patch + count].copy_from_slice(&dy[pixel..pixel + count]);
        });
    }

    /// Calls `visit(place in the patches, place in the image, values)` for every run of values that
    /// lie side by side in both.
    fn overlaps(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let [height, width] = self.output_size();
        let (kernel, outputs) = (self.kernel, self.outputs);
        for row in 0..self.size[0] {
            for column in 0..self.size[1] {
                let patch = (row * self.size[1] + column) * self.patch_len();
                let (left, right) = self.span(column, width);
                let (top, bottom) = self.span(row, height);
                if left == right {
                    continue;
                }
                for line in top..bottom {
                    let y = row * self.stride + line - self.padding;
                    let x = column * self.stride + left - self.padding;
                    let from = patch + (line * kernel + left) * outputs;
                    visit(from, (y * width + x) * outputs, (right - left) * outputs);
                }
            }
        }
    }

    /// The part of the kernel, from its first line to behind its last one, that lies within `side`
    /// lines of the image for the input at `position`.
    fn span(&self, position: usize, side: usize) -> (usize, usize) {
        let start = position * self.stride;
        let first = self.padding.saturating_sub(start).min(self.kernel);
        let last = (side + self.padding).saturating_sub(start).min(self.kernel);
        (first, last.max(first))
    }
}

#[multiversion(targets = "simd")]
fn add(to: &mut [f32], from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(to, &from)| *to += from);
}
