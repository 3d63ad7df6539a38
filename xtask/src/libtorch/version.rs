//! Which version a libtorch is: three places say it, depending on how it was packed.

use std::fs;
use std::path::Path;

/// Headers that have carried the version numbers, newest first.
const HEADERS: [&str; 2] =
    ["include/torch/headeronly/version.h", "include/torch/csrc/api/include/torch/version.h"];

/// The version without its local part (`2.13.0` of `2.13.0+cu130`), where the folder says one.
pub fn of_folder(folder: &Path) -> Option<String> {
    build_version(folder).or_else(|| python_version(folder)).or_else(|| header_version(folder))
}

/// `build-version`, one line: in the zip files of libtorch, and in our own set-up.
fn build_version(folder: &Path) -> Option<String> {
    Some(without_local_part(&fs::read_to_string(folder.join("build-version")).ok()?))
}

/// `version.py` of the wheel: `__version__ = '2.13.0+cu130'`.
fn python_version(folder: &Path) -> Option<String> {
    let text = fs::read_to_string(folder.join("version.py")).ok()?;
    let line = text.lines().find(|line| line.starts_with("__version__"))?;
    line.split(['\'', '"']).nth(1).map(without_local_part)
}

/// `#define TORCH_VERSION_MAJOR 2` and so on, in a header.
fn header_version(folder: &Path) -> Option<String> {
    HEADERS.iter().find_map(|header| {
        let text = fs::read_to_string(folder.join(header)).ok()?;
        let number = |part: &str| -> Option<u32> {
            let name = format!("TORCH_VERSION_{part}");
            let mut words = text.lines().map(str::split_whitespace).find_map(|mut words| {
                (words.next() == Some("#define") && words.next() == Some(&name)).then_some(words)
            })?;
            words.next()?.parse().ok()
        };
        Some(format!("{}.{}.{}", number("MAJOR")?, number("MINOR")?, number("PATCH")?))
    })
}

fn without_local_part(version: &str) -> String {
    version.trim().split('+').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::Machine;

    fn version_with(file: &str, content: &str) -> Option<String> {
        let machine = Machine::new();
        machine.write(file, content);
        of_folder(&machine.path(""))
    }

    #[test]
    fn the_version_is_found_in_each_place() {
        let expected = Some("2.13.0".to_owned());
        assert_eq!(version_with("build-version", "2.13.0+cpu\n"), expected);
        assert_eq!(version_with("version.py", "x = 1\n__version__ = '2.13.0+cu130'\n"), expected);
        let header = "#pragma once\n#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 13\n\
                      #define TORCH_VERSION_PATCH 0\n";
        for place in HEADERS {
            assert_eq!(version_with(place, header), expected);
        }
    }

    #[test]
    fn a_silent_folder_has_no_version() {
        assert_eq!(version_with("include/torch/torch.h", ""), None);
        assert_eq!(version_with("version.py", "__all__ = []"), None);
        assert_eq!(version_with(HEADERS[0], "#define TORCH_VERSION_MAJOR 2"), None);
    }
}
