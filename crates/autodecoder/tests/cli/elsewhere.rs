//! Steps of one run, called from different working directories.

use std::path::Path;

use super::experiments::{TINY, tiny_with};
use super::folder::Folder;
use super::program::{Outcome, assert_says, outcome, program, sample, succeed};

fn succeed_in(directory: &Path, arguments: &[&str]) -> Outcome {
    let outcome = outcome(program().current_dir(directory).args(arguments).output().unwrap());
    assert_eq!(outcome.code, Some(0), "{arguments:?}: {}", outcome.stderr);
    outcome
}

#[test]
fn a_relative_data_folder_is_found_from_everywhere() {
    let in_file = tiny_with("data.folder", "\"images\"");
    for (experiment, flags) in [(TINY, &["--data", "images"][..]), (&in_file, &[])] {
        let folder = Folder::new();
        super::folder::copy(sample(), &folder.root().join("images"));
        folder.write("tiny.toml", experiment);
        let train = ["train", "--experiment", "tiny.toml", "--run", "run"];
        succeed_in(folder.root(), &[&train[..], flags].concat());
        let resolved = std::fs::read_to_string(folder.path("run/experiment.toml")).unwrap();
        assert_says(&resolved, &[&format!("folder = {:?}", folder.path("images"))]);
        succeed_in(Path::new("/"), &["evaluate", "--run", &folder.path("run")]);

        // The resolved file is the same experiment, wherever it is read.
        let (file, run) = (folder.path("run/experiment.toml"), folder.path("run"));
        succeed(&["train", "--experiment", &file, "--run", &run]);
    }
}
