//! Rows gathered from a table and scattered back.

use autodecoder_kernels::{IndexError, RowIndices};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Numbers of any bits, NaNs among them.
fn any_bits(count: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| f32::from_bits(rng.random())).collect()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// The length of a table and some of its rows, in any order.
fn some_rows() -> impl Strategy<Value = (usize, Vec<i64>)> {
    (0..30usize, 0.0..=1.0f64).prop_flat_map(|(rows, share)| {
        let all = Just((0..rows as i64).collect::<Vec<i64>>()).prop_shuffle();
        all.prop_map(move |mut indices| {
            indices.truncate((rows as f64 * share).round() as usize);
            (rows, indices)
        })
    })
}

proptest! {
    #[test]
    fn gathering_and_scattering_copies_rows_bit_for_bit(
        (rows, indices) in some_rows(),
        width in 1..20usize,
        spare in 0..3usize,
        seed in 0..1000u64,
    ) {
        let before = any_bits(rows * width, seed);
        let chosen = RowIndices::new(&indices, rows).unwrap();
        prop_assert_eq!((chosen.len(), chosen.is_empty()), (indices.len(), indices.is_empty()));

        let mut batch = vec![7.0; (indices.len() + spare) * width];
        chosen.gather(&before, width, &mut batch);
        for (position, &index) in indices.iter().enumerate() {
            let expected = &before[index as usize * width..][..width];
            prop_assert_eq!(bits(&batch[position * width..][..width]), bits(expected));
        }
        prop_assert!(batch[indices.len() * width..].iter().all(|&value| value == 7.0));

        let moved = any_bits(batch.len(), seed + 1000);
        let mut after = before.clone();
        chosen.scatter(&mut after, width, &moved);
        for row in 0..rows {
            let position = indices.iter().position(|&index| index == row as i64);
            let expected = match position {
                Some(position) => &moved[position * width..][..width],
                None => &before[row * width..][..width],
            };
            prop_assert_eq!(bits(&after[row * width..][..width]), bits(expected), "row {}", row);
        }
    }

    #[test]
    fn a_row_that_occurs_twice_is_refused(
        (rows, mut indices) in some_rows(),
        places: [prop::sample::Index; 2],
    ) {
        prop_assume!(!indices.is_empty());
        let twice = indices[places[0].index(indices.len())];
        indices.insert(places[1].index(indices.len() + 1), twice);
        let error = RowIndices::new(&indices, rows).unwrap_err();
        prop_assert_eq!(error, IndexError::Duplicate(twice));
    }

    #[test]
    fn a_row_outside_the_table_is_refused(
        (rows, mut indices) in some_rows(),
        place: prop::sample::Index,
        beyond in 0..5i64,
        negative: bool,
    ) {
        let outside = if negative { -1 - beyond } else { rows as i64 + beyond };
        indices.insert(place.index(indices.len() + 1), outside);
        let error = RowIndices::new(&indices, rows).unwrap_err();
        prop_assert_eq!(error, IndexError::OutOfRange(outside));
    }

    #[test]
    fn groups_are_the_indices_in_order((rows, indices) in some_rows(), size in 1..9usize) {
        let chosen = RowIndices::new(&indices, rows).unwrap();
        let table: Vec<f32> = (0..rows).map(|row| row as f32).collect();
        let mut found = Vec::new();
        for group in chosen.groups(size) {
            prop_assert!((1..=size).contains(&group.len()));
            let mut batch = vec![0.0; group.len()];
            group.gather(&table, 1, &mut batch);
            found.extend(batch.into_iter().map(|row| row as i64));
        }
        prop_assert_eq!(chosen.groups(size).count(), indices.len().div_ceil(size));
        prop_assert_eq!(found, indices);
    }
}

#[test]
fn the_ends_of_the_numbers_are_outside_every_table() {
    for outside in [i64::MIN, -1, 0, i64::MAX] {
        let error = RowIndices::new(&[outside], 0).unwrap_err();
        assert_eq!(error, IndexError::OutOfRange(outside));
        assert_eq!(error.to_string(), format!("row {outside} is not in the table"));
    }
    let error = RowIndices::new(&[2, 0, 2], 3).unwrap_err();
    assert_eq!(error.to_string(), "row 2 occurs twice in a batch");
}

#[test]
fn an_empty_batch_changes_nothing() {
    let none = RowIndices::new(&[], 0).unwrap();
    none.gather(&[], 3, &mut []);
    none.gather_pixels(&[], 3, &mut []);
    none.scatter(&mut [], 3, &[]);
    let mut table = [1.0, 2.0];
    none.scatter(&mut table, 2, &[3.0, 4.0]);
    assert_eq!((table, none.is_empty(), none.groups(4).count()), ([1.0, 2.0], true, 0));
}

#[test]
fn bytes_become_numbers_from_0_to_1() {
    let table: Vec<u8> = (0..=255).collect();
    for width in [1, 2, 32, 64] {
        let indices: Vec<i64> = (0..256 / width as i64).rev().collect();
        let chosen = RowIndices::new(&indices, indices.len()).unwrap();
        let mut batch = vec![-1.0; 256];
        chosen.gather_pixels(&table, width, &mut batch);
        for (position, &index) in indices.iter().enumerate() {
            for column in 0..width {
                let byte = index as usize * width + column;
                assert_eq!(batch[position * width + column], byte as f32 / 255.0, "byte {byte}");
            }
        }
    }
}

#[test]
#[should_panic(expected = "no room for 2 of 3")]
fn a_batch_that_is_too_short_is_refused() {
    RowIndices::new(&[0, 1], 2).unwrap().gather(&[1.0; 6], 3, &mut [0.0; 5]);
}

#[test]
#[should_panic(expected = "no room for 2 of 3")]
fn rows_that_are_not_in_the_batch_are_not_scattered() {
    RowIndices::new(&[0, 1], 2).unwrap().scatter(&mut [1.0; 6], 3, &[0.0; 5]);
}
