//! One of a model's networks, with what steps need of it.

use autodecoder_kernels::{
    Affine, Chunk, Learned, Network, Packed, Precision, UpdateStep, Wanted, Workspace,
};
use tch::Tensor;

use super::slices;

/// A network, copies of its weights in the order of the passes, and room for a batch's values.
#[derive(Debug)]
pub(super) struct Side {
    network: Network,
    packed: Packed,
    workspace: Workspace,
    parameters: Vec<Tensor>,
}

impl Side {
    /// For up to `rows` rows, handled in chunks of `chunk_rows`, and products of this precision. `None` where the
    /// parameters, pairs of weight and bias, are not on the CPU.
    pub fn new(
        network: Network,
        named: Vec<(String, Tensor)>,
        (rows, chunk_rows): (usize, usize),
        precision: Precision,
    ) -> Option<Side> {
        let parameters: Vec<Tensor> = named.into_iter().map(|(_, tensor)| tensor).collect();
        let packed = Packed::new(&network, &affines(&parameters)?, precision);
        let workspace = Workspace::new(&network, (rows, chunk_rows), precision);
        Some(Side { network, packed, workspace, parameters })
    }

    /// How many pairs of weight and bias it has.
    pub fn pairs(&self) -> usize {
        self.parameters.len() / 2
    }

    /// What a pass over the rows reads, and where it writes.
    pub fn pass(&mut self) -> Option<(Pass<'_>, &mut Workspace)> {
        let Side { network, packed, workspace, parameters } = self;
        Some((Pass { network, packed, parameters: affines(parameters)? }, workspace))
    }

    /// What moves the parameters after that.
    pub fn update<'a>(
        &'a mut self,
        learned: Vec<Learned<'a>>,
        step: &'a UpdateStep,
    ) -> Vec<Box<dyn FnOnce() + Send + 'a>> {
        self.network.update(&self.workspace, &mut self.packed, learned, step)
    }

    /// Looks at the parameters anew, after they were changed. `None` where they left the CPU.
    pub fn refresh(&mut self) -> Option<()> {
        self.packed.refresh(&self.network, &affines(&self.parameters)?);
        Some(())
    }
}

/// What a pass reads of a network.
pub(super) struct Pass<'a> {
    pub network: &'a Network,
    pub packed: &'a Packed,
    pub parameters: Vec<Affine<'a>>,
}

impl Pass<'_> {
    pub fn forward(&self, chunk: &mut Chunk) {
        self.network.forward(&self.parameters, self.packed, chunk);
    }

    pub fn backward(&self, chunk: &mut Chunk, wanted: Wanted) {
        self.network.backward(&self.parameters, self.packed, chunk, wanted);
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
