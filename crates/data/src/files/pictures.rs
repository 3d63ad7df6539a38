//! A folder of PNG or JPEG pictures.

use std::fs;
use std::path::{Path, PathBuf};

use image::imageops::FilterType;
use image::{DynamicImage, ImageReader};

use super::own::Labelled;
use super::{OwnDataError, Skipped};
use crate::source::MAX_BYTES;
use crate::{Error, ImageSet, ImageShape};

/// How pictures are read.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PictureOptions {
    /// Height and width to resize all pictures to; without it they must have one size.
    pub size: Option<[usize; 2]>,
    /// Whether bad files are left out, and listed, rather than an error.
    pub skip_bad: bool,
}

/// Pictures that fit one another, and the files that do not.
pub(super) struct Pictures {
    pub found: Labelled,
    pub skipped: Vec<Skipped>,
}

/// Reads every picture in `folder` and the folders inside it, in the order of their relative paths,
/// which are their keys. The folders right inside `folder` name classes, where all pictures lie in one.
/// Pictures become three channels if any of them has a colour, else one. Transparency is ignored.
///
/// # Errors
/// [`Error::Read`], [`OwnDataError::NoPictures`], [`OwnDataError::Picture`],
/// [`OwnDataError::PictureSize`], [`OwnDataError::Classes`], and [`Error::TooLarge`] beyond 4 GiB.
pub(super) fn read_pictures(folder: &Path, options: PictureOptions) -> Result<Pictures, Error> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    let mut pixels = Pixels { resize: options.size, size: options.size, rgb: Vec::new() };
    let (mut keys, mut skipped) = (Vec::new(), Vec::new());
    for path in files {
        match pixels.push(&path) {
            Ok(()) => keys.push(key(folder, &path)),
            Err(Error::OwnData(error)) if options.skip_bad => {
                skipped.push(Skipped { path, problem: error.to_string() });
            }
            Err(error) => return Err(error),
        }
    }
    let Some([height, width]) = pixels.size.filter(|_| !keys.is_empty()) else {
        let left_out = match skipped.len() {
            0 => String::new(),
            bad => format!("; {bad} bad files were left out"),
        };
        return Err(OwnDataError::NoPictures { path: folder.to_owned(), left_out }.into());
    };
    let (channels, values) = pixels.finish();
    let (labels, classes) = super::classes::number(folder, &classes(&keys))?;
    let set = ImageSet::new(ImageShape { channels, height, width }, values, labels)?;
    Ok(Pictures { found: Labelled { set: set.with_keys(keys)?, classes }, skipped })
}

