//! Both formulas in plain loops that count.

/// Rows of numbers.
pub(super) type Matrix = Vec<Vec<f64>>;

/// Matrix products by three loops, and softmax, with their multiplications and exponentials.
#[derive(Debug, Default)]
pub(super) struct Counter {
    pub multiplications: u64,
    pub exponentials: u64,
}

impl Counter {
    fn product(&mut self, a: &Matrix, b: &Matrix) -> Matrix {
        let mut result = vec![vec![0.0; b[0].len()]; a.len()];
        for (row, out) in a.iter().zip(&mut result) {
            for (value, other) in row.iter().zip(b) {
                for (sum, factor) in out.iter_mut().zip(other) {
                    *sum += value * factor;
                    self.multiplications += 1;
                }
            }
        }
        result
    }

    /// The softmax of each row, over the square root of `width`.
    fn softmax(&mut self, scores: &Matrix, width: usize) -> Matrix {
        let row = |scores: &Vec<f64>| {
            let powers: Vec<f64> =
                scores.iter().map(|s| (s / (width as f64).sqrt()).exp()).collect();
            let sum: f64 = powers.iter().sum();
            powers.iter().map(|power| power / sum).collect()
        };
        self.exponentials += (scores.len() * scores[0].len()) as u64;
        scores.iter().map(row).collect()
    }

    /// `softmax(QKᵀ/√d)V`
    pub fn standard(&mut self, q: &Matrix, k: &Matrix, v: &Matrix) -> Matrix {
        let scores = self.product(q, &transposed(k));
        let weights = self.softmax(&scores, q[0].len());
        self.product(&weights, v)
    }

    /// `softmax(Q/√d)(KᵀV)`
    pub fn bob(&mut self, q: &Matrix, k: &Matrix, v: &Matrix) -> Matrix {
        let summary = self.product(&transposed(k), v);
        let queries = self.softmax(q, q[0].len());
        self.product(&queries, &summary)
    }
}

fn transposed(matrix: &Matrix) -> Matrix {
    (0..matrix[0].len()).map(|j| matrix.iter().map(|row| row[j]).collect()).collect()
}
