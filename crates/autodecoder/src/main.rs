//! The `autodecoder` program.
use autodecoder::*;
fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let catalogue = Catalogue::standard();
    let mut experiment = experiment::read(&args[1], &catalogue)?;
    experiment.data.folder = Some("external/fashion-mnist".into());
    let device = choose_device("auto")?;
    let environment = Environment::current(&device);
    let folder = RunFolder::at(&args[2]);
    folder.claim(&experiment, &environment, Existing::Replace, &catalogue)?;
    let images = Images::load(&experiment, &catalogue)?;
    let session = Session { experiment, folder, catalogue, device: device.device, environment, images };
    pipeline::train(&session)?;
    pipeline::evaluate(&session)
}
