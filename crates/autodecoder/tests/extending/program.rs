use std::path::Path;
use std::sync::Arc;

use autodecoder::Catalogue;
use autodecoder::cli::{self, Arguments};
use autodecoder_data::{Dataset, FileOptions};
use clap::Parser;

use crate::dataset::Bars;
use crate::decoder::Shallow;
use crate::posterior::FixedGaussian;

/// The standard parts, and one's own under their names.
pub fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::standard();
    let parts = &mut catalogue.parts;
    let posterior = Arc::new(FixedGaussian { sigma: 0.1 });
    parts.posteriors = parts.posteriors.clone().with_posterior(posterior);
    parts.decoders = parts.decoders.clone().with("shallow", Arc::new(Shallow));
    let bars = |_folder: &Path, _options: &FileOptions| {
        let classes = ["upright", "lying"].map(str::to_owned).to_vec();
        Box::new(Bars { classes }) as Box<dyn Dataset>
    };
    catalogue.datasets = catalogue.datasets.with("bars", Arc::new(bars));
    catalogue
}

/// Every command of `autodecoder`, with these parts.
pub fn main() -> anyhow::Result<()> {
    cli::run(Arguments::parse(), catalogue())
}
