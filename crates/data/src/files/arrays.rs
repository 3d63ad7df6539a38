//! Arrays of numpy: one in a `.npy` file, several by name in a `.npz` archive.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use npyz::{NpyFile, Order};

use super::OwnDataError;
use crate::Error;
use crate::source::MAX_BYTES;

/// An array as it lies in its file, the last dimension fastest.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Length of each dimension.
    pub shape: Vec<usize>,
    /// The numbers.
    pub numbers: Numbers,
}

/// The numbers of an array, in the type that they are stored in.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// numpy's `uint8`.
    Bytes(Vec<u8>),
    /// `float32`.
    Singles(Vec<f32>),
    /// `float64`.
    Doubles(Vec<f64>),
    /// `int64`, of labels.
    Integers(Vec<i64>),
    /// `bool`, of masks.
    Flags(Vec<bool>),
}

impl Numbers {
    /// What numpy calls the type.
    pub fn kind(&self) -> &'static str {
        match self {
            Numbers::Bytes(_) => "uint8",
            Numbers::Singles(_) => "float32",
            Numbers::Doubles(_) => "float64",
            Numbers::Integers(_) => "int64",
            Numbers::Flags(_) => "bool",
        }
    }

    /// All of them as f64.
    pub fn to_doubles(&self) -> Vec<f64> {
        match self {
            Numbers::Bytes(values) => values.iter().map(|&value| f64::from(value)).collect(),
            Numbers::Singles(values) => values.iter().map(|&value| f64::from(value)).collect(),
            Numbers::Doubles(values) => values.clone(),
            Numbers::Integers(values) => values.iter().map(|&value| value as f64).collect(),
            Numbers::Flags(values) => values.iter().map(|&value| f64::from(value)).collect(),
        }
    }
}

/// The names under which an archive's images or table are looked for, if it holds several arrays.
const DATA_NAMES: [&str; 4] = ["images", "data", "x", "arr_0"];

/// Reads a `.npy` file, or from a `.npz` archive the array called `images`, `data`, `x` or `arr_0`,
/// else the only one there is.
///
/// # Errors
/// [`Error::Missing`], [`Error::NotAFile`], [`Error::Read`], [`Error::TooLarge`] beyond 4 GiB, and
/// [`OwnDataError::Array`] for another type, numpy's Fortran order, or an archive without such an array.
pub fn read_array(path: impl AsRef<Path>) -> Result<Array, Error> {
    let path = path.as_ref();
    if !is_archive(path)? {
        let file = File::open(path).map_err(|e| Error::read(path, e))?;
        let npy = NpyFile::new(BufReader::new(file)).map_err(|e| broken(path, &e))?;
        return numbers(path, npy);
    }
    let name = data_name(path)?;
    read_named(path, &name)?
        .ok_or_else(|| problem_of(path, format!("there is no array called {name}")))
}

/// Reads the array `name` of a `.npz` archive; `None` where it has no such array.
///
/// # Errors
/// As [`read_array`].
pub fn read_named(path: &Path, name: &str) -> Result<Option<Array>, Error> {
    let mut archive = open(path)?;
    match archive.by_name(name).map_err(|e| broken(path, &e))? {
        Some(npy) => numbers(path, npy).map(Some),
        None => Ok(None),
    }
}

/// Names of an archive's arrays, sorted.
fn array_names(path: &Path) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = open(path)?.array_names().map(str::to_owned).collect();
    names.sort();
    Ok(names)
}

fn open(path: &Path) -> Result<npyz::npz::NpzArchive<BufReader<File>>, Error> {
    npyz::npz::NpzArchive::open(path).map_err(|e| broken(path, &e))
}

/// Whether a file is a `.npz`, which is a zip archive, by its first bytes.
pub(super) fn is_archive(path: &Path) -> Result<bool, Error> {
    let mut start = [0; 2];
    let mut file = File::open(path).map_err(|e| Error::read(path, e))?;
    let count = file.read(&mut start).map_err(|e| Error::read(path, e))?;
    Ok(&start[..count] == b"PK")
}

