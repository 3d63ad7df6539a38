//! The network, its features and its verdicts.

use autodecoder_models::{Ends, ImageShape, Layer, LayerStack, Observation};
use autodecoder_training::DeviceImages;
use rand::Rng;
use tch::{Device, Kind, Tensor};

use crate::{ClassifierConfig, Error, LabelledImages};

/// Images that are judged side by side.
const BATCH: i64 = 500;
/// What the network is called in messages.
const NETWORK: &str = "classifier";

/// A network from images `[B, channels, height, width]` in [0, 1] to one logit a class.
#[derive(Debug)]
pub struct Classifier {
    network: LayerStack,
    image: ImageShape,
    classes: i64,
}

impl Classifier {
    /// A classifier with fresh parameters, drawn from `rng`.
    ///
    /// # Errors
    /// Where images of shape `image` are too small for the layers.
    pub fn new(
        config: &ClassifierConfig,
        image: ImageShape,
        classes: i64,
        device: Device,
        rng: &mut impl Rng,
    ) -> Result<Classifier, Error> {
        let (input, output) = (image.dims(), [classes]);
        let ends = Ends { network: NETWORK, input: &input, output: &output };
        let network = LayerStack::new(config.layers(image, classes), ends, device, rng)?;
        Ok(Classifier { network, image, classes })
    }

    /// A classifier whose parameters `take(name, shape)` hands out.
    ///
    /// # Errors
    /// Where the layers do not fit, and whatever `take` returns.
    pub(crate) fn from_parameters(
        layers: Vec<Layer>,
        image: ImageShape,
        classes: i64,
        take: impl FnMut(&str, &[i64]) -> Result<Tensor, autodecoder_models::Error>,
    ) -> Result<Classifier, autodecoder_models::Error> {
        let (input, output) = (image.dims(), [classes]);
        let ends = Ends { network: NETWORK, input: &input, output: &output };
        let network = LayerStack::from_parameters(layers, ends, take)?;
        Ok(Classifier { network, image, classes })
    }

    /// One logit a class, `[B, classes]`.
    pub fn logits(&self, pixels: &Tensor) -> Tensor {
        self.network.forward(pixels)
    }

    /// Activations of the last hidden layer, `[B, features]`.
    pub fn features(&self, pixels: &Tensor) -> Tensor {
        self.network.forward_first(self.network.layers().len() - 1, pixels)
    }

    /// The features of all `images`, `[N, features]`.
    pub fn image_features(&self, images: &DeviceImages) -> Tensor {
        let _guard = tch::no_grad_guard();
        let of_batch = |(_, batch): (i64, Observation)| self.features(&batch.pixels);
        Tensor::cat(&images.batches(BATCH).map(of_batch).collect::<Vec<_>>(), 0)
    }

    /// Share of `labelled` whose class has the largest logit.
    pub fn accuracy(&self, labelled: &LabelledImages) -> f64 {
        let _guard = tch::no_grad_guard();
        let right: i64 = labelled
            .images()
            .batches(BATCH)
            .map(|(start, batch)| {
                let verdicts = self.logits(&batch.pixels).argmax(1, false);
                let labels = labelled.labels().narrow(0, start, verdicts.size()[0]);
                verdicts.eq_tensor(&labels).sum(Kind::Int64).int64_value(&[])
            })
            .sum();
        right as f64 / labelled.images().len() as f64
    }

    /// The network.
    pub fn network(&self) -> &LayerStack {
        &self.network
    }

    /// Shape of the images.
    pub fn image(&self) -> ImageShape {
        self.image
    }

    /// Number of classes.
    pub fn classes(&self) -> i64 {
        self.classes
    }
}
