//! The posteriors, and how they are reparameterised.

use autodecoder_visualization::report::{Block, Cell, Column, Section, Table};

use super::facts::Facts;

/// What the report says of a posterior.
struct Description {
    parameters: &'static str,
    sample: &'static str,
    kl: &'static str,
    remark: &'static str,
}

/// Question 4 of the assignment.
pub(super) fn section(facts: &Facts) -> Section {
    let mut section = Section::new("posteriors", "The posteriors and their reparameterisation")
        .paragraph(
            "A draw from a posterior has no gradient in the posterior’s parameters. The \
             reparameterisation trick (Kingma and Welling 2013) writes the draw as a differentiable \
             function of the parameters and of noise that does not depend on them: then the \
             gradient of an expectation is the expectation of a gradient, and one draw estimates \
             it without bias. For a location-scale family the function is *z = location + scale · \
             standard draw*; a standard draw comes from uniform noise *u* through the inverse of \
             the distribution function. All dimensions are independent, formulas are for one.",
        );
    let mut table = Table::new(
        "reparameterisation",
        "How each posterior of this run is sampled, and its KL divergence from its prior.",
        vec![
            Column::text("posterior"),
            Column::text("row holds"),
            Column::text("prior"),
            Column::text("sample"),
            Column::text("KL divergence from the prior, nats"),
        ],
    );
    let mut seen: Vec<&str> = Vec::new();
    let mut remarks = Vec::new();
    for model in &facts.models {
        let name = model.config.posterior.as_str();
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        let text = describe(name);
        let cells = [name, text.parameters, &model.results.prior, text.sample, text.kl];
        table.rows.push(cells.into_iter().map(Cell::from).collect());
        if !text.remark.is_empty() {
            remarks.push(text.remark);
        }
    }
    section = section.block(Block::Table(table.note(
        "σ = exp(½ log σ^{2}), b = exp(log b); u is uniform on (0, 1), ε standard normal. Row \
         values are bounded smoothly so that no row overflows; docs/distributions.md has the \
         derivations and names the tests.",
    )));
    remarks.into_iter().fold(section, Section::paragraph)
}

fn describe(posterior: &str) -> Description {
    match posterior {
        "point" => Description {
            parameters: "z",
            sample: "z: nothing is drawn",
            kl: "undefined: a point has no density",
            remark: "The *point* is the auto-decoder: its row is the latent. Its prior is only what \
                     new images are drawn from.",
        },
        "gaussian" => Description {
            parameters: "μ, log σ^{2}",
            sample: "μ + σ ε",
            kl: "½ (μ^{2} + σ^{2} − 1 − log σ^{2})",
            remark: "The *Gaussian* is the VAE’s posterior. Its KL grows with the square of the \
                     mean, so outlying latents cost most.",
        },
        "laplace" => Description {
            parameters: "m, log b",
            sample: "m − b sign(u − ½) log(1 − 2 |u − ½|)",
            kl: "|m| + b exp(−|m| / b) − 1 − log b",
            remark: "The *Laplace* posterior was picked because its KL grows only linearly with the \
                     location: outliers stay cheap, and small locations are pulled to zero harder, \
                     which favours sparse latents.",
        },
        "logistic" => Description {
            parameters: "m, log s",
            sample: "m + s log(u / (1 − u))",
            kl: "no closed form: log q(z) − log p(z) at the sample",
            remark: "The *logistic* has no closed KL: its objective carries the noise of a \
                     one-sample estimate.",
        },
        "gumbel" => Description {
            parameters: "m, log β",
            sample: "m − β log(−log u)",
            kl: "−log β + γ (β − 1) + m + e^{−m} Γ(1 + β) − 1",
            remark: "The *Gumbel* is skewed: its mean is m + γ β, γ ≈ 0.577.",
        },
        "uniform" => Description {
            parameters: "centre c, half width w",
            sample: "c + w (2u − 1)",
            kl: "−log w",
            remark: "The *uniform* posterior was picked because its support is bounded. A KL to a \
                     uniform prior is finite only where the posterior lies inside the prior, so the \
                     row’s parameters are mapped to w = sigmoid(b) and c = (1 − w) tanh(a): then \
                     [c − w, c + w] lies in [−1, 1] whatever a and b are. Its KL depends on the \
                     width alone: inside the cube no place is dearer than another.",
        },
        _ => Description {
            parameters: "see its own documentation",
            sample: "–",
            kl: "–",
            remark: "",
        },
    }
}
