//! The network of a level: the first units of each group.

use redsc_ir::Module;

use super::Kept;

use crate::channels::{Groups, select};

/// Keeps the first `widths[group]` units of each group that has a width. What is cut off counts as the real number
/// zero: biases into which a zero point has been folded make up for its share. Returns what is kept, too.
pub(super) fn cut(module: &Module, groups: &Groups, widths: &[Option<usize>]) -> (Module, Kept) {
    let mut level = module.clone();
    let kept: Vec<Option<Vec<usize>>> =
        widths.iter().map(|width| width.map(|width| (0..width).collect())).collect();
    let kept = groups.select(&kept);
    select::apply(level.entry_mut(), &kept, &|layer, _, _| layer.zero_point());
    (level, kept)
}
