//! What "all" comes to, once the images are there.

use anyhow::Result;

use super::Experiment;
use super::check::check;
use crate::{Catalogue, Images};

impl Experiment {
    /// Puts the number of images in the place of each 0 of `data.train` and `data.test`, and lowers what
    /// is larger than the images allow: the figures' sizes, and the latents' to an image's values.
    /// Where neither is 0, nothing changes.
    ///
    /// # Errors
    /// Where a value is out of range for so many images.
    pub fn resolve_sizes(&mut self, images: &Images, catalogue: &Catalogue) -> Result<()> {
        let (train, test) = (images.train.len(), images.test.len());
        if self.data.train != 0 && self.data.test != 0 {
            return Ok(());
        }
        (self.data.train, self.data.test) = (train, test);
        let figures = &mut self.figures;
        figures.images = figures.images.min(test);
        // A point's neighbourhood must be clearly smaller than the map.
        let points = figures.tsne.points.min(train) as f64;
        figures.tsne.perplexity = figures.tsne.perplexity.min((points - 1.0) / 4.0);
        let values = images.train.shape().pixels() as i64;
        for model in &mut self.models {
            model.latent_dim = model.latent_dim.min(values);
        }
        check(self, catalogue)
    }
}
