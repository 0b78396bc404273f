//! The network of a level: the first units of each group.

use redsc_ir::Module;

use crate::channels::{Groups, select};

/// Keeps the first `widths[group]` units of each group that has a width. What is cut off counts as the real number
/// zero: biases into which a zero point has been folded make up for its share. Returns, by value, the channels that are
/// kept, too.
pub(super) fn cut(
    module: &Module,
    groups: &Groups,
    widths: &[Option<usize>],
) -> (Module, Vec<Option<Vec<usize>>>) {
    let mut level = module.clone();
    let kept: Vec<Option<Vec<usize>>> =
        widths.iter().map(|width| width.map(|width| (0..width).collect())).collect();
    let selection = groups.select(&kept);
    select::apply(level.entry_mut(), &selection, &|layer, _, _| layer.zero_point());
    (level, selection)
}
