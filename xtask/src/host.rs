//! The machine as the commands see it: folders, environment, programs, and where messages go.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where set-up puts libtorch, as .cargo/config.toml tells torch-sys.
pub const LIBTORCH: &str = "external/libtorch/torch";

/// Variables that cargo sets for a program it runs. A cargo that this program starts must see the
/// plain shell's environment, else build scripts that watch a variable would run again.
const CARGO_LEAVES: [&str; 3] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"];

/// Everything outside this program that a command reads or starts.
pub struct Host {
    /// The repository's root.
    pub root: PathBuf,
    /// The folder that the user's relative paths start at.
    pub working_folder: PathBuf,
    /// Where Debian's package puts Fashion-MNIST.
    pub system_data: PathBuf,
    /// Exists where an NVIDIA kernel driver is loaded.
    pub nvidia_driver: PathBuf,
    /// The environment of every program that is started.
    pub variables: BTreeMap<OsString, OsString>,
    /// Receives each message, one line or several.
    pub messages: Box<dyn Fn(&str)>,
}

impl Host {
    /// The machine that this process runs on.
    pub fn real() -> Self {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().unwrap_or(&manifest).to_path_buf();
        Self {
            variables: plain_environment(&root, std::env::vars_os()),
            working_folder: std::env::current_dir().unwrap_or_else(|_| root.clone()),
            system_data: PathBuf::from("/usr/share/datasets/fashion-mnist"),
            nvidia_driver: PathBuf::from("/proc/driver/nvidia/version"),
            messages: Box::new(print_message),
            root,
        }
    }

    /// Prints a message.
    pub fn say(&self, message: impl Display) {
        (self.messages)(&message.to_string());
    }

    /// A folder or file of the repository.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// The folder of everything that set-up fetches; git ignores it.
    pub fn external(&self) -> PathBuf {
        self.path("external")
    }

    /// A variable of the environment; an empty one counts as not set.
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        let value = self.variables.get(OsStr::new(name))?;
        (!value.is_empty()).then_some(value)
    }

    /// Where a program lies on the PATH; a name with a slash is a path already.
    pub fn find_program(&self, name: &str) -> Option<PathBuf> {
        if name.contains('/') {
            return is_program(Path::new(name)).then(|| PathBuf::from(name));
        }
        std::env::split_paths(self.variable("PATH")?)
            .map(|folder| folder.join(name))
            .find(|path| is_program(path))
    }

    /// A command with this host's environment; where the program is missing, starting it fails.
    pub fn command(&self, program: &str) -> Command {
        let found = self.find_program(program);
        let mut command = Command::new(found.unwrap_or_else(|| PathBuf::from(program)));
        command.env_clear().envs(&self.variables);
        command
    }

    /// The cargo that started this program, run in the repository's root.
    pub fn cargo(&self) -> Command {
        let cargo = self.variable("CARGO").and_then(OsStr::to_str).unwrap_or("cargo");
        let mut command = self.command(cargo);
        command.current_dir(&self.root);
        command
    }

    /// What a program prints, trimmed, or nothing where it is missing or fails.
    pub fn ask(&self, program: &str, arguments: &[&str]) -> Option<String> {
        let output = self.command(program).args(arguments).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success().then_some(text)
    }

    /// A path that the user typed, as an absolute one.
    pub fn absolute(&self, typed: &Path) -> PathBuf {
        self.working_folder.join(typed)
    }
}

/// The environment without what cargo added to it when it started this program.
fn plain_environment(
    root: &Path,
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> BTreeMap<OsString, OsString> {
    variables
        .filter(|(name, value)| {
            let cargo_left_it =
                CARGO_LEAVES.iter().any(|prefix| name.to_string_lossy().starts_with(prefix));
            let is_default = name == "LIBTORCH" && is_default_libtorch(root, value);
            !cargo_left_it && !is_default
        })
        .collect()
}

/// Whether a LIBTORCH is the one of .cargo/config.toml rather than the user's own choice.
fn is_default_libtorch(root: &Path, value: &OsStr) -> bool {
    let (value, default) = (Path::new(value), root.join(LIBTORCH));
    let same_place = || Some(value.canonicalize().ok()? == default.canonicalize().ok()?);
    value.as_os_str().is_empty() || value == default || same_place().unwrap_or(false)
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// Where nobody reads any more, or the disk is full, the work goes on: its exit code still tells.
fn print_message(message: &str) {
    let _ = writeln!(std::io::stderr(), "{message}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(name: &str, value: &str) -> bool {
        let variables = [(name.into(), value.into())];
        !plain_environment(Path::new("/repo"), variables.into_iter()).is_empty()
    }

    #[test]
    fn cargos_own_libtorch_is_not_taken_for_the_users() {
        assert!(!kept("LIBTORCH", "/repo/external/libtorch/torch"));
        assert!(!kept("LIBTORCH", "/repo/external/libtorch/torch/"));
        assert!(!kept("LIBTORCH", ""));
        assert!(kept("LIBTORCH", "/opt/libtorch"));
    }

    #[test]
    fn children_do_not_inherit_what_cargo_sets_for_this_package() {
        assert!(!kept("CARGO_MANIFEST_DIR", "/repo/xtask"));
        assert!(!kept("CARGO_PKG_NAME", "xtask"));
        assert!(kept("CARGO_TARGET_DIR", "/tmp/target"));
        assert!(kept("CARGO_HOME", "/home/me/.cargo"));
    }
}
