//! Where rows begin.

use approx::assert_relative_eq;
use autodecoder_training::{Error, Pca, StartConfig, StartKind, Streams};

use autodecoder_models::ModelSpec;

use crate::make::{auto_decoder, images, model, numbers, variational};

const LOCATIONS: [StartKind; 4] =
    [StartKind::Zero, StartKind::Random, StartKind::Pca, StartKind::WhitenedPca];

#[test]
fn points_begin_at_the_scaled_location() {
    let images = images(20);
    let model = model(auto_decoder(), &images);
    let pca = Pca::fit(&images, 3);
    for from in LOCATIONS {
        let config = StartConfig { from, scale: 2.0, spread: 0.2, variance_share: 1.0 };
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
            StartKind::ProbabilisticPca => unreachable!("it has a width too"),
        };
        assert_eq!(numbers(&rows), expected, "{from:?}");
    }
}

#[test]
fn posteriors_begin_with_the_spread() {
    let images = images(20);
    let model = model(variational(), &images);
    let config =
        StartConfig { from: StartKind::Random, scale: 1.0, spread: 0.2, variance_share: 1.0 };
    let rows = config.rows(&model, &images, &Streams::new(1), "start").unwrap();
    for variance in numbers(&model.posterior().variance(&rows)) {
        assert_relative_eq!(variance, 0.04, max_relative = 1e-4);
    }
}

/// With signal variance λ and noise s² the posterior's variance is `1 / (1 + λ / s²)`, and means and
/// variance together have the prior's second moment.
#[test]
fn probabilistic_pca_leaves_each_coordinate_with_the_priors_second_moment() {
    let images = images(40);
    let model = model(variational(), &images);
    let config = StartConfig {
        from: StartKind::ProbabilisticPca,
        scale: 1.0,
        spread: 0.1,
        variance_share: 1.0,
    };
    let rows = config.rows(&model, &images, &Streams::new(1), "start").unwrap();
    let pca = Pca::fit(&images, 3);
    let scores = numbers(&pca.scores(&images));
    let (means, log_variances) = (rows.narrow(1, 0, 3), rows.narrow(1, 3, 3));
    for column in 0..3 {
        // In units of the first one's, whose noise-to-signal ratio the spread of 0.1 fixes at 1 : 99.
        let relative = scores.iter().skip(column).step_by(3).map(|x| x * x).sum::<f64>() / 40.0;
        let variance = 1.0 / (1.0 + 99.0 * relative);
        let of = |values: &tch::Tensor| numbers(&values.narrow(1, column as i64, 1));
        for found in of(&log_variances) {
            assert_relative_eq!(20.0 * (found / 20.0).tanh(), variance.ln(), max_relative = 2e-3);
        }
        let second_moment = of(&means).iter().map(|mean| mean * mean).sum::<f64>() / 40.0;
        assert_relative_eq!(second_moment + variance, 1.0, max_relative = 2e-3);
    }
}

/// The scores' squares, summed by hand, say how many components hold a share of the variance; the others begin
/// as good as at the prior.
#[test]
fn probabilistic_pca_starts_as_many_components_as_hold_the_share() {
    let images = images(40);
    let pca = Pca::fit(&images, 12);
    let squares = |column: usize| {
        let scores = numbers(&pca.scores(&images));
        scores.iter().skip(column).step_by(12).map(|x| x * x).sum::<f64>()
    };
    let variances: Vec<f64> = (0..12).map(squares).collect();
    let total: f64 = variances.iter().sum();
    let held = |count: usize| variances[..count].iter().sum::<f64>() / total;
    assert_eq!(pca.components_holding(0.0), 1);
    for count in 1..4 {
        assert_eq!(pca.components_holding(held(count) - 1e-4), count);
        assert_eq!(pca.components_holding(held(count) + 1e-4), count + 1);
    }
    let deviations = pca.posterior_deviations(0.1, held(2) - 1e-4);
    let second = (1.0 + 99.0 * variances[1] / variances[0]).sqrt().recip();
    assert_relative_eq!(deviations[0], 0.1, max_relative = 1e-5);
    assert_relative_eq!(deviations[1], second, max_relative = 1e-4);
    assert_eq!(deviations[2..], [0.999; 10]);
    let few = Pca::fit(&images, 2);
    assert_eq!(few.components_holding(0.99), 2, "no more than there are");
}

/// Every family has rows of its own layout.
#[test]
fn probabilistic_pca_starts_every_posterior() {
    let images = images(40);
    for posterior in ["gaussian", "laplace", "logistic", "gumbel", "uniform"] {
        let spec = ModelSpec { posterior: posterior.to_owned(), ..variational() };
        let model = model(spec, &images);
        let config = StartConfig {
            from: StartKind::ProbabilisticPca,
            scale: 1.0,
            spread: 0.1,
            variance_share: 1.0,
        };
        let rows = config.rows(&model, &images, &Streams::new(1), "start").unwrap();
        assert_eq!(rows.size(), [40, model.row_width()]);
        let prior = model.posterior().prior().variance();
        let variances = numbers(&model.posterior().variance(&rows));
        let firsts = variances.iter().step_by(3);
        for variance in firsts {
            assert_relative_eq!(variance / prior, 0.01, max_relative = 0.1);
        }
    }
}

#[test]
fn more_dimensions_than_pixels_are_refused() {
    let images = images(20);
    let spec = ModelSpec { latent_dim: 13, ..auto_decoder() };
    let model = model(spec, &images);
    for (from, name) in [
        (StartKind::Pca, "pca"),
        (StartKind::WhitenedPca, "whitened-pca"),
        (StartKind::ProbabilisticPca, "probabilistic-pca"),
    ] {
        let config = StartConfig { from, scale: 1.0, spread: 0.2, variance_share: 1.0 };
        let error = config.rows(&model, &images, &Streams::new(1), "start").unwrap_err();
        assert!(matches!(error, Error::TooFewComponents { available: 12, latent_dim: 13, .. }));
        assert!(error.to_string().contains(&format!("a start at {name} scores")), "{error}");
    }
}
