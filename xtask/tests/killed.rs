//! What a set-up has started ends with it, even where it is killed.

// clippy.toml allows it in test functions only, not in what they share.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Answers what pip is asked, then fetches for ever.
const PYTHON: &str = "#!/bin/sh\n\
    [ \"$3\" = --version ] && { echo pip 24.0; exit; }\n\
    echo $$ > \"$TMPDIR/../../../pid\"\n\
    exec /usr/bin/sleep 600\n";
const SETPRIV: &str = "/usr/bin/setpriv";

/// Looks again until there is something to see; the test's own limit ends it otherwise.
fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(seen) = look() {
            return seen;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("nothing came of it");
}

fn write_program(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Whether a process runs; one that has ended may stay in the table until somebody asks for it.
fn runs(pid: &str) -> bool {
    let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !matches!(state.rsplit(") ").next().unwrap_or_default().get(..1), None | Some("Z" | "X"))
}

#[test]
fn a_killed_set_up_leaves_no_pip_behind() {
    if !Path::new(SETPRIV).exists() {
        return; // Without util-linux there is nothing to tie a program with.
    }
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    write_program(&bin.join("c++"), "#!/bin/sh\n");
    write_program(&bin.join("python3"), PYTHON);
    symlink(SETPRIV, bin.join("setpriv")).unwrap();
    symlink("/usr/bin/true", bin.join("true")).unwrap();
    let mut set_up = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["setup", "--libtorch", "cpu", "--no-data"])
        .env_clear()
        .env("PATH", &bin)
        .env("CARGO_MANIFEST_DIR", folder.path().join("xtask"))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let noted = folder.path().join("pid");
    let pid = wait_for(|| fs::read_to_string(&noted).ok().filter(|text| text.ends_with('\n')));
    assert!(runs(pid.trim()));
    set_up.kill().unwrap();
    set_up.wait().unwrap();
    wait_for(|| (!runs(pid.trim())).then_some(()));
}
