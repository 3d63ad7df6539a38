//! The ELBO of a diffusion model on a chain where nothing is intractable.

mod chain;
mod elbo;
mod size;
mod terms;

use anyhow::Result;
use tch::{Kind, Tensor};

use self::chain::{Forward, reverse_joint};
use crate::toolkit::derivatives::gradients;
use crate::toolkit::gaussian::Gaussian;
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Context, Finding, Outcome, Precision, Verdict};

/// Strong noise, so that six steps do the work of a thousand.
const BETAS: [f64; 6] = [0.1, 0.15, 0.2, 0.3, 0.4, 0.5];
/// Pairs of a reverse process and an x_0.
const CASES: i64 = 10;

/// A reverse process at random, and an x_0.
struct Case {
    /// Slopes, shifts and logarithms of standard deviations, `[6]` each.
    parameters: Vec<Tensor>,
    x0: f64,
}

impl Case {
    fn drawn(context: &Context) -> Vec<Case> {
        let steps = BETAS.len() as i64;
        let numbers = context.normal("diffusion reverse", &[CASES, 3, steps]);
        let starts = context.normal("diffusion x0", &[CASES]);
        let case = |index: i64| {
            let drawn = numbers.get(index);
            let parameters =
                vec![0.9 + 0.1 * drawn.get(0), 0.2 * drawn.get(1), 0.3 * drawn.get(2) - 0.7];
            Case { parameters, x0: 1.0 + starts.double_value(&[index]) }
        };
        (0..CASES).map(case).collect()
    }

    /// log p(x_0).
    fn log_evidence(&self, parameters: &[Tensor]) -> Tensor {
        let joint = reverse_joint(parameters);
        let variance = joint.covariance().narrow(0, 0, 1).narrow(1, 0, 1);
        let first = Gaussian::new(joint.mean.narrow(0, 0, 1), &variance);
        first.log_prob(&Tensor::from_slice(&[self.x0]).reshape([1, 1])).squeeze()
    }

    /// D_KL(q(x_{1:T} | x_0) ‖ p(x_{1:T} | x_0)): the term that training drops.
    fn gap(&self, forward: &Forward, parameters: &[Tensor]) -> Tensor {
        forward.joint(self.x0).kl(&reverse_joint(parameters).given_first(self.x0))
    }

    /// The gradient of a function of the parameters, as one vector.
    fn slope(&self, function: &dyn Fn(&[Tensor]) -> Tensor) -> Tensor {
        let leaves: Vec<&Tensor> = self.parameters.iter().collect();
        Tensor::cat(&gradients(&leaves, function), 0)
    }
}

/// What training a diffusion model drops from log p(x_0), and why it may.
pub fn diffusion(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let forward = Forward { betas: BETAS.into() };
    let cases = Case::drawn(context);
    outcome.findings = identity(&forward, &cases, &mut outcome.working).into();
    outcome.findings.push(not_constant(&forward, &cases));
    outcome.findings.extend(terms::decomposition(&forward, &cases));
    outcome.findings.push(terms::closed_posterior(&forward));
    outcome
        .findings
        .extend([terms::no_gradient(&forward, &cases), terms::learned_schedule(&forward, &cases)]);
    size::of_images(context, &mut outcome)?;
    Ok(outcome)
}

fn identity(forward: &Forward, cases: &[Case], working: &mut Vec<String>) -> [Finding; 2] {
    let (mut largest, mut smallest): (f64, f64) = (0.0, f64::INFINITY);
    for case in cases {
        let parameters = &case.parameters;
        let evidence = case.log_evidence(parameters).double_value(&[]);
        let gap = case.gap(forward, parameters).double_value(&[]);
        let elbo = elbo::direct(forward, case.x0, parameters).double_value(&[]);
        working.push(format!(
            "x₀ = {:.2}: log p(x₀) = {evidence:.9}, KL + ELBO = {gap:.6} + {elbo:.6} = {:.9}",
            case.x0,
            gap + elbo
        ));
        largest = largest.max((evidence - gap - elbo).abs());
        smallest = smallest.min(evidence - elbo);
    }
    let identity = Finding {
        id: "identity".into(),
        claim: "log p(x₀) = KL(q(x₁…x_T|x₀) ‖ p(x₁…x_T|x₀)) + E_q[log p(x₀…x_T)/q(x₁…x_T|x₀)]"
            .into(),
        source: "003, question 9".into(),
        expected:
            "the three, each on its own, agree to 10⁻⁶ for 10 random reverse processes, T = 6"
                .into(),
        measured: format!("difference {}", at_most(largest, -9)),
        verdict: Verdict::holds_if(largest < 1e-6),
        precision: Precision::Exact,
    };
    let bound = Finding {
        id: "lower-bound".into(),
        claim: "The KL is not negative, so the ELBO is a lower bound on log p(x₀)".into(),
        source: "002, diffusion, question 1".into(),
        expected: "log p(x₀) − ELBO is positive for all 10".into(),
        measured: format!("at least {} nats", fixed(smallest, 2)),
        verdict: Verdict::holds_if(smallest > 0.0),
        precision: Precision::Exact,
    };
    [identity, bound]
}

/// "The KL-divergence term itself is a constant … it does not affect the optimization process." q
/// has no parameters here; in the reverse process's, the KL has a gradient.
fn not_constant(forward: &Forward, cases: &[Case]) -> Finding {
    let norm = |vector: &Tensor| vector.square().sum(Kind::Double).sqrt().double_value(&[]);
    let shares = cases.iter().map(|case| {
        let kl = case.slope(&|parameters| case.gap(forward, parameters));
        let evidence = case.slope(&|parameters| case.log_evidence(parameters));
        norm(&kl) / norm(&evidence)
    });
    let smallest = shares.fold(f64::INFINITY, f64::min);
    Finding {
        id: "kl-ignored".into(),
        claim: "The KL term can be ignored because it is constant and does not affect the \
                optimisation"
            .into(),
        source: "000, question 9a".into(),
        expected: "no gradient of the KL in the reverse process's parameters".into(),
        measured: format!(
            "its norm is at least {} times that of the gradient of log p(x₀)",
            fixed(smallest, 2)
        ),
        verdict: Verdict::holds_if(smallest < 1e-6),
        precision: Precision::Exact,
    }
}
