//! Set-up from start to end, with a pip that unpacks a small imitation of the wheel.

use std::fs;

use super::*;
use crate::test_support::Machine;

/// A machine whose pip copies a prepared wheel to its --target.
fn machine() -> Machine {
    let machine = Machine::new();
    layout::example_wheel(&machine.path("wheel"));
    pip_that(&machine, &format!("cp -r {}/. \"$target\"", machine.path("wheel").display()));
    machine
}

fn pip_that(machine: &Machine, unpack: &str) {
    let body = format!(
        "[ \"$3\" = --version ] && {{ echo pip 24.0; exit; }}\n\
         while [ \"$1\" != --target ]; do shift; done\n\
         target=$2\n{unpack}"
    );
    machine.program("python3", &body);
}

fn fetches(machine: &Machine) -> usize {
    machine.calls().lines().filter(|call| call.contains("pip install")).count()
}

fn names(machine: &Machine) -> Vec<String> {
    let entries = fs::read_dir(machine.path("external")).unwrap().flatten();
    let mut names: Vec<_> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_second_call_does_nothing() {
    let machine = machine();
    let first = provide(&machine.host(), Wish::Auto).unwrap();
    assert_eq!((first.kind, first.origin), (Kind::Cpu, Origin::SetUp));
    assert_eq!(names(&machine), [".lock", "libtorch"]);
    let (calls, said) = (machine.calls(), machine.said());
    assert_eq!(provide(&machine.host(), Wish::Auto).unwrap(), first);
    assert_eq!((machine.calls(), machine.said()), (calls, said));
}

#[test]
fn the_plan_says_what_and_how_large_before_it_starts() {
    let machine = machine();
    let announcement = |wish| {
        let host = machine.host();
        plan(&host, wish).unwrap().announcement(&host).unwrap()
    };
    assert!(announcement(Wish::Auto).contains("(CPU)"));
    assert!(announcement(Wish::Auto).contains("540 MB to fetch"));
    assert!(announcement(Wish::Cuda).contains("2.5 GB to fetch"));
    assert_eq!(fetches(&machine), 0);
}

#[test]
fn a_gpu_means_cuda_unless_the_user_says_cpu() {
    let machine = machine();
    machine.program("nvidia-smi", "echo 'GPU 0: NVIDIA'");
    assert_eq!(Wish::Auto.to_fetch(&machine.host()), Kind::Cuda);
    assert_eq!(Wish::Cpu.to_fetch(&machine.host()), Kind::Cpu);
    let found = provide(&machine.host(), Wish::Auto).unwrap();
    assert_eq!(found.kind, Kind::Cuda);
    assert!(machine.calls().contains("nvidia-cudnn-cu13=="));
}

#[test]
fn an_nvidia_driver_alone_means_a_gpu() {
    let machine = machine();
    let host = machine.host();
    assert!(!has_nvidia_gpu(&host));
    fs::write(&host.nvidia_driver, "580.1").unwrap();
    assert!(has_nvidia_gpu(&host));
}

#[test]
fn a_tree_without_stamp_is_adopted_when_whole() {
    let machine = machine();
    provide(&machine.host(), Wish::Cpu).unwrap();
    let stamp = machine.path("external/libtorch/stamp");
    let text = fs::read_to_string(&stamp).unwrap();
    fs::remove_file(&stamp).unwrap();
    provide(&machine.host(), Wish::Auto).unwrap();
    assert_eq!(fs::read_to_string(&stamp).unwrap(), text);
    assert_eq!(fetches(&machine), 1);
}

#[test]
fn a_half_tree_without_stamp_is_fetched_again() {
    let machine = machine();
    machine.program("cargo", "");
    machine.write("external/libtorch/torch/lib/libtorch_cpu.so", elf::example(10));
    machine.write("external/libtorch/torch/build-version", "2.13.0");
    let host = machine.host();
    let announcement = plan(&host, Wish::Auto).unwrap().announcement(&host).unwrap();
    assert!(announcement.contains("torch.h is missing"), "{announcement}");
    provide(&host, Wish::Auto).unwrap();
    assert_eq!(fetches(&machine), 1);
}

#[test]
fn a_library_that_changed_its_size_is_noticed() {
    let machine = machine();
    machine.program("cargo", "");
    provide(&machine.host(), Wish::Auto).unwrap();
    machine.write("external/libtorch/torch/lib/libtorch_cpu.so", &elf::example(10)[..90]);
    provide(&machine.host(), Wish::Auto).unwrap();
    assert_eq!(fetches(&machine), 2);
}

#[test]
fn another_kind_replaces_the_first_and_the_bindings_are_built_anew() {
    let machine = machine();
    machine.program("cargo", "");
    provide(&machine.host(), Wish::Cpu).unwrap();
    assert!(!machine.calls().contains("cargo clean"));
    assert_eq!(provide(&machine.host(), Wish::Cuda).unwrap().kind, Kind::Cuda);
    for profile in ["dev", "release"] {
        let call = format!("cargo clean --quiet --package torch-sys --profile {profile}");
        assert!(machine.calls().contains(&call), "{}", machine.calls());
    }
    assert_eq!(provide(&machine.host(), Wish::Auto).unwrap().kind, Kind::Cuda);
    assert_eq!(fetches(&machine), 2);
}

#[test]
fn a_failed_fetch_leaves_nothing_and_says_why() {
    let machine = machine();
    pip_that(&machine, "mkdir -p \"$target/torch/lib\"; echo 'ERROR: no network' >&2; exit 1");
    let error = format!("{:#}", provide(&machine.host(), Wish::Auto).unwrap_err());
    for part in ["libtorch 2.13.0 (CPU) could not be set up", "no network", "run the command again"]
    {
        assert!(error.contains(part), "{part} is not in: {error}");
    }
    assert_eq!(names(&machine), [".lock"]);
}

#[test]
fn a_failed_replacement_keeps_the_earlier_set_up() {
    let machine = machine();
    provide(&machine.host(), Wish::Cpu).unwrap();
    pip_that(&machine, "exit 1");
    assert!(provide(&machine.host(), Wish::Cuda).is_err());
    assert_eq!(provide(&machine.host(), Wish::Auto).unwrap().kind, Kind::Cpu);
}

#[test]
fn a_wheel_without_its_libraries_is_never_taken() {
    let machine = machine();
    fs::remove_file(machine.path("wheel/torch/lib/libc10.so")).unwrap();
    let error = format!("{:#}", provide(&machine.host(), Wish::Auto).unwrap_err());
    assert!(error.contains("libc10.so is missing"), "{error}");
    assert_eq!(names(&machine), [".lock"]);
}

#[test]
fn no_pip_says_how_to_get_it() {
    let machine = Machine::new();
    machine.program("python3", "exit 1");
    let error = format!("{:#}", provide(&machine.host(), Wish::Auto).unwrap_err());
    assert!(error.contains("apt-get install python3-pip"), "{error}");
}

#[test]
fn the_users_libtorch_wins_over_everything() {
    let machine = machine();
    machine.own_libtorch();
    let host = machine.host_with("LIBTORCH", machine.path("own"));
    assert_eq!(provide(&host, Wish::Auto).unwrap().origin, Origin::Libtorch);
    assert_eq!(fetches(&machine), 0);
    let error = provide(&host, Wish::Cuda).unwrap_err().to_string();
    assert!(error.contains("--libtorch asks for another kind"), "{error}");
}
