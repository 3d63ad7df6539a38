//! Names of parts that do not exist, and names that models cannot have.

use super::experiments::assert_all_rejected;

#[test]
fn rejects_unknown_parts_and_lists_the_known_ones() {
    assert_all_rejected(&[
        ("data.set", "\"cifar\"", &["data.set", "\"cifar\"", "files", "fashion-mnist", "mnist"]),
        (
            "models.1.posterior",
            "\"gausian\"",
            &[
                "\"vad\"",
                "posterior",
                "\"gausian\"",
                "laplace, logistic",
                "did you mean \"gaussian\"?",
            ],
        ),
        ("models.0.decoder.kind", "\"cnn\"", &["\"ad\"", "decoder.kind", "\"cnn\"", "conv, mlp"]),
        (
            "models.0.likelihood.kind",
            "\"poisson\"",
            &["likelihood.kind", "\"poisson\"", "bernoulli, continuous-bernoulli, gaussian"],
        ),
        (
            "training.decoder.optimiser.kind",
            "\"adamw\"",
            &["training.decoder.optimiser", "\"adamw\"", "adam, sgd", "did you mean \"adam\"?"],
        ),
        (
            "training.latents.optimiser.kind",
            "\"lion\"",
            &["training.latents.optimiser", "\"lion\"", "adam, sgd"],
        ),
        (
            "inference.latents.optimiser.kind",
            "\"lion\"",
            &["inference.latents.optimiser", "\"lion\"", "adam, sgd"],
        ),
        (
            "training.decoder.schedule",
            "\"linear\"",
            &["schedule", "`linear`", "`constant`", "`cosine`"],
        ),
        ("training.start.from", "\"ones\"", &["start.from", "`ones`", "`whitened-pca`"]),
        (
            "models.0.kind",
            "\"auto-encoder\"",
            &["models[0].kind", "`auto-encoder`", "`auto-decoder`", "`variational-autoencoder`"],
        ),
        (
            "models.0.encoder",
            "{ kind = \"mlp\" }",
            &["\"ad\"", "encoder", "an auto-decoder has none"],
        ),
        ("comparisons.0.model", "\"vae\"", &["comparisons[0]", "model = \"vae\"", "ad, vad"]),
    ]);
}

#[test]
fn rejects_names_that_cannot_be_folders() {
    for name in ["a/b", "../ad", "..", ".", "", "a b", "é", "a\\\\b"] {
        let value = format!("\"{name}\"");
        let expected = "expected 1 to 64 letters, digits, '-' or '_'";
        assert_all_rejected(&[
            ("models.0.name", &value, &["models[0].name = ", expected]),
            ("name", &value, &["name = ", expected]),
        ]);
    }
}

#[test]
fn rejects_two_models_of_one_name() {
    let expected = ["models[1].name = \"ad\"", "expected a name that no other model has"];
    assert_all_rejected(&[("models.1.name", "\"ad\"", &expected)]);
}

#[test]
fn rejects_two_variants_of_one_name() {
    let path = "comparisons.0.variants.1.name";
    let expected = ["comparisons[0]", "variants[1].name = \"as chosen\"", "no other variant has"];
    assert_all_rejected(&[(path, "\"as chosen\"", &expected)]);
}

#[test]
fn rejects_posteriors_and_weights_of_the_other_kind() {
    assert_all_rejected(&[
        (
            "models.0.posterior",
            "\"gaussian\"",
            &["\"ad\"", "posterior = \"gaussian\"", "\"point\""],
        ),
        ("models.1.posterior", "\"point\"", &["\"vad\"", "posterior = \"point\"", "density"]),
        ("models.0.beta", "2.0", &["\"ad\"", "beta = 2", "no KL term", "l2"]),
        (
            "models.0.inference.prior",
            "\"mixture\"",
            &["\"ad\"", "inference.prior = \"mixture\"", "no posterior"],
        ),
        ("models.1.l2", "0.5", &["\"vad\"", "l2 = 0.5", "KL term", "beta"]),
    ]);
}
