//! The constants of integer arithmetic that TensorFlow Lite Micro computes when it prepares a model.
//!
//! They follow from the types of a node alone. The interpreter and the code generators read them here, so that both
//! mean the same; each module documents how an operator family uses its constants.

pub mod activation;
pub mod binary;
pub mod conv;
pub mod folded;
pub mod linear;
pub mod lines;
pub mod mac;
pub mod normalize;
pub mod pool;
pub mod quantize;
pub mod recurrent;
pub mod reduce;
pub mod resize;
pub mod sigmoid;
pub mod sums;
pub mod unary;
pub mod wide;
pub mod window;
