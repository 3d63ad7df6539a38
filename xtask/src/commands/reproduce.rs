//! `cargo xtask reproduce`: from a fresh clone to the report.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::program::{add_data, program, take_over, words};
use super::setup::{self, DataNeed};
use crate::experiment::Experiment;
use crate::host::Host;
use crate::libtorch::{self, Kind, Wish};

const EXAMPLES: &str = "\
Examples:
  cargo xtask reproduce                                     the standard experiment
  cargo xtask reproduce --preset course --force             a smaller one, once more
  cargo xtask reproduce --preset my.toml --data ~/images --run /tmp/try

The program runs in the repository's root. What follows two dashes goes to it unread.";

/// The program's package.
pub const PACKAGE: &str = "autodecoder";

/// The flags of `cargo xtask reproduce`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A preset (smoke, course, standard, full, or another that docs/experiments.md lists) or the path of
    /// an experiment file.
    #[arg(long, default_value = "standard", value_name = "NAME")]
    preset: String,
    /// Which libtorch; a LIBTORCH variable of your own wins over it.
    #[arg(long, value_enum, default_value_t = Wish::Auto)]
    libtorch: Wish,
    /// A folder with the data (IDX or CSV files), instead of fetching Fashion-MNIST.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    program: ProgramFlags,
}

/// Flags for the program. They are known here so that a misspelt flag is found before downloads and
/// a long build; the program itself checks what they say.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of the program")]
struct ProgramFlags {
    /// The seed, in place of the experiment's.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    seed: Option<OsString>,
    /// Folder for the artefacts [default: runs/NAME for the experiment's name, with --seed N runs/NAME-seed-N].
    #[arg(long, value_name = "DIR")]
    run: Option<OsString>,
    /// Where to compute: auto, cpu, cuda or cuda:N.
    #[arg(long)]
    device: Option<OsString>,
    /// Threads of libtorch [default: one per core].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    threads: Option<OsString>,
    /// Seconds from one checkpoint to the next.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    checkpoint_every: Option<OsString>,
    /// Remove the run that the folder holds and begin anew.
    #[arg(long, conflicts_with = "resume")]
    force: bool,
    /// Go on with the run in the folder, and fail if there is none.
    #[arg(long)]
    resume: bool,
    /// More for the program.
    #[arg(last = true, value_name = "FLAGS")]
    more: Vec<OsString>,
}

impl ProgramFlags {
    /// As the program reads them.
    fn words(&self) -> Vec<OsString> {
        let mut all = words(
            &[("--force", self.force), ("--resume", self.resume)],
            &[
                ("--seed", &self.seed),
                ("--run", &self.run),
                ("--device", &self.device),
                ("--threads", &self.threads),
                ("--checkpoint-every", &self.checkpoint_every),
            ],
        );
        all.extend(self.more.iter().cloned());
        all
    }
}

/// Runs the command; on success it does not return, for the program takes this process's place.
pub fn run(host: &Host, arguments: &Arguments) -> Result<u8> {
    let experiment = Experiment::find(host, &arguments.preset)?;
    check_device(host, arguments)?;
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
    take_over(run_of(host, &experiment, data.as_deref(), &arguments.program.words()))
}

/// Finds out before a download and a long build what the program would only say after them.
fn check_device(host: &Host, arguments: &Arguments) -> Result<()> {
    let device = arguments.program.device.as_deref().and_then(OsStr::to_str);
    let Some(device) = device.filter(|name| name.starts_with("cuda")) else {
        return Ok(());
    };
    ensure!(
        libtorch::plan(host, arguments.libtorch)?.kind() == Kind::Cuda,
        "--device {device} needs a libtorch with CUDA, but the one to be used here is for the CPU \
         only: add --libtorch cuda, or leave --device out"
    );
    Ok(())
}

fn build(host: &Host) -> Command {
    let mut command = host.cargo();
    command.args(["build", "--release", "--package", PACKAGE]);
    command
}

/// The program with everything that it is told.
fn run_of(
    host: &Host,
    experiment: &Experiment,
    data: Option<&Path>,
    passed_on: &[OsString],
) -> Command {
    let mut command = program(host, PACKAGE);
    command.arg("reproduce").arg("--experiment").arg(&experiment.argument);
    add_data(&mut command, data);
    command.args(passed_on);
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{self, Machine};

    fn parse(typed: &str) -> Result<Arguments, clap::Error> {
        test_support::parse("reproduce", typed)
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
        let command = run_of(&host, &experiment, data.map(Path::new), &arguments.program.words());
        command.get_args().skip(6).map(|word| word.to_string_lossy().into_owned()).collect()
    }

    fn words(typed: &str) -> Vec<OsString> {
        parsed(typed).program.words()
    }

    #[test]
    fn the_programs_flags_reach_it_wherever_they_are_typed() {
        let typed = "--force --preset=course --seed 2 --run out --data d --threads -1 --device cpu";
        let arguments = parsed(typed);
        assert_eq!((arguments.preset.as_str(), arguments.data), ("course", Some("d".into())));
        assert_eq!(
            words(typed),
            ["--force", "--seed=2", "--run=out", "--device=cpu", "--threads=-1"]
        );
        assert_eq!(words("--resume"), ["--resume"]);
        assert_eq!(words("--checkpoint-every 0.5"), ["--checkpoint-every=0.5"]);
        assert_eq!(words(""), [""; 0]);
    }

    #[test]
    fn a_misspelt_flag_is_found_before_anything_is_done() {
        for (typed, meant) in [("--presett smoke", "--preset"), ("--forse", "--force")] {
            let error = parse(typed).unwrap_err().to_string();
            assert!(error.contains("unexpected argument") && error.contains(meant), "{error}");
        }
        assert!(parse("smoke").is_err());
        assert!(parse("--force --resume").is_err());
    }

    #[test]
    fn a_forgotten_value_does_not_swallow_the_next_flag() {
        for typed in ["--data --force", "--force --libtorch", "--preset --force", "--run --force"] {
            assert!(parse(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn everything_after_two_dashes_is_the_programs() {
        assert_eq!(parsed("--force -- --preset course").preset, "standard");
        assert_eq!(words("--force -- --preset course"), ["--force", "--preset", "course"]);
    }

    #[test]
    fn cuda_without_a_libtorch_for_it_is_found_before_any_download() {
        let machine = machine();
        let error = |typed: &str| run(&machine.host(), &parsed(typed)).unwrap_err().to_string();
        let refused = error("--preset smoke --device cuda:1");
        assert!(refused.contains("--device cuda:1 needs a libtorch with CUDA"), "{refused}");
        for fine in ["--device cuda --libtorch cuda", "--device cpu", ""] {
            let later = error(&format!("--preset smoke {fine}"));
            assert!(later.contains("no C++ compiler"), "{later}");
        }
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
