//! The packing solver against brute force on small instances, and on public instances where they are present.

use std::path::PathBuf;

use proptest::prelude::*;
use redsc_passes::memory::solver::{Item, Packing, Piece, pack};

/// Fails if items overlap at some tick, or if the packing misstates its height.
fn check(items: &[Item], packing: &Packing) {
    for a in 0..items.len() {
        for b in 0..a {
            for (piece, other) in items[a].encounters(&items[b]) {
                let apart = packing.offsets[a] + piece.bytes <= packing.offsets[b]
                    || packing.offsets[b] + other.bytes <= packing.offsets[a];
                assert!(apart, "{a} {b}");
            }
        }
    }
    let end = |i: usize| packing.offsets[i] + items[i].bytes();
    assert_eq!((0..items.len()).map(end).max().unwrap_or(0), packing.bytes);
    assert!(packing.lower_bound <= packing.bytes);
}

/// The least height: some order of placing each item as low as possible reaches it.
fn least_height(items: &[Item], placed: &mut Vec<(usize, usize)>) -> usize {
    if placed.len() == items.len() {
        return placed.iter().map(|&(i, offset)| offset + items[i].bytes()).max().unwrap_or(0);
    }
    let mut least = usize::MAX;
    for i in 0..items.len() {
        if placed.iter().any(|&(done, _)| done == i) {
            continue;
        }
        let is_free = |offset: usize| {
            placed.iter().all(|&(other, at)| {
                let mut encounters = items[i].encounters(&items[other]);
                encounters.all(|(own, piece)| offset + own.bytes <= at || at + piece.bytes <= offset)
            })
        };
        let offset = (0..).find(|&offset| is_free(offset)).unwrap_or_default();
        placed.push((i, offset));
        least = least.min(least_height(items, placed));
        placed.pop();
    }
    least
}

/// Items of one to three pieces with short pauses between them.
fn items(count: usize) -> impl Strategy<Value = Vec<Item>> {
    let piece = (0..3usize, 1..4usize, 1..6usize);
    let item = (0..6usize, prop::collection::vec(piece, 1..4));
    let make = |(mut tick, pieces): (usize, Vec<(usize, usize, usize)>)| {
        let mut item = Item::default();
        for (pause, ticks, bytes) in pieces {
            item.pieces.push(Piece { first: tick + pause, last: tick + pause + ticks - 1, bytes });
            tick += pause + ticks;
        }
        item
    };
    prop::collection::vec(item.prop_map(make), 0..count)
}

proptest! {
    #[test]
    fn small_packings_are_optimal(items in items(6)) {
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
    Some(Item::new(first, end - 1, bytes))
}
