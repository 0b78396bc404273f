//! Constants of pooling.
