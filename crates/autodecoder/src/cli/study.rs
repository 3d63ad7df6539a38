//! What the arguments of studies have in common.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::arguments::StudyArguments;

impl StudyArguments {
    /// The plan of the size that is asked for.
    pub(super) fn plan<P>(&self, [standard, quick, full]: [fn() -> P; 3]) -> P {
        match (self.quick, self.full) {
            (true, _) => quick(),
            (_, true) => full(),
            _ => standard(),
        }
    }

    /// The folder for the results of the study `name`.
    pub(super) fn folder(&self, name: &str) -> PathBuf {
        let size = match (self.quick, self.full) {
            (true, _) => "-quick",
            (_, true) => "-full",
            _ => "",
        };
        let default = || Path::new("runs").join(format!("{name}{size}"));
        self.out.clone().unwrap_or_else(default)
    }

    /// The folder with the images.
    ///
    /// # Errors
    /// Where none is named.
    pub(super) fn data(&self) -> Result<PathBuf> {
        self.compute.data.clone().context(
            "no folder with Fashion-MNIST: give one with --data DIR; `cargo xtask setup` fetches it",
        )
    }
}
