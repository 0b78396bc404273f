//! redsc: from a trained network to small, fast C.
//!
//! [`driver`] is the way in: [`driver::load`] reads a model, [`driver::compile`] makes C of it. This is the only
//! crate of the project that touches disk and terminal.

pub mod calibration;
#[cfg(feature = "cli")]
pub mod cli;
pub mod driver;
pub mod engine;
pub mod error;
pub mod export_tflite;
pub mod frontend;
pub mod io;
#[cfg(feature = "native")]
pub mod model;
#[cfg(feature = "native")]
pub mod native;
pub mod nest;
pub mod npy;
#[cfg(feature = "cli")]
pub mod predict;
#[cfg(feature = "cli")]
pub mod profile;
pub mod report;
#[cfg(feature = "tune")]
pub mod tune;
pub mod verify;

#[cfg(feature = "native")]
pub use model::{Model, Tensor};
