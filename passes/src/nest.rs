//! Nested subnetworks: how much each unit matters, which widths to cut a network to, and the networks that result.

pub mod importance;
