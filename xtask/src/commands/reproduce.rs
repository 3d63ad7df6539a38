//! `cargo xtask reproduce`: from a fresh clone to the report.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::setup::{self, DataNeed};
use crate::experiment::Experiment;
use crate::host::Host;
use crate::libtorch::Wish;

const EXAMPLES: &str = "\
Examples:
  cargo xtask reproduce                                     the standard experiment
  cargo xtask reproduce --preset course --force             a smaller one, once more
  cargo xtask reproduce --preset my.toml --data ~/images --run /tmp/try

Any other flag goes to the program: `autodecoder reproduce --help` lists --run, --device,
--threads, --force and --resume. It runs in the repository's root.";

/// This command's own flags, each with a value; all others are the program's.
const OWN_FLAGS: [&str; 3] = ["--preset", "--libtorch", "--data"];

/// The flags of `cargo xtask reproduce`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A preset (smoke, course, standard, full) or the path of an experiment file.
    #[arg(long, default_value = "standard", value_name = "NAME")]
    preset: String,
    /// Which libtorch; a LIBTORCH variable of your own wins over it.
    #[arg(long, value_enum, default_value_t = Wish::Auto)]
    libtorch: Wish,
    /// A folder with the data (IDX or CSV files), instead of fetching Fashion-MNIST.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Passed on to the program.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "FLAGS")]
    program: Vec<OsString>,
}

/// Runs the command; on success it does not return, for the program takes this process's place.
pub fn run(host: &Host, arguments: &Arguments) -> Result<u8> {
    let experiment = Experiment::find(host, &arguments.preset)?;
    let need = match &arguments.data {
        Some(folder) => DataNeed::FashionMnist(Some(folder)),
        None if experiment.needs_fashion_mnist => DataNeed::FashionMnist(None),
        None => DataNeed::Nothing,
    };
    let data = setup::provide(host, arguments.libtorch, need)?;
    let status = build(host).status().context("cannot start cargo")?;
    if !status.success() {
        return Ok(super::exit_code(status));
    }
    // The program gets the terminal's signals, and its exit code is this command's.
    let error = program(host, &experiment, data.as_deref(), &arguments.program).exec();
    Err(error).context("cannot start the built program through cargo")
}

fn build(host: &Host) -> Command {
    let mut command = host.cargo();
    command.args(["build", "--release", "--package", "autodecoder"]);
    command
}

/// The built program, found by cargo wherever the user's settings put it.
fn program(
    host: &Host,
    experiment: &Experiment,
    data: Option<&Path>,
    passed_on: &[OsString],
) -> Command {
    let mut command = host.cargo();
    command.args(["run", "--quiet", "--release", "--package", "autodecoder", "--"]);
    command.arg("reproduce").arg("--experiment").arg(&experiment.argument);
    if let Some(folder) = data {
        command.arg("--data").arg(folder);
    }
    command.args(passed_on);
    command
}

/// Moves this command's own flags before those for the program, wherever the user typed them.
///
/// clap hands everything after the first flag it does not know to the program, so that
/// `reproduce --force --preset course` would run the standard experiment's set-up.
pub fn own_flags_first(mut arguments: Vec<OsString>) -> Vec<OsString> {
    if arguments.get(1).is_none_or(|command| command != "reproduce") {
        return arguments;
    }
    let (mut own, mut passed_on) = (Vec::new(), Vec::new());
    let mut rest = arguments.split_off(2).into_iter().peekable();
    while let Some(word) = rest.next() {
        if word == "--" {
            passed_on.extend(rest.by_ref());
        } else if OWN_FLAGS.iter().any(|flag| word == *flag) {
            // Joined to its flag, a value cannot be mistaken for the next flag, nor a flag whose
            // value was forgotten take the next one for it.
            let value = rest.next_if(|next| !next.to_string_lossy().starts_with('-'));
            own.push([word, value.unwrap_or_default()].join(OsStr::new("=")));
        } else if OWN_FLAGS.iter().any(|flag| begins(&word, flag)) {
            own.push(word);
        } else {
            passed_on.push(word);
        }
    }
    arguments.extend(own);
    arguments.extend(passed_on);
    arguments
}

