//! Packs buffers with known live ranges into the smallest arena.
//!
//! Pure geometry: shapes with a flat bottom whose horizontal position is fixed, to be stacked as low as possible;
//! nothing here knows of graphs. Some pairs may overlap if one starts a given distance below the other. What lives all the time goes to the bottom; what never meets is packed apart; greedy orders
//! (`greedy`) give a first packing; if it does not reach the lower bound (`super::bound`), a branch and bound
//! search (`search`) closes in from both sides until the two agree or its budget is spent.

mod greedy;
mod search;

use std::collections::HashMap;

use super::bound;
use search::{Preference, Problem, Verdict};

/// A buffer that needs room at some ticks, from its offset upwards; how much may change from tick to tick.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// In the order of time, apart from each other, none of them empty.
    pub pieces: Vec<Piece>,
}

/// The room that a buffer needs during some ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// First tick.
    pub first: usize,
    /// Last tick, included.
    pub last: usize,
    /// Size.
    pub bytes: usize,
}

/// Permission for one item to lie over another one that ends at the tick at which the first begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The item that may reach into the other one.
    pub below: usize,
    /// The other one.
    pub above: usize,
    /// How many bytes it must start below the other one.
    pub distance: usize,
    /// The only tick at which both need room.
    pub tick: usize,
}

/// Offsets for all items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packing {
    /// In the order of the items.
    pub offsets: Vec<usize>,
    /// Largest end of any item.
    pub bytes: usize,
    /// No packing of the items is smaller.
    pub lower_bound: usize,
}

impl Item {
    /// A buffer whose size does not change.
    pub fn new(first: usize, last: usize, bytes: usize) -> Item {
        Item { pieces: if bytes > 0 { vec![Piece { first, last, bytes }] } else { Vec::new() } }
    }

    /// The largest size.
    pub fn bytes(&self) -> usize {
        self.pieces.iter().map(|piece| piece.bytes).max().unwrap_or(0)
    }

    /// First and last tick at which any room is needed.
    pub fn span(&self) -> Option<(usize, usize)> {
        Some((self.pieces.first()?.first, self.pieces.last()?.last))
    }

    /// The room that is needed at a tick.
    pub fn bytes_at(&self, tick: usize) -> usize {
        self.pieces
            .iter()
            .find(|piece| piece.first <= tick && tick <= piece.last)
            .map_or(0, |piece| piece.bytes)
    }

    /// Pieces of this and of another item that need room at the same tick.
    pub fn encounters<'a>(&'a self, other: &'a Item) -> impl Iterator<Item = (&'a Piece, &'a Piece)> + 'a {
        let meet = |a: &Piece, b: &Piece| a.first <= b.last && b.first <= a.last;
        let pairs = self.pieces.iter().flat_map(|a| other.pieces.iter().map(move |b| (a, b)));
        pairs.filter(move |(a, b)| meet(a, b))
    }
}

/// Packs the items, which keep apart except for `overlaps`; the search visits at most `budget` nodes in all.
pub fn pack(items: &[Item], overlaps: &[Overlap], budget: u64) -> Packing {
    let overlaps = useful(items, overlaps);
    let mut packing = Packing { offsets: vec![0; items.len()], bytes: 0, lower_bound: 0 };
    let mut is_free: Vec<bool> = items.iter().map(|item| item.span().is_some()).collect();
    let base = stack_lasting(items, &overlaps, &mut packing.offsets, &mut is_free);
    let mut budget = budget;
    let spans: Vec<Option<(usize, usize)>> = items.iter().map(Item::span).collect();
    let mut rest: Vec<usize> = (0..items.len()).filter(|&i| is_free[i]).collect();
    rest.sort_by_key(|&i| spans[i]);
    for group in split_by_time(&spans, &rest) {
        let part = pack_group(&Group::of(items, &overlaps, &group), &mut budget);
        for (&item, offset) in group.iter().zip(&part.offsets) {
            packing.offsets[item] = base + offset;
        }
        packing.bytes = packing.bytes.max(part.bytes);
        packing.lower_bound = packing.lower_bound.max(part.lower_bound);
    }
    packing.bytes += base;
    packing.lower_bound += base;
    packing
}

/// Overlaps that are any use: the two meet at that tick alone and would keep further apart otherwise. Where the distance
/// is 0, the first item begins last, which is the order in which the search places them.
fn useful(items: &[Item], overlaps: &[Overlap]) -> Vec<Overlap> {
    let first = |item: usize| items[item].span().map_or(0, |(first, _)| first);
    let is_useful = |overlap: &&Overlap| {
        let (below, above) = (&items[overlap.below], &items[overlap.above]);
        let only_there = below
            .encounters(above)
            .all(|(a, b)| a.first.max(b.first) == overlap.tick && a.last.min(b.last) == overlap.tick);
        only_there
            && overlap.distance < below.bytes_at(overlap.tick)
            && (overlap.distance > 0 || first(overlap.below) > first(overlap.above))
    };
    overlaps.iter().filter(is_useful).copied().collect()
}

