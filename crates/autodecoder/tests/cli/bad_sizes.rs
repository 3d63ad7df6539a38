//! Sizes and rates that are impossible.

use autodecoder::experiment::{DataConfig, Experiment};
use autodecoder::{Catalogue, Images};

use super::experiments::{TINY, assert_all_rejected, assert_rejected, tiny_with_all};
use super::program::sample;

#[test]
fn rejects_impossible_data() {
    assert_all_rejected(&[
        ("data.train", "257", &["data.train = 257", "there are 256", "at most 256"]),
        ("data.test", "65", &["data.test = 65", "there are 64", "at most 64"]),
        ("data.train", "1", &["data.train = 1", "from 2"]),
        ("data.test_share", "1.5", &["data.test_share = 1.5", "0.999"]),
        ("data.size", "[28, 0]", &["data.size = 0", "from 1"]),
        ("data.test", "1", &["data.test = 1", "from 2"]),
        ("data.test", "-3", &["data.test", "-3"]),
        ("comparisons.0.train", "61", &["comparisons[0]", "train = 61", "from 2 to 60"]),
        ("comparisons.0.test", "21", &["comparisons[0]", "test = 21", "from 1 to 20"]),
        ("comparisons.0.variants", "[]", &["comparisons[0]", "variants", "at least one"]),
    ]);
}

#[test]
fn rejects_impossible_models() {
    assert_all_rejected(&[
        ("models.0.latent_dim", "0", &["\"ad\"", "latent_dim = 0", "from 1 to 4096"]),
        ("models.0.latent_dim", "-2", &["latent_dim = -2", "from 1 to 4096"]),
        ("models.0.latent_dim", "4097", &["latent_dim = 4097", "from 1 to 4096"]),
        ("models.0.latent_dim", "785", &["\"ad\"", "pca", "at most 784", "latent_dim is 785"]),
        ("models.1.beta", "-0.1", &["beta = -0.1", "from 0 to 1000"]),
        ("models.1.beta", "nan", &["beta = NaN", "from 0 to 1000"]),
        ("models.0.l2", "inf", &["l2 = inf", "from 0 to 1000"]),
        ("models.0.decoder.hidden", "[0]", &["\"ad\"", "hidden = [0]", "1 to 65536"]),
        ("models.0.decoder", "{ kind = \"conv\", channels = [] }", &["channels = []", "1 to 6"]),
        (
            "models.0.decoder",
            "{ kind = \"conv\", channels = [8, 8, 8] }",
            &["\"ad\"", "channels = [8, 8, 8]", "divisible by 8", "28 × 28"],
        ),
        (
            "models.0.likelihood",
            "{ kind = \"gaussian\", variance = 0.0 }",
            &["variance = 0.0", "1e-6 to 100", "\"learned\""],
        ),
        (
            "models.0.likelihood",
            "{ kind = \"gaussian\", variance = nan }",
            &["variance", "1e-6 to 100"],
        ),
        (
            "comparisons.0.variants.1.set.latent_dim",
            "0",
            &["comparisons[0]", "\"once\"", "latent_dim = 0"],
        ),
        (
            "comparisons.0.variants.1.set.latent_dim",
            "785",
            &["comparisons[0]", "\"once\"", "at most 784", "latent_dim is 785"],
        ),
    ]);
}

/// Each size is in its range; what they make together no memory holds.
#[test]
fn rejects_models_that_memory_cannot_hold() {
    let wide = "{ kind = \"mlp\", hidden = [65536, 65536] }";
    let too_many = ["4346610448 parameters", "at most 100000000", "smaller layers"];
    assert_all_rejected(&[
        ("models.0.decoder", wide, &[&["\"ad\""], &too_many[..]].concat()),
        (
            "comparisons.0.variants.1.set.decoder",
            wide,
            &[&["comparisons[0]", "\"once\""], &too_many[..]].concat(),
        ),
        (
            "models.0.decoder",
            "{ kind = \"conv\", hidden = [65536, 65536] }",
            &["\"ad\"", "parameters, expected at most 100000000"],
        ),
    ]);
    let table = tiny_with_all(&[("data.train", "10000000"), ("models.1.latent_dim", "4096")]);
    let table = table.replace("latent_dim = 2\n", "latent_dim = 1\n");
    let expected =
        ["\"vad\"", "latent_dim = 4096", "81920000000 values", "at most 500000000", "lower"];
    assert_rejected(&table, &expected);
}

