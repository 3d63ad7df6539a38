//! One of each figure, and a report that shows them.
//!
//! `cargo run --release -p autodecoder-visualization --example gallery -- FOLDER [IDX_FOLDER]`
//!
//! Without Fashion-MNIST's IDX folder (plain files, not gzip) the images are made up.

use std::error::Error;
use std::path::{Path, PathBuf};

use autodecoder_visualization::bars::{Bar, BarChart};
use autodecoder_visualization::curves::{LineChart, Series};
use autodecoder_visualization::grid::{GridRow, ImageGrid};
use autodecoder_visualization::report::{
    Block, Cell, Column, Figure, NoteKind, Picture, Report, Section, Table,
};
use autodecoder_visualization::scatter::Scatter;
use autodecoder_visualization::tsne::{TsneMap, TsneOptions, embed};

const SIDE: usize = 28;
const SAMPLES: usize = 2_000;
const CLASSES: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Images and their classes.
struct Images {
    pixels: Vec<Vec<u8>>,
    labels: Vec<u8>,
}

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let folder = arguments.next().ok_or("give the folder to write to")?;
    std::fs::create_dir_all(&folder)?;
    let images = match arguments.next() {
        Some(idx) => read_images(&idx)?,
        None => made_up_images(),
    };
    let figures = vec![
        save(&folder, "samples", "Ten rows of images, one class each.", &sample_grid(&images))?,
        save(&folder, "interpolation", "An image turning into another.", &interpolation(&images))?,
    ];
    let map = make_map(&images)?;
    let drawings = [
        (
            "curves",
            "Training and test loss of two models falling over 60 epochs.",
            curves().draw()?,
        ),
        ("logarithmic", "A learning rate on a logarithmic axis.", logarithmic().draw()?),
        ("tsne", "A map of images in ten coloured groups.", scatter(&images, &map).draw()?),
        ("bars", "Four bars; the second is the shortest.", bars().draw()?),
    ];
    let mut blocks: Vec<Block> = figures.into_iter().map(Block::Figure).collect();
    for (id, alt, drawing) in &drawings {
        drawing.save_png(folder.join(format!("{id}.png")))?;
        drawing.save_svg(folder.join(format!("{id}.svg")))?;
        let picture = Picture::from_drawing(drawing)?;
        let mut caption = format!("{alt} Made up, but for the images.");
        if *id == "tsne" {
            caption = format!(
                "t-SNE of {SAMPLES} images (perplexity {}, exact KL {:.3} nats after {} steps). \
                 Axes have no meaning; nearness does.",
                map.perplexity, map.kl, map.epochs
            );
        }
        blocks.push(Block::Figure(Figure::new(*id, picture, *alt, caption)));
    }
    let html = report(blocks).render()?;
    std::fs::write(folder.join("report.html"), html)?;
    Ok(())
}

/// Saves a grid and turns it into a figure of the report.
fn save(folder: &Path, id: &str, alt: &str, grid: &ImageGrid) -> Result<Figure> {
    grid.save(folder.join(format!("{id}.png")))?;
    Ok(Figure::new(
        id,
        Picture::Png(grid.png()?),
        alt,
        format!("{alt} Pixels are enlarged, not smoothed."),
    ))
}

fn read_images(folder: &Path) -> Result<Images> {
    let images = std::fs::read(folder.join("t10k-images-idx3-ubyte"))?;
    let labels = std::fs::read(folder.join("t10k-labels-idx1-ubyte"))?;
    let pixels = images.get(16..).ok_or("the image file is too short")?;
    let labels = labels.get(8..8 + SAMPLES).ok_or("the label file is too short")?;
    let pixels = pixels.chunks_exact(SIDE * SIDE).take(SAMPLES).map(<[u8]>::to_vec).collect();
    Ok(Images { pixels, labels: labels.to_vec() })
}

/// Ten kinds of waves in a disc.
fn made_up_images() -> Images {
    let labels: Vec<u8> = (0..SAMPLES).map(|i| (i % 10) as u8).collect();
    let pixel = |i: usize, x: usize, y: usize| {
        let (u, v) = (x as f64 / 13.5 - 1.0, y as f64 / 13.5 - 1.0);
        let (class, jitter) = ((i % 10) as f64, (i as f64 * 0.618).fract());
        let angle = class * 0.314 + 0.2 * jitter;
        let wave = ((u * angle.cos() + v * angle.sin()) * (4.0 + class) + 2.0 * jitter).sin();
        if u * u + v * v < 0.9 { (120.0 + 120.0 * wave) as u8 } else { 0 }
    };
    let image = |i: usize| (0..SIDE * SIDE).map(|p| pixel(i, p % SIDE, p / SIDE)).collect();
    Images { pixels: (0..SAMPLES).map(image).collect(), labels }
}

