//! A user's own data: a table, an array, IDX images, or a folder of pictures.

mod arrays;
mod classes;
mod error;
mod kind;
mod mask_file;
mod own;
mod pictures;
mod scaling;
mod set;
mod split;
mod table;
mod write;

pub use arrays::{Array, Numbers, read_array};
pub use error::OwnDataError;
pub use kind::{FileKind, file_kind, holds_own_data, is_table};
pub use mask_file::read_mask;
pub use own::{Content, OwnData, Skipped, read_own};
pub use pictures::PictureOptions;
pub use scaling::{ColumnScale, Scaling};
pub use set::{FileOptions, Files};
pub use table::{Table, read_table};
pub use write::{fill_table, png};
