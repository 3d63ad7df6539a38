//! Output that nobody reads any more.

use std::fs::File;
use std::process::Stdio;

use super::experiments::TINY;
use super::folder::Folder;
use super::program::{assert_says, error_in, outcome, program, sample, succeed};
use super::shared_runs;

/// A pipe that was closed at its other end, as after `| true`.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// `/dev/full` refuses every byte as a full disk does.
fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

#[test]
fn a_run_goes_on_when_nobody_reads_what_it_says() {
    for stderr in [closed, full] {
        let folder = Folder::new();
        let experiment = folder.write("tiny.toml", TINY);
        let (run, data) = (folder.path("run"), sample().to_str().unwrap());
        let arguments = ["reproduce", "--experiment", &experiment, "--data", data, "--run", &run];
        let status = program().args(arguments).stdout(closed()).stderr(stderr()).status().unwrap();
        assert_eq!(status.code(), Some(0));
        assert_says(&succeed(&["info", "--run", &run]).stdout, &["report.html"]);
    }
}

#[test]
fn an_error_that_nobody_reads_still_has_its_exit_code() {
    let status = program().args(["info", "--run", "absent"]).stderr(closed()).status().unwrap();
    assert_eq!(status.code(), Some(2));
}

#[test]
fn info_ends_quietly_on_a_closed_pipe_and_reports_a_full_disk() {
    let info = |stdout: Stdio| {
        let mut command = program();
        command.args(["info", "--run", shared_runs::tiny().to_str().unwrap()]).stdout(stdout);
        outcome(command.stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap())
    };
    let quiet = info(closed());
    assert_eq!((quiet.code, quiet.stderr.as_str()), (Some(0), ""));
    let message = error_in(&info(full()));
    assert_says(&message, &["standard output", "No space left on device"]);
}
