//! Lower bounds of a packing's height.

use super::solver::Item;

/// The most bytes that are live at one tick: no packing is lower.
pub fn lower_bound(items: &[Item]) -> usize {
    let mut events: Vec<(usize, bool, usize)> = items
        .iter()
        .flat_map(|item| &item.pieces)
        .flat_map(|piece| [(piece.first, true, piece.bytes), (piece.last + 1, false, piece.bytes)])
        .collect();
    // At one tick, what ends there goes before what begins there.
    events.sort_unstable();
    let mut live = 0;
    let mut most = 0;
    for (_, begins, bytes) in events {
        if begins {
            live += bytes;
            most = most.max(live);
        } else {
            live -= bytes;
        }
    }
    most
}
