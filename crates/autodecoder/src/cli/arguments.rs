//! What can be typed.

use std::path::PathBuf;
use std::time::Duration;

use autodecoder_evaluation::PriorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Auto-decoders and variational auto-decoders: train, measure, look.
#[derive(Debug, Parser)]
#[command(version, about, arg_required_else_help = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The program's commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Do everything: train, evaluate, compare, sample, interpolate, tsne, report.
    #[command(
        after_help = "Example: autodecoder reproduce --experiment course --data external/fashion-mnist"
    )]
    Reproduce(NewRun),
    /// Train every model of an experiment.
    #[command(
        after_help = "Example: autodecoder train --experiment my.toml --data external/fashion-mnist --run runs/my"
    )]
    Train(NewRun),
    /// Infer the rows of the test images and compute every metric (results.json).
    #[command(after_help = "Example: autodecoder evaluate --run runs/standard")]
    Evaluate(OldRun),
    /// Train the small variants that the experiment's comparisons ask for (results.json).
    #[command(after_help = "Example: autodecoder compare --run runs/standard")]
    Compare(OldRun),
    /// Decode samples of each model's prior, and test latents beside them (figures/).
    #[command(after_help = "Example: autodecoder sample --run runs/standard")]
    Sample(OldRun),
    /// Decode the line between two test latents of different classes (figures/).
    #[command(after_help = "Example: autodecoder interpolate --run runs/standard")]
    Interpolate(OldRun),
    /// Map each model's latents to two dimensions with t-SNE (figures/, results.json).
    #[command(after_help = "Example: autodecoder tsne --run runs/standard")]
    Tsne(OldRun),
    /// Write report.html from what the other commands left.
    #[command(after_help = "Example: autodecoder report --run runs/standard")]
    Report(OldRun),
    /// Train the classifier whose features judge samples (classifier.json, classifier.safetensors).
    #[command(
        after_help = "Example: autodecoder classifier --data external/fashion-mnist --out runs/classifier"
    )]
    Classifier(ClassifierArguments),
    /// Fit samplers to every model's latents and judge their samples (results.json, figures/).
    #[command(
        after_help = "Example: autodecoder sample-quality --run runs/standard --classifier runs/classifier"
    )]
    SampleQuality(SampleQualityArguments),
    /// Compare encoders with inference image by image under the same decoder (results.json).
    #[command(after_help = "Example: autodecoder amortisation --run runs/encoder-or-table")]
    Amortisation(OldRun),
    /// Train many small models that differ in one setting: a figure, tables, an answer.
    #[command(
        after_help = "Example: autodecoder sweep latent-dim --quick --data external/fashion-mnist"
    )]
    Sweep(SweepArguments),
    /// Fill in missing pixels with a VAD, VAEs and baselines: figures, tables, an answer.
    #[command(after_help = "Example: autodecoder incomplete --quick --data external/fashion-mnist")]
    Incomplete(IncompleteArguments),
    /// Fit rows to new files with a trained model (latents, keyed by file name or index).
    #[command(
        after_help = "Example: autodecoder infer --model runs/own/models/vad --data photos --out rows.safetensors"
    )]
    Infer(Apply),
    /// Fill in what is missing in a table or in images, and say how good that is.
    #[command(
        after_help = "Example: autodecoder impute --model runs/own-table/models/vad --data table.csv --out filled.csv"
    )]
    Impute(Impute),
    /// Say what a run's folder holds, and its main numbers.
    #[command(after_help = "Example: autodecoder info --run runs/standard")]
    Info(RunOnly),
    /// Print means over runs of one experiment with different seeds, as tables in Markdown.
    #[command(
        after_help = "Example: autodecoder seeds runs/standard runs/standard-seed-2 runs/standard-seed-3"
    )]
    Seeds(SeedsArguments),
}

