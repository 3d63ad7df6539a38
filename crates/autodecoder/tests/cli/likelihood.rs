//! Bounds on the log likelihood, and the two protocols of pixels.

use std::path::Path;

use serde_json::Value;
use toml::Table;

use super::experiments::{assert_all_rejected, tiny_with_all};
use super::folder::{Folder, assert_same};
use super::program::{assert_says, sample, succeed};
use super::reproducible::timeless;

const BINARISED: [(&str, &str); 2] =
    [("data.pixels", "\"binarised\""), ("evaluation.importance", "{ samples = 30, images = 7 }")];

fn reproduce(folder: &Folder, changes: &[(&str, &str)]) -> String {
    let experiment = folder.write("tiny.toml", tiny_with_all(changes));
    let (run, data) = (folder.path("run"), sample().to_str().unwrap());
    let arguments = ["reproduce", "--experiment", &experiment, "--data", data, "--run", &run];
    succeed(&[&arguments[..], &["--device", "cpu", "--threads", "1"]].concat()).stderr
}

fn results(run: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(run.join("results.json")).unwrap()).unwrap()
}

fn digests(run: &Path) -> toml::Value {
    let text = std::fs::read_to_string(run.join("experiment.toml")).unwrap();
    text.parse::<Table>().unwrap()["environment"]["images"].clone()
}

#[test]
fn a_binarised_run_says_so_and_bounds_the_likelihood() {
    let folder = Folder::new();
    let said = reproduce(&folder, &BINARISED);
    assert_says(
        &said,
        &["ad: its likelihood has no bound", "likelihood vad: at least", "7 images"],
    );
    let run = folder.root().join("run");
    let results = results(&run);
    assert_eq!(results["data"]["pixels"], "binarised");
    assert_eq!(results["models"]["ad"]["importance"], Value::Null);
    let found = &results["models"]["vad"]["importance"];
    assert_eq!((&found["images"], &found["samples"]), (&7.into(), &30.into()));
    let bounds = found["bounds"].as_array().unwrap();
    let number = |value: &Value| value.as_f64().unwrap();
    let samples: Vec<_> = bounds.iter().map(|bound| bound["samples"].as_u64().unwrap()).collect();
    assert_eq!(samples, [1, 10, 30]);
    for pair in bounds.windows(2) {
        assert!(number(&pair[0]["log_likelihood"]) <= number(&pair[1]["log_likelihood"]));
    }
    assert!(number(&bounds[0]["standard_error"]) > 0.0);
    assert!(number(&results["models"]["vad"]["seconds"]["likelihood"]) > 0.0);

    let html = std::fs::read_to_string(run.join("report.html")).unwrap();
    assert_says(
        &html,
        &["The likelihood of test images", "<em>binarised</em>", "20 test images, binarised"],
    );
    assert!(!html.contains("grey-pixel numbers"));
}

/// Rows are fitted, and everything is scored, under the prior that was fitted to the training rows.
#[test]
fn a_fitted_prior_takes_the_place_of_the_models_own() {
    let [own, fitted] = ["\"model\"", "\"mixture\""].map(|prior| {
        let folder = Folder::new();
        let changes = [BINARISED[1], ("models.1.inference.prior", prior)];
        reproduce(&folder, &changes);
        let html = std::fs::read_to_string(folder.root().join("run/report.html")).unwrap();
        (results(&folder.root().join("run"))["models"]["vad"].clone(), html)
    });
    let mixture = "a fitted mixture of Gaussians";
    assert_eq!((&own.0["test_prior"], &fitted.0["test_prior"]), (&Value::Null, &mixture.into()));
    assert_eq!(fitted.1.matches(mixture).count(), 1, "in the table of settings");
    assert!(!own.1.contains(mixture));
    let number = |results: &Value, at: &str| results.pointer(at).unwrap().clone();
    for same in ["/prior", "/train/kl", "/train/negative_elbo", "/prior_gap/latent_norm"] {
        assert_eq!(number(&own.0, same), number(&fitted.0, same), "{same}");
    }
    for other in ["/test/kl", "/test/negative_elbo", "/importance/bounds"] {
        assert_ne!(number(&own.0, other), number(&fitted.0, other), "{other}");
    }
}

#[test]
fn the_protocols_have_digests_of_their_own() {
    let folders = [Folder::new(), Folder::new()];
    reproduce(&folders[0], &BINARISED[..1]);
    reproduce(&folders[1], &[]);
    let [binarised, grey] = folders.each_ref().map(|folder| digests(&folder.root().join("run")));
    for half in ["train", "test"] {
        assert_ne!(binarised[half], grey[half]);
    }
    let html = std::fs::read_to_string(folders[1].root().join("run/report.html")).unwrap();
    assert!(html.contains("grey-pixel numbers") && !html.contains("The likelihood of test images"));
}

