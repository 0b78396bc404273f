//! Constants of convolutions.
