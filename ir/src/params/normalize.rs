//! Constants of softmax and its relatives.
