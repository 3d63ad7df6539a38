//! The first bytes of an IDX file: `0 0 type dimensions`, then one size a dimension.

use crate::Error;
use crate::source::{MAX_BYTES, Source};

/// The element type "unsigned byte", the only one that image data sets use.
pub(super) const UNSIGNED_BYTE: u8 = 0x08;

/// What an IDX file is expected to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `[N, height, width]`.
    Images,
    /// `[N]`.
    Labels,
}

impl Kind {
    /// Number of sizes in the header.
    pub(super) fn dimensions(self) -> u8 {
        match self {
            Kind::Images => 3,
            Kind::Labels => 1,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Images => "images",
            Kind::Labels => "labels",
        }
    }

    fn of(dimensions: u8) -> Option<Kind> {
        [Kind::Images, Kind::Labels].into_iter().find(|kind| kind.dimensions() == dimensions)
    }
}

/// Sizes that have been checked: their product is at most [`MAX_BYTES`].
pub(super) struct Header {
    /// One size a dimension, the number of images or labels first.
    pub(super) sizes: Vec<u32>,
    /// Product of the sizes: the bytes that follow the header.
    pub(super) elements: u64,
}

/// Reads and checks the header of a file that should hold `kind`.
pub(super) fn read(source: &mut Source<'_>, kind: Kind) -> Result<Header, Error> {
    source.require_content()?;
    let magic = word(source, kind)?;
    check_magic(source, magic, kind)?;
    let sizes = (0..kind.dimensions()).map(|_| word(source, kind).map(u32::from_be_bytes));
    let sizes = sizes.collect::<Result<Vec<u32>, Error>>()?;
    check_sizes(source, sizes)
}

/// The header's next four bytes.
fn word(source: &mut Source<'_>, kind: Kind) -> Result<[u8; 4], Error> {
    let bytes = source.read_at_most(4)?;
    bytes.try_into().map_err(|_| Error::Truncated {
        path: source.path().to_owned(),
        expected: 4 + 4 * u64::from(kind.dimensions()),
        found: source.consumed(),
    })
}

fn check_magic(source: &Source<'_>, magic: [u8; 4], kind: Kind) -> Result<(), Error> {
    let [zero_0, zero_1, element, dimensions] = magic;
    if (zero_0, zero_1) != (0, 0) {
        let expected = "an IDX file, which begins with two zero bytes";
        let found = format!("bytes {} ({})", hex(magic), looks_like(&magic));
        return Err(format(source, "magic number", expected, found, FETCH));
    }
    if element != UNSIGNED_BYTE {
        let found = format!("{element:#04x} ({})", element_name(element));
        let hint = "store the images and labels as unsigned bytes";
        return Err(format(source, "element type", "0x08 (unsigned byte)", found, hint));
    }
    if dimensions == kind.dimensions() {
        return Ok(());
    }
    Err(match Kind::of(dimensions) {
        Some(other) => Error::Swapped {
            path: source.path().to_owned(),
            expected: kind.name(),
            found: other.name(),
        },
        None => {
            let expected = format!("{} for {}", kind.dimensions(), kind.name());
            format(source, "number of dimensions", &expected, dimensions.to_string(), FETCH)
        }
    })
}

fn check_sizes(source: &Source<'_>, sizes: Vec<u32>) -> Result<Header, Error> {
    if sizes.iter().skip(1).any(|&side| side == 0) {
        let expected = "height and width of at least 1";
        return Err(format(source, "image size", expected, product(&sizes), FETCH));
    }
    let elements = sizes.iter().try_fold(1_u64, |n, &size| n.checked_mul(u64::from(size)));
    match elements {
        Some(elements) if elements <= MAX_BYTES => Ok(Header { sizes, elements }),
        _ => Err(Error::TooLarge {
            path: source.path().to_owned(),
            part: "size in the header",
            limit: MAX_BYTES,
            found: product(&sizes),
        }),
    }
}

const FETCH: &str = "check that it is the right file, or fetch it again";

fn format(
    source: &Source<'_>,
    part: &'static str,
    expected: &str,
    found: String,
    hint: &'static str,
) -> Error {
    Error::Format {
        path: source.path().to_owned(),
        part,
        expected: expected.to_owned(),
        found,
        hint,
    }
}

fn hex(bytes: [u8; 4]) -> String {
    bytes.map(|b| format!("{b:02x}")).join(" ")
}

fn product(sizes: &[u32]) -> String {
    let sizes: Vec<String> = sizes.iter().map(u32::to_string).collect();
    sizes.join(" × ")
}

/// What people put in an IDX file's place by mistake: most often a failed download.
fn looks_like(start: &[u8]) -> &'static str {
    match start {
        [0x1f, 0x8b, ..] => "gzip inside gzip: unpack it once",
        [b'P', b'K', ..] => "a zip archive: unpack it first",
        [b'<', ..] => "a web page: the download failed",
        _ if start.iter().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace()) => "text",
        _ => "an unknown format",
    }
}

fn element_name(element: u8) -> &'static str {
    match element {
        0x09 => "signed byte",
        0x0B => "16-bit integer",
        0x0C => "32-bit integer",
        0x0D => "32-bit float",
        0x0E => "64-bit float",
        _ => "no IDX type",
    }
}
