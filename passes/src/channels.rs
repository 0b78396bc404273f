//! Channels as units: which indices of the last dimensions of different values are the same unit of the network, which
//! units move and go together, and how a graph looks with units reordered or removed.
//!
//! [`Ties`](ties::Ties) joins channels into units, from the layers that make them to the layers that read them, through
//! depthwise convolutions, pooling, elementwise operators, concatenations and reshapes. [`Groups`] finds
//! the dimensions that the units form: the channels of each value are a sequence of whole groups. `select` rewrites a
//! graph for any choice of channels.

pub mod groups;
pub(crate) mod layer;
pub(crate) mod select;
pub(crate) mod ties;

pub use groups::{Group, Groups};
