//! The `amparo` command.
fn main() {}
