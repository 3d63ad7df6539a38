//! Measures by neighbourhoods: balls around images that reach to their k-th nearest neighbour.

use tch::{Kind, Tensor};

/// Neighbours that precision and recall take (Kynkäänniemi et al. 2019, arXiv:1904.06991).
pub(super) const PRECISION_NEIGHBOURS: i64 = 3;
/// Neighbours that density and coverage take (Naeem et al. 2020, arXiv:2002.09797).
pub(super) const DENSITY_NEIGHBOURS: i64 = 5;
/// Rows of a block of the distance matrix.
const BLOCK: i64 = 256;

/// Real images with the radii of their neighbourhoods.
#[derive(Debug)]
pub(super) struct Manifold {
    features: Tensor,
    /// `[N]`.
    precision_radii: Tensor,
    density_radii: Tensor,
}

/// What a comparison counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    /// Generated images within a real image's neighbourhood.
    pub precise: i64,
    /// Real images within a generated image's neighbourhood.
    pub recalled: i64,
    /// Pairs of a real image's neighbourhood and a generated image in it.
    pub neighbourhoods: i64,
    /// Real images whose neighbourhood holds a generated image.
    pub covered: i64,
}

impl Manifold {
    /// The manifold of `features` `[N, d]`, f64.
    pub fn new(features: Tensor) -> Manifold {
        let nearest = nearest(&features, DENSITY_NEIGHBOURS);
        let precision_radii = nearest.select(1, PRECISION_NEIGHBOURS);
        let density_radii = nearest.select(1, DENSITY_NEIGHBOURS);
        Manifold { features, precision_radii, density_radii }
    }

    /// Number of real images.
    pub fn len(&self) -> i64 {
        self.features.size()[0]
    }

    /// Features of an image.
    pub fn width(&self) -> i64 {
        self.features.size()[1]
    }

    /// Counts who lies in whose neighbourhood. For precision and recall the balls are closed, as in
    /// their paper's equation 1; for density and coverage open, as in their authors' program, so that
    /// real images have a density of 1 among themselves.
    pub fn compare(&self, generated: &Tensor) -> Counts {
        let own_radii = nearest(generated, PRECISION_NEIGHBOURS).narrow(1, PRECISION_NEIGHBOURS, 1);
        let nobody = || Tensor::zeros([self.len()], (Kind::Bool, generated.device()));
        let (mut covered, mut recalled) = (nobody(), nobody());
        let (mut precise, mut neighbourhoods) = (0, 0);
        for (start, block) in blocks(generated) {
            let distances = distances(&block, &self.features);
            let close = distances.le_tensor(&self.precision_radii);
            precise += count(&close.any_dim(1, false));
            let own = own_radii.narrow(0, start, block.size()[0]);
            recalled = recalled.logical_or(&distances.le_tensor(&own).any_dim(0, false));
            let within = distances.lt_tensor(&self.density_radii);
            neighbourhoods += count(&within);
            covered = covered.logical_or(&within.any_dim(0, false));
        }
        Counts { precise, recalled: count(&recalled), neighbourhoods, covered: count(&covered) }
    }
}

/// Distances from each of `features` `[N, d]` to itself, which is 0, and to its `k` nearest others,
/// rising, `[N, k + 1]`.
fn nearest(features: &Tensor, k: i64) -> Tensor {
    let of_block =
        |(_, block): (i64, Tensor)| distances(&block, features).topk(k + 1, 1, false, true).0;
    Tensor::cat(&blocks(features).map(of_block).collect::<Vec<_>>(), 0)
}

/// Distances `[M, N]` from `a` `[M, d]` to `b` `[N, d]`.
fn distances(a: &Tensor, b: &Tensor) -> Tensor {
    /// cdist's way without a matrix product. It makes equal rows exactly 0 apart, and a distance the
    /// same whichever end it is measured from: a radius is compared with the distance that it is.
    const BY_DIFFERENCES: i64 = 2;
    Tensor::cdist(a, b, 2.0, BY_DIFFERENCES)
}

/// The rows in order, block by block, each with the place of its first.
fn blocks(features: &Tensor) -> impl Iterator<Item = (i64, Tensor)> + '_ {
    let count = features.size()[0];
    let starts = (0..count).step_by(BLOCK as usize);
    starts.map(move |start| (start, features.narrow(0, start, BLOCK.min(count - start))))
}

fn count(flags: &Tensor) -> i64 {
    flags.sum(Kind::Int64).int64_value(&[])
}
