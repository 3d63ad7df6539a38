//! Saving and loading.

use autodecoder_classifier::{load_classifier, save_classifier};
use autodecoder_data::Split;
use tch::Device;

use crate::make::{description, labelled, small, train};

#[test]
fn a_loaded_classifier_is_the_saved_one_to_the_bit() {
    let (config, folder) = (small(1), tempfile::tempdir().unwrap());
    let saved = train(&config, 1).classifier;
    save_classifier(&saved, &description(&config), folder.path()).unwrap();
    let (loaded, found) = load_classifier(folder.path(), Device::Cpu).unwrap();
    assert_eq!(found, description(&config));
    let test = labelled(Split::Test);
    assert_eq!(loaded.image_features(test.images()), saved.image_features(test.images()));
    let again = tempfile::tempdir().unwrap();
    save_classifier(&loaded, &found, again.path()).unwrap();
    for file in ["classifier.json", "classifier.safetensors"] {
        let read = |folder: &tempfile::TempDir| std::fs::read(folder.path().join(file)).unwrap();
        assert_eq!(read(&folder), read(&again), "{file}");
    }
}

#[test]
fn the_description_names_layers_that_any_program_can_run() {
    let (config, folder) = (small(1), tempfile::tempdir().unwrap());
    let classifier = train(&config, 1).classifier;
    save_classifier(&classifier, &description(&config), folder.path()).unwrap();
    let text = std::fs::read_to_string(folder.path().join("classifier.json")).unwrap();
    let layers = [
        "conv2d 1 8 kernel 4 stride 2 padding 1",
        "conv2d 8 16 kernel 4 stride 2 padding 1",
        "reshape 784",
        "linear 784 24",
        "linear 24 10",
    ];
    for layer in layers {
        assert!(text.contains(&format!("\"{layer}\"")), "{layer} is not in {text}");
    }
}

#[test]
fn damaged_and_missing_files_are_named() {
    let (config, folder) = (small(1), tempfile::tempdir().unwrap());
    let error = || load_classifier(folder.path(), Device::Cpu).unwrap_err().to_string();
    assert!(error().contains("classifier.json"), "{}", error());
    save_classifier(&train(&config, 1).classifier, &description(&config), folder.path()).unwrap();
    let path = folder.path().join("classifier.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let cases = [
        ("linear 24 10", "linear 25 10", "classifier layer 7"),
        ("\"format\": 1", "\"format\": 2", "format 2, expected 1"),
        ("conv2d 1 8", "conv3d 1 8", "conv3d"),
    ];
    for (from, to, said) in cases {
        std::fs::write(&path, text.replace(from, to)).unwrap();
        assert!(error().contains(said), "{}", error());
    }
    std::fs::write(&path, &text).unwrap();
    std::fs::write(folder.path().join("classifier.safetensors"), "half").unwrap();
    assert!(error().contains("classifier.safetensors"), "{}", error());
}
