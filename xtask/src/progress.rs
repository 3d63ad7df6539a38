//! Running a program that fetches, with its progress taken from the folder it fills.
//!
//! Neither pip nor apt prints progress for another program to read in all their versions; the
//! folder grows with every one of them.

use std::fs::{self, File};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::host::Host;
use crate::size;

const POLL: Duration = Duration::from_millis(100);
/// How often a line is printed: seldom in a log, oftener where somebody watches.
const LINE_IN_LOG: Duration = Duration::from_secs(10);
const LINE_ON_TERMINAL: Duration = Duration::from_secs(2);
/// How many of a failed program's last lines go into the error.
const LAST_LINES: usize = 12;

/// What a fetching program is expected to do.
pub struct Fetch<'a> {
    /// What is fetched, for the progress line.
    pub what: &'a str,
    /// The folder that everything fetched and unpacked goes through.
    pub folder: &'a Path,
    /// How fetched files end, before they are unpacked: `whl`, `deb`, `gz`.
    pub endings: &'a [&'a str],
    /// Bytes to fetch, for the percentage.
    pub bytes: u64,
    /// Receives what the program prints.
    pub log: PathBuf,
}

impl Fetch<'_> {
    /// Runs the program to its end.
    ///
    /// # Errors
    ///
    /// When it cannot be started, or fails: then with the last lines it printed.
    pub fn run(&self, host: &Host, command: Command) -> Result<()> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut command = ends_with_us(host, command);
        let log = File::create(&self.log)
            .with_context(|| format!("cannot write {}", self.log.display()))?;
        let errors = log.try_clone().context("cannot share the log file")?;
        command.stdin(Stdio::null()).stdout(log).stderr(errors);
        let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        let mut printed = Instant::now();
        let pause = if std::io::stderr().is_terminal() { LINE_ON_TERMINAL } else { LINE_IN_LOG };
        let status = loop {
            if let Some(status) = child.try_wait().with_context(|| format!("lost {name}"))? {
                break status;
            }
            std::thread::sleep(POLL);
            if printed.elapsed() >= pause {
                host.say(self.line());
                printed = Instant::now();
            }
        };
        self.check(&name, status)
    }

    fn line(&self) -> String {
        let is_download = |path: &Path| {
            path.extension().is_some_and(|end| self.endings.iter().any(|known| end == *known))
        };
        let (fetched, unpacked) = size::of_folder(self.folder, &is_download);
        let (what, total) = (self.what, size::readable(self.bytes));
        let percent = (100 * fetched / self.bytes.max(1)).min(100);
        let fetched = size::readable(fetched);
        // Programs keep lists and logs beside what they fetch: they do not count as unpacked.
        if unpacked > self.bytes {
            return format!("  {what}: fetched, {} unpacked so far", size::readable(unpacked));
        }
        format!("  {what}: {fetched} of {total} fetched ({percent} %)")
    }

    fn check(&self, name: &str, status: ExitStatus) -> Result<()> {
        if status.success() {
            return Ok(());
        }
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n    ");
        bail!("{name} failed ({status}); it said:\n    {last}");
    }
}

/// The same command, ended by the kernel when this process is killed, where util-linux's `setpriv`
/// can arrange it: what goes on fetching would fill a folder that the next set-up removes.
fn ends_with_us(host: &Host, command: Command) -> Command {
    let tie = ["--pdeathsig", "TERM"];
    let can_tie = host.ask("setpriv", &[tie[0], tie[1], "true"]).is_some();
    // A missing program is better named by its own failure to start.
    if !can_tie || !Path::new(command.get_program()).is_file() {
        return command;
    }
    let mut tied = host.command("setpriv");
    tied.args(tie).arg(command.get_program()).args(command.get_args());
    tied.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        tied.current_dir(folder);
    }
    tied
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::Machine;

    fn fetch<'a>(folder: &'a Path) -> Fetch<'a> {
        let log = folder.join("log");
        Fetch { what: "libtorch", folder, endings: &["whl"], bytes: 200_000_000, log }
    }

    #[test]
    fn the_line_counts_what_was_fetched() {
        let machine = Machine::new();
        let file = File::create(machine.path("torch.whl")).unwrap();
        file.set_len(50_000_000).unwrap();
        let line = fetch(&machine.path("")).line();
        assert_eq!(line, "  libtorch: 50 MB of 200 MB fetched (25 %)");
    }

    #[test]
    fn the_line_tells_when_unpacking_has_begun() {
        let machine = Machine::new();
        let file = File::create(machine.path("libtorch_cpu.so")).unwrap();
        file.set_len(1_200_000_000).unwrap();
        let line = fetch(&machine.path("")).line();
        assert_eq!(line, "  libtorch: fetched, 1.2 GB unpacked so far");
    }

    #[test]
    fn a_failure_shows_the_programs_last_words() {
        let machine = Machine::new();
        machine.program("fetcher", "echo looking; echo 'no such host' >&2; exit 3");
        let host = machine.host();
        let folder = machine.path("");
        let error = fetch(&folder).run(&host, host.command("fetcher")).unwrap_err().to_string();
        assert!(error.contains("exit status: 3") && error.contains("no such host"), "{error}");
    }

    #[test]
    fn a_tied_command_keeps_its_arguments_variables_and_folder() {
        let machine = Machine::new();
        machine.program("setpriv", "shift 2; exec \"$@\"");
        machine.program("fetcher", "echo \"$1 $COLOUR\" > found");
        machine.write("work/here", "");
        let (host, folder) = (machine.host(), machine.path("work"));
        let mut command = host.command("fetcher");
        command.arg("a b").env("COLOUR", "red").current_dir(&folder);
        fetch(&folder).run(&host, command).unwrap();
        assert_eq!(fs::read_to_string(folder.join("found")).unwrap(), "a b red\n");
        assert!(machine.calls().contains("setpriv --pdeathsig TERM /"), "{}", machine.calls());
    }

    #[test]
    fn a_missing_program_is_named() {
        let machine = Machine::new();
        let host = machine.host();
        let folder = machine.path("");
        let error = fetch(&folder).run(&host, host.command("fetcher")).unwrap_err().to_string();
        assert_eq!(error, "cannot start fetcher");
    }
}
