//! Figures and reports: image grids, curves, t-SNE maps, bars, and the HTML document around them.
//!
//! Plain numbers go in, files or bytes come out; nothing here knows what a model is.
//!
//! - [`grid::ImageGrid`]: greyscale images in labelled rows and columns, pixel for pixel.
//! - [`curves::LineChart`], [`scatter::Scatter`], [`bars::BarChart`]: drawn once as SVG with exact
//!   coordinates; their PNGs are that same SVG rasterised at twice the density.
//! - [`tsne`]: maps of latent spaces, with their exact KL divergence.
//! - [`report::Report`]: one HTML file that needs no network and no script.
//!
//! The font is carried in the program, so a figure looks the same on every machine. Colours are told
//! apart by readers with colour-blindness.

pub mod bars;
pub mod curves;
mod error;
pub mod font;
pub mod grid;
mod palette;
mod raster;
pub mod report;
pub mod scatter;
mod scene;
mod ticks;
pub mod tsne;

pub use error::{Error, Result};
pub use scene::Drawing;
