//! What is known of a batch of images.

use tch::{Kind, Tensor};

/// Pixels, and which of them were observed.
///
/// A pixel that was not observed may hold anything, NaN too: nothing computes with it.
#[derive(Debug)]
pub struct Observation {
    /// `[B, channels, height, width]`; images are in [0, 1].
    pub pixels: Tensor,
    /// `bool`, of the same shape; `None` where everything was observed.
    pub observed: Option<Tensor>,
}

impl Observation {
    /// Number of images.
    pub fn len(&self) -> i64 {
        self.pixels.size()[0]
    }

    /// Whether there is no image at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The pixels, with 0 for those that were not observed.
    pub fn zero_filled(&self) -> Tensor {
        match &self.observed {
            Some(observed) => self.pixels.where_self(observed, &self.pixels.zeros_like()),
            None => self.pixels.shallow_clone(),
        }
    }

    /// 1 for observed pixels and 0 for the others, in the pixels' kind and shape.
    pub fn mask(&self) -> Tensor {
        match &self.observed {
            Some(observed) => observed.to_kind(self.pixels.kind()),
            None => self.pixels.ones_like(),
        }
    }

    /// Sums `values`, which has the pixels' shape and no NaN, over the observed pixels of each image,
    /// `[B]`.
    pub fn sum_observed(&self, values: &Tensor) -> Tensor {
        let observed = match &self.observed {
            Some(observed) => values.where_self(observed, &values.zeros_like()),
            None => values.shallow_clone(),
        };
        observed.flatten(1, -1).sum_dim_intlist([1i64].as_slice(), false, None::<Kind>)
    }
}

/// All of it was observed.
impl From<Tensor> for Observation {
    fn from(pixels: Tensor) -> Observation {
        Observation { pixels, observed: None }
    }
}

/// All of it was observed.
impl From<&Tensor> for Observation {
    fn from(pixels: &Tensor) -> Observation {
        Observation::from(pixels.shallow_clone())
    }
}