/// Items that cannot be taken apart, with their overlaps.
pub(super) struct Group {
    pub(super) items: Vec<Item>,
    /// Least distances between the starts of a lower and a higher item, where they may overlap.
    distances: HashMap<(usize, usize), usize>,
    /// Bytes by which what an item needs at a tick may be found in other items: item, tick, bytes.
    pub(super) savings: Vec<(usize, usize, usize)>,
}

impl Group {
    fn of(items: &[Item], overlaps: &[Overlap], members: &[usize]) -> Group {
        let place = |item: usize| members.iter().position(|&member| member == item);
        let (mut distances, mut savings) = (HashMap::new(), Vec::new());
        for overlap in overlaps {
            let (Some(below), Some(above)) = (place(overlap.below), place(overlap.above)) else { continue };
            distances.insert((below, above), overlap.distance);
            let bytes = items[overlap.below].bytes_at(overlap.tick) - overlap.distance;
            savings.push((below, overlap.tick, bytes.min(items[overlap.above].bytes_at(overlap.tick))));
        }
        Group { items: members.iter().map(|&i| items[i].clone()).collect(), distances, savings }
    }

    /// What an item surely takes from the others at a tick, less than its size by what it may share.
    pub(super) fn saving(&self, item: usize, tick: usize) -> usize {
        let of_item = self.savings.iter().filter(|saving| (saving.0, saving.1) == (item, tick));
        of_item.map(|saving| saving.2).sum::<usize>().min(self.items[item].bytes_at(tick))
    }

    /// The least distance from the start of a lower to that of a higher item, whose pieces at some tick these are.
    fn distance(&self, below: usize, above: usize, bytes: usize) -> usize {
        self.distances.get(&(below, above)).copied().unwrap_or(bytes)
    }

    /// The ticks at which items may overlap.
    pub(super) fn ticks(&self) -> impl Iterator<Item = usize> + '_ {
        self.savings.iter().map(|saving| saving.1)
    }
}

/// Whether an item needs the same room whenever any item needs some.
fn is_lasting(items: &[Item], item: usize) -> bool {
    let [piece] = &items[item].pieces[..] else { return false };
    items.iter().filter_map(Item::span).all(|(first, last)| piece.first <= first && last <= piece.last)
}

/// Stacks what always lives and overlaps nothing from offset 0 on; nothing is lost, as the rest has to pass beside it
/// anyway.
fn stack_lasting(items: &[Item], overlaps: &[Overlap], offsets: &mut [usize], is_free: &mut [bool]) -> usize {
    let mut height = 0;
    for item in (0..items.len()).filter(|&item| is_lasting(items, item)) {
        if overlaps.iter().any(|overlap| overlap.below == item || overlap.above == item) {
            continue;
        }
        is_free[item] = false;
        offsets[item] = height;
        height += items[item].bytes();
    }
    height
}

/// Groups of items (given by ascending first tick) such that no item of one meets an item of another.
fn split_by_time(spans: &[Option<(usize, usize)>], order: &[usize]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut horizon = 0;
    for &item in order {
        let Some((first, last)) = spans[item] else { continue };
        match groups.last_mut() {
            Some(group) if first <= horizon => group.push(item),
            _ => groups.push(vec![item]),
        }
        horizon = horizon.max(last);
    }
    groups
}

/// Packs items that cannot be taken apart.
fn pack_group(group: &Group, budget: &mut u64) -> Packing {
    let mut best = greedy::best_packing(group);
    best.lower_bound = bound::lower_bound(group);
    let problems = Preference::ALL.map(|preference| Problem::new(group, preference));
    let unit = problems[0].unit();
    // The bound is often tight, so it is tried first; then the gap is halved.
    let mut capacity = best.lower_bound;
    let mut undecided = best.lower_bound;
    while undecided < best.bytes && *budget > 0 {
        match try_capacity(&problems, capacity, budget) {
            Verdict::Fits(offsets) => {
                best.bytes = height(&group.items, &offsets);
                best.offsets = offsets;
            }
            Verdict::Impossible => {
                best.lower_bound = capacity + unit;
                undecided = best.lower_bound;
            }
            Verdict::Unknown => undecided = capacity + unit,
        }
        let gap = best.bytes.saturating_sub(undecided) / unit;
        capacity = undecided + gap / 2 * unit;
    }
    best
}

/// Searches with each preference in turn and ever more nodes, until one of them knows or half the budget is spent.
fn try_capacity(problems: &[Problem], capacity: usize, budget: &mut u64) -> Verdict {
    let mut share = budget.div_ceil(2);
    let mut nodes = 1000;
    while share > 0 {
        for problem in problems {
            let spent = nodes.min(share);
            share -= spent;
            *budget -= spent;
            match problem.fit(capacity, spent) {
                Verdict::Unknown => {}
                known => return known,
            }
        }
        nodes *= 2;
    }
    Verdict::Unknown
}

/// Largest end of any item.
fn height(items: &[Item], offsets: &[usize]) -> usize {
    items.iter().zip(offsets).map(|(item, offset)| item.bytes() + offset).max().unwrap_or(0)
}