/// Arguments of commands that begin a run.
#[derive(Debug, Args)]
pub struct NewRun {
    /// A preset (smoke, course, standard, full, own, own-table, or another that docs/experiments.md lists)
    /// or a TOML file [default: standard; own or own-table where --data names one's own pictures, array
    /// or table].
    #[arg(long)]
    pub experiment: Option<String>,
    /// The seed, in place of the experiment's.
    #[arg(long, value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub seed: Option<u64>,
    /// Folder for the artefacts [default: runs/NAME for the experiment's name, with --seed N runs/NAME-seed-N].
    #[arg(long)]
    pub run: Option<PathBuf>,
    /// Go on with the run in the folder, and fail if there is none.
    #[arg(long, conflicts_with = "force")]
    pub resume: bool,
    /// Replace the run that the folder holds; it is removed once all models of the new one are trained.
    #[arg(long)]
    pub force: bool,
    /// Leave bad pictures out, and list them; without it the first one is an error.
    #[arg(long)]
    pub skip_bad: bool,
    /// Resize pictures to this height and width, such as 64x48.
    #[arg(long, value_name = "HxW", value_parser = size)]
    pub size: Option<[usize; 2]>,
    /// A file that says which values are observed: 1 or white, and 0 or black where one is missing.
    #[arg(long, value_name = "FILE")]
    pub mask: Option<PathBuf>,
    /// Start from the models of an earlier run, and from its rows of the images that it knew.
    #[arg(long, value_name = "RUN")]
    pub rows_from: Option<PathBuf>,
    /// Seconds from one checkpoint to the next; 0 writes one after every step. No number in the
    /// results depends on it [default: 20, or 100 times what the last one took if that is more].
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, value_parser = seconds)]
    pub checkpoint_every: Option<Duration>,
    /// Where and how to compute.
    #[command(flatten)]
    pub compute: Compute,
}

/// Arguments of commands that work on an existing run.
#[derive(Debug, Args)]
pub struct OldRun {
    /// The run's folder.
    #[arg(long)]
    pub run: PathBuf,
    /// Where and how to compute.
    #[command(flatten)]
    pub compute: Compute,
}

/// Arguments of `seeds`.
#[derive(Debug, Args)]
pub struct SeedsArguments {
    /// The runs' folders.
    #[arg(required = true, num_args = 2..)]
    pub runs: Vec<PathBuf>,
}

/// Arguments of `classifier`.
#[derive(Debug, Args)]
pub struct ClassifierArguments {
    /// Folder for the classifier's two files.
    #[arg(long)]
    pub out: PathBuf,
    /// Name of the data set in the folder that --data names.
    #[arg(long, default_value = "fashion-mnist")]
    pub set: String,
    /// A TOML file with the classifier's settings [default: assets/classifiers/standard.toml].
    #[arg(long)]
    pub settings: Option<PathBuf>,
    /// Passes over all images; wins over the settings'.
    #[arg(long)]
    pub epochs: Option<u32>,
    /// The seed of the classifier's random streams.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where and how to compute.
    #[command(flatten)]
    pub compute: Compute,
}

/// Arguments of a sweep.
#[derive(Debug, Args)]
pub struct SweepArguments {
    /// What is varied.
    #[arg(value_enum)]
    pub what: Varied,
    /// Folder of a classifier: samples are judged too, by their Fréchet distance from test images.
    #[arg(long, value_name = "DIR")]
    pub classifier: Option<PathBuf>,
    /// Its size and folder.
    #[command(flatten)]
    pub study: StudyArguments,
}

/// Arguments of `incomplete`.
#[derive(Debug, Args)]
pub struct IncompleteArguments {
    /// Seeds, instead of those of the size.
    #[arg(long, value_name = "N,N,…", value_delimiter = ',')]
    pub seeds: Vec<u64>,
    /// Its size and folder.
    #[command(flatten)]
    pub study: StudyArguments,
}

/// Size and folder of an experiment with many small models.
#[derive(Debug, Args)]
pub struct StudyArguments {
    /// Less of everything: some minutes.
    #[arg(long, conflicts_with = "full")]
    pub quick: bool,
    /// All of Fashion-MNIST, for a GPU.
    #[arg(long)]
    pub full: bool,
    /// Folder for the results [default: a folder in runs that is called like the command].
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Begin anew where the folder holds the same with other settings.
    #[arg(long)]
    pub force: bool,
    /// Where and how to compute.
    #[command(flatten)]
    pub compute: Compute,
}

