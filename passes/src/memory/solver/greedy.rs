//! Greedy packings: several orders, each item at the lowest offset that is free during its whole life.

use super::{Item, Packing};

/// The lowest of the greedy packings; its lower bound is 0.
pub(super) fn best_packing(items: &[Item]) -> Packing {
    let ticks = |i: usize| items[i].last - items[i].first + 1;
    let orders = [
        descending(items, |i| (items[i].bytes, ticks(i))),
        descending(items, |i| (ticks(i), items[i].bytes)),
        descending(items, |i| (items[i].bytes.saturating_mul(ticks(i)), items[i].bytes)),
        descending(items, |i| (usize::MAX - items[i].first, items[i].bytes)),
    ];
    let packings = orders.iter().map(|order| first_fit(items, order));
    packings.min_by_key(|packing| packing.bytes).unwrap_or_default()
}

/// The items' positions, largest key first, ties by position.
fn descending<K: Ord>(items: &[Item], key: impl Fn(usize) -> K) -> Vec<usize> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(key(i)));
    order
}

/// Places items in that order.
fn first_fit(items: &[Item], order: &[usize]) -> Packing {
    let mut packing = Packing { offsets: vec![0; items.len()], bytes: 0, lower_bound: 0 };
    for (placed, &item) in order.iter().enumerate() {
        let offset = lowest_gap(items, &packing.offsets, &order[..placed], item);
        packing.offsets[item] = offset;
        packing.bytes = packing.bytes.max(offset + items[item].bytes);
    }
    packing
}

/// The lowest offset at which `item` meets none of the items that are placed.
fn lowest_gap(items: &[Item], offsets: &[usize], placed: &[usize], item: usize) -> usize {
    let in_the_way = placed.iter().filter(|&&other| items[item].meets(&items[other]));
    let mut taken: Vec<(usize, usize)> =
        in_the_way.map(|&other| (offsets[other], offsets[other] + items[other].bytes)).collect();
    taken.sort_unstable();
    let mut offset = 0;
    for (begin, end) in taken {
        if offset + items[item].bytes <= begin {
            break;
        }
        offset = offset.max(end);
    }
    offset
}
