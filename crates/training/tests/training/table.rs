//! The latent table touches the rows of its batch and no other.

use approx::assert_relative_eq;
use autodecoder_training::{Adam, LatentTable, Optimiser, RowBatch};
use tch::{Kind, Tensor};

use crate::make::{numbers, wave};
use crate::optimisers::TextbookAdam;

const WIDTH: usize = 3;

/// Gathers rows, moves them by the given gradient as a step does, and writes them back.
fn step(table: &mut LatentTable, adam: &Adam, indices: &[i64], gradient: &Tensor) {
    let indices = Tensor::from_slice(indices);
    let mut batch = table.gather(&indices);
    let _ = batch.steps.g_add_scalar_(1.0);
    let update = adam.update(gradient, &mut batch.state, &batch.steps, 0.1);
    batch.rows = &batch.rows - update;
    table.scatter(&indices, &batch);
}

/// Rows, steps and state of one row.
fn row(table: &LatentTable, index: i64) -> Vec<f64> {
    let RowBatch { rows, state, steps } = table.gather(&Tensor::from_slice(&[index]));
    [rows, state, steps].iter().flat_map(numbers).collect()
}

#[test]
fn other_rows_keep_their_bytes() {
    let adam = Adam::default();
    for count in [1, 2, 7] {
        let mut table = LatentTable::new(wave(&[count, 3], 0.0, Kind::Float), &adam);
        let all: Vec<i64> = (0..count).collect();
        step(&mut table, &adam, &all, &wave(&[count, 3], 1.0, Kind::Float));
        let before: Vec<Vec<f64>> = all.iter().map(|&index| row(&table, index)).collect();
        let touched: Vec<i64> = all.iter().copied().rev().step_by(3).collect();
        let gradient = wave(&[touched.len() as i64, 3], 2.0, Kind::Float);
        step(&mut table, &adam, &touched, &gradient);
        for index in all {
            let same = row(&table, index) == before[index as usize];
            assert_eq!(same, !touched.contains(&index), "row {index} of {count}");
        }
    }
}

#[test]
fn gathering_and_scattering_changes_nothing_and_keeps_the_order() {
    let adam = Adam::default();
    let mut table = LatentTable::new(wave(&[5, 3], 0.0, Kind::Float), &adam);
    step(&mut table, &adam, &[0, 1, 2, 3, 4], &wave(&[5, 3], 1.0, Kind::Float));
    let before: Vec<Vec<f64>> = (0..5).map(|index| row(&table, index)).collect();
    let indices = Tensor::from_slice(&[3i64, 0, 4]);
    let batch = table.gather(&indices);
    for (position, index) in [3, 0, 4].into_iter().enumerate() {
        assert_eq!(numbers(&batch.rows.get(position as i64)), before[index][..WIDTH]);
    }
    table.scatter(&indices, &batch);
    let after: Vec<Vec<f64>> = (0..5).map(|index| row(&table, index)).collect();
    assert_eq!(before, after);
    assert_eq!((table.len(), table.is_empty()), (5, false));
}

#[test]
fn ten_steps_are_textbook_adam_on_the_rows_that_were_touched() {
    let adam = Adam { betas: [0.5, 0.9], epsilon: 1e-8 };
    let batches: [&[i64]; 10] =
        [&[0, 3], &[5], &[1, 0, 6], &[3], &[0], &[2, 5, 6, 0], &[1], &[0, 3], &[5, 6], &[0]];
    let mut table = LatentTable::new(wave(&[7, 3], 0.0, Kind::Float), &adam);
    let mut values = numbers(table.rows());
    let mut textbook = [TextbookAdam::default(); 7 * WIDTH];
    for (number, indices) in batches.into_iter().enumerate() {
        let gradient = wave(&[indices.len() as i64, 3], number as f64, Kind::Float);
        step(&mut table, &adam, indices, &gradient);
        let gradient = numbers(&gradient);
        for (position, &index) in indices.iter().enumerate() {
            for column in 0..WIDTH {
                let at = index as usize * WIDTH + column;
                let gradient = gradient[position * WIDTH + column];
                values[at] -= textbook[at].update(&adam, gradient, 0.1);
            }
        }
    }
    for (found, expected) in numbers(table.rows()).into_iter().zip(values) {
        assert_relative_eq!(found, expected, epsilon = 1e-6);
    }
    assert_eq!(numbers(table.steps()), [6.0, 2.0, 1.0, 3.0, 0.0, 3.0, 3.0]);
}
