//! Where the factors of a product lie.

use std::iter::once;

use super::Parts;
use crate::aligned::Aligned;
#[cfg(target_arch = "x86_64")]
use crate::registers::Factor;
use crate::transpose::columns_to_rows;

/// The left factor, `[rows, pairs]`, row after row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Left<'a> {
    pub(super) values: &'a [u32],
    pub(super) rows: usize,
    pub(super) pairs: usize,
    /// From row to row.
    stride: usize,
    /// How far behind each first part its second one is.
    low: Option<usize>,
}

impl<'a> Left<'a> {
    /// `values`, row after row, `pairs` in each.
    ///
    /// # Panics
    /// Where that is 0.
    pub fn of_rows(values: &'a [u32], pairs: usize, parts: Parts) -> Left<'a> {
        let (stride, low) = (parts.line(pairs), parts.low(pairs));
        Left { values, rows: values.len() / stride, pairs, stride, low }
    }

    /// The transpose of `count` columns, from `start` on, of `values`, `width` in each line. It lies in `turned`.
    ///
    /// # Panics
    /// Where there are not so many columns, or `width` is 0.
    pub fn of_columns(
        (values, width): (&[u32], usize),
        (start, count): (usize, usize),
        parts: Parts,
        turned: &'a mut Aligned<u32>,
    ) -> Left<'a> {
        assert!(start <= width && count <= width - start, "no {count} columns from {start} on");
        let line = parts.line(width);
        let pairs = values.len() / line;
        let low = parts.low(width).map(|_| count * pairs);
        turned.resize(count * pairs + low.unwrap_or(0));
        let begins = once(0).chain(parts.low(width));
        for (begin, turned) in begins.zip(turned.chunks_exact_mut((count * pairs).max(1))) {
            columns_to_rows(values, line, begin + start, turned);
        }
        Left { values: turned, rows: count, pairs, stride: pairs, low }
    }

    /// The first parts alone, and then the second ones, if any.
    fn parts(self) -> impl Iterator<Item = Left<'a>> {
        let part = move |from| Left { values: &self.values[from..], low: None, ..self };
        once(0).chain(self.low).map(part)
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) fn factor(&self) -> Factor<'a> {
        let Left { values, rows, pairs, stride, .. } = *self;
        Factor { values, size: [rows, pairs], strides: [stride, 1] }
    }

    pub(super) fn at(&self, row: usize, pair: usize) -> [f32; 2] {
        halves(self.values[row * self.stride + pair])
    }
}

/// The right factor, `[pairs, columns]`, line after line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Right<'a> {
    pub(super) values: &'a [u32],
    pub(super) pairs: usize,
    pub(super) columns: usize,
    stride: usize,
    low: Option<usize>,
}

impl<'a> Right<'a> {
    /// `values`, line after line, `columns` in each.
    ///
    /// # Panics
    /// Where that is 0.
    pub fn of_lines(values: &'a [u32], columns: usize, parts: Parts) -> Right<'a> {
        let (stride, low) = (parts.line(columns), parts.low(columns));
        Right { values, pairs: values.len() / stride, columns, stride, low }
    }

    /// `values`, lines of first parts and then of second ones, as [`columns_to_rows`] makes them of lines with `pairs`
    /// pairs.
    ///
    /// # Panics
    /// Where that is 0.
    pub fn of_blocks(values: &'a [u32], pairs: usize, parts: Parts) -> Right<'a> {
        let columns = values.len() / parts.line(pairs);
        let low = parts.low(pairs).map(|lines| lines * columns);
        Right { values, pairs, columns, stride: columns, low }
    }

    /// As [`Left::parts`].
    fn parts(self) -> impl Iterator<Item = Right<'a>> {
        let part = move |from| Right { values: &self.values[from..], low: None, ..self };
        once(0).chain(self.low).map(part)
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = &'a [u32]> {
        let Right { values, columns, .. } = *self;
        values.chunks(self.stride).take(self.pairs).map(move |line| &line[..columns])
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) fn factor(&self) -> Factor<'a> {
        let Right { values, pairs, columns, stride, .. } = *self;
        Factor { values, size: [pairs, columns], strides: [stride, 1] }
    }
}

/// How many products [`terms`] gives at most.
pub(super) const MOST_TERMS: usize = 3;

/// The products of parts that make up a product, but for that of both second ones, which is hardly larger than what rounding
/// has left of the others.
pub(super) fn terms<'a>(
    left: Left<'a>,
    right: Right<'a>,
) -> impl Iterator<Item = (Left<'a>, Right<'a>)> {
    let kept: [_; MOST_TERMS] = [(0, 0), (0, 1), (1, 0)];
    kept.into_iter()
        .filter_map(move |(first, second)| left.parts().nth(first).zip(right.parts().nth(second)))
}

/// The two numbers of a pair, as f32.
#[inline(always)]
pub(super) fn halves(pair: u32) -> [f32; 2] {
    [f32::from_bits(pair << 16), f32::from_bits(pair & 0xFFFF_0000)]
}
