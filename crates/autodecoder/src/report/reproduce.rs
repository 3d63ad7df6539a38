//! What the run was computed with, and how to run it again.

use autodecoder_training::PixelKind;
use autodecoder_visualization::report::{Block, Section};

use super::facts::Facts;
use super::numbers::thousands;

/// The line below the title.
pub(super) fn subtitle(facts: &Facts) -> String {
    let data = &facts.results.data;
    format!(
        "{}: {} training and {} test images{} · seed {}",
        data.set,
        thousands(data.train as i64),
        thousands(data.test as i64),
        match data.pixels {
            PixelKind::Grey => "",
            PixelKind::Binarised => ", binarised",
        },
        facts.results.seed
    )
}

/// The last section.
pub(super) fn section(facts: &Facts) -> Section {
    let environment = &facts.results.environment;
    let name = &facts.experiment().name;
    let preset = crate::experiment::preset(name).is_some();
    let command = if preset {
        format!("cargo xtask reproduce --preset {name} --force")
    } else {
        "autodecoder reproduce --experiment experiment.toml --force".to_owned()
    };
    Section::new("reproduce", "How to run this again")
        .paragraph(format!(
            "Computed by autodecoder {} with libtorch {} on `{}` with {} threads. The same \
             experiment, seed, machine and thread count give the same numbers, seconds aside; \
             images are class-balanced subsets drawn from the seed.",
            environment.autodecoder, environment.libtorch, environment.device, environment.threads
        ))
        .block(Block::Code(command))
        .paragraph(
            "Beside this file: `experiment.toml` (every setting), `results.json` (every number, \
             more digits), `metrics.csv` (every epoch), `models/` (decoders and latents as \
             safetensors), `figures/` (PNG and SVG).",
        )
}
