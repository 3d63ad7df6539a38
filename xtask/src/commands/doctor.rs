//! `cargo xtask doctor`: what was found, and how to mend what is wrong.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::setup;
use crate::fashion_mnist::{self, FashionMnist};
use crate::host::Host;
use crate::libtorch::{self, Wish};
use crate::{size, tools};

const EXAMPLES: &str = "\
Examples:
  cargo xtask doctor
  cargo xtask doctor --data ~/fashion-mnist      checks that folder's files

Ends with exit code 0 where `cargo xtask reproduce` can run or can fetch what it misses, else 1.";

/// What a build of the workspace and a run of the full experiment take, measured and rounded up.
const BUILD_AND_RUNS: u64 = 6_000_000_000;
const MEMORY: u64 = 4_000_000_000;

/// The flags of `cargo xtask doctor`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A folder with Fashion-MNIST to check instead of the usual places.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// What was found about one thing.
enum Finding {
    /// In order, or nothing to worry about.
    Fine(String),
    /// Missing, but set-up will fetch it.
    ToFetch(String),
    /// Runs, but not as well as it could.
    Note(String),
    /// In the way, with what to do about it.
    Problem(String),
}

/// Runs the command.
pub fn run(host: &Host, arguments: &Arguments) -> Result<u8> {
    let (text, is_well) = report(&examine(host, arguments));
    print(&text)?;
    Ok(u8::from(!is_well))
}

/// A reader that has seen enough (`doctor | head -1`) is no error.
fn print(text: &str) -> Result<()> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot print the report"),
    }
}

fn examine(host: &Host, arguments: &Arguments) -> Vec<(&'static str, Finding)> {
    let libtorch = libtorch(host);
    let data = data(host, arguments);
    let fetches = |finding: &Finding| matches!(finding, Finding::ToFetch(_));
    let (wants_pip, wants_data) = (fetches(&libtorch), fetches(&data));
    vec![
        ("Rust", rust(host)),
        ("C++ compiler", compiler(host)),
        ("pip", pip(host, wants_pip)),
        ("libtorch", libtorch),
        ("GPU", gpu(host)),
        ("data", data),
        ("apt, python3", data_tools(host, wants_data)),
        ("disk", disk(host, wants_pip)),
        ("memory, cores", memory()),
    ]
}

fn report(findings: &[(&str, Finding)]) -> (String, bool) {
    let mut text = String::new();
    let mut problems = 0;
    for (name, finding) in findings {
        let (mark, words) = match finding {
            Finding::Fine(words) => ("ok     ", words),
            Finding::ToFetch(words) => ("missing", words),
            Finding::Note(words) => ("note   ", words),
            Finding::Problem(words) => ("PROBLEM", words),
        };
        problems += usize::from(matches!(finding, Finding::Problem(_)));
        let words = words.replace('\n', "\n                        ");
        text.push_str(&format!("{mark}  {name:<15}{words}\n"));
    }
    text.push_str(&match problems {
        0 => format!(
            "\n`cargo xtask reproduce` can run; what is missing it fetches first.\n{}",
            setup::FIRST_BUILD
        ),
        1 => "\nOne problem stands in the way of `cargo xtask reproduce`.".to_owned(),
        more => format!("\n{more} problems stand in the way of `cargo xtask reproduce`."),
    });
    (text, problems == 0)
}

fn rust(host: &Host) -> Finding {
    match host.ask("rustc", &["--version"]) {
        Some(version) => Finding::Fine(version),
        None => Finding::Problem(
            "rustc does not run (`rustc --version`): install Rust by https://rustup.rs".to_owned(),
        ),
    }
}

fn compiler(host: &Host) -> Finding {
    match tools::cxx(host) {
        Ok(name) => {
            let version = host.ask(&name, &["--version"]).unwrap_or_default();
            Finding::Fine(format!("{name}: {}", version.lines().next().unwrap_or_default()))
        }
        Err(problem) => Finding::Problem(problem),
    }
}

