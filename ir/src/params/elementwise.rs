//! Constants of elementwise operators.
