//! redsc-ir: what a network *means*.
//!
//! # The model of computation
//!
//! A [`Module`] holds graphs and state variables. Graph 0 is the entry; the others are regions that control-flow
//! operators (`if`, `while`, `call_once`) refer to by [`GraphId`].
//!
//! A [`Graph`] is a list of [`Node`]s **in execution order** over single-assignment [`Value`]s. A value is a graph
//! input, a constant (it carries [`Data`]) or the result of exactly one node, and is defined before it is used.
//! Every value has a [`TensorType`]: element type, static shape, quantization.
//!
//! * Activations are NHWC, convolution weights OHWI, depthwise weights `[1, kh, kw, c_out]`, fully connected
//!   weights `[c_out, c_in]`.
//! * Shapes, axes, paddings and other shape-like operands are attributes, never run-time operands.
//! * A quantized value `q` stands for the real number `scale · (q − zero_point)`.
//! * State lives in [`Variable`]s, read and written by nodes that name them; program order is their semantics.
//!
//! The meaning of each operator is what [`interp`] computes; for integers that is, byte for byte, what TensorFlow
//! Lite Micro's reference kernels compute.
//!
//! This crate does no I/O and knows no pass and no code generator.

pub mod access;
pub mod analysis;
pub mod data;
pub mod diag;
pub mod entity;
pub mod fixed;
pub mod graph;
pub mod interp;
pub mod kernels;
pub mod ops;
pub mod params;
pub mod plan;
pub mod quant;
pub mod sparse;
pub mod target;
pub mod text;
pub mod types;
pub mod verify;

pub use data::{Data, Scalar};
pub use diag::Diagnostic;
pub use entity::{GraphId, ValueId, VarId};
pub use graph::{Graph, Module, Node, Value, Variable};
pub use ops::Op;
pub use plan::Plan;
pub use quant::{Quant, Requant};
pub use target::Target;
pub use types::{ElemType, Shape, TensorType};