/// pip matters only where libtorch is still to be fetched.
fn pip(host: &Host, is_wanted: bool) -> Finding {
    match tools::pip(host) {
        Ok(version) => Finding::Fine(version),
        Err(problem) if is_wanted => Finding::Problem(problem),
        Err(problem) => Finding::Note(format!("not needed any more, but {problem}")),
    }
}

fn libtorch(host: &Host) -> Finding {
    match libtorch::plan(host, Wish::Auto) {
        Err(error) => Finding::Problem(format!("{error:#}")),
        Ok(libtorch::Plan::Ready(found)) => match setup::notes(host, &found).join("\n") {
            notes if notes.is_empty() => Finding::Fine(found.to_string()),
            notes => Finding::Note(format!("{found}\n{notes}")),
        },
        Ok(libtorch::Plan::Adopt(kind)) => {
            let folder = host.path(crate::host::LIBTORCH);
            Finding::Fine(format!("libtorch ({kind}), put here by hand: {}", folder.display()))
        }
        Ok(plan) => Finding::ToFetch(plan.announcement(host).unwrap_or_default()),
    }
}

fn gpu(host: &Host) -> Finding {
    let listed = host.ask("nvidia-smi", &["-L"]);
    match (listed, libtorch::has_nvidia_gpu(host)) {
        (Some(list), _) => Finding::Fine(list),
        (None, true) => Finding::Note(
            "an NVIDIA driver is loaded, but nvidia-smi does not run: see that the driver's \
             programs are installed; the CPU is used where CUDA finds no GPU"
                .to_owned(),
        ),
        (None, false) => Finding::Fine("no NVIDIA GPU: everything runs on the CPU".to_owned()),
    }
}

fn data(host: &Host, arguments: &Arguments) -> Finding {
    match FashionMnist::new(host).plan(arguments.data.as_deref()) {
        Err(error) => Finding::Problem(format!("{error:#}")),
        Ok(fashion_mnist::Plan::Ready(data)) if data.is_notable() => {
            Finding::Note(data.to_string())
        }
        Ok(fashion_mnist::Plan::Ready(data)) => Finding::Fine(data.to_string()),
        Ok(plan) => Finding::ToFetch(plan.announcement(host).unwrap_or_default()),
    }
}

/// Either of two programs can fetch the data.
fn data_tools(host: &Host, is_wanted: bool) -> Finding {
    let found = ["apt-get", "python3"].map(|name| host.find_program(name));
    let shown: Vec<String> =
        found.into_iter().flatten().map(|path| path.display().to_string()).collect();
    match (shown.is_empty(), is_wanted) {
        (false, _) => Finding::Fine(shown.join(", ")),
        (true, false) => Finding::Note("neither is there, and neither is needed".to_owned()),
        (true, true) => Finding::Problem(
            "neither is there to fetch Fashion-MNIST with: install python3, or name a folder with \
             the files by --data DIR"
                .to_owned(),
        ),
    }
}

fn disk(host: &Host, wants_libtorch: bool) -> Finding {
    let Some(free) = size::free(host, &host.root) else {
        return Finding::Note("`df` does not say how much is free".to_owned());
    };
    let fetched = if wants_libtorch { libtorch::peak(host, Wish::Auto) } else { 0 };
    let needed = BUILD_AND_RUNS + fetched;
    let words = format!(
        "{} free in {}; {} are enough to fetch, build and run",
        size::readable(free),
        host.root.display(),
        size::readable(needed)
    );
    match (free < fetched, free < needed) {
        (true, _) => Finding::Problem(format!("{words}: free some space")),
        (false, true) => Finding::Note(format!("{words}: it may become full")),
        (false, false) => Finding::Fine(words),
    }
}

fn memory() -> Finding {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let Some(total) = total_memory(&text) else {
        return Finding::Note(format!("memory unknown, {cores} cores"));
    };
    let words = format!("{} of memory, {cores} cores", size::readable(total));
    if total < MEMORY {
        return Finding::Note(format!(
            "{words}: the build may run out; `cargo build -j 1` takes less"
        ));
    }
    Finding::Fine(words)
}

