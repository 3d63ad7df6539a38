//! A user's own files: tables and pictures, trained on, grown, and filled in.

use std::fmt::Write as _;

use autodecoder_data::{Array, ImageShape, Numbers, png, read_array};
use autodecoder_distributions::Gaussian;
use autodecoder_training::read_latents;
use serde_json::Value;
use tch::Device;

use super::folder::Folder;
use super::program::{assert_says, error_of, run, succeed};

/// Rows of a table in which every column but the last follows from one number.
fn table(rows: usize, with_gaps: bool) -> String {
    let mut text = "length,width,label,constant\n".to_owned();
    for row in 0..rows {
        let x = (1.7 * row as f64).sin();
        let width = if with_gaps && row % 5 == 2 { String::new() } else { format!("{}", 9.0 - x) };
        let class = if x > 0.0 { "long" } else { "short" };
        writeln!(text, "{},{width},{class},7.50", 1000.0 + 30.0 * x).unwrap();
    }
    text
}

const FAST: &str = r#"
[data]
set = "files"
train = 0
test = 0
test_share = 0.3

[training]
epochs = 3

[inference]
steps = 20

[figures]
samples = 4
interpolation_steps = 1
tsne = { epochs = 20 }

[[models]]
name = "vad"
kind = "variational-auto-decoder"
latent_dim = 2
decoder = { kind = "mlp", hidden = [8] }
"#;

/// Coloured pictures of a bright block, in a folder a class.
fn pictures(folder: &Folder, count: usize) -> String {
    let shape = ImageShape { channels: 3, height: 6, width: 5 };
    for number in 0..count {
        let image: Vec<u8> = (0..90)
            .map(|place| match place / 30 {
                0 => (number * 3 % 200) as u8 + 20,
                plane => {
                    if place % 30 / 5 == number % 6 {
                        255
                    } else {
                        40 * plane as u8
                    }
                }
            })
            .collect();
        let class = ["left", "right"][number % 2];
        folder.write(&format!("photos/{class}/{number:03}.png"), png(shape, &image).unwrap());
    }
    folder.path("photos")
}

fn json(path: &str) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_table_is_trained_on_measured_and_filled_in() {
    let folder = Folder::new();
    let data = folder.write("table.csv", table(80, true));
    let run = folder.path("run");
    // The preset for tables, chosen by what the file holds.
    let reproduce = ["reproduce", "--data", &data, "--run", &run, "--threads", "1"];
    let outcome = succeed(&reproduce);
    assert_says(&outcome.stderr, &["The numbers are in"]);
    let again = succeed(&reproduce);
    assert_says(&again.stderr, &["Nothing to do"]);
    let results = json(&format!("{run}/results.json"));
    assert_eq!(results["data"]["set"], "files");
    let sizes = ["train", "test"].map(|half| results["data"][half].as_u64().unwrap());
    assert_eq!(sizes[0] + sizes[1], 80);
    assert!(results["models"]["vad"]["test"]["mse"].as_f64().unwrap() < 0.3);
    let scaling = json(&format!("{run}/models/vad/scaling.json"));
    assert_eq!(scaling["columns"][2]["name"], "constant");
    assert_eq!(scaling["columns"][2]["deviation"], 1.0);
    assert_says(&error_of(&["sample", "--run", &run]), &["of a table", "autodecoder evaluate"]);

    let (model, out) = (folder.path("run/models/vad"), folder.path("filled.csv"));
    let impute = ["impute", "--model", &model, "--data", &data, "--out", &out];
    assert_says(&succeed(&impute).stderr, &["16 of 240 values filled in", "width: RMSE"]);
    let (before, after) = (table(80, true), std::fs::read_to_string(&out).unwrap());
    for (old, new) in before.lines().zip(after.lines()) {
        let (old, new): (Vec<_>, Vec<_>) = (old.split(',').collect(), new.split(',').collect());
        for (place, (old, new)) in old.iter().zip(&new).enumerate() {
            if old.is_empty() {
                let x: f64 = new.parse().unwrap();
                assert_eq!(place, 1);
                assert!((8.0..=10.0).contains(&x), "{x}");
            } else {
                assert_eq!(old, new);
            }
        }
    }
    let error = json(&folder.path("filled-error.json"));
    let [ours, means] = ["rmse", "rmse_of_means"].map(|key| error[key].as_f64().unwrap());
    // 18 values were hidden: a few more or less of them well guessed move the quotient.
    assert!(ours < 0.8 * means, "{error}");
    let deviations = std::fs::read_to_string(folder.path("filled-deviation.csv")).unwrap();
    assert_says(deviations.lines().nth(1).unwrap(), &["0,0,short,0"]);
    assert_says(&error_of(&impute), &["filled.csv: exists already"]);
    let complete = folder.write("complete.csv", table(80, false));
    let out = folder.path("other.csv");
    let nothing = ["impute", "--model", &model, "--data", &complete, "--out", &out];
    assert_says(&error_of(&nothing), &["nothing is missing", "--mask"]);
    let swapped = folder.write("swapped.csv", table(80, true).replacen("length,width", "b,a", 1));
    let swapped = ["impute", "--model", &model, "--data", &swapped, "--out", &out];
    assert_says(&error_of(&swapped), &["the columns are b, a", "expected length, width"]);
}

