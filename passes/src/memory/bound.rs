//! Lower bounds of a packing's height.

use super::solver::Group;

/// The most bytes that are live at one tick, less what items may share there: no packing is lower.
pub(super) fn lower_bound(group: &Group) -> usize {
    let pieces = || group.items.iter().flat_map(|item| &item.pieces);
    let mut ticks: Vec<usize> = pieces().map(|piece| piece.first).chain(group.ticks()).collect();
    // Where sharing ends, more may be needed again.
    ticks.extend(group.ticks().map(|tick| tick + 1));
    ticks.sort_unstable();
    ticks.dedup();
    let mut live = vec![0; ticks.len()];
    for piece in pieces() {
        let range = ticks.partition_point(|&t| t < piece.first)..ticks.partition_point(|&t| t <= piece.last);
        live[range].iter_mut().for_each(|bytes| *bytes += piece.bytes);
    }
    let mut shared: Vec<(usize, usize)> = group.savings.iter().map(|&(item, tick, _)| (item, tick)).collect();
    shared.sort_unstable();
    shared.dedup();
    for (item, tick) in shared {
        live[ticks.partition_point(|&t| t < tick)] -= group.saving(item, tick);
    }
    live.into_iter().max().unwrap_or(0)
}
