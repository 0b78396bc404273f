//! Constants of fully connected layers.
