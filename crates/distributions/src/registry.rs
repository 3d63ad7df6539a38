//! Parts that are chosen by a name in the experiment file.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::{Gaussian, Gumbel, Laplace, Logistic, Point, Posterior, Uniform};

/// Implementations of one trait by name.
///
/// ```no_run
/// use std::sync::Arc;
/// use autodecoder_distributions::{Gaussian, Posterior, Registry};
///
/// let posteriors: Registry<dyn Posterior> =
///     Registry::new("posterior").with("gaussian", Arc::new(Gaussian));
/// assert!(posteriors.get("gausian").is_err());
/// ```
pub struct Registry<T: ?Sized> {
    kind: &'static str,
    parts: BTreeMap<String, Arc<T>>,
}

impl<T: ?Sized> Registry<T> {
    /// An empty registry. `kind` says in error messages what it holds, such as `posterior`.
    pub fn new(kind: &'static str) -> Self {
        Registry { kind, parts: BTreeMap::new() }
    }

    /// This registry with one more part. A part of the same name is replaced.
    pub fn with(mut self, name: impl Into<String>, part: Arc<T>) -> Self {
        self.parts.insert(name.into(), part);
        self
    }

    /// The part of that name.
    ///
    /// # Errors
    ///
    /// [`UnknownName`] if there is none; its message lists the names that there are.
    pub fn get(&self, name: &str) -> Result<Arc<T>, UnknownName> {
        self.parts.get(name).cloned().ok_or_else(|| UnknownName {
            kind: self.kind,
            name: name.to_owned(),
            known: self.parts.keys().cloned().collect(),
        })
    }

    /// All names, sorted.
    pub fn names(&self) -> Vec<&str> {
        self.parts.keys().map(String::as_str).collect()
    }
}

impl Registry<dyn Posterior> {
    /// This registry with one more posterior, under the posterior's own name.
    pub fn with_posterior(self, posterior: Arc<dyn Posterior>) -> Self {
        self.with(posterior.name(), posterior)
    }
}

// Derived, `Clone` and `Debug` would ask the same of `T`, which a trait object cannot give.
impl<T: ?Sized> Clone for Registry<T> {
    fn clone(&self) -> Self {
        Registry { kind: self.kind, parts: self.parts.clone() }
    }
}

impl<T: ?Sized> fmt::Debug for Registry<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Registry")
            .field("kind", &self.kind)
            .field("names", &self.names())
            .finish()
    }
}

/// Every posterior of this crate by its name. Add one's own with [`Registry::with_posterior`].
pub fn standard() -> Registry<dyn Posterior> {
    let posteriors: [Arc<dyn Posterior>; 6] = [
        Arc::new(Gaussian),
        Arc::new(Gumbel),
        Arc::new(Laplace),
        Arc::new(Logistic),
        Arc::new(Point),
        Arc::new(Uniform),
    ];
    posteriors.into_iter().fold(Registry::new("posterior"), Registry::with_posterior)
}

/// A name that no part of a [`Registry`] has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {kind} {name:?}: known are {}{}", known.join(", "), suggestion(name, known))]
pub struct UnknownName {
    /// What was looked for, such as `posterior`.
    pub kind: &'static str,
    /// The name that was given.
    pub name: String,
    /// The names that there are, sorted.
    pub known: Vec<String>,
}

/// `; did you mean "…"?` where a known name is at most 2 edits away and they change less than half
/// of it, else nothing.
fn suggestion(name: &str, known: &[String]) -> String {
    let name = name.to_lowercase();
    known
        .iter()
        .map(|candidate| (edits(&name, &candidate.to_lowercase()), candidate))
        .filter(|&(distance, candidate)| distance <= 2 && 2 * distance < candidate.chars().count())
        .min()
        .map(|(_, candidate)| format!("; did you mean {candidate:?}?"))
        .unwrap_or_default()
}

/// Levenshtein distance: how many letters must be inserted, deleted or replaced.
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    // distances[j]: from the letters read so far to the first j letters of `to`.
    let mut distances: Vec<usize> = (0..=to.len()).collect();
    for (read, letter) in from.chars().enumerate() {
        let mut diagonal = distances[0];
        distances[0] = read + 1;
        for (j, &other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = distances[j + 1];
            distances[j + 1] = replaced.min(diagonal + 1).min(distances[j] + 1);
        }
    }
    distances[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_counts_insertions_deletions_and_replacements() {
        for (from, to, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("gausian", "gaussian", 1),
            ("kitten", "sitting", 3),
            ("flaw", "lawn", 2),
        ] {
            assert_eq!(edits(from, to), expected, "{from:?} to {to:?}");
        }
    }
}
