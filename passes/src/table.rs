//! The passes, each once. The command line, the documentation and the default pipeline derive from this table.

use crate::{
    Pass, cancel_transposes, canonicalize, dead_channels, dead_code, fold_constants, fold_init,
    fold_zero_points, fuse_activations, fuse_pad, permute_channels, schedule, tabulate,
};

/// All passes, in the order in which the default pipeline runs those of its own.
pub const PASSES: &[Pass] = &[
    cancel_transposes::PASS,
    canonicalize::PASS,
    fold_constants::PASS,
    fold_init::PASS,
    fuse_pad::PASS,
    fuse_activations::PASS,
    tabulate::PASS,
    dead_channels::PASS,
    fold_zero_points::PASS,
    dead_code::PASS,
    schedule::PASS,
    permute_channels::PASS,
];

/// Passes that run only where somebody names them.
const ON_REQUEST: &[&str] = &[permute_channels::PASS.name];

/// The pass of that name.
pub fn find(name: &str) -> Option<&'static Pass> {
    PASSES.iter().find(|pass| pass.name == name)
}

/// Names of the default pipeline, in order.
pub fn default_pipeline() -> Vec<&'static str> {
    PASSES.iter().map(|pass| pass.name).filter(|name| !ON_REQUEST.contains(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        for (position, pass) in PASSES.iter().enumerate() {
            assert!(PASSES[..position].iter().all(|other| other.name != pass.name), "{}", pass.name);
        }
    }
}
