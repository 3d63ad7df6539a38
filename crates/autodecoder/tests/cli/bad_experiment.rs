//! Experiment files that are no experiment, or hold keys that mean nothing.

use super::experiments::{TINY, assert_all_rejected, assert_rejected, tiny_with};
use super::folder::{Folder, assert_same};
use super::program::{assert_says, error_of};

#[test]
fn rejects_what_is_neither_a_file_nor_a_preset() {
    let folder = Folder::new();
    let run = folder.path("run");
    let message = error_of(&["train", "--experiment", "standart", "--run", &run]);
    assert_says(
        &message,
        &[
            "\"standart\"",
            "neither a file",
            "smoke, course, standard, bfloat16, against-encoder, full",
        ],
    );
    assert!(folder.contents().is_empty());
}

#[test]
fn rejects_files_that_are_no_toml() {
    assert_rejected("seed = = 1", &["experiment.toml", "not a TOML file", "line 1"]);
    assert_rejected("", &["models is missing", "[[models]]"]);
    assert_rejected("models = []", &["models: expected at least one table [[models]]"]);
    assert_rejected("models = 3", &["models: expected at least one table [[models]]"]);
    assert_rejected("models = [3]", &["models[0]: expected a table"]);
}

#[test]
fn rejects_files_that_are_no_text() {
    let folder = Folder::new();
    let binary = folder.write("binary.toml", [0xffu8, 0xfe, 0x00]);
    let before = folder.contents();
    let run = folder.path("run");
    for (experiment, why) in [(binary, "valid UTF-8"), (folder.path(""), "is a directory")] {
        let message = error_of(&["train", "--experiment", &experiment, "--run", &run]);
        let message = message.to_lowercase();
        let parts = ["cannot read", &experiment, why].map(str::to_lowercase);
        assert_says(&message, &parts.each_ref().map(String::as_str));
    }
    assert_same(&before, &folder.contents());
}

#[test]
fn rejects_numbers_that_no_type_holds_with_their_true_range() {
    assert_all_rejected(&[
        ("training.epochs", "4294967296", &["training.epochs = 4294967296", "1 to 1000000"]),
        ("inference.batch_size", "5000000000", &["batch_size = 5000000000", "1 to 65536"]),
        ("evaluation.draws", "4294967296", &["evaluation.draws = 4294967296", "1 to 100000"]),
        ("figures.interpolate", "[0, 4294967296]", &["interpolate[1]", "0 to 4294967295"]),
        (
            "comparisons.0.variants.1.set.training.epochs",
            "4294967296",
            &["comparisons[0]", "\"once\"", "training.epochs = 4294967296", "1 to 1000000"],
        ),
    ]);
    for seed in ["9223372036854775808", "18446744073709551615", "99999999999999999999"] {
        let text = TINY.replace("seed = 3", &format!("seed = {seed}"));
        assert_rejected(&text, &["line 3", "seed: expected a whole number of at most 922337203"]);
    }
}

/// A file's name becomes the experiment's where the file gives none.
#[test]
fn rejects_a_file_name_that_is_no_name_and_says_where_it_came_from() {
    let folder = Folder::new();
    let experiment = folder.write("my exp.v2.toml", TINY.replace("name = \"tiny\"\n", ""));
    let before = folder.contents();
    let message = error_of(&["train", "--experiment", &experiment, "--run", &folder.path("run")]);
    assert_same(&before, &folder.contents());
    let expected =
        ["named after its file", "name = \"…\"", "name = \"my exp.v2\"", "expected 1 to 64"];
    assert_says(&message, &expected);
    let named = folder.write("my exp.v2.toml", TINY);
    let message = error_of(&["train", "--experiment", &named, "--run", &folder.path("run")]);
    assert_says(&message, &["no folder for the data set"]);
}

#[test]
fn rejects_unknown_keys_at_every_level() {
    let unknown = |path: &str, fragments: &[&str]| {
        println!("{path}");
        assert_rejected(&tiny_with(path, "1"), fragments);
    };
    unknown("sed", &["unknown field `sed`", "`seed`"]);
    unknown("data.trian", &["data", "unknown field `trian`", "`train`"]);
    unknown("training.epoch", &["models[0].training", "unknown field `epoch`", "`epochs`"]);
    unknown("training.start.form", &["training.start", "unknown field `form`", "`from`"]);
    unknown("training.decoder.rat", &["training.decoder", "unknown field `rat`", "`rate`"]);
    unknown(
        "training.latents.optimiser.beta",
        &["training.latents.optimiser", "`beta`", "`betas`"],
    );
    unknown("inference.step", &["inference", "unknown field `step`", "`steps`"]);
    unknown("inference.latents.rat", &["inference.latents", "unknown field `rat`", "`rate`"]);
    unknown("evaluation.draw", &["evaluation", "unknown field `draw`", "`draws`"]);
    unknown("figures.image", &["figures", "unknown field `image`", "`images`"]);
    unknown("figures.tsne.theta", &["figures.tsne", "unknown field `theta`", "`perplexity`"]);
    unknown("models.1.latent_dims", &["models[1]", "`latent_dims`", "`latent_dim`"]);
    unknown("models.0.decoder.hiden", &["\"ad\"", "decoder", "`hiden`", "`hidden`"]);
    unknown("models.0.likelihood.variance", &["\"ad\"", "likelihood", "`variance`"]);
    unknown("comparisons.0.modle", &["comparisons[0]", "unknown field `modle`", "`model`"]);
    unknown("comparisons.0.variants.1.sett", &["variants[1]", "unknown field `sett`", "`set`"]);
    unknown(
        "comparisons.0.variants.1.set.beat",
        &["comparisons[0]", "\"once\"", "unknown field `beat`", "`beta`"],
    );
    unknown(
        "comparisons.0.common.training.epoch",
        &["comparisons[0]", "training", "unknown field `epoch`", "`epochs`"],
    );
}

#[test]
fn rejects_missing_keys_and_wrong_types() {
    let without_name = TINY.replace("name = \"vad\"\n", "");
    assert_rejected(&without_name, &["models[1]", "missing field `name`"]);
    let without_kind = TINY.replace("kind = \"auto-decoder\"\n", "");
    assert_rejected(&without_kind, &["models[0]", "missing field `kind`"]);
    assert_all_rejected(&[
        ("seed", "-1", &["seed", "-1", "a whole number from 0"]),
        ("seed", "\"one\"", &["seed", "\"one\"", "a whole number from 0"]),
        ("training", "3", &["models[0].training", "expected struct"]),
        ("training.epochs", "\"ten\"", &["training.epochs", "\"ten\"", "a whole number"]),
        ("training.epochs", "-1", &["training.epochs", "-1", "a whole number"]),
        ("training.epochs", "2.5", &["training.epochs", "2.5", "a whole number"]),
        ("models.0.decoder", "\"mlp\"", &["models[0].decoder", "\"mlp\"", "expected"]),
        ("data.folder", "7", &["data.folder", "7", "path"]),
    ]);
}
