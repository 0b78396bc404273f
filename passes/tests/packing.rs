//! The packing solver against brute force on small instances, and on public instances where they are present.

use std::path::PathBuf;

use proptest::prelude::*;
use redsc_passes::memory::solver::{Item, Overlap, Packing, Piece, pack};

/// The least distance from the start of a lower to that of a higher item, whose pieces at some tick these are.
fn distance(overlaps: &[Overlap], below: usize, above: usize, pieces: [&Piece; 2]) -> usize {
    let tick = pieces[0].first.max(pieces[1].first);
    let only = |o: &&Overlap| (o.below, o.above, o.tick) == (below, above, tick);
    let ends = tick == pieces[0].last.min(pieces[1].last);
    overlaps.iter().find(only).filter(|_| ends).map_or(pieces[0].bytes, |o| o.distance.min(pieces[0].bytes))
}

/// Whether an item may start at `offset` beside another one at `at`.
fn are_apart(
    items: &[Item],
    overlaps: &[Overlap],
    (item, offset): (usize, usize),
    (other, at): (usize, usize),
) -> bool {
    items[item].encounters(&items[other]).all(|(own, piece)| {
        offset + distance(overlaps, item, other, [own, piece]) <= at
            || at + distance(overlaps, other, item, [piece, own]) <= offset
    })
}

/// Fails if items overlap at some tick, or if the packing misstates its height.
fn check(items: &[Item], overlaps: &[Overlap], packing: &Packing) {
    let placed = |i: usize| (i, packing.offsets[i]);
    for a in 0..items.len() {
        for b in 0..a {
            assert!(are_apart(items, overlaps, placed(a), placed(b)), "{a} {b}");
        }
    }
    let end = |i: usize| packing.offsets[i] + items[i].bytes();
    assert_eq!((0..items.len()).map(end).max().unwrap_or(0), packing.bytes);
    assert!(packing.lower_bound <= packing.bytes);
}

/// The least height: some order of placing each item as low as possible reaches it.
fn least_height(items: &[Item], overlaps: &[Overlap], placed: &mut Vec<(usize, usize)>) -> usize {
    if placed.len() == items.len() {
        return placed.iter().map(|&(i, offset)| offset + items[i].bytes()).max().unwrap_or(0);
    }
    let mut least = usize::MAX;
    for i in 0..items.len() {
        if placed.iter().any(|&(done, _)| done == i) {
            continue;
        }
        let is_free =
            |offset: usize| placed.iter().all(|&other| are_apart(items, overlaps, (i, offset), other));
        let offset = (0..).find(|&offset| is_free(offset)).unwrap_or_default();
        placed.push((i, offset));
        least = least.min(least_height(items, overlaps, placed));
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

/// Items, and overlaps between those of which one ends where the other begins.
fn overlapping(count: usize) -> impl Strategy<Value = (Vec<Item>, Vec<Overlap>)> {
    let distances = prop::collection::vec(0..8usize, count * count);
    (items(count), distances).prop_map(move |(items, distances)| {
        let mut overlaps = Vec::new();
        for (below, a) in items.iter().enumerate() {
            for (above, b) in items.iter().enumerate() {
                let (Some((tick, _)), Some((_, last))) = (a.span(), b.span()) else { continue };
                let distance = distances[below * count + above];
                if below != above && tick == last && distance < 5 {
                    overlaps.push(Overlap { below, above, distance, tick });
                }
            }
        }
        (items, overlaps)
    })
}

proptest! {
    #[test]
    fn small_packings_are_optimal(items in items(6)) {
        let packing = pack(&items, &[], 1_000_000);
        check(&items, &[], &packing);
        prop_assert_eq!(packing.bytes, least_height(&items, &[], &mut Vec::new()));
        prop_assert_eq!(packing.bytes, packing.lower_bound);
    }

    #[test]
    fn small_overlapping_packings_are_valid((items, overlaps) in overlapping(6)) {
        let packing = pack(&items, &overlaps, 1_000_000);
        check(&items, &overlaps, &packing);
        let least = least_height(&items, &overlaps, &mut Vec::new());
        // An overlap at distance 0 with something that begins at the same tick is not made use of.
        let first = |i: usize| items[i].span().map(|(first, _)| first);
        if overlaps.iter().all(|o| o.distance > 0 || first(o.below) > first(o.above)) {
            prop_assert_eq!(packing.bytes, least);
            prop_assert_eq!(packing.bytes, packing.lower_bound);
        }
        prop_assert!(least <= packing.bytes);
    }

    #[test]
    fn packings_are_valid_without_a_budget((items, overlaps) in overlapping(40)) {
        check(&items, &overlaps, &pack(&items, &overlaps, 0));
        check(&items, &overlaps, &pack(&items, &overlaps, 100));
    }
}

#[test]
fn nothing_takes_no_space() {
    assert_eq!(pack(&[], &[], 1000), Packing::default());
}

/// All of these fit into 1 MiB; the first round of the search finds at least these six.
#[test]
fn public_instances_fit() {
    let shared = std::env::var("REDSC_SHARED").unwrap_or("../../shared".into());
    for name in ["B", "C", "F", "G", "H", "K"] {
        let path = PathBuf::from(&shared).join(format!("minimalloc/{name}.1048576.csv"));
        let Ok(table) = std::fs::read_to_string(path) else { continue };
        let items: Vec<Item> = table.lines().skip(1).filter_map(item_from_csv).collect();
        let packing = pack(&items, &[], 1_000_000);
        check(&items, &[], &packing);
        assert!(packing.bytes <= 1 << 20, "{name}: {} bytes, bound {}", packing.bytes, packing.lower_bound);
    }
}

/// `id,first tick,tick after the last,bytes`
fn item_from_csv(line: &str) -> Option<Item> {
    let mut fields = line.split(',').skip(1).map(|field| field.parse::<usize>().ok());
    let (first, end, bytes) = (fields.next()??, fields.next()??, fields.next()??);
    Some(Item::new(first, end - 1, bytes))
}
