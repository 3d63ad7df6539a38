//! The examples of docs/extending.md, run: the document shows these files word for word.

mod checks;
#[allow(missing_docs)]
mod dataset;
#[allow(missing_docs)]
mod decoder;
#[allow(missing_docs)]
mod posterior;
mod program;

use std::path::Path;

use autodecoder::Results;
use autodecoder::cli::{self, Arguments};
use clap::Parser;

const EXPERIMENT: &str = include_str!("mine.toml");

#[test]
fn ones_own_posterior_decoder_and_data_set_train_together() {
    let folder = tempfile::tempdir().unwrap();
    let experiment = folder.path().join("mine.toml");
    std::fs::write(&experiment, EXPERIMENT).unwrap();
    let run = folder.path().join("run");
    let run = run.to_str().unwrap();
    let experiment = experiment.to_str().unwrap();
    let train = ["autodecoder", "train", "--experiment", experiment, "--run", run];
    cli::run(Arguments::parse_from(train), program::catalogue()).unwrap();
    let evaluate = ["autodecoder", "evaluate", "--run", run];
    cli::run(Arguments::parse_from(evaluate), program::catalogue()).unwrap();
    let results = Results::read(&Path::new(run).join("results.json")).unwrap().unwrap();
    let test = &results.models["mine"].test;
    // A constant image, an eighth of the pixels white, leaves 1/8 · 7/8.
    assert!(test.mse < 0.05, "test MSE {}", test.mse);
}

/// The example's `main` reads this process's arguments: it is compiled here, and not called.
#[test]
fn the_program_is_one_that_cargo_can_run() {
    let _: fn() -> anyhow::Result<()> = program::main;
}

#[test]
fn the_document_shows_these_files() {
    let document = include_str!("../../../../docs/extending.md");
    let shown = [
        ("rust", "posterior.rs", include_str!("posterior.rs")),
        ("rust", "decoder.rs", include_str!("decoder.rs")),
        ("rust", "dataset.rs", include_str!("dataset.rs")),
        ("rust", "program.rs", include_str!("program.rs")),
        ("toml", "mine.toml", EXPERIMENT),
    ];
    for (language, name, text) in shown {
        let block = format!("```{language}\n{text}```");
        assert!(document.contains(&block), "docs/extending.md does not show {name} as it is");
    }
    let blocks = document.matches("```").count() / 2;
    assert_eq!(blocks, shown.len(), "docs/extending.md shows code that no test compiles");
}
