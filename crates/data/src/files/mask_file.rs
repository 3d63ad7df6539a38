//! A mask from a user's own file.

use std::path::Path;

use super::pictures::decode;
use super::{FileKind, OwnDataError, PictureOptions, file_kind, read_array, read_own, read_table};
use crate::{Content, Error, ImageShape, Mask};

/// Reads which values of `images` images of `shape` are observed. 1, true, or a pixel of at least 128
/// says that one is; 0, false or a darker pixel that it is missing.
///
/// A picture (PNG or JPEG) holds for all images alike; a folder of pictures must have one under each of
/// `keys`. A CSV or array holds a number for each value or each pixel, of all images or of one, which
/// then holds for all.
///
/// # Errors
/// [`OwnDataError::Mask`] for a mask of another size or with other numbers, and whatever is wrong with
/// the file.
pub fn read_mask(
    path: impl AsRef<Path>,
    images: usize,
    shape: ImageShape,
    keys: Option<&[String]>,
) -> Result<Mask, Error> {
    let path = path.as_ref();
    if path.is_file() && super::pictures::is_picture(path) {
        let picture = decode(path)?.to_luma8();
        let found = [picture.height() as usize, picture.width() as usize];
        check_size(path, found, shape)?;
        let flags = picture.as_raw().iter().map(|&level| level >= 128).collect();
        return spread(path, flags, images, shape);
    }
    let flags = match file_kind(path)? {
        FileKind::Pictures => return folder(path, images, shape, keys),
        FileKind::Table => flags(path, read_table(path)?.values())?,
        FileKind::Array => flags(path, &read_array(path)?.numbers.to_doubles())?,
        FileKind::Idx => {
            let levels = crate::read_idx_images(path)?.into_pixels();
            levels.iter().map(|&level| level >= 128).collect()
        }
    };
    spread(path, flags, images, shape)
}

fn wrong(path: &Path, problem: String) -> Error {
    OwnDataError::Mask { path: path.to_owned(), problem }.into()
}

fn check_size(path: &Path, found: [usize; 2], shape: ImageShape) -> Result<(), Error> {
    if found == [shape.height, shape.width] {
        return Ok(());
    }
    let [height, width] = found;
    let problem = format!(
        "the mask has {height} × {width} pixels, expected {} × {} as the images have",
        shape.height, shape.width
    );
    Err(wrong(path, problem))
}

fn flags(path: &Path, values: &[f64]) -> Result<Vec<bool>, Error> {
    let flag = |value: &f64| match *value {
        1.0 => Ok(true),
        0.0 => Ok(false),
        other => Err(wrong(path, format!("a value of the mask is {other}, expected 0 or 1"))),
    };
    values.iter().map(flag).collect()
}

/// Repeats the flags for all channels, and for all images, where there are too few.
fn spread(path: &Path, flags: Vec<bool>, images: usize, shape: ImageShape) -> Result<Mask, Error> {
    let area = shape.height * shape.width;
    let values = shape.pixels();
    let found = flags.len();
    let of_all = if [area, values].contains(&found) { flags.repeat(images) } else { flags };
    let each_channel = |flags: &[bool]| {
        flags.chunks_exact(area).flat_map(|flags| flags.repeat(shape.channels)).collect()
    };
    match of_all.len() {
        count if count == images * values => Mask::new(shape, of_all),
        count if count == images * area => Mask::new(shape, each_channel(&of_all)),
        _ => {
            let problem = format!(
                "the mask holds {found} values, expected {values} for each of {images} images, or \
                 {values} for all of them"
            );
            Err(wrong(path, problem))
        }
    }
}

fn folder(
    path: &Path,
    images: usize,
    shape: ImageShape,
    keys: Option<&[String]>,
) -> Result<Mask, Error> {
    let Content::Images(masks) = read_own(path, PictureOptions::default())?.content else {
        return Err(wrong(path, "holds no pictures".to_owned()));
    };
    check_size(path, [masks.shape().height, masks.shape().width], shape)?;
    let (Some(keys), Some(found)) = (keys, masks.keys()) else {
        let problem = "a folder of masks goes with a folder of images; give one file".to_owned();
        return Err(wrong(path, problem));
    };
    let mut flags = Vec::with_capacity(images * shape.height * shape.width);
    for key in keys {
        let place = found.iter().position(|other| other == key);
        let place = place.ok_or_else(|| wrong(path, format!("there is no mask called {key}")))?;
        let area = shape.height * shape.width;
        flags.extend(masks.image(place)[..area].iter().map(|&level| level >= 128));
    }
    spread(path, flags, images, shape)
}

#[cfg(test)]
mod tests {
    use image::GrayImage;

    use super::*;

    const COLOUR: ImageShape = ImageShape { channels: 3, height: 1, width: 2 };

    #[test]
    fn one_picture_holds_for_all_images_and_channels() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mask.png");
        GrayImage::from_vec(2, 1, vec![255, 0]).unwrap().save(&path).unwrap();
        let mask = read_mask(&path, 2, COLOUR, None).unwrap();
        assert_eq!(mask.flags(), [true, false].repeat(6));
        let error = read_mask(&path, 2, ImageShape::grey(2, 2), None).unwrap_err().to_string();
        assert!(error.contains("1 × 2") && error.contains("2 × 2"), "{error}");
    }

    #[test]
    fn a_table_holds_for_one_image_or_for_each() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mask.csv");
        let shape = ImageShape::grey(1, 2);
        let read = |text: &str, images| {
            std::fs::write(&path, text).unwrap();
            read_mask(&path, images, shape, None)
        };
        assert_eq!(read("1,0\n", 2).unwrap().flags(), [true, false, true, false]);
        assert_eq!(read("1,0\n0,1\n", 2).unwrap().flags(), [true, false, false, true]);
        let few = read("1,0\n0,1\n", 3).unwrap_err().to_string();
        assert!(few.contains("holds 4 values") && few.contains("3 images"), "{few}");
        let odd = read("1,0.5\n", 2).unwrap_err().to_string();
        assert!(odd.contains("0.5, expected 0 or 1"), "{odd}");
    }

    #[test]
    fn a_folder_has_a_mask_for_each_key() {
        let folder = tempfile::tempdir().unwrap();
        let save = |name: &str, levels: [u8; 2]| {
            GrayImage::from_vec(2, 1, levels.to_vec())
                .unwrap()
                .save(folder.path().join(name))
                .unwrap();
        };
        save("a.png", [255, 0]);
        save("b.png", [0, 255]);
        let keys = |names: [&str; 2]| names.map(str::to_owned);
        let shape = ImageShape::grey(1, 2);
        let mask = read_mask(folder.path(), 2, shape, Some(&keys(["b.png", "a.png"]))).unwrap();
        assert_eq!(mask.flags(), [false, true, true, false]);
        let error = read_mask(folder.path(), 2, shape, Some(&keys(["a.png", "c.png"])));
        assert!(error.unwrap_err().to_string().contains("no mask called c.png"));
    }
}
