//! Values that an experiment takes away on purpose.

use autodecoder::experiment::parse;
use autodecoder::{Catalogue, Images};
use autodecoder_data::ImageSet;

use super::experiments::{assert_all_rejected, tiny_with};
use super::folder::Folder;
use super::program::{assert_says, error_of, sample, succeed};

fn images(hidden: &str) -> Images {
    let catalogue = Catalogue::standard();
    let text = tiny_with("data.hidden", hidden);
    let mut experiment = parse(&text, "tiny", &catalogue).unwrap();
    experiment.data.folder = Some(sample().to_owned());
    Images::load(&experiment, &catalogue).unwrap()
}

/// Missing values of each image.
fn missing(set: &ImageSet) -> Vec<usize> {
    let mask = set.observed().expect("something is missing");
    let count = |image| mask.image(image).iter().filter(|observed| !**observed).count();
    (0..set.len()).map(count).collect()
}

#[test]
fn blocks_are_missing_in_every_image_of_both_halves() {
    let images = images(r#"{ kind = "blocks", count = 1, size = [7, 5] }"#);
    assert_eq!(missing(&images.train), [35; 60]);
    assert_eq!(missing(&images.test), [35; 20]);
}

#[test]
fn pixels_are_missing_at_random_alike_in_every_run_and_unlike_in_both_halves() {
    let ratio = r#"{ kind = "at-random", ratio = 0.3 }"#;
    let first = images(ratio);
    // 60 × 784 pixels: the share's standard deviation is 0.0021.
    let share = missing(&first.train).iter().sum::<usize>() as f64 / (60.0 * 784.0);
    assert!((share - 0.3).abs() < 0.01, "{share}");
    let flags = |set: &ImageSet| set.observed().expect("incomplete").flags()[..784].to_vec();
    assert_ne!(flags(&first.train), flags(&first.test));
    assert_eq!(first.train.observed(), images(ratio).train.observed());
}

/// All steps run, and a run knows what its images lacked.
#[test]
fn a_whole_run_works_with_what_is_left() {
    let folder = Folder::new();
    let (data, run) = (sample(), folder.path("run"));
    let reproduce = |file: &str, hidden: &str| {
        let text = tiny_with("data.hidden", hidden);
        let experiment = folder.write(file, text);
        [
            vec!["reproduce".to_owned(), "--experiment".to_owned(), experiment],
            vec!["--data".to_owned(), data.to_str().unwrap().to_owned(), "--run".to_owned()],
            vec![run.clone(), "--threads".to_owned(), "1".to_owned()],
        ]
        .concat()
    };
    let arguments = reproduce("blocks.toml", r#"{ kind = "blocks", count = 2, size = [9, 9] }"#);
    succeed(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let other = reproduce("random.toml", r#"{ kind = "at-random", ratio = 0.5 }"#);
    let message = error_of(&other.iter().map(String::as_str).collect::<Vec<_>>());
    assert_says(&message, &["another experiment", "--force"]);
}

#[test]
fn rejects_what_cannot_be_taken_away() {
    assert_all_rejected(&[
        (
            "data.hidden",
            r#"{ kind = "at-random", ratio = 1.0 }"#,
            &["data.hidden.ratio = 1", "0 to 0.999"],
        ),
        (
            "data.hidden",
            r#"{ kind = "blocks", count = 0, size = [2, 2] }"#,
            &["data.hidden.count = 0", "1 to 1000"],
        ),
        ("data.hidden", r#"{ kind = "holes" }"#, &["hidden", "holes", "at-random"]),
        ("data.hidden", r#"{ kind = "at-random" }"#, &["hidden", "ratio"]),
    ]);
    let folder = Folder::new();
    let text = tiny_with("data.hidden", r#"{ kind = "blocks", count = 1, size = [29, 3] }"#);
    let experiment = folder.write("large.toml", text);
    let (data, run) = (sample(), folder.path("run"));
    let data = data.to_str().unwrap();
    let message = error_of(&["train", "--experiment", &experiment, "--data", data, "--run", &run]);
    assert_says(&message, &["data.hidden", "29 × 3", "1 × 1 to 28 × 28"]);
}
