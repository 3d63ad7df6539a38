//! Imputed values in the format of the files that they were missing in.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use autodecoder_data::{
    Array, FileKind, Mask, Numbers, Values, file_kind, fill_table, png, read_array,
    write_idx_images,
};
use autodecoder_models::tensor_file::write_atomically;

use super::samples::Expected;
use super::{AppliedModel, Given};

/// Where everything is written.
#[derive(Debug)]
pub(super) struct Outputs {
    /// The filled files.
    pub filled: PathBuf,
    /// Standard deviations: `<name>-deviation`, a table's as CSV, else an array.
    pub deviation: PathBuf,
    /// The error to be expected: `<name>-error.json`.
    pub error: PathBuf,
}

impl Outputs {
    /// The names beside `out`.
    pub fn beside(out: &Path) -> Outputs {
        let stem = out.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let csv = out.extension().is_some_and(|ending| ending == "csv");
        let ending = if csv { "csv" } else { "npy" };
        Outputs {
            filled: out.to_owned(),
            deviation: out.with_file_name(format!("{stem}-deviation.{ending}")),
            error: out.with_file_name(format!("{stem}-error.json")),
        }
    }

    /// Nothing that exists is overwritten, and a file is called after what it holds.
    ///
    /// # Errors
    /// Where any of the names is taken, or the filled file does not end as files like `data` do.
    pub fn check(&self, data: &Path) -> Result<()> {
        match file_kind(data)? {
            FileKind::Table => check_ending(&self.filled, "csv", "a table")?,
            FileKind::Array => check_ending(&self.filled, "npy", "an array")?,
            FileKind::Pictures | FileKind::Idx => {}
        }
        for path in [&self.filled, &self.deviation, &self.error] {
            ensure!(!path.exists(), "{}: exists already; give another --out", path.display());
        }
        Ok(())
    }
}

/// Writes the filled files and the deviations.
///
/// # Errors
/// Where a file cannot be read or written.
pub(super) fn write(
    applied: &AppliedModel,
    given: &Given,
    mask: &Mask,
    expected: &Expected,
    outputs: &Outputs,
) -> Result<()> {
    let values = Imputed { applied, mask, expected };
    match file_kind(&given.path)? {
        FileKind::Table => values.write_table(given, outputs),
        FileKind::Array => values.write_array(given, outputs),
        FileKind::Pictures => values.write_pictures(given, outputs),
        FileKind::Idx => values.write_idx(given, outputs),
    }
}

struct Imputed<'a> {
    applied: &'a AppliedModel,
    mask: &'a Mask,
    expected: &'a Expected,
}

impl Imputed<'_> {
    /// The value at place `at` of all, if it was missing: a table's in its own units.
    fn missing(&self, at: usize) -> Option<f64> {
        let value = (!self.mask.flags()[at]).then_some(self.expected.mean[at])?;
        Some(match &self.applied.scaling {
            Some(scaling) => scaling.undo(at % scaling.columns.len(), value),
            None => value,
        })
    }

    /// Its standard deviation; 0 where the value was observed.
    fn deviation(&self, at: usize) -> f64 {
        if self.mask.flags()[at] {
            return 0.0;
        }
        let deviation = self.expected.deviation[at];
        match &self.applied.scaling {
            Some(scaling) => scaling.columns[at % scaling.columns.len()].deviation * deviation,
            None => deviation,
        }
    }

    fn write_table(&self, given: &Given, outputs: &Outputs) -> Result<()> {
        let width = given.set.shape().pixels();
        let text = |value: Option<f64>| value.map(|value| value.to_string());
        let filled =
            fill_table(&given.path, |row, column| text(self.missing(row * width + column)))?;
        let deviation = fill_table(&given.path, |row, column| {
            text(Some(self.deviation(row * width + column)))
        })?;
        write_atomically(&outputs.deviation, &deviation)?;
        Ok(write_atomically(&outputs.filled, &filled)?)
    }

    fn write_array(&self, given: &Given, outputs: &Outputs) -> Result<()> {
        let mut array = read_array(&given.path)?;
        let at = 0..array.shape.iter().product();
        match &mut array.numbers {
            Numbers::Bytes(bytes) => {
                // The files' values are pixels: a table's bytes are in its own units.
                let scale = if self.applied.scaling.is_some() { 1.0 } else { 255.0 };
                self.fill(bytes, |value| (value * scale).round() as u8);
            }
            Numbers::Singles(values) => self.fill(values, |value| value as f32),
            Numbers::Doubles(values) => self.fill(values, |value| value),
            Numbers::Integers(values) => self.fill(values, |value| value.round() as i64),
            Numbers::Flags(values) => self.fill(values, |value| value >= 0.5),
        }
        let numbers = Numbers::Singles(at.map(|at| self.deviation(at) as f32).collect());
        let deviation = Array { shape: array.shape.clone(), numbers };
        write_atomically(&outputs.deviation, &deviation.npy()?)?;
        Ok(write_atomically(&outputs.filled, &array.npy()?)?)
    }

    fn fill<T>(&self, values: &mut [T], from: impl Fn(f64) -> T) {
        for (at, value) in values.iter_mut().enumerate() {
            if let Some(missing) = self.missing(at) {
                *value = from(missing);
            }
        }
    }

    /// All images as bytes, filled.
    fn bytes(&self, given: &Given) -> Vec<u8> {
        let mut bytes = match given.set.values() {
            Values::Bytes(bytes) => bytes.clone(),
            Values::Floats(floats) => {
                floats.iter().map(|value| (value * 255.0).round() as u8).collect()
            }
        };
        self.fill(&mut bytes, |value| (value * 255.0).round() as u8);
        bytes
    }

    fn write_pictures(&self, given: &Given, outputs: &Outputs) -> Result<()> {
        let (shape, bytes) = (given.set.shape(), self.bytes(given));
        let keys = given.set.keys().unwrap_or_default();
        for (key, image) in keys.iter().zip(bytes.chunks_exact(shape.pixels())) {
            // Another ending would lie about what the file holds.
            let png_already = key.to_ascii_lowercase().ends_with(".png");
            let name = if png_already { key.clone() } else { format!("{key}.png") };
            let path = outputs.filled.join(name);
            let folder = path.parent().unwrap_or(&outputs.filled);
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
            write_atomically(&path, &png(shape, image)?)?;
        }
        self.write_deviations(given, outputs)
    }

    fn write_idx(&self, given: &Given, outputs: &Outputs) -> Result<()> {
        let (shape, labels) = (given.set.shape(), given.set.labels().to_vec());
        let filled = autodecoder_data::ImageSet::new(shape, self.bytes(given), labels)?;
        write_idx_images(&outputs.filled, &filled)?;
        self.write_deviations(given, outputs)
    }

    /// `[N, channels, height, width]`, in the order of the images.
    fn write_deviations(&self, given: &Given, outputs: &Outputs) -> Result<()> {
        let image = given.set.shape();
        let shape = vec![given.set.len(), image.channels, image.height, image.width];
        let count = self.expected.deviation.len();
        let numbers = Numbers::Singles((0..count).map(|at| self.deviation(at) as f32).collect());
        Ok(write_atomically(&outputs.deviation, &Array { shape, numbers }.npy()?)?)
    }
}

fn check_ending(out: &Path, ending: &str, what: &str) -> Result<()> {
    ensure!(
        out.extension().is_some_and(|found| found == ending),
        "--out {}: {what} is written as .{ending}; give the file that ending",
        out.display()
    );
    Ok(())
}
