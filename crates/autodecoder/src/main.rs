//! The `autodecoder` program.
fn main() {}
