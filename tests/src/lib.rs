//! Equipment of the tests: compilers, emulated cores, recorded vectors.
//!
//! Missing tools make a test skip itself with a message, unless `REDSC_REQUIRE_TOOLS=1` (as in continuous
//! integration), which makes them failures; see [`tools`].

pub mod baseline;
pub mod bench;
pub mod conformance;
pub mod fixture;
pub mod golden;
pub mod model;
pub mod mutate;
pub mod npz;
pub mod passes;
pub mod random;
pub mod subject;
pub mod trials;

pub use redsc_rig::{cc, qemu, tools};
