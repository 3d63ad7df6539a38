//! The examples of docs/extending.md, run: the document shows these files word for word.

#[allow(missing_docs)]
mod dataset;
#[allow(missing_docs)]
mod decoder;
#[allow(missing_docs)]
mod posterior;

use std::path::Path;
use std::sync::Arc;

use autodecoder::cli::{self, Arguments};
use autodecoder::{Catalogue, Results};
use autodecoder_data::Dataset;
use clap::Parser;

const EXPERIMENT: &str = r#"
[data]
set = "bars"
folder = "."
train = 60
test = 16

[training]
epochs = 200
batch_size = 10

[inference]
steps = 50

[figures]
images = 2
tsne = { perplexity = 15.0 }

[[models]]
name = "mine"
kind = "variational-auto-decoder"
latent_dim = 4
posterior = "fixed-gaussian"
decoder = { kind = "shallow", units = 32 }
"#;

fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::standard();
    let parts = &mut catalogue.parts;
    let posterior = posterior::FixedGaussian { sigma: 0.1 };
    parts.posteriors = parts.posteriors.clone().with_posterior(Arc::new(posterior));
    parts.decoders = parts.decoders.clone().with("shallow", Arc::new(decoder::Shallow));
    catalogue.datasets = catalogue.datasets.with(
        "bars",
        Arc::new(|_: &Path| {
            let classes = ["upright", "lying"].map(str::to_owned).to_vec();
            Box::new(dataset::Bars { classes }) as Box<dyn Dataset>
        }),
    );
    catalogue
}

#[test]
fn ones_own_posterior_decoder_and_data_set_train_together() {
    let folder = tempfile::tempdir().unwrap();
    let experiment = folder.path().join("mine.toml");
    std::fs::write(&experiment, EXPERIMENT).unwrap();
    let run = folder.path().join("run");
    let run = run.to_str().unwrap();
    let experiment = experiment.to_str().unwrap();
    let train = ["autodecoder", "train", "--experiment", experiment, "--run", run];
    cli::run(Arguments::parse_from(train), catalogue()).unwrap();
    let evaluate = ["autodecoder", "evaluate", "--run", run];
    cli::run(Arguments::parse_from(evaluate), catalogue()).unwrap();
    let results = Results::read(&Path::new(run).join("results.json")).unwrap().unwrap();
    let test = &results.models["mine"].test;
    // A constant image, an eighth of the pixels white, leaves 1/8 · 7/8.
    assert!(test.mse < 0.05, "test MSE {}", test.mse);
}

#[test]
fn the_posterior_passes_the_checks_of_the_shipped_ones() {
    use autodecoder_distributions::{Noise, Posterior};
    use autodecoder_training::{Streams, latent_noise};
    use tch::{Device, Tensor};
    let q = posterior::FixedGaussian { sigma: 0.3 };
    let rows = Tensor::from_slice(&[0.5f32, -1.0]).reshape([1, 2]).repeat([20_000, 1]);
    let mut rng = Streams::new(1).rng("test", &[]);
    let noise = latent_noise(Noise::Normal, 20_000, 2, Device::Cpu, &mut rng);
    let z = q.rsample(&rows, &noise);
    let terms = q.log_prob(&rows, &z).unwrap() - q.prior().log_prob(&z);
    let closed = q.kl(&rows, &noise).value().unwrap().double_value(&[0]);
    let error = terms.std(true).double_value(&[]) / 20_000f64.sqrt();
    let estimate = terms.mean(tch::Kind::Double).double_value(&[]);
    assert!((estimate - closed).abs() < 4.0 * error, "{estimate} against {closed} ± {error}");
}

#[test]
fn the_document_shows_these_files() {
    let document = include_str!("../../../../docs/extending.md");
    let shown = [
        ("posterior.rs", include_str!("posterior.rs")),
        ("decoder.rs", include_str!("decoder.rs")),
        ("dataset.rs", include_str!("dataset.rs")),
    ];
    for (name, text) in shown {
        let block = format!("```rust\n{text}```");
        assert!(document.contains(&block), "docs/extending.md does not show {name} as it is");
    }
}
