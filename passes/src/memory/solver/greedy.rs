//! Greedy packings: several orders, each item at the lowest offset that is free during its whole life.

use super::{Group, Item, Packing, Piece};

/// The lowest of the greedy packings; its lower bound is 0.
pub(super) fn best_packing(group: &Group) -> Packing {
    let items = &group.items[..];
    let first = |i: usize| items[i].span().map_or(0, |(first, _)| first);
    let ticks = |i: usize| items[i].pieces.iter().map(|p| p.last - p.first + 1).sum::<usize>();
    let area = |i: usize| {
        items[i].pieces.iter().map(|p| (p.last - p.first + 1).saturating_mul(p.bytes)).sum::<usize>()
    };
    let orders = [
        descending(items, |i| (items[i].bytes(), ticks(i))),
        descending(items, |i| (ticks(i), items[i].bytes())),
        descending(items, |i| (area(i), items[i].bytes())),
        descending(items, |i| (usize::MAX - first(i), items[i].bytes())),
    ];
    let packings = orders.iter().map(|order| first_fit(group, order));
    packings.min_by_key(|packing| packing.bytes).unwrap_or_default()
}

/// The items' positions, largest key first, ties by position.
fn descending<K: Ord>(items: &[Item], key: impl Fn(usize) -> K) -> Vec<usize> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(key(i)));
    order
}

/// Places items in that order.
fn first_fit(group: &Group, order: &[usize]) -> Packing {
    let items = &group.items;
    let mut packing = Packing { offsets: vec![0; items.len()], bytes: 0, lower_bound: 0 };
    for (placed, &item) in order.iter().enumerate() {
        let offset = lowest_gap(group, &packing.offsets, &order[..placed], item);
        packing.offsets[item] = offset;
        packing.bytes = packing.bytes.max(offset + items[item].bytes());
    }
    packing
}

/// The lowest offset at which `item` meets none of the items that are placed.
fn lowest_gap(group: &Group, offsets: &[usize], placed: &[usize], item: usize) -> usize {
    let items = &group.items;
    // A piece of `own` bytes beside one of `bytes` at `at` keeps the offset out of `(at − own, at + bytes)`; where they
    // may overlap, the least distances take the place of `own` or `bytes`.
    let mut forbidden: Vec<(usize, usize)> = Vec::new();
    for &other in placed {
        let of_pair = |(own, piece): (&Piece, &Piece)| {
            let (under, over) =
                (group.distance(item, other, own.bytes), group.distance(other, item, piece.bytes));
            ((offsets[other] + 1).saturating_sub(under), offsets[other] + over)
        };
        forbidden.extend(items[item].encounters(&items[other]).map(of_pair));
    }
    forbidden.sort_unstable();
    let mut offset = 0;
    for (from, to) in forbidden {
        if offset < from {
            break;
        }
        offset = offset.max(to);
    }
    offset
}
