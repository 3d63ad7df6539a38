//! Named random streams, all derived from one seed.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// The random streams of an experiment.
///
/// A stream is named by what it is for (`order`, `noise`, …) and by counters (epoch, batch, …). Its
/// key is a SHA-256 of seed, name and counters, so a stream does not move when another draws more,
/// and any point of a run can be reached without replaying what came before.
#[derive(Debug, Clone, Copy)]
pub struct Streams {
    seed: u64,
}

impl Streams {
    /// The streams that belong to `seed`.
    pub fn new(seed: u64) -> Streams {
        Streams { seed }
    }

    /// The seed that all streams derive from.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The generator of the stream `name` at `counters`, from its beginning.
    pub fn rng(&self, name: &str, counters: &[u64]) -> ChaCha8Rng {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        // The length keeps ("ab", [..]) and ("a", [..]) apart whatever the counters are.
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name.as_bytes());
        for counter in counters {
            hash.update(counter.to_le_bytes());
        }
        ChaCha8Rng::from_seed(hash.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    fn first(seed: u64, name: &str, counters: &[u64]) -> u64 {
        Streams::new(seed).rng(name, counters).random()
    }

    #[test]
    fn same_key_same_numbers() {
        assert_eq!(first(7, "noise", &[1, 2]), first(7, "noise", &[1, 2]));
    }

    #[test]
    fn any_difference_in_the_key_gives_another_stream() {
        let keys = [
            first(7, "noise", &[1, 2]),
            first(8, "noise", &[1, 2]),
            first(7, "order", &[1, 2]),
            first(7, "noise", &[2, 1]),
            first(7, "noise", &[1]),
            first(7, "noise", &[]),
        ];
        for (i, a) in keys.iter().enumerate() {
            assert!(keys[i + 1..].iter().all(|b| a != b), "streams {i} and a later one agree");
        }
    }
}
