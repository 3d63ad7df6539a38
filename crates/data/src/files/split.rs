//! Which rows are held out for testing.

use sha2::{Digest, Sha256};

/// Whether the row `key` belongs to the test half, of which `share` of all rows are part: a hash of the
/// key decides, so that a row stays where it is when others come.
pub(super) fn is_test(key: &str, share: f64) -> bool {
    let hash: [u8; 32] = Sha256::digest(key).into();
    let number = u64::from_le_bytes(std::array::from_fn(|place| hash[place]));
    number as f64 / 2f64.powi(64) < share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_held_out_and_a_larger_share_holds_more() {
        let test = |share| -> Vec<u32> {
            (0..10_000).filter(|row: &u32| is_test(&row.to_string(), share)).collect()
        };
        let tenth = test(0.1);
        // Five standard deviations.
        assert!(tenth.len().abs_diff(1000) < 150, "{}", tenth.len());
        let half = test(0.5);
        assert!(tenth.iter().all(|row| half.contains(row)));
        assert!(test(0.0).is_empty());
        assert_eq!(test(1.0).len(), 10_000);
    }
}
