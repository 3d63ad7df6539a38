//! CSV, the form in which Fashion-MNIST is also handed out: one image a row, its label first.

use std::path::Path;

use ::csv::{ByteRecord, ReaderBuilder};

use crate::source::Source;
use crate::{Error, ImageSet, ImageShape};

/// How much of a wrong field an error message quotes, in characters.
const QUOTED: usize = 24;

/// Reads a CSV file of images: a row is the label, then the pixels of `shape`, all integers from 0
/// to 255.
///
/// A header line is recognised by its first field, which is no number. Blank lines are skipped and
/// spaces around numbers allowed. The file must be plain text, not gzip, so that it cannot be larger
/// in memory than on disk. Labels are not checked against a number of classes: see
/// [`check_labels`](crate::check_labels).
///
/// # Errors
/// [`Error::Missing`], [`Error::NotAFile`], [`Error::Read`], [`Error::Empty`]; [`Error::Format`] for
/// a file that is no text; [`Error::NoImages`] for a header without rows; [`Error::CsvColumns`] and
/// [`Error::CsvValue`], with the row and column; [`Error::Shape`] for a shape without pixels.
pub fn read_csv(path: impl AsRef<Path>, shape: ImageShape) -> Result<ImageSet, Error> {
    let path = path.as_ref();
    let source = Source::open(path)?;
    source.require_content()?;
    require_text(&source)?;
    let mut rows = Rows::new(path, shape);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(1 << 16)
        .from_reader(source.into_reader());
    let mut record = ByteRecord::new();
    let failed = |e: ::csv::Error| Error::read(path, e.into());
    while reader.read_byte_record(&mut record).map_err(failed)? {
        rows.push(&record)?;
    }
    rows.finish()
}

/// Refuses what is certainly no CSV before the first line of it is called a header.
pub(crate) fn require_text(source: &Source<'_>) -> Result<(), Error> {
    let found = match source.start() {
        _ if source.is_gzip() => "gzip data",
        [0, 0, ..] => "IDX data",
        start if start.contains(&0) => "binary data",
        _ => return Ok(()),
    };
    Err(Error::Format {
        path: source.path().to_owned(),
        part: "kind of file",
        expected: "CSV text".to_owned(),
        found: found.to_owned(),
        hint: "unpack it, or name the file after what it holds",
    })
}

/// Whether a file's first row names columns: its first field is no number, such as `label`.
fn is_header(record: &ByteRecord) -> bool {
    let first = record.get(0).unwrap_or_default().trim_ascii();
    let number = str::from_utf8(first).ok().and_then(|text| text.parse::<f64>().ok());
    // An empty field is a missing label, not a title; "nan" and "inf" are words, not numbers.
    !first.is_empty() && number.is_none_or(|value| !value.is_finite())
}

/// The rows read so far.
struct Rows<'p> {
    path: &'p Path,
    shape: ImageShape,
    pixels: Vec<u8>,
    labels: Vec<u8>,
    /// Rows seen, a header included. Counted here because the reader's own line numbers are of the
    /// blank lines that it skips before a row.
    seen: u64,
}

impl<'p> Rows<'p> {
    fn new(path: &'p Path, shape: ImageShape) -> Self {
        let (pixels, labels) = (Vec::new(), Vec::new());
        Rows { path, shape, pixels, labels, seen: 0 }
    }

    /// Appends a row; a first row that is a header only has its columns counted.
    fn push(&mut self, record: &ByteRecord) -> Result<(), Error> {
        self.seen += 1;
        self.check_columns(record)?;
        if self.seen == 1 && is_header(record) {
            return Ok(());
        }
        for (position, field) in record.iter().enumerate() {
            let value = parse_byte(field).ok_or_else(|| self.bad_value(position, field))?;
            match position {
                0 => self.labels.push(value),
                _ => self.pixels.push(value),
            }
        }
        Ok(())
    }

    fn check_columns(&self, record: &ByteRecord) -> Result<(), Error> {
        let (expected, found) = (self.shape.pixels().saturating_add(1), record.len());
        if found == expected {
            return Ok(());
        }
        Err(Error::CsvColumns { path: self.path.to_owned(), row: self.seen, expected, found })
    }

    fn bad_value(&self, position: usize, field: &[u8]) -> Error {
        Error::CsvValue {
            path: self.path.to_owned(),
            row: self.seen,
            column: position + 1,
            found: String::from_utf8_lossy(field).chars().take(QUOTED).collect(),
        }
    }

    fn finish(self) -> Result<ImageSet, Error> {
        if self.labels.is_empty() {
            return Err(Error::NoImages { path: self.path.to_owned() });
        }
        ImageSet::new(self.shape, self.pixels, self.labels)
    }
}

/// A decimal integer from 0 to 255, digits only. Written out because the standard parser takes text
/// and so would check 47 million fields for UTF-8.
fn parse_byte(field: &[u8]) -> Option<u8> {
    let digits = match field {
        [b'0'..=b'9', .., b'0'..=b'9'] | [b'0'..=b'9'] => field,
        _ => field.trim_ascii(),
    };
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u8, |value, digit| {
        let digit = digit.checked_sub(b'0').filter(|&d| d < 10)?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ImageSet, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set.csv");
        std::fs::write(&path, text).unwrap();
        read_csv(&path, ImageShape::grey(1, 2))
    }

    #[test]
    fn a_header_line_makes_no_difference() {
        let plain = read("3,0,255\n9,1,2\n").unwrap();
        assert_eq!(plain.labels(), [3, 9]);
        assert_eq!(plain.pixels(), [0, 255, 1, 2]);
        assert_eq!(plain.index(), [0, 1]);
        assert_eq!(read("label,pixel1,pixel2\n3,0,255\n9,1,2\n").unwrap(), plain);
    }

    #[test]
    fn spaces_quotes_blank_lines_and_line_ends_make_no_difference() {
        let plain = read("3,0,255\n9,1,2\n").unwrap();
        let text = "\u{feff}\"label\",a,b\r\n\r\n 3 , 0,\"255\"\r\n9,001,2";
        assert_eq!(read(text).unwrap(), plain);
    }

    #[test]
    fn parses_every_byte_and_nothing_else() {
        for value in 0..=255_u8 {
            assert_eq!(parse_byte(value.to_string().as_bytes()), Some(value));
        }
        for text in ["256", "1000", "-1", "+1", "1.0", "1e2", "", " ", "0x1", "١", "1 2"] {
            assert_eq!(parse_byte(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn only_the_first_row_may_be_a_header_and_only_with_words() {
        let wrong = |text| match read(text).unwrap_err() {
            Error::CsvValue { row, column, .. } => (row, column),
            error => panic!("{error}"),
        };
        assert_eq!(wrong("3,0,255\nlabel,a,b\n"), (2, 1));
        assert_eq!(wrong("-3,0,255\n"), (1, 1));
        assert_eq!(wrong(",0,255\n3,0,255\n"), (1, 1));
    }
}
