//! The TFLite file format: reader and writer types generated from `tflite.fbs`.
//!
//! For a table `T`, `TRef` reads a field from the bytes when it is asked for (every access can fail on a damaged
//! file), and `T` is the owned form that [`planus::Builder`] writes. A crate of its own, because the generated code
//! is long and changes rarely.

pub use planus;

/// Four bytes at offset 4 of every TFLite file.
pub const IDENTIFIER: [u8; 4] = *b"TFL3";

#[allow(missing_docs, unsafe_code, unused, clippy::all, reason = "generated; documented by tflite.fbs")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/tflite.rs"));
}

pub use generated::tflite;
