use autodecoder_models::{DecoderFamily, Error, ImageShape, Layer};
use serde_json::Value;

/// One hidden layer of tanh units; the option `units` is its width.
#[derive(Debug)]
pub struct Shallow;

impl DecoderFamily for Shallow {
    fn name(&self) -> &'static str {
        "shallow"
    }

    fn rationale(&self) -> &'static str {
        "One hidden layer: the smallest decoder that is not linear."
    }

    fn layers(
        &self,
        options: &Value,
        latent_dim: i64,
        image: ImageShape,
    ) -> Result<Vec<Layer>, Error> {
        let units = options["units"].as_i64().filter(|&n| n > 0).ok_or_else(|| Error::Options {
            part: "decoder",
            name: "shallow".to_owned(),
            problem: "units: expected a whole number above 0".to_owned(),
        })?;
        Ok(vec![
            Layer::Linear { inputs: latent_dim, outputs: units },
            Layer::Tanh,
            Layer::Linear { inputs: units, outputs: image.numel() },
            Layer::Reshape(image.dims().to_vec()),
        ])
    }
}