#[test]
fn without_labels_nothing_is_asked_about_classes() {
    let folder = Folder::new();
    let mut text = "length,width\n".to_owned();
    for row in 0..150 {
        let x = (1.7 * f64::from(row)).sin();
        writeln!(text, "{x},{}", x * x).unwrap();
    }
    let (data, run) = (folder.write("plain.csv", text), folder.path("run"));
    let experiment =
        folder.write("fast.toml", FAST.replace("[figures]", "[figures]\nepochs = [0]"));
    let words = ["reproduce", "--experiment", &experiment, "--data", &data, "--run", &run];
    succeed(&words);
    let results = json(&format!("{run}/results.json"));
    assert_eq!(
        (&results["pixels"], &results["models"]["vad"]["probes"]),
        (&Value::Null, &Value::Null)
    );
    assert!(results["models"]["vad"]["tsne"]["trustworthiness"].is_number());
    assert_says(&succeed(&words).stderr, &["Nothing to do"]);
}

#[test]
fn pictures_go_through_every_step_and_rows_are_keyed_by_file() {
    let folder = Folder::new();
    let data = pictures(&folder, 40);
    let experiment = folder.write("fast.toml", FAST);
    let (run, out) = (folder.path("run"), folder.path("rows.safetensors"));
    succeed(&["reproduce", "--experiment", &experiment, "--data", &data, "--run", &run]);
    for name in ["figures/samples.png", "figures/interpolation.png", "report.html"] {
        assert!(folder.root().join("run").join(name).exists(), "{name}");
    }
    let model = folder.path("run/models/vad");
    let read = |path: &str| {
        read_latents(folder.root().join(path).as_path(), &Gaussian, 2, Device::Cpu).unwrap()
    };
    let [train, test] = ["train", "test"]
        .map(|half| read(&format!("run/models/vad/latents-{half}.safetensors")).keys.unwrap());
    assert_eq!(train.len() + test.len(), 40);
    assert!(test.iter().all(|key| key.ends_with(".png") && !train.contains(key)), "{test:?}");
    succeed(&["infer", "--model", &model, "--data", &data, "--out", &out]);
    let inferred = read("rows.safetensors");
    let mut all = [train, test].concat();
    all.sort();
    assert_eq!(inferred.keys.unwrap(), all);
    assert_eq!(inferred.rows.size(), [40, 4]);
}

/// The mask's pixels are replaced, and no other byte is.
#[test]
fn masked_pixels_of_pictures_and_arrays_are_filled_in() {
    let folder = Folder::new();
    let data = pictures(&folder, 40);
    let experiment = folder.write("fast.toml", FAST);
    let run = folder.path("run");
    succeed(&["train", "--experiment", &experiment, "--data", &data, "--run", &run]);
    let shape = ImageShape::grey(6, 5);
    let hole: Vec<u8> = (0..30).map(|pixel| if pixel < 10 { 0 } else { 255 }).collect();
    let mask = folder.write("mask.png", png(shape, &hole).unwrap());
    let (model, out) = (folder.path("run/models/vad"), folder.path("filled"));
    let impute = ["impute", "--model", &model, "--data", &data, "--mask", &mask, "--out", &out];
    assert_says(&succeed(&impute).stderr, &["1200 of 3600 values filled in", "RMSE"]);
    let deviation = read_array(folder.path("filled-deviation.npy")).unwrap();
    assert_eq!(deviation.shape, [40, 3, 6, 5]);
    let deviation = deviation.numbers.to_doubles();
    assert!((0..3600).all(|at| (deviation[at] > 0.0) == (at % 30 < 10)));
    let pixels = |folder_name: &str| {
        use autodecoder_data::{Content, PictureOptions, read_own};
        let read = read_own(folder.path(folder_name), PictureOptions::default()).unwrap();
        let Content::Images(set) = read.content else { panic!("images") };
        set.pixels().to_vec()
    };
    let (before, after) = (pixels("photos"), pixels("filled"));
    let kept = |at: &usize| at % 30 >= 10;
    assert!((0..3600).filter(kept).all(|at| before[at] == after[at]));
    assert_ne!(before, after);

    // Another prior, other guesses; what is observed stays.
    let out = folder.path("filled-otherwise");
    let otherwise = ["impute", "--model", &model, "--data", &data, "--mask", &mask];
    let otherwise = [&otherwise[..], &["--prior", "mixture", "--out", &out]].concat();
    assert_says(&succeed(&otherwise).stderr, &["1200 of 3600 values filled in"]);
    let other = pixels("filled-otherwise");
    assert!((0..3600).filter(kept).all(|at| before[at] == other[at]));
    assert_ne!(after, other);
    let unknown = [&otherwise[..7], &["--prior", "flat", "--out", "nowhere"]].concat();
    assert_says(&error_of(&unknown), &["flat", "expected model or mixture"]);

    // The same images as an array of floats, NaN where a pixel is missing.
    let floats: Vec<f32> = before
        .iter()
        .enumerate()
        .map(|(at, &byte)| if kept(&at) { f32::from(byte) / 255.0 } else { f32::NAN })
        .collect();
    let array = Array { shape: vec![40, 3, 6, 5], numbers: Numbers::Singles(floats.clone()) };
    let data = folder.write("images.npy", array.npy().unwrap());
    let out = folder.path("images-filled.npy");
    succeed(&["impute", "--model", &model, "--data", &data, "--out", &out]);
    let Numbers::Singles(filled) = read_array(&out).unwrap().numbers else { panic!("float32") };
    for (at, ((before, filled), byte)) in floats.iter().zip(&filled).zip(after).enumerate() {
        if kept(&at) {
            assert_eq!(before.to_bits(), filled.to_bits());
        } else {
            // The same rows and the same noise: but for rounding, the pictures' pixels.
            assert!((filled * 255.0 - f32::from(byte)).abs() <= 0.51, "{filled} and {byte}");
        }
    }
}

