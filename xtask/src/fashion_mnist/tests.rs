//! Set-up from start to end, with an apt and a Python that serve two small files.

use std::fs;

use super::files::{EXAMPLE, gzip};
use super::*;
use crate::test_support::Machine;

fn machine() -> Machine {
    let machine = Machine::new();
    for (name, text) in [("images-idx3", &b"abc"[..]), ("labels-idx1", b"")] {
        machine.write(&format!("mirror/train-{name}-ubyte.gz"), gzip(text));
    }
    machine
}

/// An apt-get whose download works, and a dpkg-deb that unpacks the mirror's files.
fn with_apt(machine: &Machine, download: &str) {
    machine.program("apt-get", download);
    let mirror = machine.path("mirror");
    let folder = "usr/share/datasets/fashion-mnist";
    let unpack = format!("mkdir -p $3/{folder}; cp {}/* $3/{folder}", mirror.display());
    machine.program("dpkg-deb", &unpack);
}

/// A python3 whose `-c SCRIPT ADDRESS FILE` copies the mirror's file.
fn with_site(machine: &Machine) {
    machine.program(
        "python3",
        &format!("cp {}/\"${{3##*/}}\" \"$4\"", machine.path("mirror").display()),
    );
}

fn provide(host: &Host, named: Option<&Path>) -> Result<Data> {
    FashionMnist { host, set: EXAMPLE }.provide(named)
}

