//! t-SNE maps of 10,000 test images, by our program and by others.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use autodecoder_models::tensor_file::{bytes, write_atomically};
use autodecoder_training::Pca;
use autodecoder_visualization::tsne::{TsneOptions, embed, exact_kl};
use tch::Device;

use crate::child;
use crate::model::device_images;
use crate::peer::Programs;
use crate::quiet::Watch;
use crate::row::Row;
use crate::statistics::Spread;
use crate::worker;

/// Principal components that are mapped.
const COLUMNS: usize = 50;

/// Another program that makes maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// openTSNE.
    OpenTsne,
    /// scikit-learn.
    ScikitLearn,
}

impl Program {
    /// The name in the report, and for the script.
    pub fn name(self) -> &'static str {
        match self {
            Program::OpenTsne => "opentsne",
            Program::ScikitLearn => "scikit-learn",
        }
    }
}

/// Ours and the other's map in turn; the ratio of their seconds, and the KL divergence of both,
/// computed by one function.
///
/// # Errors
/// Where a program fails.
pub fn compare(programs: &Programs, program: Program, images: &Path) -> Result<Row> {
    let data = programs.workshop.path("tsne.f32");
    write_atomically(&data, &components(images)?)?;
    let map = |name: &str| programs.workshop.path(&format!("tsne-{name}.f32"));
    let (our_map, other_map) = (map("ours"), map(program.name()));
    let watch = Watch::start(&[])?;
    let mut command = programs.ours()?;
    command.arg("tsne").arg(&data).arg(&our_map);
    let ours = seconds(programs, "our t-SNE", command)?;
    let mut command = programs.script("tsne.py");
    command.arg(program.name()).arg(&data).arg(&other_map).arg(format!("--columns={COLUMNS}"));
    let other = seconds(programs, program.name(), command)?;
    let foreign = watch.foreign()?;
    Ok(Row::new("time", Some(Spread::single(other / ours)))
        .beside(foreign)
        .with("ours_seconds", ours)
        .with("other_seconds", other)
        .with("ours_kl", kl(&data, &our_map)?)
        .with("other_kl", kl(&data, &other_map)?))
}

/// Makes our map of the data in a file; answers with its seconds.
///
/// # Errors
/// Where a file cannot be read or written.
pub fn ours(data: &Path, map: &Path) -> Result<()> {
    let values = floats(data)?;
    let samples = values.len() / COLUMNS;
    let started = Instant::now();
    let made = embed(&values, samples, COLUMNS, &TsneOptions::default())?;
    let seconds = started.elapsed().as_secs_f64();
    // `embed` also computes the exact divergence, which the other programs do not.
    let started = Instant::now();
    exact_kl(&values, samples, COLUMNS, &made.points, made.perplexity)?;
    let divergence = started.elapsed().as_secs_f64();
    let points: Vec<u8> = made.points.as_flattened().iter().flat_map(|x| x.to_le_bytes()).collect();
    write_atomically(map, &points)?;
    worker::answer(&(seconds - divergence))
}

fn components(images: &Path) -> Result<Vec<u8>> {
    let pixels =
        std::fs::read(images).with_context(|| format!("cannot read {}", images.display()))?;
    let images = device_images(pixels, Device::Cpu)?;
    Ok(bytes(&Pca::fit(&images, COLUMNS as i64).scores(&images))?)
}

fn seconds(programs: &Programs, name: &str, command: std::process::Command) -> Result<f64> {
    let log: PathBuf = programs.workshop.path("tsne.log");
    let mut seconds = None;
    child::run(name, command, &log, |found: f64| seconds = Some(found))?;
    seconds.with_context(|| format!("{name} did not say how long it took"))
}

fn kl(data: &Path, map: &Path) -> Result<f64> {
    let (values, map) = (floats(data)?, floats(map)?);
    let (points, rest) = map.as_chunks::<2>();
    ensure!(rest.is_empty(), "a map holds two numbers for each point");
    let perplexity = TsneOptions::default().perplexity;
    Ok(exact_kl(&values, values.len() / COLUMNS, COLUMNS, points, perplexity)?)
}

fn floats(path: &Path) -> Result<Vec<f32>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (chunks, rest) = bytes.as_chunks::<4>();
    ensure!(rest.is_empty(), "{} does not hold whole numbers of 32 bits", path.display());
    Ok(chunks.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect())
}
