//! The redsc compiler as a library: front ends, driver and what the command line needs.

pub mod frontend;
