//! What can be wrong with a user's own files.

use std::path::PathBuf;

/// A file of a user's own that cannot be read, or does not fit the others. The message names the file,
/// what was expected, what was found, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OwnDataError {
    /// A cell of a table that is no number.
    #[error(
        "{}: row {row} (a header counted, blank lines not), column {column:?}: expected a number, found \
         {found:?}; leave the cell empty if its value is missing, or call a column of words label",
        .path.display()
    )]
    Cell {
        /// The file.
        path: PathBuf,
        /// The row, from 1, a header counted and blank lines left out.
        row: u64,
        /// The column's name.
        column: String,
        /// The cell, shortened where it is long.
        found: String,
    },

    /// A row of a table that is shorter or longer than the first one.
    #[error(
        "{}: row {row} (a header counted, blank lines not) has {found} fields, expected {expected} as in the first one",
        .path.display()
    )]
    Row {
        /// The file.
        path: PathBuf,
        /// The row, from 1, a header counted and blank lines left out.
        row: u64,
        /// Fields of the first row.
        expected: usize,
        /// Fields found.
        found: usize,
    },

    /// A first row that cannot name columns.
    #[error("{}: the first row: {problem}; expected a name of its own for each column", .path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },

    /// A table with other columns than the one that a scaling was measured on.
    #[error(
        "the columns are {}, expected {} in this order, as in training",
        .found.join(", "), .expected.join(", ")
    )]
    Columns {
        /// The scaling's columns.
        expected: Vec<String>,
        /// The table's.
        found: Vec<String>,
    },

    /// More classes than a label can tell apart.
    #[error(
        "{} has {found} classes, expected at most 256; give the column or the folders another use",
        .path.display()
    )]
    Classes {
        /// The file or folder.
        path: PathBuf,
        /// Classes found.
        found: usize,
    },

    /// A file that holds no picture that can be read.
    #[error(
        "{}: cannot be read as a PNG or JPEG picture ({problem}); mend or remove it, or give --skip-bad \
         to leave bad files out",
        .path.display()
    )]
    Picture {
        /// The file.
        path: PathBuf,
        /// What the decoder says.
        problem: String,
    },

    /// A picture of another size than the others.
    #[error(
        "{}: {} × {} pixels (height × width), but the first picture has {} × {}; give --size HxW to have \
         all resized, or --skip-bad to leave bad files out",
        .path.display(), .found[0], .found[1], .expected[0], .expected[1]
    )]
    PictureSize {
        /// The file.
        path: PathBuf,
        /// Height and width of the first picture.
        expected: [usize; 2],
        /// Height and width of this one.
        found: [usize; 2],
    },

    /// A folder in which there is no picture.
    #[error("{}: holds no PNG or JPEG picture, in no folder inside it either{}", .path.display(), .left_out)]
    NoPictures {
        /// The folder.
        path: PathBuf,
        /// Says how many were left out as bad, if any were.
        left_out: String,
    },

    /// An array file that is none, or of a type or shape that images and tables do not have.
    #[error("{}: {problem}", .path.display())]
    Array {
        /// The file.
        path: PathBuf,
        /// What was found, what was expected, and what to do.
        problem: String,
    },

    /// A mask that is none, or of other images.
    #[error("{}: {problem}", .path.display())]
    Mask {
        /// The file.
        path: PathBuf,
        /// What was found, what was expected, and what to do.
        problem: String,
    },

    /// A file of a kind that is not read.
    #[error(
        "{}: {found}; expected a table (CSV), an array (.npy, .npz), IDX images, or a folder of PNG or \
         JPEG pictures",
        .path.display()
    )]
    Kind {
        /// The file.
        path: PathBuf,
        /// What it seems to be.
        found: String,
    },

    /// A split that leaves a half without enough rows.
    #[error(
        "{}: {rows} rows, of which data.test_share = {share} holds {test} out for testing (chosen by a \
         hash of their names); expected at least 2 on both sides: change data.test_share",
        .path.display()
    )]
    Split {
        /// The file or folder.
        path: PathBuf,
        /// Rows there are.
        rows: usize,
        /// The share held out.
        share: f64,
        /// Rows held out.
        test: usize,
    },
}
