//! Where rows begin.

use approx::assert_relative_eq;
use autodecoder_training::{Error, Pca, StartConfig, StartKind, Streams};

use crate::make::{auto_decoder, images, model, numbers, variational};

const KINDS: [StartKind; 4] =
    [StartKind::Zero, StartKind::Random, StartKind::Pca, StartKind::WhitenedPca];

#[test]
fn points_begin_at_the_scaled_location() {
    let images = images(20);
    let model = model(auto_decoder(), &images);
    let pca = Pca::fit(&images, 3);
    for from in KINDS {
        let config = StartConfig { from, scale: 2.0, spread: 0.2 };
        let rows = config.rows(&model, &images, &Streams::new(1), "start").unwrap();
        assert_eq!(rows.size(), [20, 3]);
        let expected = match from {
            StartKind::Zero => vec![0.0; 60],
            StartKind::Random => {
                let other = config.rows(&model, &images, &Streams::new(1), "other").unwrap();
                assert_ne!(numbers(&rows), numbers(&other), "streams are named");
                let single = StartConfig { scale: 1.0, ..config };
                numbers(&(single.rows(&model, &images, &Streams::new(1), "start").unwrap() * 2.0))
            }
            StartKind::Pca => numbers(&(pca.scores(&images) * 2.0)),
            StartKind::WhitenedPca => numbers(&(pca.whitened_scores(&images) * 2.0)),
        };
        assert_eq!(numbers(&rows), expected, "{from:?}");
    }
}

#[test]
fn posteriors_begin_with_the_spread() {
    let images = images(20);
    let model = model(variational(), &images);
    let config = StartConfig { from: StartKind::Random, scale: 1.0, spread: 0.2 };
    let rows = config.rows(&model, &images, &Streams::new(1), "start").unwrap();
    for variance in numbers(&model.posterior().variance(&rows)) {
        assert_relative_eq!(variance, 0.04, max_relative = 1e-4);
    }
}

#[test]
fn more_dimensions_than_pixels_are_refused() {
    let images = images(20);
    let spec = autodecoder_models::ModelSpec { latent_dim: 13, ..auto_decoder() };
    let model = model(spec, &images);
    for (from, name) in [(StartKind::Pca, "pca"), (StartKind::WhitenedPca, "whitened-pca")] {
        let config = StartConfig { from, scale: 1.0, spread: 0.2 };
        let error = config.rows(&model, &images, &Streams::new(1), "start").unwrap_err();
        assert!(matches!(error, Error::TooFewComponents { available: 12, latent_dim: 13, .. }));
        assert!(error.to_string().contains(&format!("a start at {name} scores")), "{error}");
    }
}