/// All files that are called like pictures. Hidden files and folders are none.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let entries = fs::read_dir(folder).map_err(|e| Error::read(folder, e))?;
    for entry in entries {
        let path = entry.map_err(|e| Error::read(folder, e))?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else if is_picture(&path) {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether a file is called like a picture that can be read.
pub(super) fn is_picture(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    ending.is_some_and(|ending| ["png", "jpg", "jpeg"].contains(&ending.as_str()))
}

/// A file's path within the folder, with `/` between folders on every system.
fn key(folder: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(folder).unwrap_or(path);
    let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// The class of each picture: the first folder of its key, or none at all where some have none.
fn classes(keys: &[String]) -> Vec<String> {
    let folders: Option<Vec<String>> =
        keys.iter().map(|key| Some(key.split_once('/')?.0.to_owned())).collect();
    folders.unwrap_or_else(|| vec!["all".to_owned(); keys.len()])
}

/// Decodes a picture; a broken one is an error and no more.
pub(crate) fn decode(path: &Path) -> Result<DynamicImage, Error> {
    let bad = |problem: String| OwnDataError::Picture { path: path.to_owned(), problem };
    let reader = ImageReader::open(path).map_err(|e| Error::read(path, e))?;
    // What a file is, not what it is called.
    let reader = reader.with_guessed_format().map_err(|e| Error::read(path, e))?;
    reader.decode().map_err(|error| bad(error.to_string()).into())
}

/// The pictures read so far, `[N, height, width, 3]`.
struct Pixels {
    /// What they are resized to, if that was asked for.
    resize: Option<[usize; 2]>,
    /// Height and width of all; without a wish, those of the first one.
    size: Option<[usize; 2]>,
    rgb: Vec<u8>,
}

impl Pixels {
    fn push(&mut self, path: &Path) -> Result<(), Error> {
        let picture = decode(path)?;
        let found = [picture.height() as usize, picture.width() as usize];
        let expected = *self.size.get_or_insert(found);
        let picture = match self.resize {
            Some([height, width]) if found != expected => {
                picture.resize_exact(width as u32, height as u32, FilterType::Triangle)
            }
            None if found != expected => {
                let path = path.to_owned();
                return Err(OwnDataError::PictureSize { path, expected, found }.into());
            }
            _ => picture,
        };
        self.rgb.extend_from_slice(picture.to_rgb8().as_raw());
        if self.rgb.len() as u64 <= MAX_BYTES {
            return Ok(());
        }
        let (part, limit) = ("all pictures together", MAX_BYTES);
        let found = "more; ask for a smaller --size".to_owned();
        Err(Error::TooLarge { path: path.to_owned(), part, limit, found })
    }

    /// Channels, and all pictures in the order channel, row, column.
    fn finish(self) -> (usize, Vec<u8>) {
        let (pixels, _) = self.rgb.as_chunks::<3>();
        if pixels.iter().all(|[red, green, blue]| red == green && green == blue) {
            return (1, pixels.iter().map(|[grey, ..]| *grey).collect());
        }
        let area = self.size.map_or(1, |[height, width]| height * width).max(1);
        let mut planes = Vec::with_capacity(self.rgb.len());
        for picture in pixels.chunks_exact(area) {
            (0..3).for_each(|channel| planes.extend(picture.iter().map(|pixel| pixel[channel])));
        }
        (3, planes)
    }
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Rgb, RgbImage};

    use super::*;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Folder {
            Folder(tempfile::tempdir().unwrap())
        }

        fn path(&self, name: &str) -> PathBuf {
            let path = self.0.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            path
        }

        /// A picture of one grey.
        fn grey(&self, name: &str, size: [u32; 2], level: u8) {
            let [height, width] = size;
            GrayImage::from_vec(width, height, vec![level; (height * width) as usize])
                .unwrap()
                .save(self.path(name))
                .unwrap();
        }

        fn read(&self, options: PictureOptions) -> Result<Pictures, Error> {
            read_pictures(self.0.path(), options)
        }
    }

    #[test]
    fn pictures_are_keyed_by_path_and_classed_by_folder() {
        let folder = Folder::new();
        folder.grey("dogs/b.png", [2, 3], 20);
        folder.grey("cats/a.PNG", [2, 3], 10);
        folder.grey("dogs/old/a.png", [2, 3], 30);
        fs::write(folder.path("dogs/notes.txt"), "no picture").unwrap();
        fs::write(folder.path(".cache/x.png"), "hidden").unwrap();
        let Pictures { found, skipped } = folder.read(PictureOptions::default()).unwrap();
        assert_eq!(found.set.keys().unwrap(), ["cats/a.PNG", "dogs/b.png", "dogs/old/a.png"]);
        assert_eq!(found.classes, ["cats", "dogs"]);
        assert_eq!(found.set.labels(), [0, 1, 1]);
        assert_eq!(found.set.shape(), ImageShape::grey(2, 3));
        assert_eq!(found.set.image(2), [30; 6]);
        assert!(skipped.is_empty());
    }

    #[test]
    fn one_colour_makes_all_of_them_three_planes() {
        let folder = Folder::new();
        folder.grey("a.png", [1, 2], 9);
        let colour = RgbImage::from_fn(2, 1, |x, _| Rgb([x as u8, 100, 200]));
        colour.save(folder.path("b.png")).unwrap();
        let set = folder.read(PictureOptions::default()).unwrap().found.set;
        assert_eq!(set.shape(), ImageShape { channels: 3, height: 1, width: 2 });
        assert_eq!(set.image(0), [9; 6]);
        assert_eq!(set.image(1), [0, 1, 100, 100, 200, 200]);
    }

    #[test]
    fn jpeg_is_read_and_a_size_on_request_made() {
        let folder = Folder::new();
        folder.grey("a.jpg", [16, 16], 200);
        folder.grey("b.png", [4, 4], 100);
        let error = folder.read(PictureOptions::default()).err().unwrap().to_string();
        assert!(error.contains("b.png") && error.contains("4 × 4") && error.contains("16 × 16"));
        let options = PictureOptions { size: Some([4, 4]), skip_bad: false };
        let set = folder.read(options).unwrap().found.set;
        assert!(set.image(0).iter().all(|pixel| pixel.abs_diff(200) <= 2), "{:?}", set.image(0));
        assert_eq!(set.image(1), [100; 16]);
    }

    #[test]
    fn bad_files_are_named_and_left_out_on_request() {
        let folder = Folder::new();
        folder.grey("a.png", [2, 2], 1);
        fs::write(folder.path("broken.png"), b"\x89PNG\r\n\x1a\nrubbish").unwrap();
        folder.grey("large.png", [3, 2], 1);
        let error = folder.read(PictureOptions::default()).err().unwrap().to_string();
        assert!(error.contains("broken.png") && error.contains("--skip-bad"), "{error}");
        let options = PictureOptions { skip_bad: true, ..PictureOptions::default() };
        let Pictures { found, skipped } = folder.read(options).unwrap();
        assert_eq!(found.set.keys().unwrap(), ["a.png"]);
        let names: Vec<_> = skipped.iter().map(|s| s.path.file_name().unwrap()).collect();
        assert_eq!(names, ["broken.png", "large.png"]);
        fs::remove_file(folder.path("a.png")).unwrap();
        fs::remove_file(folder.path("large.png")).unwrap();
        let error = folder.read(options).err().unwrap().to_string();
        assert!(error.contains("1 bad files were left out"), "{error}");
    }
}