/// Arguments of `sample-quality`.
#[derive(Debug, Args)]
pub struct SampleQualityArguments {
    /// Folder of the classifier whose features judge the samples.
    #[arg(long)]
    pub classifier: PathBuf,
    /// Samples of each sampler. Fréchet distances compare only at equal numbers.
    #[arg(long, default_value_t = 10_000, allow_negative_numbers = true,
        value_parser = clap::value_parser!(i64).range(6..=1_000_000))]
    pub samples: i64,
    /// The run, and where and how to compute.
    #[command(flatten)]
    pub old: OldRun,
}

/// A setting that a sweep varies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Varied {
    /// The number of values in a latent.
    LatentDim,
}

/// Where and how to compute.
#[derive(Debug, Args)]
pub struct Compute {
    /// Folder with the data set's files, or one's own file or folder; wins over the experiment's.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Where and how to compute.
    #[command(flatten)]
    pub machine: Machine,
}

/// The device and its threads.
#[derive(Debug, Args)]
pub struct Machine {
    /// auto, cpu, cuda or cuda:N.
    #[arg(long, default_value = "auto")]
    pub device: String,
    /// Threads of libtorch [default: one per core].
    #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(i32).range(1..=1024))]
    pub threads: Option<i32>,
}

/// Arguments of commands that apply a trained model to new files.
#[derive(Debug, Args)]
pub struct Apply {
    /// The model's folder, such as runs/own/models/vad.
    #[arg(long, value_name = "DIR")]
    pub model: PathBuf,
    /// A table (CSV), an array (.npy, .npz), IDX images, or a folder of pictures.
    #[arg(long, value_name = "FILE")]
    pub data: PathBuf,
    /// A file that says which values are observed: 1 or white, and 0 or black where one is missing.
    #[arg(long, value_name = "FILE")]
    pub mask: Option<PathBuf>,
    /// Where the result is written; nothing may lie there yet.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Leave bad pictures out, and list them; without it the first one is an error.
    #[arg(long)]
    pub skip_bad: bool,
    /// What rows are held near: model, or mixture (fitted to the rows of the training images) [default: what
    /// the run's experiment says].
    #[arg(long, value_name = "PRIOR", value_parser = prior)]
    pub prior: Option<PriorKind>,
    /// Where and how to compute.
    #[command(flatten)]
    pub machine: Machine,
}

/// Arguments of `impute`.
#[derive(Debug, Args)]
pub struct Impute {
    /// The model and the files.
    #[command(flatten)]
    pub apply: Apply,
    /// Posterior samples per row, of which mean and standard deviation are taken.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub draws: u32,
    /// Share of the observed values that are hidden to measure the error.
    #[arg(long, default_value_t = 0.1, value_parser = share)]
    pub hide: f64,
}

/// Arguments of commands that only read a run.
#[derive(Debug, Args)]
pub struct RunOnly {
    /// The run's folder.
    #[arg(long)]
    pub run: PathBuf,
}

/// A day is the longest interval that makes sense; a slip of the fingers is longer.
const LONGEST: f64 = 86_400.0;

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.0..=LONGEST).contains(seconds));
    let seconds = seconds.ok_or_else(|| format!("expected seconds from 0 to {LONGEST}"))?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

fn size(text: &str) -> Result<[usize; 2], String> {
    let sides = text.split_once(['x', 'X', '×']);
    let side = |text: &str| text.parse().ok().filter(|side| (1..=4096).contains(side));
    let size = sides.and_then(|(height, width)| Some([side(height)?, side(width)?]));
    size.ok_or_else(|| "expected a height and a width from 1 to 4096, such as 64x48".to_owned())
}

fn prior(text: &str) -> Result<PriorKind, String> {
    match text {
        "model" => Ok(PriorKind::Model),
        "mixture" => Ok(PriorKind::Mixture),
        _ => Err("expected model or mixture".to_owned()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| *share > 0.0 && *share < 1.0);
    share.ok_or_else(|| "expected a number above 0 and below 1".to_owned())
}