fn sample_grid(images: &Images) -> ImageGrid {
    let of_class = |class: usize| {
        let pairs = images.pixels.iter().zip(&images.labels);
        pairs
            .filter(move |(_, label)| usize::from(**label) == class)
            .map(|(image, _)| image.clone())
    };
    let rows =
        (0..10).map(|class| GridRow::new(CLASSES[class], of_class(class).take(12).collect()));
    let mut grid = ImageGrid::new(SIDE, SIDE);
    grid.rows = rows.collect();
    grid.rows[5].apart = true;
    grid
}

fn interpolation(images: &Images) -> ImageGrid {
    let (a, b) = (&images.pixels[0], &images.pixels[2]);
    let mixed = |step: usize| {
        let share = step as f64 / 6.0;
        let mix =
            |(&a, &b): (&u8, &u8)| (f64::from(a) * (1.0 - share) + f64::from(b) * share) as u8;
        a.iter().zip(b).map(mix).collect()
    };
    let line = || {
        let ends = [a.clone(), b.clone()];
        let [first, last] = ends;
        std::iter::once(first).chain((0..7).map(mixed)).chain([last]).collect::<Vec<_>>()
    };
    let mut grid = ImageGrid::new(SIDE, SIDE);
    grid.rows = vec![
        GridRow::new("AD", line()),
        GridRow::new("VAD, Gaussian", line()),
        GridRow::new("VAD, uniform", line()),
    ];
    let labels =
        ["original", "latent A", "1/6", "2/6", "3/6", "4/6", "5/6", "latent B", "original"];
    grid.column_labels = labels.map(str::to_owned).to_vec();
    grid.column_breaks = vec![1, 8];
    grid
}

fn curves() -> LineChart {
    let loss = |start: f64, floor: f64, rate: f64, ripple: f64| {
        let value = |e: f64| floor + start * (-rate * e).exp() + ripple * (e * 2.3).sin();
        (0..=60).map(|e| (f64::from(e), value(f64::from(e)))).collect::<Vec<_>>()
    };
    LineChart {
        title: "Negative ELBO during training".into(),
        x_label: "epoch".into(),
        y_label: "nats per image".into(),
        clip: 0.05,
        series: vec![
            Series::new("VAD, train", loss(320.0, 238.0, 0.35, 0.4)).colour(0),
            Series::new("VAD, test", loss(310.0, 241.0, 0.33, 0.4)).colour(0).dashed(),
            Series::new("VAE, train", loss(250.0, 243.0, 0.18, 0.7)).colour(1),
            Series::new("VAE, test", loss(255.0, 247.5, 0.18, 0.7)).colour(1).dashed(),
        ],
        ..LineChart::default()
    }
}

fn logarithmic() -> LineChart {
    let rate = |peak: f64| {
        let value = |e: f64| peak * (0.02 + 0.5 * (1.0 + (e / 100.0 * std::f64::consts::PI).cos()));
        (0..=100).step_by(10).map(|e| (f64::from(e), value(f64::from(e)))).collect::<Vec<_>>()
    };
    LineChart {
        x_label: "epoch".into(),
        y_label: "learning rate".into(),
        series: vec![Series::new("rows", rate(0.2)), Series::new("decoder", rate(0.002))],
        log_y: true,
        height: 300.0,
        ..LineChart::default()
    }
}

fn make_map(images: &Images) -> Result<TsneMap> {
    let data: Vec<f32> =
        images.pixels.concat().iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
    Ok(embed(&data, SAMPLES, SIDE * SIDE, &TsneOptions::default())?)
}

fn scatter(images: &Images, map: &TsneMap) -> Scatter {
    Scatter {
        points: map.points.clone(),
        labels: images.labels.clone(),
        classes: CLASSES.map(str::to_owned).to_vec(),
        ..Scatter::default()
    }
}

