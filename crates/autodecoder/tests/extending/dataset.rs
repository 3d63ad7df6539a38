use autodecoder_data::{Dataset, Error, ImageSet, ImageShape, Split};

/// White bars on black, 8 × 8 pixels: class 0 is upright, class 1 lies.
#[derive(Debug)]
pub struct Bars {
    pub classes: Vec<String>,
}

impl Dataset for Bars {
    fn name(&self) -> &str {
        "bars"
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn load(&self, split: Split) -> Result<ImageSet, Error> {
        let count: usize = if split == Split::Train { 64 } else { 16 };
        let labels: Vec<u8> = (0..count).map(|image| (image % 2) as u8).collect();
        let pixels = (0..count).flat_map(|image| {
            (0..64).map(move |pixel| {
                let along = if image % 2 == 0 { pixel % 8 } else { pixel / 8 };
                if along == image / 2 % 8 { 255 } else { 0 }
            })
        });
        ImageSet::new(ImageShape::grey(8, 8), pixels.collect(), labels)
    }
}