fn names(machine: &Machine) -> Vec<String> {
    let entries = fs::read_dir(machine.path("external")).unwrap().flatten();
    let mut names: Vec<_> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn apt_is_tried_first_and_the_second_call_does_nothing() {
    let machine = machine();
    with_apt(&machine, "touch fashion.deb");
    let data = provide(&machine.host(), None).unwrap();
    assert_eq!((data.folder.clone(), data.origin), (machine.path(PLACE), Origin::SetUp));
    assert!(!data.is_notable());
    assert_eq!(names(&machine), [".lock", "fashion-mnist"]);
    let (calls, said) = (machine.calls(), machine.said());
    assert_eq!(provide(&machine.host(), None).unwrap(), data);
    assert_eq!((machine.calls(), machine.said()), (calls, said));
}

#[test]
fn empty_package_lists_are_fetched_without_root() {
    let machine = machine();
    let only_with_own_lists = "case \"$*\" in *Dir::State::Lists*) [ -d lists/partial ] || exit 1 ;; *) exit 100 ;; esac\n\
         case \"$*\" in *download*) touch fashion.deb ;; esac";
    with_apt(&machine, only_with_own_lists);
    provide(&machine.host(), None).unwrap();
    assert!(machine.calls().contains("Timeout=20 update"), "{}", machine.calls());
}

#[test]
fn the_site_is_tried_where_apt_fails() {
    let machine = machine();
    with_apt(&machine, "exit 100");
    with_site(&machine);
    provide(&machine.host(), None).unwrap();
    files::check(EXAMPLE, &machine.path(PLACE)).unwrap();
}

#[test]
fn every_source_that_failed_is_listed_with_its_reason() {
    let machine = machine();
    with_apt(&machine, "echo 'E: Unable to locate package' >&2; exit 100");
    machine.program("python3", "echo 'Name or service not known' >&2; exit 1");
    let error = provide(&machine.host(), None).unwrap_err().to_string();
    for part in [
        "1. Debian's package",
        "Unable to locate package",
        "2. the data set's own site",
        "Name or service not known",
        "put these files",
        "external/fashion-mnist",
        "train-images-idx3-ubyte, train-labels-idx1-ubyte",
        "--data DIR",
    ] {
        assert!(error.contains(part), "{part} is not in: {error}");
    }
    assert_eq!(names(&machine), [".lock"]);
}

#[test]
fn a_machine_without_any_tool_says_which_are_missing() {
    let error = provide(&Machine::new().host(), None).unwrap_err().to_string();
    assert!(error.contains("apt-get is not on this machine"), "{error}");
    assert!(error.contains("python3, which fetches it, is not on the PATH"), "{error}");
}

#[test]
fn a_corrupted_download_is_refused_and_the_next_source_is_tried() {
    let machine = machine();
    machine.write("mirror/train-images-idx3-ubyte.gz", gzip(b"abd"));
    with_apt(&machine, "touch fashion.deb");
    let error = provide(&machine.host(), None).unwrap_err().to_string();
    assert!(error.contains("what it holds is not Fashion-MNIST"), "{error}");
    assert!(error.contains("where ba7816bf"), "{error}");
    assert_eq!(names(&machine), [".lock"]);
}

#[test]
fn a_file_damaged_later_is_fetched_again() {
    let machine = machine();
    with_apt(&machine, "touch fashion.deb");
    provide(&machine.host(), None).unwrap();
    machine.write("external/fashion-mnist/train-images-idx3-ubyte", "abd");
    machine.write("external/fashion-mnist/my-notes.txt", "mine");
    let host = machine.host();
    let plan = FashionMnist { host: &host, set: EXAMPLE }.plan(None).unwrap();
    assert!(plan.announcement(&host).unwrap().contains("has SHA-256"), "{plan:?}");
    provide(&host, None).unwrap();
    files::check(EXAMPLE, &machine.path(PLACE)).unwrap();
    assert!(machine.path("external/fashion-mnist/my-notes.txt").exists());
}

#[test]
fn a_failed_fetch_leaves_files_placed_by_hand_where_they_were() {
    let machine = machine();
    machine.write("external/fashion-mnist/train-images-idx3-ubyte", "abc");
    let error = provide(&machine.host(), None).unwrap_err().to_string();
    assert!(error.contains("could not be fetched"), "{error}");
    assert!(machine.path("external/fashion-mnist/train-images-idx3-ubyte").exists());
}

#[test]
fn files_placed_by_hand_are_used_plain_or_compressed() {
    let machine = machine();
    machine.write("external/fashion-mnist/train-images-idx3-ubyte", "abc");
    machine.write("external/fashion-mnist/train-labels-idx1-ubyte.gz", gzip(b""));
    assert_eq!(provide(&machine.host(), None).unwrap().origin, Origin::SetUp);
}

#[test]
fn the_systems_copy_is_used_before_anything_is_fetched() {
    let machine = machine();
    let mut host = machine.host();
    host.system_data = machine.path("mirror");
    let data = provide(&host, None).unwrap();
    assert_eq!((data.folder, data.origin), (machine.path("mirror"), Origin::System));
}

#[test]
fn a_damaged_copy_of_the_systems_is_passed_over_and_mentioned() {
    let machine = machine();
    with_apt(&machine, "touch fashion.deb");
    machine.write("damaged/train-images-idx3-ubyte", "abd");
    let mut host = machine.host();
    host.system_data = machine.path("damaged");
    let plan = FashionMnist { host: &host, set: EXAMPLE }.plan(None).unwrap();
    let announcement = plan.announcement(&host).unwrap();
    provide(&host, None).unwrap();
    let data = provide(&host, None).unwrap();
    assert_eq!(data.origin, Origin::SetUp);
    for text in [announcement, data.to_string()] {
        assert!(text.contains("the system's copy in"), "{text}");
        assert!(text.contains("damaged will not do: train-images-idx3-ubyte has SHA"), "{text}");
    }
}

#[test]
fn a_folder_that_the_user_names_wins_and_is_compared_with_the_original() {
    let machine = machine();
    with_apt(&machine, "touch fashion.deb");
    let host = machine.host();
    let named = Path::new("root/mirror");
    let data = provide(&host, Some(named)).unwrap();
    assert_eq!((&data.folder, data.origin), (&machine.path("mirror"), Origin::User));
    assert_eq!(data.differs, None);
    machine.write("mirror/train-images-idx3-ubyte.gz", gzip(b"xyz"));
    let message = provide(&host, Some(named)).unwrap().to_string();
    assert!(message.contains("used as it is, though not the files"), "{message}");
    assert!(message.contains("train-images-idx3-ubyte has SHA-256"), "{message}");
    assert_eq!(machine.calls(), "");
}

#[test]
fn the_courses_csv_files_are_left_to_the_program() {
    let machine = Machine::new();
    machine.write("course/fashion-mnist_train.csv", "label,pixel1");
    let data = provide(&machine.host(), Some(Path::new("root/course"))).unwrap();
    assert_eq!(data.folder, machine.path("course"));
    assert!(data.to_string().contains("CSV files, which have no"), "{data}");
}

#[test]
fn a_named_folder_without_data_is_refused() {
    let machine = Machine::new();
    machine.write("notes/readme.md", "");
    let error = |folder: &str| provide(&machine.host(), Some(Path::new(folder))).unwrap_err();
    assert!(error("root/notes").to_string().contains("holds no data file"));
    assert!(error("root/nowhere").to_string().contains("cannot be read"));
    assert_eq!(machine.calls(), "");
}
