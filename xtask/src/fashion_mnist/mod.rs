//! Fashion-MNIST: a folder the user names, the system's copy, an earlier set-up's, or fetched.

mod files;
mod sources;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::host::Host;
use crate::size;
use crate::staging::Lock;

use sources::Source;

/// Where set-up puts the files.
const PLACE: &str = "external/fashion-mnist";

/// What the names of IDX and CSV files have in common.
const IDX: &str = "-ubyte";
const CSV: &str = ".csv";

/// Bytes of the package, its lists, the compressed and the decompressed files together.
const PEAK: u64 = 160_000_000;
/// Bytes of the decompressed files.
const KEPT: u64 = 55_000_000;

/// Whose choice a data folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The user's `--data`.
    User,
    /// The system's package.
    System,
    /// This program's own set-up, or files placed there by hand.
    SetUp,
}

/// A folder to train and test on.
#[derive(Debug, PartialEq, Eq)]
pub struct Data {
    /// The folder.
    pub folder: PathBuf,
    /// Whose choice it is.
    pub origin: Origin,
    /// Where it differs from the set as published; only a folder that the user names may.
    pub differs: Option<String>,
    /// What is wrong with a copy of the system's that was passed over.
    pub passed_over: Option<String>,
}

impl Data {
    /// Whether there is something about it to tell the user.
    pub fn is_notable(&self) -> bool {
        self.differs.is_some() || self.passed_over.is_some()
    }
}

impl fmt::Display for Data {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = match self.origin {
            Origin::User => "your --data",
            Origin::System => "the system's package",
            Origin::SetUp => "set up here",
        };
        let folder = self.folder.display();
        match &self.differs {
            None => write!(formatter, "Fashion-MNIST (SHA-256 checked), {origin}: {folder}")?,
            Some(faults) => write!(
                formatter,
                "data, {origin}: {folder}; used as it is, though not the files that Fashion-MNIST's \
                 authors published: {faults}"
            )?,
        }
        self.passed_over.iter().try_for_each(|faults| write!(formatter, "; {faults}"))
    }
}

/// What has to be done for the data to be there.
#[derive(Debug, PartialEq, Eq)]
pub enum Plan {
    /// Nothing.
    Ready(Data),
    /// Fetch it. The reason says what is wrong with files that are there.
    Fetch {
        /// Why the files that are there will not do; none where there are none.
        instead_of: Option<String>,
    },
}

impl Plan {
    /// What will be fetched and how large it is; nothing where nothing will be.
    pub fn announcement(&self, host: &Host) -> Option<String> {
        let Self::Fetch { instead_of } = self else {
            return None;
        };
        let reason = instead_of.as_deref().unwrap_or("it is missing");
        Some(format!(
            "Fashion-MNIST for {}; {reason}\n    {} to fetch, {} afterwards",
            host.path(PLACE).display(),
            size::readable(sources::BYTES),
            size::readable(KEPT),
        ))
    }
}

/// The provider of Fashion-MNIST.
pub struct FashionMnist<'a> {
    host: &'a Host,
    set: files::Set,
}

impl<'a> FashionMnist<'a> {
    /// For a machine.
    pub fn new(host: &'a Host) -> Self {
        Self { host, set: files::FASHION_MNIST }
    }

    /// Finds out what has to be done. Reads and sums the files that are there (half a second),
    /// and changes nothing.
    ///
    /// # Errors
    ///
    /// When the folder that the user named holds no data: it is not replaced silently.
    pub fn plan(&self, named: Option<&Path>) -> Result<Plan> {
        if let Some(named) = named {
            return self.named(&self.host.absolute(named)).map(Plan::Ready);
        }
        let ready = |folder, origin, passed_over| {
            Plan::Ready(Data { folder, origin, differs: None, passed_over })
        };
        let (system, place) = (&self.host.system_data, self.host.path(PLACE));
        let unfit = match self.unfit("the system's copy in", system) {
            Ok(()) => return Ok(ready(system.clone(), Origin::System, None)),
            Err(unfit) => unfit,
        };
        Ok(match self.unfit("what lies in", &place) {
            Ok(()) => ready(place, Origin::SetUp, unfit),
            Err(own) => {
                let reasons: Vec<String> = unfit.into_iter().chain(own).collect();
                let instead_of = (!reasons.is_empty()).then(|| reasons.join("; "));
                Plan::Fetch { instead_of }
            }
        })
    }

