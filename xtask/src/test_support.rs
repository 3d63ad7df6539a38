//! A machine made of temporary folders and fake programs, for the tests.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::rc::Rc;

use clap::Parser;

use crate::host::Host;
use crate::libtorch::example_library;

/// A command's flags as a whole line of their own.
#[derive(Parser)]
struct Line<A: clap::Args> {
    #[command(flatten)]
    arguments: A,
}

/// The flags of the command `name`, typed after it.
pub fn parse<A: clap::Args>(name: &str, typed: &str) -> Result<A, clap::Error> {
    let words = std::iter::once(name).chain(typed.split_whitespace());
    Line::try_parse_from(words).map(|line| line.arguments)
}

/// A repository root, a PATH of its own, and all messages said.
pub struct Machine {
    folder: tempfile::TempDir,
    messages: Rc<RefCell<Vec<String>>>,
}

impl Machine {
    /// An empty machine: no programs, no libtorch, no data.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["root", "bin"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder, messages: Rc::default() }
    }

    /// A path inside the repository root.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join("root").join(relative)
    }

    /// Writes a file inside the repository root, with its folders.
    pub fn write(&self, relative: &str, content: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Puts a small imitation of a libtorch of the user's into own/.
    pub fn own_libtorch(&self) {
        for library in ["libtorch_cpu.so", "libc10.so", "libtorch.so"] {
            self.write(&format!("own/lib/{library}"), example_library());
        }
        self.write("own/include/torch/torch.h", "");
        self.write("own/build-version", "2.13.0");
    }

    /// Puts a fake program on the PATH; the body is shell.
    ///
    /// Each call is noted in `calls`. The shell's own programs are reached by a PATH of its own,
    /// so that nothing of the real machine is on the host's.
    pub fn program(&self, name: &str, body: &str) {
        let path = self.folder.path().join("bin").join(name);
        let calls = self.folder.path().join("calls");
        let script = format!(
            "#!/bin/sh\nPATH=/usr/bin:/bin\necho {name} \"$@\" >> {}\n{body}\n",
            calls.display()
        );
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Every call of a fake program so far, one a line: name and arguments.
    pub fn calls(&self) -> String {
        fs::read_to_string(self.folder.path().join("calls")).unwrap_or_default()
    }

    /// All messages so far.
    pub fn said(&self) -> String {
        self.messages.borrow().join("\n")
    }

    /// This machine as the commands see it.
    pub fn host(&self) -> Host {
        let messages = Rc::clone(&self.messages);
        let path = self.folder.path().join("bin").into_os_string();
        Host {
            root: self.path(""),
            working_folder: self.folder.path().to_path_buf(),
            system_data: self.folder.path().join("system"),
            nvidia_driver: self.folder.path().join("nvidia"),
            variables: BTreeMap::from([("PATH".into(), path)]),
            messages: Box::new(move |line| messages.borrow_mut().push(line.to_owned())),
        }
    }

    /// The same with one more variable in the environment.
    pub fn host_with(&self, name: &str, value: impl Into<std::ffi::OsString>) -> Host {
        let mut host = self.host();
        host.variables.insert(name.into(), value.into());
        host
    }
}