/// Bytes on the `MemTotal` line of /proc/meminfo, which counts kibibytes.
fn total_memory(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::Machine;

    fn diagnosis(host: &Host) -> (String, bool) {
        report(&examine(host, &Arguments { data: None }))
    }

    fn machine_that_can_fetch() -> Machine {
        let machine = Machine::new();
        for name in ["rustc", "c++", "apt-get"] {
            machine.program(name, &format!("echo {name} 1.2.3"));
        }
        machine.program("python3", "echo pip 24.0");
        machine
    }

    fn line<'a>(text: &'a str, name: &str) -> &'a str {
        text.lines().find(|line| line.contains(name)).unwrap()
    }

    #[test]
    fn what_can_be_fetched_is_no_problem() {
        let machine = machine_that_can_fetch();
        let (text, is_well) = diagnosis(&machine.host());
        assert!(is_well, "{text}");
        assert!(line(&text, "libtorch").starts_with("missing"), "{text}");
        assert!(line(&text, "data").starts_with("missing"), "{text}");
        assert!(!machine.path("external").exists(), "the doctor changes nothing");
    }

    #[test]
    fn each_missing_tool_is_a_problem_with_its_cure() {
        let (text, is_well) = diagnosis(&Machine::new().host());
        assert!(!is_well);
        for cure in ["rustup.rs", "apt-get install g++", "python3 python3-pip", "--data DIR"] {
            assert!(text.contains(cure), "{cure} is not in:\n{text}");
        }
        assert!(text.contains("4 problems"), "{text}");
    }

    #[test]
    fn pip_does_not_matter_once_libtorch_is_there() {
        let machine = machine_that_can_fetch();
        machine.program("python3", "exit 1");
        assert!(!diagnosis(&machine.host()).1);
        machine.own_libtorch();
        let (text, is_well) = diagnosis(&machine.host_with("LIBTORCH", machine.path("own")));
        assert!(is_well, "{text}");
        assert!(line(&text, "your LIBTORCH").starts_with("ok"), "{text}");
    }

    #[test]
    fn a_wrong_libtorch_is_a_problem() {
        let machine = machine_that_can_fetch();
        machine.own_libtorch();
        machine.write("own/build-version", "1.0.0");
        let (text, is_well) = diagnosis(&machine.host_with("LIBTORCH", machine.path("own")));
        assert!(!is_well && text.contains("version 1.0.0"), "{text}");
    }

    #[test]
    fn a_libtorch_of_unknown_version_is_noted() {
        let machine = machine_that_can_fetch();
        machine.own_libtorch();
        std::fs::remove_file(machine.path("own/build-version")).unwrap();
        let (text, is_well) = diagnosis(&machine.host_with("LIBTORCH", machine.path("own")));
        assert!(is_well && line(&text, "your LIBTORCH").starts_with("note"), "{text}");
        assert!(text.contains("does not say its version"), "{text}");
    }

    #[test]
    fn a_full_disk_is_a_problem_only_where_something_is_fetched() {
        let machine = machine_that_can_fetch();
        machine.program("df", "echo Filesystem; echo /dev/x 100 97 1000 97% /");
        let (text, is_well) = diagnosis(&machine.host());
        assert!(!is_well && line(&text, "  disk ").starts_with("PROBLEM"), "{text}");
        assert!(matches!(disk(&machine.host(), false), Finding::Note(_)));
    }

    #[test]
    fn a_gpu_is_listed() {
        let machine = machine_that_can_fetch();
        machine.program("nvidia-smi", "echo 'GPU 0: NVIDIA H200'");
        let (text, _) = diagnosis(&machine.host());
        assert!(line(&text, "GPU 0").starts_with("ok"), "{text}");
        assert!(text.contains("libtorch 2.13.0 (CUDA)"), "{text}");
    }

    #[test]
    fn memory_is_read_from_the_kernels_table() {
        let text = "MemTotal:       24630000 kB\nMemFree: 1 kB\n";
        assert_eq!(total_memory(text), Some(25_221_120_000));
        assert_eq!(total_memory("nothing"), None);
    }
}