#[test]
fn rejects_impossible_training() {
    assert_all_rejected(&[
        ("training.epochs", "0", &["\"ad\"", "training", "epochs = 0", "from 1"]),
        ("training.batch_size", "0", &["training", "batch_size = 0", "from 1 to 65536"]),
        ("training.batch_size", "65537", &["batch_size = 65537", "from 1 to 65536"]),
        ("training.importance_samples", "0", &["training", "importance_samples = 0", "from 1"]),
        ("training.importance_samples", "2", &["\"ad\"", "importance_samples = 2", "\"point\""]),
        (
            "training",
            "{ batch_size = 60000, importance_samples = 4 }",
            &["batch_size × importance_samples = 240000", "from 1 to 200000"],
        ),
        ("training.latent_steps", "0", &["training", "latent_steps = 0", "from 1"]),
        ("training.regulariser_warm_up", "1.5", &["regulariser_warm_up = 1.5", "from 0 to 1"]),
        ("training.start.scale", "-1.0", &["start.scale = -1", "from 0"]),
        ("training.start.spread", "0.0", &["start.spread = 0", "from 0.0001 to 0.999"]),
        ("training.start.spread", "nan", &["start.spread = NaN", "from 0.0001 to 0.999"]),
        ("training.decoder.rate", "nan", &["training", "decoder.rate = NaN", "from 0"]),
        ("training.decoder.rate", "-0.1", &["decoder.rate = -0.1", "from 0"]),
        ("training.latents.rate", "inf", &["latents.rate = inf", "from 0"]),
        ("training.latents.warm_up", "-0.1", &["latents.warm_up = -0.1", "from 0 to 1"]),
        (
            "training.latents.optimiser.betas",
            "[0.9, 1.0]",
            &["latents.optimiser", "betas = 1", "0.999999"],
        ),
        ("training.latents.optimiser.betas", "[0.9]", &["latents.optimiser", "length"]),
        ("training.latents.optimiser.epsilon", "0.0", &["latents.optimiser", "epsilon = 0"]),
        (
            "training.latents.optimiser",
            "{ kind = \"sgd\", momentum = 1.0 }",
            &["latents.optimiser", "momentum = 1", "0.9999"],
        ),
    ]);
}

/// bfloat16 is what the kernels offer: it is refused before anything is trained where libtorch would take
/// the steps.
#[test]
fn rejects_bfloat16_without_kernels() {
    assert_all_rejected(&[("training.precision", "\"bf8\"", &["precision", "bf8", "bf16"])]);
    let half = "\"bf16\"";
    let density = "{ kind = \"continuous-bernoulli\" }";
    for (section, key, value) in [
        ("training", "training.engine", "\"libtorch\""),
        ("inference", "inference.engine", "\"libtorch\""),
        ("training", "models.0.likelihood", density),
    ] {
        let precision = format!("{section}.precision");
        let text = tiny_with_all(&[(&precision, half), (key, value)]);
        assert_rejected(&text, &["\"ad\"", &format!("{precision} = \"bf16\""), "choose \"f32\""]);
    }
}

#[test]
fn rejects_impossible_inference_evaluation_and_figures() {
    let [first, second] = test_images_of_one_class();
    let same_class = format!("[{first}, {second}]");
    let same_image = format!("[{first}, {first}]");
    assert_all_rejected(&[
        ("inference.steps", "0", &["inference", "steps = 0", "from 1"]),
        ("inference.batch_size", "0", &["inference", "batch_size = 0", "from 1"]),
        ("inference.importance_samples", "0", &["inference", "importance_samples = 0", "from 1"]),
        (
            "models.0.inference.importance_samples",
            "2",
            &["\"ad\"", "inference.importance_samples = 2", "\"point\""],
        ),
        ("inference.spread", "1.0", &["inference", "spread = 1", "0.999"]),
        ("inference.latents.rate", "nan", &["inference", "latents.rate = NaN", "from 0"]),
        ("evaluation.draws", "0", &["evaluation", "draws = 0", "from 1"]),
        ("evaluation.batch_size", "0", &["evaluation", "batch_size = 0", "from 1"]),
        ("evaluation.active_threshold", "nan", &["evaluation", "active_threshold = NaN"]),
        ("figures.images", "0", &["figures.images = 0", "from 1 to 20"]),
        ("figures.images", "21", &["figures.images = 21", "from 1 to 20"]),
        ("figures.samples", "0", &["figures.samples = 0", "from 1"]),
        ("figures.interpolation_steps", "0", &["figures.interpolation_steps = 0", "from 1"]),
        ("figures.interpolate", "[0, 9999]", &["figures.interpolate = [0, 9999]", "data.test"]),
        ("figures.interpolate", &same_class, &[&same_class, "two classes"]),
        ("figures.interpolate", &same_image, &[&same_image, "two classes"]),
        ("figures.tsne.points", "9", &["figures.tsne.points = 9", "from 10"]),
        ("figures.tsne.epochs", "0", &["figures.tsne.epochs = 0", "from 1"]),
        ("figures.tsne.perplexity", "1.0", &["figures.tsne.perplexity = 1", "above 1"]),
        ("figures.tsne.perplexity", "nan", &["figures.tsne.perplexity = NaN", "above 1"]),
        ("figures.tsne.perplexity", "-5.0", &["figures.tsne.perplexity = -5", "above 1"]),
        // 60 images: (60 − 1) / 3 is 19.7.
        (
            "figures.tsne.perplexity",
            "20.0",
            &["figures.tsne.perplexity = 20", "below 19.7", "60 points"],
        ),
    ]);
    let few = tiny_with_all(&[("figures.tsne.points", "20"), ("figures.tsne.perplexity", "7.0")]);
    assert_rejected(&few, &["figures.tsne.perplexity = 7", "below 6.3", "20 points"]);
}

/// Indices of two images of the test subset with the same label.
fn test_images_of_one_class() -> [u32; 2] {
    let experiment = autodecoder::experiment::parse(TINY, "", &Catalogue::standard()).unwrap();
    let data = DataConfig { folder: Some(sample().to_owned()), ..experiment.data.clone() };
    let experiment = Experiment { data, ..experiment };
    let test = Images::load(&experiment, &Catalogue::standard()).unwrap().test;
    let labels = test.labels();
    let positions: Vec<usize> = (0..test.len()).filter(|&i| labels[i] == labels[0]).collect();
    [test.index()[positions[0]], test.index()[positions[1]]]
}
