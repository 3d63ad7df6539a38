//! What the report was measured on, and with.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::peer::Programs;

/// Prints the versions of the peers' packages as JSON; one that is not there has none.
const VERSIONS: &str = "\
import importlib.metadata as m, json, platform
found = {'python': platform.python_version()}
for name in ('torch', 'numpy', 'openTSNE', 'scikit-learn'):
    try: found[name] = m.version(name)
    except m.PackageNotFoundError: pass
print(json.dumps(found))";

/// Processor, cores, and the threads and the device that every program gets.
pub fn machine(threads: usize, device: &str) -> BTreeMap<String, Value> {
    let processors = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model_name(&processors).unwrap_or(std::env::consts::ARCH);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    [
        ("processor", json!(model)),
        ("cores", json!(cores)),
        ("threads", json!(threads)),
        ("device", json!(device)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

fn model_name(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim())
}

/// Versions of this program, its libtorch, and the peers' packages.
///
/// # Errors
/// Where Python cannot be started, or has no torch.
pub fn versions(programs: &Programs) -> Result<BTreeMap<String, String>> {
    let shown = programs.python.display();
    let output = std::process::Command::new(&programs.python)
        .args(["-c", VERSIONS])
        .output()
        .with_context(|| format!("cannot start {shown}"))?;
    ensure!(output.status.success(), "{shown}: {}", String::from_utf8_lossy(&output.stderr));
    let mut found: BTreeMap<String, String> = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("{shown} did not tell its versions"))?;
    ensure!(
        found.contains_key("torch"),
        "{shown} has no torch: `cargo xtask bench` provides one, or name another with --python"
    );
    found.insert("autodecoder".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    found.insert("libtorch".to_owned(), autodecoder::LIBTORCH_VERSION.to_owned());
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_named() {
        assert_eq!(
            model_name("processor : 0\nmodel name\t: A CPU @ 2 GHz\n"),
            Some("A CPU @ 2 GHz")
        );
        assert_eq!(model_name(""), None);
        assert!(machine(2, "cpu").contains_key("processor"));
    }
}