    /// Checks a folder; the error says what is wrong with it, or nothing where there is none.
    fn unfit(&self, what: &str, folder: &Path) -> Result<(), Option<String>> {
        files::check(self.set, folder).map_err(|faults| {
            let reason = || format!("{what} {} will not do: {faults}", folder.display());
            folder.exists().then(reason)
        })
    }

    /// A folder of the user's may hold CSV files, a part of the set, or another set: the program
    /// reads all of them and checks them thoroughly. Here it is only compared with the original.
    fn named(&self, folder: &Path) -> Result<Data> {
        let entries = fs::read_dir(folder)
            .with_context(|| format!("--data {} cannot be read", folder.display()))?;
        let names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
        let has = |part: &str| names.iter().any(|name| name.to_string_lossy().contains(part));
        ensure!(
            has(IDX) || has(CSV),
            "--data {} holds no data file: {} (plain or .gz) or CSV files were expected. Leave \
             --data out to have Fashion-MNIST fetched",
            folder.display(),
            self.names(),
        );
        let differs = if has(IDX) {
            files::check(self.set, folder).err()
        } else {
            Some("CSV files, which have no published checksums".to_owned())
        };
        let folder = folder.to_path_buf();
        Ok(Data { folder, origin: Origin::User, differs, passed_over: None })
    }

    fn names(&self) -> String {
        self.set.iter().map(|file| file.name).collect::<Vec<_>>().join(", ")
    }

    /// Makes sure that the data is there. Does nothing where it is.
    ///
    /// # Errors
    ///
    /// When no source has it, or the folder that the user named holds no data.
    pub fn provide(&self, named: Option<&Path>) -> Result<Data> {
        if let Plan::Ready(data) = self.plan(named)? {
            return Ok(data);
        }
        let lock = Lock::take(self.host)?;
        // Another set-up may have been faster.
        if let Plan::Ready(data) = self.plan(named)? {
            return Ok(data);
        }
        size::require_free(self.host, &self.host.external(), PEAK)?;
        self.fetch(&lock)
    }

    fn fetch(&self, lock: &Lock) -> Result<Data> {
        let staging = lock.stage("fashion-mnist")?;
        let mut tried = Vec::new();
        for (number, source) in (1..).zip(&sources::ALL) {
            self.host.say(format!("fetching Fashion-MNIST from {}", source.name));
            let scratch = staging.make_folder(&format!("source-{number}"))?;
            let Err(error) = self.fetch_from(source, &scratch, &staging.path("fashion-mnist"))
            else {
                let folder = self.host.path(PLACE);
                staging.publish_files("fashion-mnist", &folder)?;
                self.host.say(format!("Fashion-MNIST is in {}", folder.display()));
                let origin = Origin::SetUp;
                return Ok(Data { folder, origin, differs: None, passed_over: None });
            };
            self.host.say("  that failed");
            tried.push(format!("{number}. {}: {error:#}", source.name));
        }
        bail!("{}", self.nothing_worked(&tried))
    }

    fn fetch_from(&self, source: &Source, scratch: &Path, to: &Path) -> Result<()> {
        let fetched = (source.fetch)(self.host, self.set, scratch)?;
        files::unpack(self.set, &fetched, to)
            .map_err(anyhow::Error::msg)
            .context("what it holds is not Fashion-MNIST")
    }

    fn nothing_worked(&self, tried: &[String]) -> String {
        format!(
            "Fashion-MNIST could not be fetched from any source. Tried:\n  {}\nTo go on by hand, \
             put these files, plain or as .gz, into {} and run the command again:\n  {}\n\
             or, where you have them already, name their folder: --data DIR",
            tried.join("\n  "),
            self.host.path(PLACE).display(),
            self.names(),
        )
    }
}

#[cfg(test)]
mod tests;
