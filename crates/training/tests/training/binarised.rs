//! Training on images that are binarised anew for every epoch, with both engines.

use autodecoder_data::ImageSet;
use autodecoder_models::LatentModel;
use autodecoder_training::{
    DeviceImages, EngineKind, Error, PixelKind, Silent, Trainer, TrainingConfig,
};
use tch::Device;

use crate::make::{config, image_set, images, model, variational};
use crate::runs::{Outcome, outcome, trainer};

const ENGINES: [EngineKind; 2] = [EngineKind::Auto, EngineKind::Libtorch];

fn settings(engine: EngineKind) -> TrainingConfig {
    TrainingConfig { engine, ..config(3) }
}

fn binarised<'a>(
    model: &'a LatentModel,
    images: &'a DeviceImages,
    config: &'a TrainingConfig,
) -> Trainer<'a> {
    trainer(model, images, config, 1).with_pixels(PixelKind::Binarised).unwrap()
}

/// What a run of all 9 steps leaves.
fn in_one_piece(images: &DeviceImages, config: &TrainingConfig, pixels: PixelKind) -> Outcome {
    let model = model(variational(), images);
    let mut trainer = trainer(&model, images, config, 1).with_pixels(pixels).unwrap();
    trainer.run(None, || false, &mut Silent).unwrap();
    outcome(&model, &trainer)
}

#[test]
fn a_run_that_stops_after_every_step_equals_one_in_one_piece_bit_by_bit() {
    for engine in ENGINES {
        let (images, config) = (images(10), settings(engine));
        let expected = in_one_piece(&images, &config, PixelKind::Binarised);
        let folder = tempfile::tempdir().unwrap();
        for step in 0..9 {
            let model = model(variational(), &images);
            let mut trainer = binarised(&model, &images, &config);
            trainer.resume_newest(folder.path()).unwrap();
            trainer.advance(1, &mut Silent).unwrap();
            trainer.write_checkpoint(folder.path()).unwrap();
            if step == 8 {
                assert_eq!(outcome(&model, &trainer), expected);
            }
        }
        assert_ne!(in_one_piece(&images, &config, PixelKind::Grey), expected);
    }
}

/// Of black and white images every draw is the images themselves.
#[test]
fn black_and_white_images_train_as_if_they_were_grey() {
    let grey = image_set(10);
    let pixels = grey.pixels().iter().map(|&pixel| if pixel > 40 { 255 } else { 0 }).collect();
    let set = ImageSet::new(grey.shape(), pixels, vec![0; 10]).unwrap();
    let images = DeviceImages::new(&set, Device::Cpu);
    for engine in ENGINES {
        let config = settings(engine);
        let [grey, binarised] = [PixelKind::Grey, PixelKind::Binarised]
            .map(|pixels| in_one_piece(&images, &config, pixels));
        assert_eq!(grey, binarised);
    }
}

#[test]
fn a_checkpoint_of_one_protocol_is_none_of_the_other() {
    let (images, config) = (images(10), config(3));
    let model = model(variational(), &images);
    let folder = tempfile::tempdir().unwrap();
    let mut first = binarised(&model, &images, &config);
    first.advance(2, &mut Silent).unwrap();
    first.write_checkpoint(folder.path()).unwrap();
    let refused = trainer(&model, &images, &config, 1).resume_newest(folder.path());
    assert!(matches!(refused, Err(Error::OtherSettings { .. })), "{refused:?}");
    binarised(&model, &images, &config).resume_newest(folder.path()).unwrap();
}