/// Where nothing moves, the rows that were known are as they were.
#[test]
fn a_grown_data_set_keeps_the_old_rows() {
    let folder = Folder::new();
    let experiment = folder.write("fast.toml", FAST);
    let still = FAST
        .replace("epochs = 3", "epochs = 1\ndecoder = { rate = 0.0 }\nlatents = { rate = 0.0 }");
    let still = folder.write("still.toml", still);
    let data = pictures(&folder, 40);
    let (old, new) = (folder.path("old"), folder.path("new"));
    succeed(&["train", "--experiment", &experiment, "--data", &data, "--run", &old]);
    pictures(&folder, 60);
    let grow =
        ["train", "--experiment", &still, "--data", &data, "--rows-from", &old, "--run", &new];
    let said = succeed(&grow).stderr;
    let read = |run: &str| {
        let path = folder.root().join(run).join("models/vad/latents-train.safetensors");
        let latents = read_latents(&path, &Gaussian, 2, Device::Cpu).unwrap();
        let rows: Vec<Vec<f64>> = Vec::try_from(latents.rows).unwrap();
        latents.keys.unwrap().into_iter().zip(rows).collect::<Vec<_>>()
    };
    let (before, after) = (read("old"), read("new"));
    assert!(after.len() > before.len() + 5);
    assert_says(&said, &[&format!("{} rows of the earlier run", before.len())]);
    for (key, row) in &before {
        let (_, kept) = after.iter().find(|(found, _)| found == key).unwrap();
        assert!(row.iter().zip(kept).all(|(a, b)| (a - b).abs() < 1e-5), "{key}: {row:?} {kept:?}");
    }
    let decoder =
        |run: &str| std::fs::read(folder.root().join(run).join("models/vad/decoder.safetensors"));
    assert_eq!(decoder("old").unwrap(), decoder("new").unwrap());
    let other = FAST.replace("hidden = [8]", "hidden = [9]");
    let other = folder.write("other.toml", other);
    let run = folder.path("third");
    let wider =
        ["train", "--experiment", &other, "--data", &data, "--rows-from", &old, "--run", &run];
    assert_says(&error_of(&wider), &["rows_from", "other layers"]);
}

#[test]
fn a_bad_picture_is_named_and_left_out_on_request() {
    let folder = Folder::new();
    let data = pictures(&folder, 40);
    folder.write("photos/left/broken.png", "no picture");
    let experiment = folder.write("fast.toml", FAST);
    let path = folder.path("run");
    let train = ["train", "--experiment", &experiment, "--data", &data, "--run", &path];
    assert_says(&error_of(&train), &["broken.png", "--skip-bad"]);
    let outcome = run(&[&train[..], &["--skip-bad"]].concat());
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_says(&outcome.stderr, &["left out: ", "broken.png"]);
}

#[test]
fn one_class_is_enough() {
    let folder = Folder::new();
    let bytes: Vec<u8> = (0..60 * 16).map(|at| (at * 7 % 251) as u8).collect();
    let array = Array { shape: vec![60, 4, 4], numbers: Numbers::Bytes(bytes) };
    let data = folder.write("images.npy", array.npy().unwrap());
    let experiment = folder.write("fast.toml", FAST);
    let run = folder.path("run");
    succeed(&["reproduce", "--experiment", &experiment, "--data", &data, "--run", &run]);
    assert!(folder.root().join("run/figures/interpolation.png").exists());
}
