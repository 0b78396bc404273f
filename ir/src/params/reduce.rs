//! Constants of reductions.
