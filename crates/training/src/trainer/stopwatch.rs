//! Time that is spent in several stretches.

use std::time::Instant;

/// Adds up the seconds between each start and the pause after it.
#[derive(Debug, Default)]
pub(super) struct Stopwatch {
    before: f64,
    since: Option<Instant>,
}

impl Stopwatch {
    /// A stopwatch that stands at `seconds`.
    pub fn at(seconds: f64) -> Stopwatch {
        Stopwatch { before: seconds, since: None }
    }

    /// Starts, unless it runs.
    pub fn start(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }

    /// Stops, unless it stands.
    pub fn pause(&mut self) {
        *self = Stopwatch::at(self.seconds());
    }

    /// Seconds until now.
    pub fn seconds(&self) -> f64 {
        self.before + self.since.map_or(0.0, |since| since.elapsed().as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_pause_does_not_count() {
        let mut watch = Stopwatch::at(5.0);
        watch.start();
        watch.start();
        std::thread::sleep(Duration::from_millis(2));
        watch.pause();
        let seconds = watch.seconds();
        assert!((5.002..6.0).contains(&seconds), "{seconds}");
        std::thread::sleep(Duration::from_millis(2));
        watch.pause();
        assert_eq!(watch.seconds(), seconds);
    }
}
