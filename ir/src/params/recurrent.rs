//! Constants of recurrent layers.
