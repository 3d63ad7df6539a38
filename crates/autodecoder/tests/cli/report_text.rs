//! What the report says hangs on the experiment.

use super::experiments::{tiny_with, tiny_with_all};
use super::folder::Folder;
use super::program::{assert_says, sample, succeed};

/// Sentences that hold for the first experiment below, and not for the second.
const SENTENCES: [&str; 5] = [
    "Nothing in the auto-decoder's objective pulls its latents",
    "Why two learning rates.",
    "Their Adam forgets faster",
    "Why a start at principal components.",
    "The best variational auto-decoder, ",
];

/// The report of an experiment, without its tags.
fn report(experiment: &str) -> String {
    let folder = Folder::new();
    let experiment = folder.write("tiny.toml", experiment);
    let (run, data) = (folder.path("run"), sample().to_str().unwrap());
    succeed(&["reproduce", "--experiment", &experiment, "--data", data, "--run", &run]);
    let html = std::fs::read_to_string(folder.path("run/report.html")).unwrap();
    html.split('<').filter_map(|piece| piece.split_once('>')).map(|(_, text)| text).collect()
}

#[test]
fn reasons_are_given_where_they_hold() {
    assert_says(&report(&tiny_with("training.latents.rate", "0.3")), &SENTENCES);
}

/// Two latent dimensions are searched; eight are not.
#[test]
fn the_table_of_settings_names_precisions_and_where_inference_starts() {
    let text = tiny_with_all(&[("training.precision", "\"bf16\""), ("models.1.latent_dim", "8")]);
    let places = ["the best of 1000 places", "the prior's mean"];
    assert_says(&report(&text), &["bfloat16, in inference f32", places[0], places[1]]);
    let text = tiny_with_all(&[("training.precision", "\"bf16x3\"")]);
    assert_says(&report(&text), &["bf16x3 (f32 without AMX or kernels), in inference f32"]);
}

#[test]
fn reasons_are_left_out_where_they_do_not_hold() {
    let with_gaussian = tiny_with_all(&[
        ("training.latents.rate", "0.003"),
        ("training.start.from", "\"random\""),
        ("models.0.l2", "0.25"),
        ("comparisons.0.variants.1.set.likelihood", "{ kind = \"gaussian\", variance = 0.5 }"),
    ]) + "
[[models]]
name = \"squares\"
kind = \"variational-auto-decoder\"
latent_dim = 2
decoder = { kind = \"mlp\", hidden = [8] }
likelihood = { kind = \"gaussian\", variance = 0.5 }
";
    let text = report(&with_gaussian);
    for sentence in SENTENCES {
        assert!(!text.contains(sentence), "{sentence:?} does not hold here");
    }
    assert_says(
        &text,
        &[
            "the penalty 0.25 ",
            "The best variational auto-decoder with the likelihood bernoulli, vad,",
            "The best variational auto-decoder with the likelihood gaussian (variance 0.5), squares,",
        ],
    );
}

#[test]
fn nothing_is_said_of_rows_where_encoders_give_them() {
    let encoders = "
data = { train = 64, test = 16 }
training = { epochs = 1, batch_size = 16 }
evaluation = { draws = 2 }
figures = { samples = 8, tsne = { epochs = 300, perplexity = 5.0 } }

[[models]]
name = \"vae\"
kind = \"variational-autoencoder\"
latent_dim = 2
decoder = { kind = \"mlp\", hidden = [8] }
";
    let text = report(encoders);
    assert_says(
        &text,
        &[
            "One model was fitted to 64 images",
            "An encoder gives the rows of those and of 16 test images.",
            "The best variational autoencoder, vae,",
            "scored with the rows that the encoder gives",
        ],
    );
    let of_rows =
        ["there is no encoder", "the auto-decoder's are worse", "that training left, test"];
    for sentence in SENTENCES.iter().chain(&of_rows) {
        assert!(!text.contains(sentence), "{sentence:?} does not hold here");
    }
    let plain = encoders.replace("variational-autoencoder", "autoencoder");
    let text = report(&plain);
    assert!(!text.contains("auto-decoder's are worse") && !text.contains("The auto-decoder"));
    let both = encoders.to_owned()
        + "
[[models]]
name = \"vad\"
kind = \"variational-auto-decoder\"
latent_dim = 2
decoder = { kind = \"mlp\", hidden = [8] }
";
    let expected = ["2 models were fitted", "Some have an encoder", "Why two learning rates."];
    assert_says(&report(&both), &expected);
}
