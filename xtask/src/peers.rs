//! The Python packages of the benchmark's peers, in a folder of their own.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::host::Host;
use crate::progress::Fetch;
use crate::staging::Lock;
use crate::{size, tools};

/// Where they are put; `PYTHONPATH` names it.
pub const PEERS: &str = "external/peers";
/// Written last: a folder without it is no finished one.
const STAMP: &str = "stamp";
/// Each pinned, so that two reports speak of the same programs.
const PACKAGES: [&str; 4] =
    ["torch==2.13.0", "numpy==2.4.6", "openTSNE==1.0.4", "scikit-learn==1.9.1"];

/// Bytes: what is fetched and what stays, as seen with pip 23.2 and rounded up, and the two together
/// with some room, for pip keeps the wheels while it unpacks them.
const FETCHED: u64 = 2_900_000_000;
const PEAK: u64 = 8_200_000_000;
const KEPT: u64 = 5_100_000_000;

/// What will be fetched and how large it is; nothing where nothing will be.
pub fn announcement(host: &Host) -> Option<String> {
    let [fetched, peak, kept] = [FETCHED, PEAK, KEPT].map(size::readable);
    (!is_there(host)).then(|| {
        format!(
            "PyTorch, openTSNE and scikit-learn for the peers: {fetched}; {peak} of disk while \
             unpacking, {kept} afterwards"
        )
    })
}

/// Makes sure that the packages are there, and says where.
///
/// # Errors
///
/// When they cannot be fetched; external/ is then as it was.
pub fn provide(host: &Host) -> Result<PathBuf> {
    if !is_there(host) {
        fetch(host).context("the peers' Python packages could not be set up")?;
    }
    Ok(host.path(PEERS))
}

fn is_there(host: &Host) -> bool {
    let stamp = std::fs::read_to_string(host.path(PEERS).join(STAMP));
    stamp.is_ok_and(|text| text == contents(host))
}

/// What was fetched, and for which Python: compiled packages fit one version only.
fn contents(host: &Host) -> String {
    let version = "import sys; print('%d.%d' % sys.version_info[:2])";
    let version = host.ask("python3", &["-c", version]).unwrap_or_default();
    format!("python {version}\n{}\n", PACKAGES.join("\n"))
}

fn fetch(host: &Host) -> Result<()> {
    if let Err(problem) = tools::pip(host) {
        bail!("{problem}. Without pip: name a Python that has the packages with --python");
    }
    let lock = Lock::take(host)?;
    // Another set-up may have been faster.
    if is_there(host) {
        return Ok(());
    }
    size::require_free(host, &host.external(), PEAK)?;
    let staging = lock.stage("peers")?;
    let (target, scratch) = (staging.make_folder("peers")?, staging.make_folder("scratch")?);
    host.say("fetching the peers' Python packages");
    Fetch {
        what: "peers",
        folder: &staging.path(""),
        endings: &["whl"],
        bytes: FETCHED,
        log: staging.path("pip.log"),
    }
    .run(host, pip(host, &target, &scratch))
    .context(
        "pip could not fetch them: see that PyPI can be reached, then run the command again",
    )?;
    std::fs::write(target.join(STAMP), contents(host)).context("cannot write the stamp")?;
    staging.publish("peers", &host.path(PEERS))?;
    host.say(format!("the peers' Python packages are in {}", host.path(PEERS).display()));
    Ok(())
}

fn pip(host: &Host, target: &Path, scratch: &Path) -> Command {
    let mut command = host.command("python3");
    command.args(["-m", "pip", "install", "--only-binary=:all:", "--progress-bar", "off"]);
    command.args(["--no-compile", "--target"]).arg(target).args(PACKAGES);
    // pip unpacks in its temporary folder first: on the same disk, and where progress is measured.
    command.env("TMPDIR", scratch);
    // Settings for the user's own environment, which --target does not touch, would make it fail.
    command.envs([("PIP_USER", "0"), ("PIP_REQUIRE_VIRTUALENV", "0"), ("PIP_NO_CACHE_DIR", "1")]);
    command
}

/// Checks that a Python of the user's own can run the peers.
///
/// # Errors
///
/// When it cannot be started or has no torch.
pub fn check(host: &Host, python: &str) -> Result<()> {
    ensure!(
        host.ask(python, &["-c", "import torch"]).is_some(),
        "--python {python}: it does not run, or `import torch` fails in it; install {}, or leave \
         --python out",
        PACKAGES.join(", ")
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::Machine;

    const PYTHON: &str = "\
case \"$*\" in *version_info*) echo 3.11;; *--version*) echo pip 24.0;; \
*install*) while [ \"$1\" != --target ]; do shift; done; mkdir -p \"$2/torch\";; esac";

    #[test]
    fn packages_are_fetched_once() {
        let machine = Machine::new();
        machine.program("python3", PYTHON);
        let host = machine.host();
        assert!(announcement(&host).unwrap().contains("2.9 GB"));
        assert_eq!(provide(&host).unwrap(), machine.path(PEERS));
        assert!(machine.path("external/peers/torch").is_dir());
        assert_eq!(announcement(&host), None);
        let installs = |calls: String| calls.matches("pip install").count();
        provide(&host).unwrap();
        assert_eq!(installs(machine.calls()), 1);
    }

    #[test]
    fn another_python_needs_packages_of_its_own() {
        let machine = Machine::new();
        machine.program("python3", PYTHON);
        provide(&machine.host()).unwrap();
        machine.program("python3", "echo 3.12");
        assert!(announcement(&machine.host()).is_some());
    }

    #[test]
    fn no_pip_and_no_space_are_said_and_leave_nothing() {
        let machine = Machine::new();
        let error = format!("{:#}", provide(&machine.host()).unwrap_err());
        assert!(
            error.contains("python3 is not on the PATH") && error.contains("--python"),
            "{error}"
        );
        machine.program("python3", PYTHON);
        machine.program("df", "echo Filesystem; echo /dev/x 100 97 3 97% /");
        let error = format!("{:#}", provide(&machine.host()).unwrap_err());
        assert!(error.contains("too little disk space"), "{error}");
        assert!(!machine.path(PEERS).exists());
    }

    #[test]
    fn a_failed_fetch_is_quoted() {
        let machine = Machine::new();
        machine.program(
            "python3",
            "case \"$*\" in *install*) echo no route >&2; exit 1;; *) echo pip 24.0;; esac",
        );
        let error = format!("{:#}", provide(&machine.host()).unwrap_err());
        assert!(error.contains("no route") && error.contains("peers"), "{error}");
        assert!(!machine.path(PEERS).exists());
    }

    #[test]
    fn a_python_without_torch_is_refused() {
        let machine = Machine::new();
        machine.program("mine", "exit 1");
        let error = check(&machine.host(), "mine").unwrap_err().to_string();
        assert!(error.contains("--python mine") && error.contains("torch==2.13.0"), "{error}");
        machine.program("mine", "");
        check(&machine.host(), "mine").unwrap();
    }
}
