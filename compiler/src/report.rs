//! What people and programs are told about a compiled model: text, JSON, one HTML page.

pub mod facts;
#[cfg(feature = "cli")]
pub mod page;
#[cfg(feature = "cli")]
pub mod table;
#[cfg(feature = "cli")]
pub mod text;
