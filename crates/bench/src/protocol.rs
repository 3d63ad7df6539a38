//! The requests that a worker obeys; `benches/peers/protocol.py` says what each answers.

use std::fmt;
use std::str::FromStr;

use anyhow::{Error, Result, bail};

/// A line on a worker's standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Seconds for so many steps.
    Time(u64),
    /// The loss of each of so many steps.
    Losses(u64),
    /// Peak memory in bytes.
    Memory,
    /// Seconds for writing one checkpoint; only our own program knows it.
    Checkpoint,
    /// The end.
    Quit,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Request::Time(steps) => write!(f, "time {steps}"),
            Request::Losses(steps) => write!(f, "losses {steps}"),
            Request::Memory => f.write_str("memory"),
            Request::Checkpoint => f.write_str("checkpoint"),
            Request::Quit => f.write_str("quit"),
        }
    }
}

impl FromStr for Request {
    type Err = Error;

    fn from_str(line: &str) -> Result<Request> {
        let words: Vec<&str> = line.split_whitespace().collect();
        Ok(match words.as_slice() {
            ["time", steps] => Request::Time(steps.parse()?),
            ["losses", steps] => Request::Losses(steps.parse()?),
            ["memory"] => Request::Memory,
            ["checkpoint"] => Request::Checkpoint,
            ["quit"] => Request::Quit,
            _ => bail!("unknown request: {line:?}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_as_they_are_written() {
        let all = [
            Request::Time(3),
            Request::Losses(50),
            Request::Memory,
            Request::Checkpoint,
            Request::Quit,
        ];
        for request in all {
            assert_eq!(request.to_string().parse::<Request>().unwrap(), request);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for line in ["", "time", "time x", "time -1", "memory 3", "stop"] {
            assert!(line.parse::<Request>().is_err(), "{line}");
        }
    }
}
