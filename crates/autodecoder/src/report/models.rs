//! How each model is built and trained.

use autodecoder_models::{Layer, PartSpec};
use autodecoder_training::{OptimiserConfig, Precision, ScheduleKind, StartKind, TrainingConfig};
use autodecoder_visualization::report::{Block, Cell, Column, Section, Table};

use super::facts::{Facts, ModelFacts};
use super::numbers::thousands;
use crate::experiment::ModelConfig;

/// Question 1 of the assignment.
pub(super) fn section(facts: &Facts) -> Section {
    let mut section = Section::new("models", "The models")
        .paragraph(
            "Each training image owns a row of the latent table: the latent itself for an \
             auto-decoder (AD), the parameters of a posterior for a variational auto-decoder \
             (VAD). In an autoencoder (AE) and a variational autoencoder (VAE) an encoder gives the \
             row. A step takes a batch of images, samples a latent from each row by the \
             reparameterisation trick, decodes it, and moves the batch's rows and the decoder down \
             the gradient; of several row steps per batch only the last moves the decoder too. Rows \
             outside the batch, and their optimiser’s moments, are not touched. @{settings} lists \
             what each model consists of.",
        )
        .block(Block::Table(settings_table(facts)));
    for (id, users, model) in decoders(facts) {
        section = section.block(Block::Table(architecture_table(&id, &users, model)));
    }
    for table in facts.models.iter().filter_map(encoder_table) {
        section = section.block(Block::Table(table));
    }
    for text in reasons(facts) {
        section = section.paragraph(text);
    }
    section
}

/// A column per model and a row per setting: settings are words, and words need width.
fn settings_table(facts: &Facts) -> Table {
    let mut columns = vec![Column::text("")];
    columns.extend(facts.models.iter().map(|model| Column::text(format!("`{}`", model.name()))));
    let caption = "What each model consists of, and how it is fitted. Rates are the highest of \
                   their schedules.";
    let mut table = Table::new("settings", caption, columns);
    for (name, value) in settings() {
        let mut cells = vec![Cell::from(name)];
        cells.extend(facts.models.iter().map(|model| Cell::from(value(facts, model))));
        table.rows.push(cells);
    }
    table
}

type Setting = fn(&Facts, &ModelFacts) -> String;

