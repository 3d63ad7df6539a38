//! libtorch: the user's own, an earlier set-up's, or the Python wheel without its Python.

mod elf;
mod install;
mod layout;
mod stamp;
mod user;
mod version;
mod wheel;

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::host::{Host, LIBTORCH};
use crate::size;

/// The version that tch 0.26 is made for; torch-sys refuses any other.
pub const VERSION: &str = "2.13.0";

/// What a libtorch can compute on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The processor only.
    Cpu,
    /// NVIDIA GPUs as well.
    Cuda,
}

impl Kind {
    /// The kind of the libtorch in a library folder.
    fn of_libraries(folder: &Path) -> Self {
        if folder.join("libtorch_cuda.so").exists() { Self::Cuda } else { Self::Cpu }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Cpu => "CPU",
            Self::Cuda => "CUDA",
        })
    }
}

/// Which kind the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Wish {
    /// What is there already; else CUDA where there is an NVIDIA GPU, else CPU.
    Auto,
    /// Without CUDA: smaller, enough on a machine without an NVIDIA GPU.
    Cpu,
    /// With CUDA 13; also runs on a machine without a GPU.
    Cuda,
}

impl Wish {
    fn allows(self, kind: Kind) -> bool {
        match self {
            Self::Auto => true,
            Self::Cpu => kind == Kind::Cpu,
            Self::Cuda => kind == Kind::Cuda,
        }
    }

    fn to_fetch(self, host: &Host) -> Kind {
        match self {
            Self::Cpu => Kind::Cpu,
            Self::Cuda => Kind::Cuda,
            Self::Auto if has_nvidia_gpu(host) => Kind::Cuda,
            Self::Auto => Kind::Cpu,
        }
    }
}

/// Whose choice a libtorch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The environment's LIBTORCH.
    Libtorch,
    /// The environment's LIBTORCH_USE_PYTORCH: the PyTorch of python3.
    PyTorch,
    /// This program's own set-up, in external/.
    SetUp,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Libtorch => "your LIBTORCH",
            Self::PyTorch => "python3's PyTorch, by your LIBTORCH_USE_PYTORCH",
            Self::SetUp => "set up here",
        })
    }
}

/// A libtorch that can be built against.
#[derive(Debug, PartialEq, Eq)]
pub struct Libtorch {
    /// The folder that holds lib/ and include/.
    pub folder: PathBuf,
    /// Its version, where it says one.
    pub version: Option<String>,
    /// What it computes on.
    pub kind: Kind,
    /// Whose choice it is.
    pub origin: Origin,
}

impl Libtorch {
    /// What to know about one that does not say its version: torch-sys checks none then, and
    /// another version may show as errors of the C++ compiler.
    pub fn unknown_version(&self) -> Option<String> {
        self.version.is_none().then(|| {
            format!(
                "note: {} does not say its version (no build-version, version.py or version.h); \
                 this project needs {VERSION}, and with another the C++ bindings may not build",
                self.folder.display()
            )
        })
    }
}

impl fmt::Display for Libtorch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version.as_deref().unwrap_or("of unknown version");
        let (kind, origin, folder) = (self.kind, self.origin, self.folder.display());
        write!(formatter, "libtorch {version} ({kind}), {origin}: {folder}")
    }
}

/// What has to be done for a libtorch to be there.
#[derive(Debug, PartialEq, Eq)]
pub enum Plan {
    /// Nothing.
    Ready(Libtorch),
    /// One lies in external/ that no set-up has signed, but that is whole: sign it.
    Adopt(Kind),
    /// Fetch one. The reason says what is wrong with one that is there.
    Fetch {
        /// Which kind.
        kind: Kind,
        /// Why the one that is there will not do; none where there is none.
        instead_of: Option<String>,
    },
}

impl Plan {
    /// The kind that will be there once it is done.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Ready(found) => found.kind,
            Self::Adopt(kind) | Self::Fetch { kind, .. } => *kind,
        }
    }

    /// What will be fetched and how large it is; nothing where nothing will be.
    pub fn announcement(&self, host: &Host) -> Option<String> {
        let Self::Fetch { kind, instead_of } = self else {
            return None;
        };
        let sizes = wheel::sizes(*kind);
        let reason = match instead_of {
            Some(reason) => format!("what lies there will not do: {reason}"),
            None => "it is missing".to_owned(),
        };
        Some(format!(
            "libtorch {VERSION} ({kind}) for {}; {reason}\n    \
             {} to fetch through pip, {} of disk while unpacking, {} afterwards",
            host.path(LIBTORCH).display(),
            size::readable(sizes.fetched),
            size::readable(sizes.peak),
            size::readable(sizes.kept),
        ))
    }
}

/// Finds out what has to be done; looks only at names and sizes, and changes nothing.
///
/// # Errors
///
/// When the user's own LIBTORCH will not do: it is not replaced silently.
pub fn plan(host: &Host, wish: Wish) -> Result<Plan> {
    if let Some(own) = user::find(host)? {
        if !wish.allows(own.kind) {
            bail!(
                "{own} is a {} one, but --libtorch asks for another kind: drop the flag or unset \
                 the variable",
                own.kind
            );
        }
        return Ok(Plan::Ready(own));
    }
    let folder = host.path(LIBTORCH);
    let kind = Kind::of_libraries(&folder.join("lib"));
    let fetch = |instead_of| Plan::Fetch { kind: wish.to_fetch(host), instead_of };
    if !folder.exists() {
        return Ok(fetch(None));
    }
    if !wish.allows(kind) {
        return Ok(fetch(Some(format!("it is a {kind} one"))));
    }
    let tree = host.path(stamp::TREE);
    if stamp::holds(&tree, kind) {
        let version = Some(VERSION.to_owned());
        return Ok(Plan::Ready(Libtorch { folder, version, kind, origin: Origin::SetUp }));
    }
    Ok(match layout::check(&tree, kind) {
        Ok(()) => Plan::Adopt(kind),
        Err(fault) => fetch(Some(format!("{fault:#}"))),
    })
}

/// Makes sure that libtorch is there. Does nothing where it is.
///
/// # Errors
///
/// When it cannot be fetched or the user's own will not do; external/ is then as it was.
pub fn provide(host: &Host, wish: Wish) -> Result<Libtorch> {
    if let Plan::Ready(found) = plan(host, wish)? {
        return Ok(found);
    }
    install::under_lock(host, wish)?;
    match plan(host, wish)? {
        Plan::Ready(found) => Ok(found),
        plan => bail!("libtorch is still not in order after its set-up: {plan:?}"),
    }
}

/// Bytes of disk that fetching takes while it unpacks.
pub fn peak(host: &Host, wish: Wish) -> u64 {
    wheel::sizes(wish.to_fetch(host)).peak
}

/// Whether this machine has an NVIDIA GPU with its driver.
pub fn has_nvidia_gpu(host: &Host) -> bool {
    host.nvidia_driver.exists() || host.ask("nvidia-smi", &["-L"]).is_some()
}

#[cfg(test)]
pub fn example_library() -> Vec<u8> {
    elf::example(10)
}

#[cfg(test)]
mod tests;
