//! A convolution and its matrix.

use tch::Tensor;

/// A convolution of stride 1 with zeros around the image, so that its output is as large.
pub(super) struct Convolution {
    pub weight: Tensor,
    pub side: i64,
}

impl Convolution {
    pub fn apply(&self, images: &Tensor) -> Tensor {
        let padding = self.weight.size()[3] / 2;
        images.conv2d(&self.weight, None::<Tensor>, [1, 1], [padding; 2], [1, 1], 1)
    }

    /// For every entry of the matrix `[outputs·side², inputs·side²]` the number of the weight that
    /// stands there; the number after the last weight's stands for 0.
    ///
    /// Output pixel (o, i, j) takes input pixel (c, i + u − padding, j + v − padding) times
    /// weight (o, c, u, v).
    pub fn places(&self) -> Tensor {
        let [outputs, inputs, kernel] = [0, 1, 2].map(|axis| self.weight.size()[axis]);
        let (side, padding) = (self.side, kernel / 2);
        let zero = self.weight.numel() as i64;
        let mut places = vec![zero; (outputs * inputs * side.pow(4)) as usize];
        for place in 0..zero * side * side {
            let (number, pixel) = (place / (side * side), place % (side * side));
            let (o, c) = (number / (inputs * kernel * kernel), number / (kernel * kernel) % inputs);
            let (u, v) = (number / kernel % kernel, number % kernel);
            let (i, j) = (pixel / side, pixel % side);
            let (row, column) = (i + u - padding, j + v - padding);
            if (0..side).contains(&row) && (0..side).contains(&column) {
                let output = (o * side + i) * side + j;
                let input = (c * side + row) * side + column;
                places[(output * inputs * side * side + input) as usize] = number;
            }
        }
        Tensor::from_slice(&places).reshape([outputs * side * side, inputs * side * side])
    }

    /// The matrix: every weight at its places.
    pub fn matrix(&self) -> Tensor {
        let with_zero = self.weight.reshape([-1]).constant_pad_nd([0, 1]);
        with_zero.take(&self.places())
    }
}

/// The images as rows.
pub(super) fn flat(images: &Tensor) -> Tensor {
    images.flatten(1, -1)
}
