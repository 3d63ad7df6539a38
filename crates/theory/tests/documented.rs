//! Every check, run as a test: what docs/theory.md says is what it measures.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "helpers of tests, which clippy.toml only allows inside test functions"
)]

use std::path::PathBuf;

use autodecoder_theory::{Context, checks, document};
use autodecoder_training::Streams;

const DOCUMENT: &str = include_str!("../../../docs/theory.md");

fn context() -> Context {
    // As in the program: sums have one order.
    tch::set_num_threads(1);
    Context {
        streams: Streams::new(1),
        sample: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/sample")),
        data: None,
        full: false,
    }
}

fn finds_what_is_documented(name: &str) {
    let outcome = checks::find(name).expect(name).run(&context()).unwrap();
    for id in &outcome.left_out {
        println!(
            "skipped: {name}/{id} needs Fashion-MNIST; `cargo xtask theory --full {name}` measures it"
        );
    }
    let faults = document::differences(DOCUMENT, name, &outcome).unwrap();
    assert!(
        faults.is_empty(),
        "if these are right, `cargo xtask theory --document docs/theory.md` writes them:\n{faults:#?}"
    );
}

/// One test per check, so that a failure names it.
macro_rules! documented {
    ($($test:ident: $name:literal,)*) => {
        $(
            #[test]
            fn $test() {
                finds_what_is_documented($name);
            }
        )*
        const TESTED: &[&str] = &[$($name),*];
    };
}

documented! {
    universal_approximation: "universal-approximation",
    classifier_losses: "classifier-losses",
    momentum: "momentum",
    gradient_averaging: "gradient-averaging",
    batch_size: "batch-size",
    sgd_statements: "sgd-statements",
    relu: "relu",
    vanishing_gradients: "vanishing-gradients",
    deep_sigmoid_model: "deep-sigmoid-model",
    gradient_remedies: "gradient-remedies",
    dropout: "dropout",
    bilevel: "bilevel",
    scalar_loss: "scalar-loss",
    broadcast_convolution: "broadcast-convolution",
    mlp_gradients: "mlp-gradients",
    numerical_gradients: "numerical-gradients",
    gan_gradients: "gan-gradients",
    layer_norm: "layer-norm",
    receptive_fields: "receptive-fields",
    convolution_matrix: "convolution-matrix",
    residual_layers: "residual-layers",
    embedding: "embedding",
    truncated_bptt: "truncated-bptt",
    permutations: "permutations",
    attention_maps: "attention-maps",
    linear_attention: "linear-attention",
    gaussian_kl: "gaussian-kl",
    monte_carlo_evidence: "monte-carlo-evidence",
    elbo_identity: "elbo-identity",
    diffusion: "diffusion",
    gradient_estimators: "gradient-estimators",
    no_kl_term: "no-kl-term",
    vae_statements: "vae-statements",
    random_latents: "random-latents",
    latent_dimension: "latent-dimension",
    inductive_bias: "inductive-bias",
}

#[test]
fn every_check_has_a_test_and_a_name_of_its_own() {
    let names: Vec<&str> = checks::all().map(|check| check.name).collect();
    assert_eq!(names, TESTED);
    let unique: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(unique.len(), names.len());
}
