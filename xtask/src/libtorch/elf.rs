//! Whether a shared library is whole, told from its own headers without reading all of it.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// Checks that every segment and section table that an ELF file announces lies inside the file,
/// so that one whose end is missing is found out.
///
/// Offsets are those of Elf64_Ehdr and Elf64_Phdr in the System V ABI, little endian.
///
/// # Errors
///
/// When the file cannot be read, is no 64-bit ELF file, or ends too early.
pub fn check_whole(path: &Path) -> Result<()> {
    let shown = path.display();
    let mut file = File::open(path).with_context(|| format!("cannot read {shown}"))?;
    let length = file.metadata()?.len();
    let mut header = [0; 64];
    let whole_header = file.read_exact(&mut header).is_ok();
    ensure!(whole_header && header[..5] == *b"\x7fELF\x02", "{shown} is no 64-bit shared library");
    let number = |offset: usize, bytes: usize| little_endian(&header[offset..offset + bytes]);
    let (segments, segment_size, segment_count) = (number(32, 8), number(54, 2), number(56, 2));
    let (sections, section_size, section_count) = (number(40, 8), number(58, 2), number(60, 2));
    let mut end = sections.saturating_add(section_size * section_count);
    for index in 0..segment_count {
        let mut segment = [0; 40];
        let start = segments.saturating_add(index * segment_size);
        file.read_exact_at(&mut segment, start).with_context(|| format!("{shown} is cut short"))?;
        let (offset, bytes) = (little_endian(&segment[8..16]), little_endian(&segment[32..40]));
        end = end.max(offset.saturating_add(bytes));
    }
    ensure!(end <= length, "{shown} is cut short: {length} bytes of at least {end}");
    Ok(())
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// A small ELF file with one segment of `bytes` bytes after its headers, for the tests.
#[cfg(test)]
pub fn example(bytes: u64) -> Vec<u8> {
    let mut file = vec![0; 64 + 56];
    file[..5].copy_from_slice(b"\x7fELF\x02");
    file[32..40].copy_from_slice(&64_u64.to_le_bytes());
    file[54..56].copy_from_slice(&56_u16.to_le_bytes());
    file[56..58].copy_from_slice(&1_u16.to_le_bytes());
    file[64 + 8..64 + 16].copy_from_slice(&120_u64.to_le_bytes());
    file[64 + 32..64 + 40].copy_from_slice(&bytes.to_le_bytes());
    file.resize(120 + usize::try_from(bytes).unwrap(), 0);
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::Machine;

    fn check(content: &[u8]) -> Result<()> {
        let machine = Machine::new();
        machine.write("lib.so", content);
        check_whole(&machine.path("lib.so"))
    }

    #[test]
    fn this_very_program_is_whole() {
        check_whole(&std::env::current_exe().unwrap()).unwrap();
    }

    #[test]
    fn a_file_without_its_end_is_cut_short() {
        let whole = example(1000);
        check(&whole).unwrap();
        for length in [whole.len() - 1, 120, 70] {
            let error = check(&whole[..length]).unwrap_err().to_string();
            assert!(error.contains("cut short"), "{length}: {error}");
        }
        let this = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(check(&this[..this.len() - 1]).is_err());
    }

    #[test]
    fn other_files_are_no_libraries() {
        for content in [&b""[..], b"INPUT(libtorch_cpu.so)", &[0; 100]] {
            assert!(check(content).unwrap_err().to_string().contains("no 64-bit"));
        }
    }
}