/// Whether a word is a flag with its value after an equals sign.
fn begins(word: &OsStr, flag: &str) -> bool {
    let text = word.to_string_lossy();
    text.strip_prefix(flag).is_some_and(|rest| rest.starts_with('='))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::test_support::Machine;

    /// The reproduce command as a whole line of its own.
    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn parse(typed: &str) -> Result<Arguments, clap::Error> {
        let words = ["xtask", "reproduce"].into_iter().chain(typed.split_whitespace());
        let mut words = own_flags_first(words.map(OsString::from).collect());
        words.remove(1);
        Line::try_parse_from(words).map(|line| line.arguments)
    }

    fn parsed(typed: &str) -> Arguments {
        parse(typed).unwrap()
    }

    fn machine() -> Machine {
        let machine = Machine::new();
        machine.write("assets/experiments/smoke.toml", "[data]\nfolder = \"assets/sample\"\n");
        machine.write("assets/experiments/course.toml", "[data]\ntrain = 1000\n");
        machine
    }

    fn started(machine: &Machine, typed: &str, data: Option<&str>) -> Vec<String> {
        let (host, arguments) = (machine.host(), parsed(typed));
        let experiment = Experiment::find(&host, &arguments.preset).unwrap();
        let command = program(&host, &experiment, data.map(Path::new), &arguments.program);
        command.get_args().skip(6).map(|word| word.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn unknown_flags_go_to_the_program_in_their_order() {
        let arguments = parsed("--preset course --force --run out --threads 2");
        assert_eq!(arguments.preset, "course");
        assert_eq!(arguments.program, ["--force", "--run", "out", "--threads", "2"]);
    }

    #[test]
    fn own_flags_are_found_after_the_programs() {
        let arguments = parsed("--force --preset=course --run out --data d --resume");
        assert_eq!((arguments.preset.as_str(), arguments.data), ("course", Some("d".into())));
        assert_eq!(arguments.program, ["--force", "--run", "out", "--resume"]);
    }

    #[test]
    fn a_forgotten_value_does_not_swallow_the_next_flag() {
        assert!(parse("--data --force").is_err());
        assert!(parse("--force --libtorch").is_err());
        assert_eq!(parsed("--preset --force").program, ["--force"]);
        let error = run(&machine().host(), &parsed("--preset --force")).unwrap_err();
        assert!(error.to_string().contains("no experiment \"\""), "{error}");
    }

    #[test]
    fn everything_after_two_dashes_is_the_programs() {
        let arguments = parsed("--force -- --preset course");
        assert_eq!(arguments.preset, "standard");
        assert_eq!(arguments.program, ["--force", "--preset", "course"]);
    }

    #[test]
    fn the_program_is_told_the_preset_and_the_data() {
        let told = started(&machine(), "--preset course --force", Some("/images"));
        let expected = ["reproduce", "--experiment", "course", "--data", "/images", "--force"];
        assert_eq!(told, expected);
    }

    #[test]
    fn an_experiment_with_a_folder_of_its_own_gets_no_data() {
        let machine = machine();
        machine.program("c++", "");
        machine.program("cargo", "exit 101");
        machine.own_libtorch();
        let host = machine.host_with("LIBTORCH", machine.path("own"));
        run(&host, &parsed("--preset smoke")).unwrap();
        assert_eq!(machine.said(), "");
        let told = started(&machine, "--preset smoke", None);
        assert_eq!(told, ["reproduce", "--experiment", "smoke"]);
    }

    #[test]
    fn an_unknown_preset_lists_the_known_ones_before_any_download() {
        let machine = machine();
        let error = run(&machine.host(), &parsed("--preset corse")).unwrap_err().to_string();
        assert!(error.contains("\"corse\"") && error.contains("course, smoke"), "{error}");
        assert_eq!(machine.calls(), "");
    }

    #[test]
    fn a_failed_build_ends_with_cargos_exit_code() {
        let machine = machine();
        machine.program("c++", "");
        machine.program("cargo", "exit 101");
        machine.own_libtorch();
        let host = machine.host_with("LIBTORCH", machine.path("own"));
        assert_eq!(run(&host, &parsed("--preset smoke")).unwrap(), 101);
        assert!(machine.calls().contains("cargo build --release --package autodecoder"));
    }
}
