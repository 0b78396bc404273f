//! Constants of changes of quantization.
