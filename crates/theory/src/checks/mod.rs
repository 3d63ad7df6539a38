//! The checks, in the document's order.

mod architectures;
mod backpropagation;
mod latent_variables;
mod optimisation;

use crate::Check;

/// Checks that belong together: a section of the document and of the report.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// What links call it.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Its checks, in order.
    pub checks: &'static [Check],
}

/// Every group.
pub const GROUPS: [Group; 4] = [
    Group {
        id: "optimisation",
        title: "Losses, activations, optimisation",
        checks: optimisation::CHECKS,
    },
    Group { id: "backpropagation", title: "Backpropagation", checks: backpropagation::CHECKS },
    Group {
        id: "architectures",
        title: "Convolutions, sequences, attention",
        checks: architectures::CHECKS,
    },
    Group {
        id: "latent-variables",
        title: "Latent-variable models",
        checks: latent_variables::CHECKS,
    },
];

/// Every check.
pub fn all() -> impl Iterator<Item = &'static Check> {
    GROUPS.iter().flat_map(|group| group.checks)
}

/// The check of that name.
pub fn find(name: &str) -> Option<&'static Check> {
    all().find(|check| check.name == name)
}
