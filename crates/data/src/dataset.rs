//! What a data set is, for the programs that train on one.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::{Error, ImageSet, Scaling, Skipped, load_with_classes};

/// Fashion-MNIST's classes; a label is a place in this list.
///
/// Source: H. Xiao, K. Rasul, R. Vollgraf, *Fashion-MNIST: a Novel Image Dataset for Benchmarking
/// Machine Learning Algorithms*, 2017, arXiv:1708.07747, table 2.
pub const FASHION_MNIST_CLASSES: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

/// The halves of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Split {
    /// The images a model is trained on.
    Train,
    /// The images it is measured on.
    Test,
}

impl Split {
    /// `train` or `test`.
    pub fn as_str(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Test => "test",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A labelled set of images in two halves: the place to add a new one.
///
/// All images of both halves have one shape, and every label is below the number of classes.
///
/// ```
/// use autodecoder_data::{Dataset, Error, ImageSet, ImageShape, Split};
///
/// /// Images of 2 × 2 pixels, all of one grey.
/// #[derive(Debug)]
/// struct Greys {
///     classes: Vec<String>,
/// }
///
/// impl Dataset for Greys {
///     fn name(&self) -> &str {
///         "greys"
///     }
///
///     fn classes(&self) -> &[String] {
///         &self.classes
///     }
///
///     fn load(&self, split: Split) -> Result<ImageSet, Error> {
///         let levels: &[u8] = match split {
///             Split::Train => &[0, 50, 200, 250],
///             Split::Test => &[100, 220],
///         };
///         let pixels = levels.iter().flat_map(|&level| [level; 4]).collect();
///         let labels = levels.iter().map(|&level| u8::from(level >= 128)).collect();
///         ImageSet::new(ImageShape::grey(2, 2), pixels, labels)
///     }
/// }
///
/// let greys = Greys { classes: vec!["dark".into(), "light".into()] };
/// assert_eq!(greys.load(Split::Train)?.labels(), [0, 0, 1, 1]);
/// # Ok::<(), Error>(())
/// ```
pub trait Dataset: fmt::Debug + Send + Sync {
    /// The name in experiment files and reports, such as `fashion-mnist`.
    fn name(&self) -> &str;

    /// What the labels mean: label `k` is `classes()[k]`.
    fn classes(&self) -> &[String];

    /// Reads one half.
    ///
    /// # Errors
    /// Whatever is wrong with the files, as [`Error`] says it.
    fn load(&self, split: Split) -> Result<ImageSet, Error>;

    /// How the values were scaled, where they were; known once a half is loaded.
    fn scaling(&self) -> Option<&Scaling> {
        None
    }

    /// The bad files that were left out; known once a half is loaded.
    fn skipped(&self) -> &[Skipped] {
        &[]
    }
}

/// A folder in MNIST's layout, or with the CSV files that Fashion-MNIST is handed out as; see
/// [`load`](crate::load) for the file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MnistFolder {
    name: String,
    folder: PathBuf,
    classes: Vec<String>,
}

impl MnistFolder {
    /// The data set in `folder`, named after the folder, with labels that mean `classes`.
    pub fn new<C: Into<String>>(
        folder: impl Into<PathBuf>,
        classes: impl IntoIterator<Item = C>,
    ) -> Self {
        let folder = folder.into();
        let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
        MnistFolder { name, folder, classes: classes.into_iter().map(Into::into).collect() }
    }

    /// Fashion-MNIST in `folder`.
    pub fn fashion_mnist(folder: impl Into<PathBuf>) -> Self {
        MnistFolder::new(folder, FASHION_MNIST_CLASSES).named("fashion-mnist")
    }

    /// The same under another name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Where the files lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Dataset for MnistFolder {
    fn name(&self) -> &str {
        &self.name
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn load(&self, split: Split) -> Result<ImageSet, Error> {
        load_with_classes(&self.folder, split, self.classes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_lends_its_name_until_it_gets_another() {
        let set = MnistFolder::new("some/where/digits", ["zero", "one"]);
        assert_eq!((set.name(), set.classes().len()), ("digits", 2));
        assert_eq!(set.folder(), Path::new("some/where/digits"));
        assert_eq!(set.named("mnist").name(), "mnist");
        assert_eq!(MnistFolder::fashion_mnist("x").classes()[9], "Ankle boot");
    }

    #[test]
    fn the_number_of_classes_is_checked() {
        let folder = tempfile::tempdir().unwrap();
        let row = format!("2{}\n", ",0".repeat(784));
        std::fs::write(folder.path().join("test.csv"), row).unwrap();
        let three: Box<dyn Dataset> = Box::new(MnistFolder::new(folder.path(), ["a", "b", "c"]));
        assert_eq!(three.load(Split::Test).unwrap().labels(), [2]);
        let error = MnistFolder::new(folder.path(), ["a", "b"]).load(Split::Test).unwrap_err();
        assert!(matches!(error, Error::LabelOutOfRange { label: 2, classes: 2, .. }), "{error}");
    }
}
