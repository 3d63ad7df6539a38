//! log p(x) = ELBO + KL(q ‖ posterior), where all three are known.

mod bounds;
mod over_model;
mod over_q;

use anyhow::Result;
use tch::{Device, Kind, Tensor};

use crate::toolkit::derivatives::gradients;
use crate::toolkit::estimate::Estimate;
use crate::toolkit::gaussian::Gaussian;
use crate::toolkit::linear_gaussian::{LinearGaussian, standard_prior};
use crate::toolkit::numbers::{at_most, fixed};
use crate::{Context, Finding, Outcome, Precision, Verdict};

const LATENT_DIM: i64 = 4;
const VISIBLE: i64 = 4;

/// A linear-Gaussian model and one of its samples.
struct Setting {
    model: LinearGaussian,
    x: Tensor,
}

impl Setting {
    fn new(context: &Context) -> Setting {
        let model = LinearGaussian::drawn(context, "elbo", [VISIBLE, LATENT_DIM], 0.3);
        let latents = context.normal("elbo latents", &[1, LATENT_DIM]);
        let x = model.sample(&latents, &context.normal("elbo noise", &[1, VISIBLE]));
        Setting { model, x: x.squeeze_dim(0) }
    }

    /// The same with x measured in units that are `unit` times as large.
    fn in_units(&self, unit: f64) -> Setting {
        let model = LinearGaussian {
            weights: &self.model.weights / unit,
            offset: &self.model.offset / unit,
            noise_variance: self.model.noise_variance / (unit * unit),
        };
        Setting { model, x: &self.x / unit }
    }

    /// E_q[log p(x | z)] − KL(q ‖ prior): the negative of a VAE's loss.
    fn elbo(&self, q: &Gaussian) -> Tensor {
        self.model.reconstruction(&self.x, q) - q.kl(&standard_prior(LATENT_DIM))
    }

    /// KL(q ‖ p(z | x)).
    fn gap(&self, q: &Gaussian) -> Tensor {
        q.kl(&self.model.posterior(&self.x))
    }

    fn log_evidence(&self) -> f64 {
        self.model.log_evidence(&self.x).double_value(&[])
    }
}

/// Twenty Gaussians at random.
fn some_q(context: &Context) -> Vec<Gaussian> {
    let means = context.normal("elbo q means", &[20, LATENT_DIM]);
    let factors = context.normal("elbo q factors", &[20, LATENT_DIM, LATENT_DIM]);
    let room = 0.1 * Tensor::eye(LATENT_DIM, (Kind::Double, Device::Cpu));
    let gaussian = |index: i64| {
        let factor = factors.get(index);
        Gaussian::new(means.get(index), &(factor.matmul(&factor.tr()) + &room))
    };
    (0..20).map(gaussian).collect()
}

/// The identity behind the VAE's loss, and what follows from it.
pub fn elbo_identity(context: &Context) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let setting = Setting::new(context);
    let identity = identity(context, &setting, &mut outcome);
    outcome.findings.push(identity);
    outcome.findings.extend(bounds::jensen(context));
    outcome.findings.push(bounds::lower_bound(context, &setting));
    outcome.findings.extend(constants(context, &setting));
    let bounds = [bounds::on_the_divergence(&setting), bounds::on_the_evidence(context, &setting)];
    outcome.findings.extend(bounds);
    over_q::climbed(&setting, &mut outcome)?;
    over_model::climbed(&mut outcome)?;
    Ok(outcome)
}

fn identity(context: &Context, setting: &Setting, outcome: &mut Outcome) -> Finding {
    let log_evidence = setting.log_evidence();
    let mut largest: f64 = 0.0;
    for q in some_q(context) {
        let [elbo, gap] = [setting.elbo(&q), setting.gap(&q)].map(|value| value.double_value(&[]));
        outcome.show(format!(
            "log p(x) = {log_evidence:.9}, ELBO + KL = {elbo:.6} + {gap:.6} = {:.9}",
            elbo + gap
        ));
        largest = largest.max((log_evidence - elbo - gap).abs());
    }
    // The same ELBO as a mean over samples, from the densities alone.
    let q = &some_q(context)[0];
    let z = q.sample(&context.normal("elbo samples", &[20_000, LATENT_DIM]));
    let joint =
        setting.model.log_likelihood(&setting.x, &z) + standard_prior(LATENT_DIM).log_prob(&z);
    let sampled = Estimate::of(&(joint - q.log_prob(&z)));
    let exact = setting.elbo(q).double_value(&[]);
    Finding {
        id: "identity".into(),
        claim: "log p(x) = KL(q ‖ p(z|x)) + E_q[log p(x|z)] − KL(q ‖ p(z)), for every q".into(),
        source: "004, question 4".into(),
        expected: format!(
            "the three from their own closed forms agree to 10⁻⁶, for 20 random q; an ELBO of {} \
             by Monte Carlo",
            sampled.text(2)
        ),
        measured: format!("difference {}; ELBO {}", at_most(largest, -9), fixed(exact, 2)),
        verdict: Verdict::holds_if(largest < 1e-6 && sampled.holds(exact, 0.0)),
        precision: Precision::Exact,
    }
}

/// What does not depend on the variational parameters is log p(x); the KL does.
fn constants(context: &Context, setting: &Setting) -> [Finding; 2] {
    let q = &some_q(context)[0];
    let slope = |function: &dyn Fn(&Gaussian) -> Tensor| {
        let slopes = gradients(&[&q.mean, &q.factor], |parameters| {
            let (mean, factor) = (parameters[0].shallow_clone(), parameters[1].tril(0));
            function(&Gaussian { mean, factor })
        });
        Tensor::cat(&slopes.iter().map(|slope| slope.reshape([-1])).collect::<Vec<_>>(), 0)
    };
    let (kl, elbo) = (slope(&|q| setting.gap(q)), slope(&|q| setting.elbo(q)));
    let norm = |vector: &Tensor| vector.square().sum(Kind::Double).sqrt().double_value(&[]);
    let (size, sum) = (norm(&kl), norm(&(&kl + &elbo)));
    let constant = Finding {
        id: "kl-constant".into(),
        claim: "The KL divergence from q to the posterior is a constant with respect to the \
                variational parameters"
            .into(),
        source: "000, question 9a".into(),
        expected: "its gradient in mean and covariance of q is 0".into(),
        measured: format!("norm of the gradient {}", fixed(size, 2)),
        verdict: Verdict::holds_if(size < 1e-6),
        precision: Precision::Exact,
    };
    let opposite = Finding {
        id: "evidence-constant".into(),
        claim: "log p(x) is the constant, so maximising the ELBO over q minimises the KL".into(),
        source: "standard result".into(),
        expected: "the gradients of ELBO and KL in q add up to 0".into(),
        measured: format!("norm of the sum {}", at_most(sum, -9)),
        verdict: Verdict::holds_if(sum < 1e-9 && size > 1e-3),
        precision: Precision::Exact,
    };
    [constant, opposite]
}
