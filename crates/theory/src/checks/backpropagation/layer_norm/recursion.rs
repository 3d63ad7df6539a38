//! Question 18 of document 004: ∂e/∂x at a block from ∂e/∂x at the top, with whole Jacobians.

use tch::{Device, Kind, Tensor};

use super::blocks::{EPSILON, Placement, Stack, normalised};
use crate::checks::backpropagation::agreement::{Formula, agrees, difference_text};
use crate::toolkit::compare::relative_difference;
use crate::toolkit::derivatives::{gradients, jacobian};
use crate::{Context, Finding, Precision, Verdict};

/// Tokens in x.
const TOKENS: i64 = 3;
/// Features of a token.
const WIDTH: i64 = 4;
/// Blocks.
const DEPTH: usize = 5;
/// Entries of x, and so rows of a Jacobian.
const SIZE: i64 = TOKENS * WIDTH;

/// LayerNorm by itself, then both placements.
pub(super) fn findings(context: &Context) -> Vec<Finding> {
    let post = Chain::new(context, Placement::After);
    let pre = Chain::new(context, Placement::Before);
    vec![normalisation(context), after(&post), torn(&post), before(&pre)]
}

/// A stack, the input of every block, and ∂e/∂x of the top for the error e = Σ pull · x.
struct Chain {
    /// The blocks.
    stack: Stack,
    /// x of every block.
    inputs: Vec<Tensor>,
    /// ∂e/∂x of the top, a row.
    pull: Tensor,
}

impl Chain {
    /// A stack of `DEPTH` blocks; both placements get the same weights, input and error.
    fn new(context: &Context, placement: Placement) -> Chain {
        let stack = Stack::new(context, "recursion", placement, DEPTH, WIDTH);
        let x = context.normal("layer-norm recursion x", &[TOKENS, WIDTH]);
        let pull = context.normal("layer-norm recursion pull", &[1, SIZE]);
        let inputs = (0..DEPTH).map(|block| stack.blocks(0, block, &x)).collect();
        Chain { stack, inputs, pull }
    }

    /// ∂e/∂x of the lowest block, a row of `SIZE` numbers.
    fn autograd(&self) -> Tensor {
        let top = |x: &Tensor| self.stack.blocks(0, DEPTH, x).view([1, SIZE]);
        let gradient =
            gradients(&[&self.inputs[0]], |x| (top(&x[0]) * &self.pull).sum(Kind::Double));
        gradient[0].view([1, SIZE])
    }

    /// 1 + ∂A(x)/∂x of one block.
    fn residual(&self, block: usize) -> Tensor {
        identity() + jacobian(&self.inputs[block], |x| self.stack.attention(block, x))
    }

    /// ∂LayerNorm(z)/∂z of one block, where z = x + A(x).
    fn norm(&self, block: usize) -> Tensor {
        let x = &self.inputs[block];
        jacobian(&(x + self.stack.attention(block, x)), normalised)
    }
}

/// The 1 of the skip path.
fn identity() -> Tensor {
    Tensor::eye(SIZE, (Kind::Double, Device::Cpu))
}

/// (1/σ) (1 − 11ᵀ/d − x̂x̂ᵀ/d): what a token's LayerNorm does to a gradient.
fn normalisation(context: &Context) -> Finding {
    let x = context.normal("layer-norm token", &[WIDTH]) * 3.0 + 1.0;
    let width = WIDTH as f64;
    let centred = &x - x.mean(Kind::Double);
    let deviation = (centred.square().mean(Kind::Double) + EPSILON).sqrt();
    let unit = &centred / &deviation;
    let eye = Tensor::eye(WIDTH, (Kind::Double, Device::Cpu));
    let formula = (eye - 1.0 / width - unit.outer(&unit) / width) / deviation;
    Formula {
        id: "jacobian",
        claim: "∂LayerNorm(x)/∂x = (1/σ) (1 − 11ᵀ/d − x̂x̂ᵀ/d): it divides by σ",
        source: "standard result",
        expected: "the Jacobian by autograd, for one token",
    }
    .against(&formula, &jacobian(&x, normalised))
}

/// A row times the factors of several blocks, in the order of `blocks`.
fn product(
    row: &Tensor,
    blocks: impl Iterator<Item = usize>,
    factor: impl Fn(usize) -> Tensor,
) -> Tensor {
    blocks.fold(row.copy(), |row, block| row.matmul(&factor(block)))
}

/// The product of the blocks' Jacobians, from the top down and from the bottom up.
fn after(chain: &Chain) -> Finding {
    let autograd = chain.autograd();
    let whole = |block: usize| chain.norm(block).matmul(&chain.residual(block));
    let down = relative_difference(&product(&chain.pull, (0..DEPTH).rev(), whole), &autograd);
    let up = relative_difference(&product(&chain.pull, 0..DEPTH, whole), &autograd);
    Finding {
        id: "after".into(),
        claim: "Post-LN: ∂e/∂x₀ = ∂e/∂x_L ∏ₗ ∂LayerNorm(zₗ)/∂zₗ (1 + ∂A(xₗ)/∂xₗ)".into(),
        source: "004, question 18".into(),
        expected: format!("autograd's gradient through {DEPTH} blocks"),
        measured: format!(
            "relative difference {} with the top block's factor first, {} with the lowest block's \
             first, as ∏ from l₀ to L − 1 is usually read",
            difference_text(down),
            difference_text(up)
        ),
        verdict: Verdict::by_condition(agrees(down), agrees(up)),
        precision: Precision::Exact,
    }
}

/// All LayerNorms first, then all attentions.
fn torn(chain: &Chain) -> Finding {
    let norms = product(&chain.pull, (0..DEPTH).rev(), |block| chain.norm(block));
    let torn = product(&norms, (0..DEPTH).rev(), |block| chain.residual(block));
    Formula {
        id: "two-products",
        claim: "It is the product of two products: ∏ₗ ∂LayerNorm(zₗ)/∂zₗ ∏ₗ (1 + ∂A(xₗ)/∂xₗ)",
        source: "004, question 19",
        expected: "autograd's gradient, both products from the top down",
    }
    .against(&torn, &chain.autograd())
}

/// One plus the sum of what every block above adds, each differentiated down to the lowest block.
fn before(chain: &Chain) -> Finding {
    let x = &chain.inputs[0];
    let added = |block: usize| {
        jacobian(x, |x| chain.stack.attention(block, &normalised(&chain.stack.blocks(0, block, x))))
    };
    let sum = (0..DEPTH).fold(identity(), |sum, block| sum + added(block));
    Formula {
        id: "before",
        claim: "Pre-LN: ∂e/∂x₀ = ∂e/∂x_L (1 + Σₗ ∂A(LayerNorm(xₗ))/∂x₀)",
        source: "004, question 18",
        expected: "autograd's gradient through 5 blocks",
    }
    .against(&chain.pull.matmul(&sum), &chain.autograd())
}
