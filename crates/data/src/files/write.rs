//! Writing what was read in its own format, with the gaps filled.

use std::io::{self, Cursor};
use std::path::Path;

use ::csv::WriterBuilder as CsvWriter;
use image::{ExtendedColorType, ImageEncoder};
use npyz::{AutoSerialize, WriteOptions, WriterBuilder};

use super::table::for_each_row;
use super::{Array, Numbers};
use crate::{Error, ImageShape};

/// The table at `path` as CSV again, in which `cell(row, column)` stands where it gives anything; rows
/// and columns of numbers count from 0. The text of all other cells, and of a header, is as it was.
///
/// # Errors
/// As [`read_table`](super::read_table).
pub fn fill_table(
    path: impl AsRef<Path>,
    mut cell: impl FnMut(usize, usize) -> Option<String>,
) -> Result<Vec<u8>, Error> {
    let path = path.as_ref();
    let mut writer = CsvWriter::new().from_writer(Vec::new());
    let failed = |error: ::csv::Error| Error::write(path, error.into());
    let mut at = 0;
    for_each_row(path, |row, number, layout| {
        if number == 1 && layout.header {
            return writer.write_byte_record(row).map_err(failed);
        }
        for (place, field) in row.iter().enumerate() {
            let filled = layout.column(place).and_then(|column| cell(at, column));
            writer.write_field(filled.as_ref().map_or(field, String::as_ref)).map_err(failed)?;
        }
        at += 1;
        writer.write_record(None::<&[u8]>).map_err(failed)
    })?;
    writer.into_inner().map_err(|error| Error::write(path, error.into_error()))
}

impl Array {
    /// The bytes of a `.npy` file.
    ///
    /// # Errors
    /// [`Error::Write`] where there is no memory for them.
    pub fn npy(&self) -> Result<Vec<u8>, Error> {
        let bytes = match &self.numbers {
            Numbers::Bytes(values) => npy(&self.shape, values),
            Numbers::Singles(values) => npy(&self.shape, values),
            Numbers::Doubles(values) => npy(&self.shape, values),
            Numbers::Integers(values) => npy(&self.shape, values),
            Numbers::Flags(values) => npy(&self.shape, values),
        };
        bytes.map_err(|error| Error::write(Path::new("an array"), error))
    }
}

fn npy<T: AutoSerialize>(shape: &[usize], values: &[T]) -> io::Result<Vec<u8>> {
    let shape: Vec<u64> = shape.iter().map(|&side| side as u64).collect();
    let mut bytes = Vec::new();
    let options = WriteOptions::new().default_dtype().shape(&shape).writer(&mut bytes);
    let mut writer = options.begin_nd()?;
    values.iter().try_for_each(|value| writer.push(value))?;
    writer.finish()?;
    Ok(bytes)
}

/// The bytes of a PNG picture, grey or coloured, of an image in the order channel, row, column.
///
/// # Errors
/// [`Error::Shape`] for other channels than one or three, [`Error::Inconsistent`] for an image of
/// another size.
pub fn png(shape: ImageShape, image: &[u8]) -> Result<Vec<u8>, Error> {
    let (expected, found) = (shape.pixels(), image.len());
    if expected != found {
        return Err(Error::Inconsistent { part: "values of an image", expected, found });
    }
    let area = shape.height * shape.width;
    let colour = match shape.channels {
        1 => ExtendedColorType::L8,
        3 => ExtendedColorType::Rgb8,
        _ => return Err(Error::Shape { shape, expected: "one channel or three" }),
    };
    let pixels: Vec<u8> = (0..area)
        .flat_map(|pixel| (0..shape.channels).map(move |channel| image[channel * area + pixel]))
        .collect();
    let mut bytes = Cursor::new(Vec::new());
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    encoder
        .write_image(&pixels, shape.width as u32, shape.height as u32, colour)
        .map_err(|error| Error::write(Path::new("a picture"), io::Error::other(error)))?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PictureOptions, read_array, read_own};

    #[test]
    fn a_filled_table_keeps_the_text_of_all_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "x,label,y\n1.50,\"a, b\",\n,c,007\n").unwrap();
        let fill = |row, column| match (row, column) {
            (0, 1) => Some("8".to_owned()),
            (1, 0) => Some("9".to_owned()),
            _ => None,
        };
        let filled = String::from_utf8(fill_table(&path, fill).unwrap()).unwrap();
        assert_eq!(filled, "x,label,y\n1.50,\"a, b\",8\n9,c,007\n");
        std::fs::write(&path, "1,2\n3,\n").unwrap();
        let filled = fill_table(&path, |row, column| (row + column == 2).then(|| "4".to_owned()));
        assert_eq!(String::from_utf8(filled.unwrap()).unwrap(), "1,2\n3,4\n");
    }

    #[test]
    fn arrays_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let all = [
            Numbers::Bytes(vec![0, 1, 2, 3, 4, 255]),
            Numbers::Singles(vec![0.5, -1.0, f32::MIN_POSITIVE, 3.0, 4.0, 5.0]),
            Numbers::Doubles(vec![0.1, 0.2, 0.3, 1e300, 5.0, 6.0]),
            Numbers::Integers(vec![1, -2, 3, 4, 5, i64::MAX]),
            Numbers::Flags(vec![true, false, true, true, false, false]),
        ];
        for numbers in all {
            let array = Array { shape: vec![2, 3], numbers };
            std::fs::write(&path, array.npy().unwrap()).unwrap();
            assert_eq!(read_array(&path).unwrap(), array);
        }
    }

    #[test]
    fn pictures_come_back() {
        let folder = tempfile::tempdir().unwrap();
        for channels in [1, 3] {
            let shape = ImageShape { channels, height: 2, width: 3 };
            let image: Vec<u8> = (0..shape.pixels()).map(|i| (i * 11) as u8).collect();
            std::fs::write(folder.path().join("a.png"), png(shape, &image).unwrap()).unwrap();
            let data = read_own(folder.path(), PictureOptions::default()).unwrap();
            let crate::Content::Images(set) = data.content else { panic!("images") };
            assert_eq!((set.shape(), set.image(0)), (shape, &image[..]));
        }
    }
}
