//! Build script shared by every crate that links libtorch into a test or a program.
//!
//! It turns the library folder that `torch-sys` found into an RPATH, so that tests and programs
//! start in a plain shell, and keeps the CUDA library linked where the linker would drop it as
//! "not needed" (the usual reason why tch programs silently run on the CPU).

use std::path::Path;

#[allow(clippy::print_stdout, reason = "cargo reads a build script's standard output")]
fn main() {
    println!("cargo:rerun-if-changed=../libtorch_rpath.rs");
    let Ok(folder) = std::env::var("DEP_TCH_LIBTORCH_LIB") else {
        return;
    };
    // Both kinds of libtorch have this file, and set-up writes it anew when it changes the kind.
    println!("cargo:rerun-if-changed={folder}/libtorch.so");
    println!("cargo:rustc-link-arg=-Wl,-rpath,{folder}");
    // The older tag is searched before LD_LIBRARY_PATH: another libtorch there, of another
    // version, must not take the place of the one that the program was built with.
    println!("cargo:rustc-link-arg=-Wl,--disable-new-dtags");
    if Path::new(&folder).join("libtorch_cuda.so").exists() {
        println!("cargo:rustc-link-arg=-Wl,--no-as-needed");
        println!("cargo:rustc-link-arg=-L{folder}");
        println!("cargo:rustc-link-arg=-ltorch_cuda");
        println!("cargo:rustc-link-arg=-Wl,--as-needed");
    }
}
