//! What images are made of: bytes, or floats.

/// The values of a set: images one after another, each in the order channel, row, column.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// From 0 to 255; the byte `b` stands for `b / 255`.
    Bytes(Vec<u8>),
    /// As they are; never NaN or infinite.
    Floats(Vec<f32>),
}

impl Values {
    /// Number of values.
    pub fn len(&self) -> usize {
        match self {
            Values::Bytes(bytes) => bytes.len(),
            Values::Floats(floats) => floats.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The images at `positions`, of `width` values each.
    pub(crate) fn select(&self, positions: &[usize], width: usize) -> Values {
        match self {
            Values::Bytes(bytes) => Values::Bytes(select(bytes, positions, width)),
            Values::Floats(floats) => Values::Floats(select(floats, positions, width)),
        }
    }

    /// Puts 0 in the place of every value that is not observed.
    pub(crate) fn clear_missing(&mut self, observed: &[bool]) {
        match self {
            Values::Bytes(bytes) => clear(bytes, observed),
            Values::Floats(floats) => clear(floats, observed),
        }
    }
}

/// The runs of `width` values at `positions`, one after another.
pub(crate) fn select<T: Copy>(values: &[T], positions: &[usize], width: usize) -> Vec<T> {
    let mut selected = Vec::with_capacity(positions.len() * width);
    for &position in positions {
        selected.extend_from_slice(&values[position * width..(position + 1) * width]);
    }
    selected
}

fn clear<T: Default>(values: &mut [T], observed: &[bool]) {
    let missing = values.iter_mut().zip(observed).filter(|(_, observed)| !**observed);
    missing.for_each(|(value, _)| *value = T::default());
}
