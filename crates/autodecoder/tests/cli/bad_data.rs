//! Data files that are missing, damaged, or in each other's place.

use autodecoder_data::{
    Dataset, ImageSet, ImageShape, MnistFolder, Split, write_idx_images, write_idx_labels,
};

use super::experiments::TINY;
use super::folder::{Folder, assert_same};
use super::program::{assert_says, error_of, sample, succeed};

const TRAIN_IMAGES: &str = "data/train-images-idx3-ubyte.gz";
const TRAIN_LABELS: &str = "data/train-labels-idx1-ubyte.gz";
const TEST_IMAGES: &str = "data/t10k-images-idx3-ubyte.gz";
const TEST_LABELS: &str = "data/t10k-labels-idx1-ubyte.gz";

/// The sample after `damage` must be refused, with nothing written anywhere.
fn assert_refused(damage: impl FnOnce(&Folder), fragments: &[&str]) {
    let folder = Folder::new();
    let experiment = folder.write("tiny.toml", TINY);
    let data = folder.copy_sample();
    damage(&folder);
    let before = folder.contents();
    let run = folder.path("run");
    let arguments = ["reproduce", "--experiment", &experiment, "--data", &data, "--run", &run];
    let message = error_of(&arguments);
    assert_same(&before, &folder.contents());
    assert_says(&message, fragments);
    println!("{message}");
}

fn remove(folder: &Folder, name: &str) {
    std::fs::remove_file(folder.path(name)).unwrap();
}

fn edit(folder: &Folder, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(folder.path(name)).unwrap();
    change(&mut bytes);
    folder.write(name, bytes);
}

fn swap(folder: &Folder, a: &str, b: &str) {
    let [first, second] = [a, b].map(|name| std::fs::read(folder.path(name)).unwrap());
    folder.write(a, second);
    folder.write(b, first);
}

#[test]
fn rejects_a_missing_folder_and_missing_files() {
    let whole = |folder: &Folder| std::fs::remove_dir_all(folder.path("data")).unwrap();
    assert_refused(whole, &["data", "no such folder"]);
    let file_in_its_place = |folder: &Folder| {
        whole(folder);
        folder.write("data", "");
    };
    assert_refused(file_in_its_place, &["data", "no such folder"]);
    let test_half = |folder: &Folder| {
        remove(folder, TEST_IMAGES);
        remove(folder, TEST_LABELS);
    };
    assert_refused(test_half, &["no test set found", "t10k-images-idx3-ubyte", ".csv"]);
    let labels = |folder: &Folder| remove(folder, TRAIN_LABELS);
    assert_refused(labels, &["train-images", "its labels are not", "train-labels-idx1-ubyte"]);
}

#[test]
fn rejects_an_experiment_without_a_data_folder() {
    let folder = Folder::new();
    let experiment = folder.write("tiny.toml", TINY);
    let run = folder.path("run");
    let message = error_of(&["train", "--experiment", &experiment, "--run", &run]);
    assert_says(&message, &["fashion-mnist", "--data", "data.folder", "cargo xtask setup"]);
    assert!(!folder.root().join("run").exists());
}

#[test]
fn rejects_truncated_and_corrupt_files() {
    let cut = |folder: &Folder| edit(folder, TRAIN_IMAGES, |bytes| bytes.truncate(5000));
    assert_refused(cut, &[TRAIN_IMAGES, "corrupt or breaks off", "fetch the file again"]);
    let flipped = |folder: &Folder| edit(folder, TRAIN_IMAGES, |bytes| bytes[50_000] ^= 0xff);
    assert_refused(flipped, &[TRAIN_IMAGES, "corrupt or breaks off", "fetch the file again"]);
    let empty = |folder: &Folder| edit(folder, TEST_IMAGES, Vec::clear);
    assert_refused(empty, &[TEST_IMAGES, "empty"]);
    let page = |folder: &Folder| {
        remove(folder, TEST_LABELS);
        folder.write("data/t10k-labels-idx1-ubyte", "<!DOCTYPE html><title>404</title>");
    };
    assert_refused(page, &["t10k-labels-idx1-ubyte", "expected", "found"]);
}

#[test]
fn rejects_swapped_and_mismatched_files() {
    let halves = |folder: &Folder| swap(folder, TRAIN_IMAGES, TRAIN_LABELS);
    assert_refused(halves, &["expected images", "holds labels", "swapped"]);
    let labels = |folder: &Folder| swap(folder, TRAIN_LABELS, TEST_LABELS);
    assert_refused(labels, &["holds 256 images", "holds 64 labels", "the same set"]);
}

/// Each file is whole; only together they make no sense.
#[test]
fn rejects_halves_of_different_shapes() {
    let half_as_high = |folder: &Folder| {
        remove(folder, TEST_IMAGES);
        let images =
            ImageSet::new(ImageShape::grey(14, 14), vec![7; 64 * 196], vec![0; 64]).unwrap();
        write_idx_images(folder.path("data/t10k-images-idx3-ubyte"), &images).unwrap();
    };
    assert_refused(half_as_high, &["fashion-mnist", "data", "1 × 28 × 28", "1 × 14 × 14"]);
}

