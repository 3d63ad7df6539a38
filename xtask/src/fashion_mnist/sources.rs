//! Where Fashion-MNIST can be fetched from. A source leaves the four .gz files in some folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::files::Set;
use crate::host::Host;
use crate::progress::Fetch;

/// Bytes of the four compressed files, in either source.
pub const BYTES: u64 = 30_900_000;

/// A place to fetch from.
pub struct Source {
    /// Its name, for the user.
    pub name: &'static str,
    /// Fetches into a scratch folder and returns the folder that holds the files.
    pub fetch: fn(&Host, Set, &Path) -> Result<PathBuf>,
}

/// All sources, in the order they are tried.
pub const ALL: [Source; 2] = [
    Source { name: "Debian's package dataset-fashion-mnist (apt-get download)", fetch: from_apt },
    Source {
        name: "the data set's own site, fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        fetch: from_site,
    },
];

const PACKAGE: &str = "dataset-fashion-mnist";
const IN_PACKAGE: &str = "usr/share/datasets/fashion-mnist";
const SITE: &str = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com";

/// Fetches one address into one file; its error is one line, without a traceback.
const FETCH_ONE: &str = r#"
import shutil, sys, urllib.request
try:
    with urllib.request.urlopen(sys.argv[1], timeout=15) as answer, open(sys.argv[2], "wb") as file:
        shutil.copyfileobj(answer, file)
except Exception as error:
    sys.exit(f"{sys.argv[1]}: {error}")
"#;

/// Needs no root: the system's package lists where they know the package, else lists of our own.
fn from_apt(host: &Host, _: Set, scratch: &Path) -> Result<PathBuf> {
    for program in ["apt-get", "dpkg-deb"] {
        ensure!(host.find_program(program).is_some(), "{program} is not on this machine");
    }
    run(host, scratch, apt(host, &[], &["download", PACKAGE])).or_else(|_| {
        let own_lists = own_lists(scratch)?;
        run(host, scratch, apt(host, &own_lists, &["update"]))?;
        run(host, scratch, apt(host, &own_lists, &["download", PACKAGE]))
    })?;
    let package = downloaded_package(scratch)?;
    let mut unpack = host.command("dpkg-deb");
    unpack.arg("-x").arg(package).arg(scratch.join("package"));
    run(host, scratch, unpack)?;
    Ok(scratch.join("package").join(IN_PACKAGE))
}

fn apt(host: &Host, options: &[String], verb: &[&str]) -> Command {
    let mut command = host.command("apt-get");
    for option in options {
        command.args(["-o", option]);
    }
    for option in ["Acquire::Retries=1", "Acquire::http::Timeout=20", "Acquire::https::Timeout=20"]
    {
        command.args(["-o", option]);
    }
    command.args(verb);
    command
}

/// Options for package lists in the scratch folder, and the folders that apt expects there.
fn own_lists(scratch: &Path) -> Result<Vec<String>> {
    let (lists, cache) = (scratch.join("lists"), scratch.join("cache"));
    for folder in [lists.join("partial"), cache.join("archives/partial")] {
        fs::create_dir_all(folder).context("cannot make folders for apt")?;
    }
    let (lists, cache) = (lists.display(), cache.display());
    Ok(vec![format!("Dir::State::Lists={lists}"), format!("Dir::Cache={cache}")])
}

fn downloaded_package(scratch: &Path) -> Result<PathBuf> {
    let entries = fs::read_dir(scratch).context("cannot list the download folder")?;
    entries
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|end| end == "deb"))
        .context("apt-get download left no package")
}

fn from_site(host: &Host, set: Set, scratch: &Path) -> Result<PathBuf> {
    ensure!(
        host.find_program("python3").is_some(),
        "python3, which fetches it, is not on the PATH"
    );
    for file in set {
        let mut command = host.command("python3");
        command.args(["-c", FETCH_ONE, &format!("{SITE}/{}.gz", file.name)]);
        command.arg(scratch.join(format!("{}.gz", file.name)));
        run(host, scratch, command)?;
    }
    Ok(scratch.to_path_buf())
}

/// Runs one step of a source; both sources' files count as fetched while they grow.
fn run(host: &Host, scratch: &Path, mut command: Command) -> Result<()> {
    command.current_dir(scratch);
    let (what, endings, log) = ("Fashion-MNIST", &["deb", "gz"], scratch.join("log"));
    Fetch { what, folder: scratch, endings, bytes: BYTES, log }.run(host, command)
}