fn numbers<R: Read>(path: &Path, npy: NpyFile<R>) -> Result<Array, Error> {
    let shape: Vec<usize> = npy.shape().iter().map(|&side| side as usize).collect();
    let count = shape.iter().try_fold(1u64, |n, &side| n.checked_mul(side as u64));
    if count.is_none_or(|count| count > MAX_BYTES / 8) {
        let (part, limit) = ("size in the header, as f64", MAX_BYTES);
        let found = format!("shape {shape:?}");
        return Err(Error::TooLarge { path: path.to_owned(), part, limit, found });
    }
    if npy.order() != Order::C && shape.len() > 1 {
        let problem = "the array is in Fortran order; save numpy.ascontiguousarray(array)";
        return Err(problem_of(path, problem.to_owned()));
    }
    let kind = npy.dtype().descr();
    let numbers = read_as(path, npy).and_then(|found| {
        found.ok_or_else(|| {
            let problem = format!(
                "the array's type is {kind}; expected uint8, float32 or float64 (int64 for labels, \
                 bool for masks): convert it with array.astype(\"float32\")"
            );
            problem_of(path, problem)
        })
    })?;
    Ok(Array { shape, numbers })
}

/// Tries one type after another; `None` where it is none of them.
fn read_as<R: Read>(path: &Path, npy: NpyFile<R>) -> Result<Option<Numbers>, Error> {
    let npy = match npy.try_data::<u8>() {
        Ok(values) => return all(path, values).map(|values| Some(Numbers::Bytes(values))),
        Err(npy) => npy,
    };
    let npy = match npy.try_data::<f32>() {
        Ok(values) => return all(path, values).map(|values| Some(Numbers::Singles(values))),
        Err(npy) => npy,
    };
    let npy = match npy.try_data::<f64>() {
        Ok(values) => return all(path, values).map(|values| Some(Numbers::Doubles(values))),
        Err(npy) => npy,
    };
    let npy = match npy.try_data::<i64>() {
        Ok(values) => return all(path, values).map(|values| Some(Numbers::Integers(values))),
        Err(npy) => npy,
    };
    match npy.try_data::<bool>() {
        Ok(values) => all(path, values).map(|values| Some(Numbers::Flags(values))),
        Err(_) => Ok(None),
    }
}

/// Nothing is set aside on the header's word: the vector grows with what the file holds.
fn all<T>(path: &Path, values: impl Iterator<Item = io::Result<T>>) -> Result<Vec<T>, Error> {
    let mut read = Vec::new();
    for value in values {
        read.push(value.map_err(|e| broken(path, &e))?);
    }
    Ok(read)
}

fn broken(path: &Path, error: &io::Error) -> Error {
    problem_of(path, format!("cannot be read as a numpy array: {error}"))
}

pub(super) fn problem_of(path: &Path, problem: String) -> Error {
    OwnDataError::Array { path: path.to_owned(), problem }.into()
}

/// The shape of the array that [`read_array`] would read, without its numbers.
///
/// # Errors
/// As there.
pub(super) fn shape(path: &Path) -> Result<Vec<usize>, Error> {
    let sides = |sides: &[u64]| sides.iter().map(|&side| side as usize).collect();
    if !is_archive(path)? {
        let file = File::open(path).map_err(|e| Error::read(path, e))?;
        let npy = NpyFile::new(BufReader::new(file)).map_err(|e| broken(path, &e))?;
        return Ok(sides(npy.shape()));
    }
    let name = data_name(path)?;
    let mut archive = open(path)?;
    let npy = archive.by_name(&name).map_err(|e| broken(path, &e))?;
    Ok(npy.map(|npy| sides(npy.shape())).unwrap_or_default())
}

/// Name of the array in an archive that holds the data.
fn data_name(path: &Path) -> Result<String, Error> {
    let names = array_names(path)?;
    if let [only] = &names[..] {
        return Ok(only.clone());
    }
    let known = DATA_NAMES.into_iter().find(|name| names.iter().any(|found| found == name));
    known.map(str::to_owned).ok_or_else(|| {
        let (names, known) = (names.join(", "), DATA_NAMES.join(" or "));
        problem_of(path, format!("holds the arrays {names}; expected one called {known}"))
    })
}
