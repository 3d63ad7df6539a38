//! Buffers that begin where a line of the cache does.

use std::ops::{Deref, DerefMut};

/// Bytes of a line.
pub(crate) const LINE: usize = 64;

/// A buffer for what vectors and tiles are read from: one that crosses from line to line takes twice as long to read.
#[derive(Debug)]
pub(crate) struct Aligned<T> {
    /// Some more than are used.
    values: Vec<T>,
    start: usize,
    len: usize,
}

impl<T: Copy + Default> Aligned<T> {
    /// `len` zeros.
    pub fn new(len: usize) -> Aligned<T> {
        let spare = LINE / size_of::<T>();
        let values = vec![T::default(); len + spare];
        let start = values.as_ptr().align_offset(LINE).min(spare);
        Aligned { values, start, len }
    }

    /// Makes it `len` long. What is in it then is of no use.
    pub fn resize(&mut self, len: usize) {
        if self.start + len > self.values.len() {
            *self = Aligned::new(len);
        }
        self.len = len;
    }
}

impl<T> Default for Aligned<T> {
    fn default() -> Aligned<T> {
        Aligned { values: Vec::new(), start: 0, len: 0 }
    }
}

impl<T: Copy + Default> Clone for Aligned<T> {
    fn clone(&self) -> Aligned<T> {
        let mut copy = Aligned::new(self.len);
        copy.copy_from_slice(self);
        copy
    }
}

impl<T: PartialEq> PartialEq for Aligned<T> {
    fn eq(&self, other: &Aligned<T>) -> bool {
        **self == **other
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.values[self.start..self.start + self.len]
    }
}

impl<T> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.values[self.start..self.start + self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::{Aligned, LINE};

    fn is_aligned<T>(buffer: &Aligned<T>) -> bool {
        buffer.as_ptr().addr().is_multiple_of(LINE)
    }

    #[test]
    fn buffers_begin_with_a_line_wherever_they_go() {
        for len in [0, 1, 15, 16, 100, 100_000] {
            let mut buffer = Aligned::<f32>::new(len);
            assert!(is_aligned(&buffer) && *buffer == vec![0.0; len]);
            buffer.fill(2.0);
            let copy = buffer.clone();
            assert!(is_aligned(&copy) && copy == buffer);
            let mut moved = Box::new([buffer]);
            for len in [len / 2, len, 2 * len + 1] {
                moved[0].resize(len);
                assert!(is_aligned(&moved[0]) && moved[0].len() == len);
            }
        }
        let mut buffer = Aligned::<u32>::default();
        buffer.resize(0);
        assert!(buffer.is_empty());
    }
}