fn settings() -> [(&'static str, Setting); 21] {
    [
        ("kind", |_, model| model.config.kind.abbreviation().to_owned()),
        ("latent dimensions", |_, model| model.config.latent_dim.to_string()),
        ("posterior", |_, model| model.config.posterior.clone()),
        ("prior", |_, model| model.results.prior.clone()),
        ("prior of test rows", |_, model| {
            let results = &model.results;
            results.test_prior.as_ref().unwrap_or(&results.prior).clone()
        }),
        ("likelihood", |_, model| part(&model.config.likelihood)),
        ("encoder", |_, model| encoder(model)),
        ("values in the latent table", |facts, model| {
            let values = model.model.row_width() * facts.results.data.train as i64;
            of_table(model, thousands(values))
        }),
        ("parameters besides the rows", |_, model| thousands(model.results.parameters)),
        ("regulariser", |_, model| regulariser(model)),
        ("epochs", |_, model| model.config.training.epochs.to_string()),
        ("batch size", |_, model| model.config.training.batch_size.to_string()),
        ("products", |_, model| products(model)),
        ("row steps per batch", |_, model| {
            of_table(model, model.config.training.latent_steps.to_string())
        }),
        ("samples of a row per step", |_, model| samples(model)),
        ("rows start at", |_, model| of_table(model, start(model))),
        ("rows move by", |_, model| of_table(model, optimiser(&model.config.training.latents))),
        ("networks move by", |_, model| optimiser(&model.config.training.decoder)),
        ("steps of inference", |_, model| {
            of_table(model, model.config.inference.steps.to_string())
        }),
        ("inference starts at", |_, model| of_table(model, inference_start(model))),
        ("inference moves by", |_, model| {
            of_table(model, optimiser(&model.config.inference.latents))
        }),
    ]
}

/// The precision of matrix products, and that of inference where it is another.
fn products(model: &ModelFacts) -> String {
    let name = |precision| match precision {
        Precision::F32 => "f32",
        Precision::Bf16 => "bfloat16",
        Precision::Bf16x3 => "bf16x3 (f32 without AMX or kernels)",
    };
    let config = &model.config;
    of_both(config, [config.training.precision, config.inference.precision], |precision| {
        name(precision).to_owned()
    })
}

/// Several samples make another objective of them.
fn samples(model: &ModelFacts) -> String {
    let name = |samples| match samples {
        1 => "1 (ELBO)".to_owned(),
        samples => format!("{samples} (importance-weighted bound)"),
    };
    let config = &model.config;
    if !config.kind.is_variational() {
        return "–".to_owned();
    }
    let phases = [config.training.importance_samples, config.inference.importance_samples];
    of_both(config, phases, name)
}

/// What holds in training, and what holds in inference where a table's model has something else there.
fn of_both<T: PartialEq>(
    config: &ModelConfig,
    [training, inference]: [T; 2],
    name: impl Fn(T) -> String,
) -> String {
    if training == inference || config.kind.has_encoder() {
        return name(training);
    }
    format!("{}, in inference {}", name(training), name(inference))
}

fn inference_start(model: &ModelFacts) -> String {
    let inference = &model.config.inference;
    if inference.searches(model.config.latent_dim) {
        return format!("the best of {} places", inference.candidates);
    }
    "the prior's mean".to_owned()
}

/// What only a model with a latent table has.
fn of_table(model: &ModelFacts, text: String) -> String {
    if model.config.kind.has_encoder() { "–".to_owned() } else { text }
}

fn encoder(model: &ModelFacts) -> String {
    model.config.encoder.as_ref().map_or("–".to_owned(), |encoder| part(&encoder.part))
}

/// A part's name with its options.
pub(super) fn part(spec: &PartSpec) -> String {
    let options: Vec<_> =
        spec.options.iter().map(|(key, value)| format!("{key} {value}")).collect();
    let options = options.join(", ").replace('"', "");
    if options.is_empty() { spec.kind.clone() } else { format!("{} ({options})", spec.kind) }
}

fn start(model: &ModelFacts) -> String {
    let start = &model.config.training.start;
    let location = match start.from {
        StartKind::Zero => "zero".to_owned(),
        StartKind::Random => format!("random × {}", start.scale),
        StartKind::Pca => format!("PCA × {}", start.scale),
        StartKind::WhitenedPca => format!("whitened PCA × {}", start.scale),
        StartKind::ProbabilisticPca => format!(
            "probabilistic PCA × {}, {} % of the variance",
            start.scale,
            100.0 * start.variance_share
        ),
    };
    match model.config.kind.is_variational() {
        true => format!("{location}, spread {}", start.spread),
        false => location,
    }
}

fn optimiser(config: &OptimiserConfig) -> String {
    let schedule = match (config.schedule, config.warm_up > 0.0) {
        (ScheduleKind::Constant, false) => "constant".to_owned(),
        (ScheduleKind::Constant, true) => format!("warm-up {}, constant", config.warm_up),
        (ScheduleKind::Cosine, false) => "cosine".to_owned(),
        (ScheduleKind::Cosine, true) => format!("warm-up {}, cosine", config.warm_up),
    };
    format!("{}, rate {}, {schedule}", part(&config.optimiser), config.rate)
}

fn regulariser(model: &ModelFacts) -> String {
    let config = model.config;
    let warm_up = config.training.regulariser_warm_up;
    let what = match config.kind.is_variational() {
        true => format!("{} KL", config.beta),
        false if config.l2 == 0.0 => return "none".to_owned(),
        false => format!("{} ‖z‖^{{2}}", config.l2),
    };
    if warm_up > 0.0 { format!("{what}, warm-up {warm_up}") } else { what }
}

/// Each different decoder once, with an identifier and the models that use it.
fn decoders<'a>(facts: &'a Facts) -> Vec<(String, Vec<&'a str>, &'a ModelFacts<'a>)> {
    let mut found: Vec<(String, Vec<&str>, &ModelFacts)> = Vec::new();
    for model in &facts.models {
        let layers = model.model.decoder().layers();
        let known = found.iter_mut().find(|(_, _, other)| other.model.decoder().layers() == layers);
        match known {
            Some((_, users, _)) => users.push(model.name()),
            None => found.push((format!("decoder-{}", found.len() + 1), vec![model.name()], model)),
        }
    }
    found
}

fn architecture_table(id: &str, users: &[&str], model: &ModelFacts) -> Table {
    let users: Vec<_> = users.iter().map(|name| format!("`{name}`")).collect();
    let caption = format!("The decoder of {}, layer by layer.", users.join(", "));
    let decoder = model.model.decoder();
    layers_table(id, caption, decoder.layers(), &decoder.output_shapes())
}

