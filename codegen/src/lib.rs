//! redsc-codegen: a module and its plan become files in memory.
//!
//! Back ends take `(&Module, &Plan, &Target)` and return named blobs; nothing here touches a disk. They know no pass:
//! whatever passes decided is in the [`Plan`](redsc_ir::Plan).

pub mod c;
#[cfg(feature = "native")]
pub mod native;
pub mod pack;

pub use c::{COptions, Optimize, emit_c, emit_nested_c};

/// A file that the driver writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// File name, e.g. `model.h`; the driver decides on the folder.
    pub name: String,
    /// Contents.
    pub bytes: Vec<u8>,
}
