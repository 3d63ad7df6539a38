//! A team of threads: results in order, every item once, panics passed on.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use autodecoder_kernels::Team;

#[test]
fn results_come_in_the_items_order_whatever_the_number_of_threads() {
    for threads in [0, 1, 2, 5] {
        let mut team = Team::new(threads).unwrap();
        for count in [0, 1, 2, 7, 200] {
            let squares = team.map((0..count).collect(), |item: u64| item * item);
            assert_eq!(squares, (0..count).map(|item| item * item).collect::<Vec<_>>());
        }
    }
}

#[test]
fn tasks_change_what_they_borrow() {
    let mut team = Team::new(3).unwrap();
    let mut values = vec![1.0f32; 100];
    for _ in 0..500 {
        let parts: Vec<&mut [f32]> = values.chunks_mut(7).collect();
        team.map(parts, |part| part.iter_mut().for_each(|value| *value += 1.0));
    }
    assert_eq!(values, vec![501.0; 100]);
}

#[test]
fn members_take_part_also_after_they_fell_asleep() {
    let mut team = Team::new(2).unwrap();
    for _ in 0..3 {
        let seen = Mutex::new(BTreeSet::new());
        team.map(vec![(); 2], |()| {
            seen.lock().unwrap().insert(format!("{:?}", thread::current().id()));
            // Long enough for the other one to come and take the second item.
            thread::sleep(Duration::from_millis(50));
        });
        assert_eq!(seen.into_inner().unwrap().len(), 2);
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_panic_reaches_the_caller_and_the_team_goes_on() {
    let mut team = Team::new(2).unwrap();
    for bad in 0..4 {
        let attempt = catch_unwind(AssertUnwindSafe(|| {
            team.map((0..4).collect(), |item: i32| {
                thread::sleep(Duration::from_millis(1));
                assert_ne!(item, bad, "on purpose");
            });
        }));
        assert!(attempt.is_err(), "item {bad} panicked and nobody heard of it");
        assert_eq!(team.map(vec![1, 2, 3], |item| item + 1), [2, 3, 4]);
    }
}
