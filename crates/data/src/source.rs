//! A file that may be gzip, read in bounded steps.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::Error;

/// The most bytes that are read from one file: 4 GiB after decompression. Sixty thousand images of
/// 28 × 28 are 47 MB; whatever is beyond this is a corrupt header or a gzip bomb.
pub(crate) const MAX_BYTES: u64 = 1 << 32;

/// The most memory that is set aside for a gzip file before its content is seen. A plain file's
/// length is known; a gzip file's is only promised, so beyond this the buffer grows with the data.
const GZIP_RESERVE: u64 = 64 << 20;

/// An open file whose gzip layer, if there is one, is taken off.
pub(crate) struct Source<'p> {
    path: &'p Path,
    reader: Box<dyn Read>,
    start: Vec<u8>,
    reserve: u64,
    consumed: u64,
}

impl<'p> Source<'p> {
    /// Opens a file. Whether it is gzip is read from its first two bytes, not from its name: files
    /// are renamed, and browsers unpack them silently.
    pub(crate) fn open(path: &'p Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(|e| Error::read(path, e))?;
        let metadata = file.metadata().map_err(|e| Error::read(path, e))?;
        if metadata.is_dir() {
            return Err(Error::NotAFile { path: path.to_owned() });
        }
        let mut raw = BufReader::with_capacity(1 << 16, file);
        let buffered = raw.fill_buf().map_err(|e| Error::read(path, e))?;
        let start = buffered[..buffered.len().min(4)].to_vec();
        let (reader, reserve): (Box<dyn Read>, u64) = if is_gzip(&start) {
            (Box::new(MultiGzDecoder::new(raw)), GZIP_RESERVE)
        } else {
            (Box::new(raw), metadata.len())
        };
        Ok(Source { path, reader, start, reserve, consumed: 0 })
    }

    /// The file's path.
    pub(crate) fn path(&self) -> &'p Path {
        self.path
    }

    /// The file's first four bytes (fewer where the file is shorter), before decompression.
    pub(crate) fn start(&self) -> &[u8] {
        &self.start
    }

    /// Whether the file is gzip.
    pub(crate) fn is_gzip(&self) -> bool {
        is_gzip(&self.start)
    }

    /// Bytes read so far, after decompression.
    pub(crate) fn consumed(&self) -> u64 {
        self.consumed
    }

    /// Fails on a file of zero bytes.
    pub(crate) fn require_content(&self) -> Result<(), Error> {
        if self.start.is_empty() {
            return Err(Error::Empty { path: self.path.to_owned() });
        }
        Ok(())
    }

    /// The next `limit` bytes, or fewer at the end of the file. Sets aside no more memory than the
    /// file can fill.
    pub(crate) fn read_at_most(&mut self, limit: u64) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        let reserve = usize::try_from(limit.min(self.reserve)).unwrap_or(usize::MAX);
        bytes
            .try_reserve_exact(reserve)
            .map_err(|_| self.failed(io::ErrorKind::OutOfMemory.into()))?;
        let count = (&mut self.reader).take(limit).read_to_end(&mut bytes);
        self.consumed += count.map_err(|e| self.failed(e))? as u64;
        Ok(bytes)
    }

    /// Fills part of `buffer` and says how much; 0 at the end of the file.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        let count = loop {
            match self.reader.read(buffer) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                result => break result.map_err(|e| self.failed(e))?,
            }
        };
        self.consumed += count as u64;
        Ok(count)
    }

    /// The reader without the counting.
    pub(crate) fn into_reader(self) -> Box<dyn Read> {
        self.reader
    }

    /// What a failed read means: bad data under gzip, or a bad disk.
    fn failed(&self, source: io::Error) -> Error {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        let of_the_data = matches!(source.kind(), InvalidData | InvalidInput | UnexpectedEof);
        if self.is_gzip() && of_the_data {
            return Error::Gzip { path: self.path.to_owned(), source };
        }
        Error::read(self.path, source)
    }
}

fn is_gzip(start: &[u8]) -> bool {
    start.starts_with(&[0x1f, 0x8b])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "abc" by gzip 1.12, `printf abc > name && gzip name`: with a file name and a time in the
    /// header, which this crate's own writer leaves out.
    const ABC_BY_GZIP: &[u8] = &[
        0x1f, 0x8b, 0x08, 0x08, 0x6c, 0x0e, 0x05, 0x6b, 0x00, 0x03, 0x6e, 0x61, 0x6d, 0x65, 0x00,
        0x4b, 0x4c, 0x4a, 0x06, 0x00, 0xc2, 0x41, 0x24, 0x35, 0x03, 0x00, 0x00, 0x00,
    ];

    #[test]
    fn gzip_is_known_by_content_not_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plain-by-name");
        std::fs::write(&path, ABC_BY_GZIP).unwrap();
        let mut source = Source::open(&path).unwrap();
        assert!(source.is_gzip());
        assert_eq!(source.read_at_most(100).unwrap(), b"abc");
        assert_eq!(source.consumed(), 3);

        let path = folder.path().join("gzip-by-name.gz");
        std::fs::write(&path, b"abc").unwrap();
        assert_eq!(Source::open(&path).unwrap().read_at_most(2).unwrap(), b"ab");
    }

    #[test]
    fn a_promise_sets_aside_no_more_than_the_file_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("small");
        std::fs::write(&path, [0; 10]).unwrap();
        let bytes = Source::open(&path).unwrap().read_at_most(MAX_BYTES).unwrap();
        assert_eq!(bytes.len(), 10);
        assert!(bytes.capacity() < 1000, "{}", bytes.capacity());
    }
}
