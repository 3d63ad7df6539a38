//! Rows to columns.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;

/// Side of the blocks that every processor turns in registers. Larger ones measured slower where the compiler
/// chooses the instructions.
const BLOCK: usize = 4;
/// Numbers whose bytes all count.
pub(crate) trait Plain: Copy + Default {}

impl Plain for f32 {}
impl Plain for u32 {}

type Block<T> = [[T; BLOCK]; BLOCK];

/// Writes columns of `from` (row after row, `width` in each), as many as there is room for from column
/// `start` on, as rows of `to`. The last line of `from` may end behind the last of these columns.
pub(crate) fn columns_to_rows<T: Plain>(from: &[T], width: usize, start: usize, to: &mut [T]) {
    let height = from.len().div_ceil(width);
    let columns = to.len() / height;
    let side = side::<T>();
    let (whole_height, whole_columns) = (height / side * side, columns / side * side);
    for left in (0..whole_columns).step_by(side) {
        for top in (0..whole_height).step_by(side) {
            let block = &from[top * width + start + left..];
            turn(block, width, &mut to[left * height + top..], height);
        }
    }
    for column in 0..columns {
        // Below whole blocks there is a margin; beyond them, everything.
        let top = if column < whole_columns { whole_height } else { 0 };
        for row in top..height {
            to[column * height + row] = from[row * width + start + column];
        }
    }
}

/// Side of the blocks that this processor turns.
fn side<T>() -> usize {
    #[cfg(target_arch = "x86_64")]
    if size_of::<T>() == 4 && avx512::is_available() {
        return avx512::SIDE;
    }
    BLOCK
}

/// Turns the block at the front of `from`, whose lines begin every `width` values, into lines that begin
/// every `height` values of `to`.
fn turn<T: Plain>(from: &[T], width: usize, to: &mut [T], height: usize) {
    #[cfg(target_arch = "x86_64")]
    if side::<T>() == avx512::SIDE {
        return avx512::turn(from, width, to, height);
    }
    for (line, to) in turned(from, width).iter().zip(to.chunks_mut(height)) {
        to[..BLOCK].copy_from_slice(line);
    }
}

/// The block that begins at the front of `from`, transposed.
#[inline(always)]
fn turned<T: Plain>(from: &[T], width: usize) -> Block<T> {
    let mut block: Block<T> = [[T::default(); BLOCK]; BLOCK];
    for row in 0..BLOCK {
        let line = &from[row * width..row * width + BLOCK];
        for column in 0..BLOCK {
            block[column][row] = line[column];
        }
    }
    block
}

#[cfg(test)]
mod tests {
    use super::{Plain, columns_to_rows};

    impl Plain for u16 {}

    /// Sizes below, at and above those of whole blocks, and every part of the columns.
    #[test]
    fn columns_of_any_size_become_rows() {
        for height in [1, 2, 7, 8, 9, 15, 16, 17, 25, 32] {
            for width in [1, 3, 7, 8, 9, 16, 19, 33] {
                check::<u32>([height, width], |place| place as u32);
                // Of another size: not what the processor's own instructions take.
                check::<u16>([height, width], |place| place as u16);
            }
        }
    }

    fn check<T: Plain + PartialEq + std::fmt::Debug>(
        [height, width]: [usize; 2],
        number: fn(usize) -> T,
    ) {
        let from: Vec<T> = (0..height * width).map(number).collect();
        for start in 0..width {
            for columns in 0..=width - start {
                let blank = vec![number(60_000); columns * height];
                let end = (height - 1) * width + start + columns.max(1);
                // All lines, lines that begin at the column, and a last one that ends at the last column.
                for (from, start, ahead) in [
                    (&from[..], start, 0),
                    (&from[start..], 0, start),
                    (&from[..end.min(from.len())], start, 0),
                ] {
                    let mut to = blank.clone();
                    columns_to_rows(from, width, start, &mut to);
                    for (place, &value) in to.iter().enumerate() {
                        let (column, row) = (ahead + start + place / height, place % height);
                        assert_eq!(value, number(row * width + column), "{height} × {width}");
                    }
                }
            }
        }
    }
}