#[test]
fn rejects_a_label_out_of_range() {
    let eleventh_class = |folder: &Folder| {
        remove(folder, TEST_LABELS);
        let mut labels = [0u8; 64];
        labels[5] = 10;
        write_idx_labels(folder.path("data/t10k-labels-idx1-ubyte"), &labels).unwrap();
    };
    assert_refused(eleventh_class, &["label 10", "image 5", "0 to 9", "t10k-labels-idx1-ubyte"]);
}

#[test]
fn a_damaged_file_is_found_before_an_old_run_is_replaced() {
    let run = super::shared_runs::tiny();
    let folder = Folder::new();
    super::folder::copy(run, &folder.root().join("run"));
    let experiment = folder.write("tiny.toml", TINY);
    let data = folder.copy_sample();
    edit(&folder, TEST_IMAGES, |bytes| bytes.truncate(100));
    let before = folder.contents();
    let run = folder.path("run");
    for command in [
        &["reproduce", "--force", "--experiment", &experiment, "--data", &data, "--run", &run][..],
        &["evaluate", "--data", &data, "--run", &run],
        &["sample", "--data", &data, "--run", &run],
        &["report", "--data", &data, "--run", &run],
    ] {
        assert_says(&error_of(command), &[TEST_IMAGES]);
    }
    assert_same(&before, &folder.contents());
}

/// A copy of the sample with one pixel of `images` changed: the same labels, so the same subsets.
fn other_pixel(folder: &Folder, images: &str) -> String {
    let data = folder.copy_sample();
    let split = if images == TRAIN_IMAGES { Split::Train } else { Split::Test };
    let set = MnistFolder::fashion_mnist(sample()).load(split).unwrap();
    let mut pixels = set.pixels().to_vec();
    pixels.iter_mut().step_by(784).for_each(|pixel| *pixel ^= 1);
    remove(folder, images);
    let other = ImageSet::new(set.shape(), pixels, set.labels().to_vec()).unwrap();
    write_idx_images(folder.path(images), &other).unwrap();
    data
}

const STEPS: [&str; 6] = ["evaluate", "compare", "sample", "interpolate", "tsne", "report"];

#[test]
fn other_images_than_those_of_the_run_are_told_apart() {
    for images in [TRAIN_IMAGES, TEST_IMAGES] {
        let folder = Folder::new();
        super::folder::copy(super::shared_runs::tiny(), &folder.root().join("run"));
        let (data, run) = (other_pixel(&folder, images), folder.path("run"));
        let experiment = folder.write("tiny.toml", TINY);
        let before = folder.contents();
        let mut commands: Vec<Vec<&str>> = STEPS.map(|step| vec![step]).into();
        for command in ["train", "reproduce"] {
            commands.push(vec![command, "--experiment", &experiment]);
        }
        for command in commands {
            let command = [&command[..], &["--data", &data, "--run", &run]].concat();
            assert_says(&error_of(&command), &[&run, "other images", "--data"]);
            assert_same(&before, &folder.contents());
        }
    }
}

#[test]
fn a_run_remembers_where_its_images_have_moved_to() {
    let folder = Folder::new();
    super::folder::copy(super::shared_runs::tiny(), &folder.root().join("run"));
    let (data, run) = (folder.copy_sample(), folder.path("run"));
    let experiment = folder.write("tiny.toml", TINY);
    succeed(&["train", "--experiment", &experiment, "--data", &data, "--run", &run]);
    let text = std::fs::read_to_string(folder.path("run/experiment.toml")).unwrap();
    assert_says(&text, &[&format!("folder = {data:?}")]);
}

/// As if the files came from another run.
#[test]
fn rows_of_other_images_are_told_apart() {
    for (images, latents) in
        [(TRAIN_IMAGES, "latents-train.safetensors"), (TEST_IMAGES, "latents-test.safetensors")]
    {
        let folder = Folder::new();
        super::folder::copy(super::shared_runs::tiny(), &folder.root().join("run"));
        let data = other_pixel(&folder, images);
        let experiment = std::fs::read_to_string(folder.path("run/experiment.toml")).unwrap();
        let mut experiment: toml::Table = experiment.parse().unwrap();
        experiment["environment"].as_table_mut().unwrap().remove("images").unwrap();
        folder.write("run/experiment.toml", experiment.to_string());
        let before = folder.contents();
        for step in ["evaluate", "sample", "interpolate"] {
            let message = error_of(&[step, "--data", &data, "--run", &folder.path("run")]);
            assert_says(&message, &[latents, "other images", "--data"]);
            assert_same(&before, &folder.contents());
        }
    }
}