fn bars() -> BarChart {
    let bar = |name: &str, value: f64, text: &str, highlight: bool| Bar {
        name: name.to_owned(),
        value,
        text: Some(text.to_owned()),
        highlight,
    };
    BarChart {
        title: "What the rows start from".into(),
        value_label: "test MSE after 20 epochs (lower is better)".into(),
        bars: vec![
            bar("random start, latent rate 0.05", 0.0214, "0.0214 ± 0.0004", false),
            bar("PCA start, latent rate 0.2", 0.0098, "0.0098 ± 0.0001", true),
            bar(
                "PCA start, latent rate 0.05, one latent step for each step of the decoder",
                0.0131,
                "0.0131 ± 0.0002",
                false,
            ),
            bar("random start, latent rate 0.2", 0.0142, "0.0142 ± 0.0003", false),
        ],
    }
}

fn comparison() -> Table {
    let columns = vec![
        Column::text("model"),
        Column::text("prior"),
        Column::number("MSE"),
        Column::number("PSNR, dB"),
        Column::number("−ELBO, nats"),
        Column::number("KL, nats"),
        Column::number("train, s"),
        Column::number("inference, s"),
    ];
    let row = |cells: [&str; 8], best: usize| {
        let mut row: Vec<Cell> = cells.into_iter().map(Cell::from).collect();
        if best > 0 {
            row[best].best = true;
        }
        row
    };
    Table::new("comparison", "Test set, 1,000 images, after 200 inference steps.", columns)
        .row(row(["`ad`", "none", "0.0052", "23.41", "–", "–", "34.1", "5.2"], 2))
        .row(row(
            ["`vad-gaussian`", "*N*(0, I)", "0.0087", "21.02", "241.03", "16.51", "39.8", "6.0"],
            4,
        ))
        .row(row(
            ["`vad-laplace`", "Laplace(0, 1)", "0.0089", "20.91", "241.62", "17.20", "40.2", "6.1"],
            0,
        ))
        .row(row(
            ["`vad-uniform`", "*U*(−1, 1)", "0.0093", "20.70", "242.88", "18.02", "41.0", "6.3"],
            0,
        ))
        .note("Best values in bold. An AD has no density, so its KL and ELBO are undefined.")
}

fn report(figures: Vec<Block>) -> Report {
    let abstract_ = "This page shows every part that a report can have. Its numbers are made up; its layout \
        is not. An *auto-decoder* owns a latent vector *z*_{i} for every sample and has **no encoder**; \
        @{comparison} compares four of them, and @{samples} shows their data.";
    let narrow = Table::new(
        "sizes",
        "A small table.",
        vec![Column::text("layer"), Column::number("parameters")],
    )
    .row(["linear 32 → 256".into(), "8,448".into()])
    .row(["linear 256 → 784".into(), "201,488".into()]);
    Report {
        subtitle: "Gallery · Fashion-MNIST · 2 threads · seed 42".into(),
        abstract_: vec![abstract_.into()],
        ..Report::new("Auto-decoders without an encoder: a gallery")
    }
    .section(
        Section::new("overview", "Overview")
            .paragraph("The objective is *L* = E_{q}[log *p*(x | z)] − β KL(*q* ‖ *p*), in nats per image. Rates run from 10^{−3} to 2 × 10^{−1}.")
            .block(Block::List(vec!["Every sample is used in every epoch.".into(), "A step touches only the rows of its batch.".into()]))
            .block(Block::Note(NoteKind::Result, "The Gaussian VAD reaches 241.03 nats (target: at most 242).".into()))
            .block(Block::Note(NoteKind::Caution, "Losses of different likelihoods cannot be compared.".into()))
            .block(Block::Table(narrow)),
    )
    .section(
        Section::new("results", "Results on the training and the test set")
            .paragraph("See @{comparison}, @{curves} and @{tsne}.")
            .block(Block::Table(comparison())),
    )
    .section(Section { blocks: figures, ..Section::new("figures", "Figures") })
    .section(
        Section::new("reproduce", "How to reproduce")
            .block(Block::Heading("Commands".into()))
            .block(Block::Code("cargo run --release -p autodecoder-visualization --example gallery -- FOLDER".into()))
            .block(Block::Details {
                summary: "What was run".into(),
                blocks: vec![Block::Paragraph("This example.".into())],
            }),
    )
}
