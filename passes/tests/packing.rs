//! The packing solver against brute force on small instances, and on public instances where they are present.

use std::path::PathBuf;

use proptest::prelude::*;
use redsc_passes::memory::solver::{Item, Packing, pack};

/// Fails if items that are live together overlap, or if the packing misstates its height.
fn check(items: &[Item], packing: &Packing) {
    let end = |i: usize| packing.offsets[i] + items[i].bytes;
    for a in 0..items.len() {
        for b in 0..a {
            let apart = end(a) <= packing.offsets[b] || end(b) <= packing.offsets[a];
            assert!(
                apart || !items[a].meets(&items[b]) || items[a].bytes == 0 || items[b].bytes == 0,
                "{a} {b}"
            );
        }
    }
    assert_eq!((0..items.len()).map(end).max().unwrap_or(0), packing.bytes);
    assert!(packing.lower_bound <= packing.bytes);
}

/// The least height: some order of placing each item as low as possible reaches it.
fn least_height(items: &[Item], placed: &mut Vec<(Item, usize)>) -> usize {
    if placed.len() == items.len() {
        return placed.iter().map(|(item, offset)| offset + item.bytes).max().unwrap_or(0);
    }
    let mut least = usize::MAX;
    for item in items {
        if placed.iter().filter(|(done, _)| done == item).count()
            == items.iter().filter(|i| *i == item).count()
        {
            continue;
        }
        let is_free = |offset: usize| {
            placed.iter().all(|(other, at)| {
                !item.meets(other) || offset + item.bytes <= *at || at + other.bytes <= offset
            })
        };
        let offset = (0..).find(|&offset| is_free(offset)).unwrap_or_default();
        placed.push((*item, offset));
        least = least.min(least_height(items, placed));
        placed.pop();
    }
    least
}

fn items(count: usize) -> impl Strategy<Value = Vec<Item>> {
    let item = (0..6usize, 0..4usize, 1..6usize);
    let make = |(first, ticks, bytes)| Item { first, last: first + ticks, bytes };
    prop::collection::vec(item.prop_map(make), 0..count)
}

proptest! {
    #[test]
    fn small_packings_are_optimal(items in items(7)) {
        let packing = pack(&items, 1_000_000);
        check(&items, &packing);
        prop_assert_eq!(packing.bytes, least_height(&items, &mut Vec::new()));
        prop_assert_eq!(packing.bytes, packing.lower_bound);
    }

    #[test]
    fn packings_are_valid_without_a_budget(items in items(40)) {
        check(&items, &pack(&items, 0));
        check(&items, &pack(&items, 100));
    }
}

#[test]
fn nothing_takes_no_space() {
    assert_eq!(pack(&[], 1000), Packing::default());
}

/// All of these fit into 1 MiB; the first round of the search finds at least these six.
#[test]
fn public_instances_fit() {
    let shared = std::env::var("REDSC_SHARED").unwrap_or("../../shared".into());
    for name in ["B", "C", "F", "G", "H", "K"] {
        let path = PathBuf::from(&shared).join(format!("minimalloc/{name}.1048576.csv"));
        let Ok(table) = std::fs::read_to_string(path) else { continue };
        let items: Vec<Item> = table.lines().skip(1).filter_map(item_from_csv).collect();
        let packing = pack(&items, 1_000_000);
        check(&items, &packing);
        assert!(packing.bytes <= 1 << 20, "{name}: {} bytes, bound {}", packing.bytes, packing.lower_bound);
    }
}

/// `id,first tick,tick after the last,bytes`
fn item_from_csv(line: &str) -> Option<Item> {
    let mut fields = line.split(',').skip(1).map(|field| field.parse::<usize>().ok());
    let (first, end, bytes) = (fields.next()??, fields.next()??, fields.next()??);
    Some(Item { first, last: end - 1, bytes })
}
