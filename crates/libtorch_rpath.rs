//! Build script shared by every crate that links libtorch into a test or a program.
//!
//! It turns the library folder that `torch-sys` found into an RPATH, so that tests and programs
//! start in a plain shell, and keeps the CUDA library linked where the linker would drop it as
//! "not needed" (the usual reason why tch programs silently run on the CPU).

use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=../libtorch_rpath.rs");
    let Ok(folder) = std::env::var("DEP_TCH_LIBTORCH_LIB") else {
        return;
    };
    println!("cargo:rustc-link-arg=-Wl,-rpath,{folder}");
    if Path::new(&folder).join("libtorch_cuda.so").exists() {
        println!("cargo:rustc-link-arg=-Wl,--no-as-needed");
        println!("cargo:rustc-link-arg=-L{folder}");
        println!("cargo:rustc-link-arg=-ltorch_cuda");
        println!("cargo:rustc-link-arg=-Wl,--as-needed");
    }
}
