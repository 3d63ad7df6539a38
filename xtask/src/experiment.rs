//! Experiment files, as far as set-up must know them: which one is meant, and whether the program
//! will ask for Fashion-MNIST.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use toml::Table;

use crate::host::Host;

const PRESETS: &str = "assets/experiments";
/// The one data set that set-up can provide, as experiment files name it.
const FASHION_MNIST: &str = "fashion-mnist";

/// An experiment file.
#[derive(Debug)]
pub struct Experiment {
    /// What the program is told: a preset's name, or an absolute path.
    pub argument: OsString,
    /// Whether the file names neither a folder of its own nor another data set.
    pub needs_fashion_mnist: bool,
}

impl Experiment {
    /// A preset by its name, or a file by its path.
    ///
    /// # Errors
    ///
    /// When there is none, or it cannot be read as TOML. What it says is the program's to check.
    pub fn find(host: &Host, name: &str) -> Result<Self> {
        let preset = host.path(PRESETS).join(format!("{name}.toml"));
        let is_name = !name.contains('/');
        if is_name && preset.is_file() {
            return Self::read(name.into(), &preset);
        }
        let file = host.absolute(Path::new(name));
        if file.is_file() {
            return Self::read(file.clone().into(), &file);
        }
        bail!(
            "no experiment {name:?}: it is neither a file nor one of the presets {}",
            presets(host).join(", ")
        );
    }

    fn read(argument: OsString, file: &Path) -> Result<Self> {
        let shown = file.display();
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {shown}"))?;
        let table: Table = text.parse().with_context(|| format!("{shown} is not a TOML file"))?;
        Ok(Self { argument, needs_fashion_mnist: needs_fashion_mnist(&table) })
    }
}

/// What is no table, or no text, asks for no data: the program names the fault.
fn needs_fashion_mnist(experiment: &Table) -> bool {
    experiment.get("data").is_none_or(|data| {
        let is_other_set = data.get("set").is_some_and(|set| set.as_str() != Some(FASHION_MNIST));
        data.is_table() && data.get("folder").is_none() && !is_other_set
    })
}

fn presets(host: &Host) -> Vec<String> {
    let entries = fs::read_dir(host.path(PRESETS)).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".toml")?.to_owned()))
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::Machine;

    fn found(name: &str, text: &str) -> Result<Experiment> {
        let machine = Machine::new();
        machine.write("assets/experiments/course.toml", text);
        machine.write("mine/my.toml", text);
        Experiment::find(&machine.host(), name)
    }

    fn needs(text: &str) -> bool {
        found("course", text).unwrap().needs_fashion_mnist
    }

    #[test]
    fn an_experiment_with_a_folder_of_its_own_needs_no_data_however_it_is_spelt() {
        for text in [
            "[data]\nfolder = 'a b'",
            "[data] # where\nfolder = \"a\" # mine",
            "[ data ]\nfolder = 'a'",
            "[data]\n\"folder\" = 'a'",
            "data = { folder = 'a' }",
            "data.folder = 'a'\n[models]",
            "\"data\" . 'folder' = 'a'",
            "[data]\nfolder = '''\na'''",
        ] {
            assert!(!needs(text), "{text}");
        }
    }

    #[test]
    fn an_experiment_on_another_set_needs_no_data() {
        for text in ["data.set = 'mnist'", "[data]\nset = \"mnist\"", "data = { set = 'bars' }"] {
            assert!(!needs(text), "{text}");
        }
        assert!(needs("[data]\nset = \"fashion-mnist\""));
    }

    #[test]
    fn a_folder_elsewhere_in_the_file_is_not_the_datas() {
        for text in [
            "",
            "[data]\ntrain = 1000",
            "# folder = 'a'",
            "[data]\n# folder = 'a'",
            "[training]\nfolder = 'a'",
            "folder = 'a'",
            "title = '''\n[data]\nfolder = \"a\"\n'''",
        ] {
            assert!(needs(text), "{text}");
        }
    }

    #[test]
    fn nothing_is_fetched_for_a_section_that_the_program_will_refuse() {
        for text in ["data = 3", "data.set = 3", "data.folder = 3"] {
            assert!(!needs(text), "{text}");
        }
    }

    #[test]
    fn a_file_that_is_no_toml_is_named_with_the_line() {
        let error = format!("{:#}", found("course", "[data]\nfolder = a b").unwrap_err());
        assert!(error.contains("course.toml is not a TOML file"), "{error}");
        assert!(error.contains("line 2"), "{error}");
    }

    #[test]
    fn a_preset_is_told_by_its_name_and_a_file_by_its_absolute_path() {
        assert_eq!(found("course", "").unwrap().argument, "course");
        let path = found("root/mine/my.toml", "").unwrap().argument;
        assert!(Path::new(&path).is_absolute() && Path::new(&path).ends_with("mine/my.toml"));
    }

    #[test]
    fn an_unknown_preset_lists_the_known_ones() {
        let error = found("corse", "").unwrap_err().to_string();
        assert!(error.contains("\"corse\"") && error.contains("presets course"), "{error}");
    }
}
