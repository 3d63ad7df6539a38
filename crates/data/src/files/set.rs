//! A user's own file or folder as a data set.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::split::is_test;
use super::{
    Content, OwnData, OwnDataError, PictureOptions, Scaling, Skipped, Table, read_mask, read_own,
};
use crate::{Dataset, Error, ImageSet, ImageShape, Split};

/// How a user's own file or folder is read.
#[derive(Debug, Clone, PartialEq)]
pub struct FileOptions {
    /// How pictures are read.
    pub pictures: PictureOptions,
    /// Share of the rows that are held out for testing.
    pub test_share: f64,
    /// A file that says which values are observed ([`read_mask`]).
    pub mask: Option<PathBuf>,
    /// How a table is scaled, if not by its own training rows.
    pub scaling: Option<Scaling>,
}

/// The data set in a user's own file or folder. Its test half are the rows that a hash of their key
/// (the file's relative path, or else the row's index) holds out, so that a grown data set keeps the
/// halves of the old one. Tables are scaled by what the training rows measure.
#[derive(Debug)]
pub struct Files {
    path: PathBuf,
    options: FileOptions,
    loaded: OnceLock<Loaded>,
}

/// A tenth is held out, and everything as it comes.
impl Default for FileOptions {
    fn default() -> FileOptions {
        let pictures = PictureOptions::default();
        FileOptions { pictures, test_share: 0.1, mask: None, scaling: None }
    }
}

#[derive(Debug)]
struct Loaded {
    train: ImageSet,
    test: ImageSet,
    classes: Vec<String>,
    scaling: Option<Scaling>,
    skipped: Vec<Skipped>,
}

impl Files {
    /// The data set at `path`. Nothing is read yet.
    pub fn new(path: impl Into<PathBuf>, options: FileOptions) -> Files {
        Files { path: path.into(), options, loaded: OnceLock::new() }
    }

    fn loaded(&self) -> Result<&Loaded, Error> {
        if self.loaded.get().is_none() {
            let loaded = read(&self.path, &self.options)?;
            // Whoever was first has read the same.
            return Ok(self.loaded.get_or_init(|| loaded));
        }
        self.loaded.get().ok_or_else(|| Error::NoImages { path: self.path.clone() })
    }
}

impl Dataset for Files {
    fn name(&self) -> &str {
        "files"
    }

    fn classes(&self) -> &[String] {
        self.loaded.get().map_or(&[], |loaded| &loaded.classes)
    }

    fn load(&self, split: Split) -> Result<ImageSet, Error> {
        let loaded = self.loaded()?;
        Ok(match split {
            Split::Train => loaded.train.clone(),
            Split::Test => loaded.test.clone(),
        })
    }

    fn scaling(&self) -> Option<&Scaling> {
        self.loaded.get()?.scaling.as_ref()
    }

    fn skipped(&self) -> &[Skipped] {
        self.loaded.get().map_or(&[], |loaded| &loaded.skipped)
    }
}

fn read(path: &Path, options: &FileOptions) -> Result<Loaded, Error> {
    let data = read_own(path, options.pictures)?;
    let (train, test) = halves(path, &data, options.test_share)?;
    let OwnData { content, labels, classes, skipped } = data;
    let (set, scaling) = match content {
        Content::Images(set) => (masked(set, options)?, None),
        Content::Table(table) => {
            // Before anything is measured: what is masked is not there.
            let table = masked_table(table, options)?;
            let scaling = options.scaling.clone();
            let scaling = scaling.unwrap_or_else(|| Scaling::fit(&table, &train));
            (scaling.apply(&table)?, Some(scaling))
        }
    };
    let set = set.with_labels(labels)?;
    let (train, test) = (set.select(&train), set.select(&test));
    Ok(Loaded { train, test, classes, scaling, skipped })
}

fn masked(set: ImageSet, options: &FileOptions) -> Result<ImageSet, Error> {
    match &options.mask {
        Some(path) => {
            let mask = read_mask(path, set.len(), set.shape(), set.keys())?;
            set.with_observed(mask)
        }
        None => Ok(set),
    }
}

fn masked_table(table: Table, options: &FileOptions) -> Result<Table, Error> {
    match &options.mask {
        Some(path) => {
            let shape = ImageShape::grey(1, table.columns().len());
            let mask = read_mask(path, table.rows(), shape, None)?;
            Ok(table.with_observed(&mask))
        }
        None => Ok(table),
    }
}

