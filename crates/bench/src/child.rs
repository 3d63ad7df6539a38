//! A worker: a process that has loaded its case and waits for requests.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde::de::DeserializeOwned;

use crate::protocol::Request;

/// How many of a failed worker's last lines go into the error.
const LAST_LINES: usize = 12;

/// A running worker. It is ended when this is dropped.
#[derive(Debug)]
pub struct Worker {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    log: PathBuf,
}

impl Worker {
    /// Starts a worker and waits until it is ready. What it says on standard error goes to `log`.
    ///
    /// # Errors
    /// Where it cannot be started, or ends before it is ready.
    pub fn start(name: &str, mut command: Command, log: &Path) -> Result<Worker> {
        let errors =
            File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child = command.spawn().with_context(|| format!("cannot start {program}"))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let output = BufReader::new(output.context("a worker has no standard output")?);
        let mut worker = Worker { name: name.to_owned(), child, input, output, log: log.into() };
        let said: String = worker.answer()?;
        ensure!(said == "ready", "{name}: expected \"ready\", got {said:?}");
        Ok(worker)
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// Where the worker has ended or answers something else; with its last words.
    pub fn ask<T: DeserializeOwned>(&mut self, request: Request) -> Result<T> {
        let sent = self.input.as_mut().map(|input| writeln!(input, "{request}"));
        match sent {
            Some(Ok(())) => {
                self.answer().with_context(|| format!("asked {:?}", request.to_string()))
            }
            _ => bail!("{} has ended: {}", self.name, last_words(&self.log)),
        }
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn answer<T: DeserializeOwned>(&mut self) -> Result<T> {
        let mut line = String::new();
        let read = self.output.read_line(&mut line).context("cannot read a worker's answer")?;
        ensure!(read > 0, "{} has ended: {}", self.name, last_words(&self.log));
        serde_json::from_str(&line).with_context(|| format!("{} answered {line:?}", self.name))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(mut input) = self.input.take() {
            // One that has ended already needs no word.
            let _ = writeln!(input, "{}", Request::Quit);
        }
        let _ = self.child.wait();
    }
}

/// Runs a program to its end and reads each line of its output as JSON.
///
/// # Errors
/// Where it cannot be started, fails, or prints something else.
pub fn run<T: DeserializeOwned>(
    name: &str,
    mut command: Command,
    log: &Path,
    mut line: impl FnMut(T),
) -> Result<()> {
    let errors = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
    let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
    let output = child.stdout.take().context("a program has no standard output")?;
    for text in BufReader::new(output).lines() {
        let text = text.context("cannot read a program's output")?;
        line(serde_json::from_str(&text).with_context(|| format!("{name} printed {text:?}"))?);
    }
    let status = child.wait().with_context(|| format!("lost {name}"))?;
    ensure!(status.success(), "{name} failed ({status}): {}", last_words(log));
    Ok(())
}

/// The end of what a worker said on standard error.
fn last_words(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n    ");
    if last.is_empty() { "it said nothing".to_owned() } else { format!("it said:\n    {last}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> (tempfile::TempDir, Result<Worker>) {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let worker = Worker::start("fake", command, &folder.path().join("log"));
        (folder, worker)
    }

    #[test]
    fn a_worker_answers_one_request_after_another() {
        let (_folder, worker) = shell(
            "echo '\"ready\"'; while read word n; do [ $word = quit ] && exit; echo $n; done",
        );
        let mut worker = worker.unwrap();
        assert_eq!(worker.ask::<f64>(Request::Time(3)).unwrap(), 3.0);
        assert_eq!(worker.ask::<f64>(Request::Time(4)).unwrap(), 4.0);
    }

    #[test]
    fn a_worker_that_fails_is_quoted() {
        let (_folder, worker) = shell("echo 'no module torch' >&2; exit 1");
        let error = worker.unwrap_err().to_string();
        assert!(error.contains("fake has ended") && error.contains("no module torch"), "{error}");
        let (_folder, worker) = shell("echo '\"ready\"'; read line; echo broken >&2");
        let error = worker.unwrap().ask::<f64>(Request::Memory).unwrap_err();
        assert!(format!("{error:#}").contains("broken"), "{error:#}");
    }

    #[test]
    fn a_program_is_read_line_by_line() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo 1; echo 2"]);
        let mut found = Vec::new();
        run("fake", command, &folder.path().join("log"), |n: u32| found.push(n)).unwrap();
        assert_eq!(found, [1, 2]);
    }
}