/// What took minutes is not computed twice.
#[test]
fn bounds_are_kept_and_come_back_when_they_are_lost() {
    let folder = Folder::new();
    reproduce(&folder, &BINARISED);
    let run = folder.root().join("run");
    let before = timeless(&run);
    let again = |lost: &[&str]| {
        lost.iter().for_each(|name| std::fs::remove_file(run.join(name)).unwrap());
        let said = reproduce(&folder, &BINARISED);
        assert_same(&before, &timeless(&run));
        said.contains("likelihood vad: at least")
    };
    assert!(!again(&["results.json"]));
    assert!(again(&["results.json", "models/vad/likelihood.json"]));
    assert!(again(&["models/vad/latents-test.safetensors"]));
}

/// The same bounds once more, by proposals that were moved first.
#[test]
fn proposals_are_fitted_where_asked_for() {
    let folder = Folder::new();
    let settings = "{ samples = 30, images = 7, proposal_samples = 4 }";
    let said = reproduce(&folder, &[BINARISED[0], ("evaluation.importance", settings)]);
    assert_says(&said, &["fit proposals vad: 7 images", "likelihood vad by fitted proposals"]);
    assert!(!said.contains("fit proposals ad"));
    let run = folder.root().join("run");
    let models = results(&run)["models"].clone();
    assert_eq!(models["ad"]["importance_fitted"], Value::Null);
    let vad = &models["vad"];
    assert_ne!(vad["importance_fitted"]["bounds"], vad["importance"]["bounds"]);
    assert_eq!(vad["importance_fitted"]["images"], 7);
    assert!(vad["seconds"]["likelihood_fitted"].as_f64().unwrap() > 0.0);
    let html = std::fs::read_to_string(run.join("report.html")).unwrap();
    assert_says(
        &html,
        &["<code>vad</code>, fitted proposals", "the bound of 4 samples is highest"],
    );

    let before = timeless(&run);
    for lost in ["results.json", "models/vad/likelihood-fitted.json"] {
        std::fs::remove_file(run.join(lost)).unwrap();
    }
    let said = reproduce(&folder, &[BINARISED[0], ("evaluation.importance", settings)]);
    assert!(said.contains("by fitted proposals") && !said.contains("likelihood vad: at least"));
    assert_same(&before, &timeless(&run));
}

#[test]
fn rejects_what_cannot_be_measured() {
    let target = |metric: &str, model: &str| {
        format!(
            "[{{ model = \"{model}\", metric = \"{metric}\", at_most = 1.0, source = \"here\" }}]"
        )
    };
    let metric = "negative_log_likelihood";
    assert_all_rejected(&[
        ("data.pixels", "\"black\"", &["data.pixels", "black", "grey", "binarised"]),
        ("evaluation.importance.samples", "1000001", &["importance.samples = 1000001", "1000000"]),
        ("evaluation.importance.samples", "-1", &["evaluation.importance.samples", "-1"]),
        ("evaluation.importance.images", "21", &["evaluation.importance.images = 21", "1 to 20"]),
        ("evaluation.importance.images", "0", &["importance.images = 0", "from 1"]),
        ("targets", &target(metric, "vad"), &["targets[0]", "importance.samples above 0"]),
        ("targets", &target(metric, "ad"), &["targets[0]", metric, "has none"]),
        ("evaluation.importance.proposal_samples", "1001", &["proposal_samples = 1001", "1000"]),
        (
            "targets",
            &target("negative_log_likelihood_fitted", "vad"),
            &["targets[0]", "negative_log_likelihood_fitted", "importance.samples above 0"],
        ),
    ]);
    let continuous = tiny_with_all(&[
        ("data.pixels", "\"binarised\""),
        ("models.1.likelihood", "{ kind = \"continuous-bernoulli\" }"),
    ]);
    let fragments = ["\"vad\"", "continuous-bernoulli", "binarised", "choose \"bernoulli\""];
    super::experiments::assert_rejected(&continuous, &fragments);
    let proposals = |samples: u32, posterior: &str| {
        let importance = format!("{{ samples = 3, proposal_samples = {samples} }}");
        let posterior = format!("\"{posterior}\"");
        tiny_with_all(&[
            ("evaluation.importance", &importance),
            ("models.1.posterior", &posterior),
            ("inference.batch_size", "250"),
        ])
    };
    let key = "evaluation.importance.proposal_samples";
    let fragments = ["\"vad\"", &format!("{key} = 2 needs"), "\"uniform\""];
    super::experiments::assert_rejected(&proposals(2, "uniform"), &fragments);
    let product = "batch_size × importance_samples = 225000";
    let fragments = ["\"vad\"", &format!("{key} = 900"), product];
    super::experiments::assert_rejected(&proposals(900, "gaussian"), &fragments);
}