fn encoder_table(model: &ModelFacts) -> Option<Table> {
    let encoder = model.model.encoder()?;
    let id = &format!("encoder-{}", model.name());
    let caption = format!("The encoder of `{}`, layer by layer.", model.name());
    Some(layers_table(id, caption, encoder.layers(), encoder.output_shapes()))
}

fn layers_table(id: &str, caption: String, layers: &[Layer], shapes: &[Vec<i64>]) -> Table {
    let columns =
        vec![Column::text("layer"), Column::text("output shape"), Column::number("parameters")];
    let mut table = Table::new(id, caption, columns);
    for (layer, shape) in layers.iter().zip(shapes) {
        let shape: Vec<_> = shape.iter().map(i64::to_string).collect();
        let count = layer.parameter_count();
        table.rows.push(vec![
            Cell::from(format!("`{layer}`")),
            shape.join(" × ").into(),
            if count == 0 { "–".into() } else { thousands(count).into() },
        ]);
    }
    let total = layers.iter().map(Layer::parameter_count).sum();
    table.row(["total".into(), "".into(), thousands(total).into()])
}

/// Why the parts are as they are; the numbers are in the section on the choices.
fn reasons(facts: &Facts) -> Vec<String> {
    let mut texts = Vec::new();
    let mut kinds: Vec<&str> = Vec::new();
    for model in &facts.models {
        let kind = model.config.decoder.kind.as_str();
        if kinds.contains(&kind) {
            continue;
        }
        kinds.push(kind);
        if let Ok(family) = facts.session.catalogue.parts.decoders.get(kind) {
            texts.push(format!("*Why `{kind}`.* {}", family.rationale()));
        }
    }
    let configs = || facts.with_rows().map(|model| &model.config.training);
    if configs().any(|config| config.latents.rate > config.decoder.rate) {
        texts.push(two_rates(configs().any(forgets_faster)));
    }
    let starts = || configs().map(|config| config.start.from);
    if starts().any(|from| !matches!(from, StartKind::Zero | StartKind::Random)) {
        texts.push(PRINCIPAL_COMPONENTS.to_owned());
    }
    if starts().any(|from| from == StartKind::ProbabilisticPca) {
        texts.push(PROBABILISTIC_PCA.to_owned());
    }
    if !facts.results.comparisons.is_empty() {
        texts
            .push("@{choices} measures choices of this run against their alternatives.".to_owned());
    }
    texts
}

const PRINCIPAL_COMPONENTS: &str = "*Why a start at principal components.* Rows that start at random make the decoder learn a \
     random code by heart before it finds out what images have in common; the scores of a linear \
     model cost a second and put similar images next to each other from the first step.";

const PROBABILISTIC_PCA: &str = "*Why at the posterior of probabilistic PCA.* It is what a linear decoder \
     would end with, widths included. Only the leading components, those that hold the given share of \
     the images’ variance, begin so: a decoder that learns from rows which use every dimension uses them \
     all to the end, and each costs its share of the KL term. The others begin at the prior and cost \
     nothing until the decoder has a use for them.";

fn two_rates(forgets_faster: bool) -> String {
    let mut text = "*Why two learning rates.* A decoder’s parameter gets a gradient from every \
                    batch, a row only from the one batch of an epoch that holds its image, so rows \
                    need larger steps to keep up."
        .to_owned();
    if forgets_faster {
        text += " Their Adam forgets faster for the same reason: between two visits to a row the \
                 decoder has moved for an epoch, and what the row’s moments remember is old.";
    }
    text
}

/// Whether the rows' Adam has lower decay rates than the decoder's.
fn forgets_faster(config: &TrainingConfig) -> bool {
    let betas = |part: &PartSpec| -> Option<Vec<f64>> {
        let betas = part.options.get("betas").filter(|_| part.kind == "adam")?;
        betas.as_array()?.iter().map(|beta| beta.as_f64()).collect()
    };
    let (rows, decoder) = (betas(&config.latents.optimiser), betas(&config.decoder.optimiser));
    let lower =
        |(rows, decoder): (Vec<f64>, Vec<f64>)| rows.iter().zip(&decoder).all(|(r, d)| r < d);
    rows.zip(decoder).is_some_and(lower)
}
