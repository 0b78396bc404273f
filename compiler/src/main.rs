//! The command line of redsc.
fn main() {}