/// Places of the rows of both halves.
fn halves(path: &Path, data: &OwnData, share: f64) -> Result<(Vec<usize>, Vec<usize>), Error> {
    let keys = match &data.content {
        Content::Images(set) => set.keys(),
        Content::Table(_) => None,
    };
    let held_out = |row: &usize| match keys {
        Some(keys) => is_test(&keys[*row], share),
        None => is_test(&row.to_string(), share),
    };
    let (test, train): (Vec<usize>, Vec<usize>) = (0..data.rows()).partition(held_out);
    if train.len() < 2 || test.len() < 2 {
        let (path, rows, test) = (path.to_owned(), data.rows(), test.len());
        return Err(OwnDataError::Split { path, rows, share, test }.into());
    }
    Ok((train, test))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Values;

    fn options() -> FileOptions {
        FileOptions { test_share: 0.3, ..FileOptions::default() }
    }

    fn table(rows: usize) -> String {
        let rows = (0..rows)
            .map(|row| format!("{},{}\n", row * row, if row % 3 == 0 { "x" } else { "y" }));
        format!("square,label\n{}", rows.collect::<String>())
    }

    struct Csv(tempfile::TempDir);

    impl Csv {
        fn new(text: &str) -> Csv {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("data.csv"), text).unwrap();
            Csv(folder)
        }

        fn files(&self, options: FileOptions) -> Files {
            Files::new(self.0.path().join("data.csv"), options)
        }
    }

    #[test]
    fn a_grown_table_keeps_its_halves() {
        let indices = |rows| {
            let csv = Csv::new(&table(rows));
            let files = csv.files(options());
            [Split::Train, Split::Test].map(|split| files.load(split).unwrap().index().to_vec())
        };
        let ([old_train, old_test], [train, test]) = (indices(40), indices(60));
        assert_eq!(old_train.len() + old_test.len(), 40);
        assert!(old_test.len() > 4);
        let old = |half: Vec<u32>| half.into_iter().filter(|row| *row < 40).collect::<Vec<_>>();
        assert_eq!((old(train), old(test)), (old_train, old_test));
    }

    #[test]
    fn training_rows_alone_decide_the_scaling() {
        let csv = Csv::new(&table(40));
        let files = csv.files(options());
        let train = files.load(Split::Train).unwrap();
        let Values::Floats(values) = train.values() else { panic!("floats") };
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        let square = values.iter().map(|value| value * value).sum::<f32>() / values.len() as f32;
        assert!(mean.abs() < 1e-5 && (square - 1.0).abs() < 1e-5, "{mean}, {square}");
        assert_eq!(files.classes(), ["x", "y"]);
        let expected: Vec<u8> = train.index().iter().map(|row| u8::from(row % 3 != 0)).collect();
        assert_eq!(train.labels(), expected);
        assert_eq!(files.scaling().unwrap().columns[0].name, "square");
        let given = FileOptions { scaling: files.scaling().cloned(), ..options() };
        let grown = Csv::new(&table(60));
        let grown = grown.files(given);
        grown.load(Split::Train).unwrap();
        assert_eq!(grown.scaling(), files.scaling());
    }

    /// A masked cell might as well hold anything.
    #[test]
    fn what_is_masked_is_not_measured() {
        let load = |hidden: &str| {
            let csv = Csv::new(&table(40).replace("\n441,", &format!("\n{hidden},")));
            let mask: String = (0..40).map(|row| if row == 21 { "0\n" } else { "1\n" }).collect();
            let path = csv.0.path().join("mask.csv");
            std::fs::write(&path, mask).unwrap();
            let files = csv.files(FileOptions { mask: Some(path), ..options() });
            let sets = [Split::Train, Split::Test].map(|split| files.load(split).unwrap());
            (sets, files.scaling().cloned())
        };
        assert_eq!(load("441"), load("-1e30"));
        let ([train, test], _) = load("441");
        assert!(train.observed().or(test.observed()).is_some());
    }

    #[test]
    fn too_few_rows_on_a_side_are_refused() {
        let csv = Csv::new(&table(40));
        let error = csv.files(FileOptions { test_share: 0.001, ..options() });
        let error = error.load(Split::Train).unwrap_err().to_string();
        assert!(error.contains("40 rows") && error.contains("data.test_share = 0.001"), "{error}");
    }
}
