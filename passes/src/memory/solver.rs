//! Packs buffers with known live ranges into the smallest arena.
//!
//! Pure geometry: shapes with a flat bottom whose horizontal position is fixed, to be stacked as low as possible;
//! nothing here knows of graphs. What lives all the time goes to the bottom; what never meets is packed apart; greedy orders
//! (`greedy`) give a first packing; if it does not reach the lower bound (`super::bound`), a branch and bound
//! search (`search`) closes in from both sides until the two agree or its budget is spent.

mod greedy;
mod search;

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

    /// Pieces of this and of another item that need room at the same tick.
    pub fn encounters<'a>(&'a self, other: &'a Item) -> impl Iterator<Item = (&'a Piece, &'a Piece)> + 'a {
        let meet = |a: &Piece, b: &Piece| a.first <= b.last && b.first <= a.last;
        let pairs = self.pieces.iter().flat_map(|a| other.pieces.iter().map(move |b| (a, b)));
        pairs.filter(move |(a, b)| meet(a, b))
    }
}

/// Packs the items; the search visits at most `budget` nodes in all.
pub fn pack(items: &[Item], budget: u64) -> Packing {
    let mut packing = Packing { offsets: vec![0; items.len()], bytes: 0, lower_bound: 0 };
    let base = stack_lasting(items, &mut packing.offsets);
    let mut budget = budget;
    let spans: Vec<Option<(usize, usize)>> = items.iter().map(Item::span).collect();
    let mut rest: Vec<usize> =
        (0..items.len()).filter(|&i| spans[i].is_some() && !is_lasting(items, i)).collect();
    rest.sort_by_key(|&i| spans[i]);
    for group in split_by_time(&spans, &rest) {
        let members: Vec<Item> = group.iter().map(|&i| items[i].clone()).collect();
        let part = pack_group(&members, &mut budget);
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

/// Whether an item needs the same room whenever any item needs some.
fn is_lasting(items: &[Item], item: usize) -> bool {
    let [piece] = &items[item].pieces[..] else { return false };
    items.iter().filter_map(Item::span).all(|(first, last)| piece.first <= first && last <= piece.last)
}

/// Stacks what always lives from offset 0 on; nothing is lost, as the rest has to pass beside it anyway.
fn stack_lasting(items: &[Item], offsets: &mut [usize]) -> usize {
    let mut height = 0;
    for item in (0..items.len()).filter(|&item| is_lasting(items, item)) {
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
fn pack_group(items: &[Item], budget: &mut u64) -> Packing {
    let mut best = greedy::best_packing(items);
    best.lower_bound = bound::lower_bound(items);
    let problems = Preference::ALL.map(|preference| Problem::new(items, preference));
    let unit = problems[0].unit();
    // The bound is often tight, so it is tried first; then the gap is halved.
    let mut capacity = best.lower_bound;
    let mut undecided = best.lower_bound;
    while undecided < best.bytes && *budget > 0 {
        match try_capacity(&problems, capacity, budget) {
            Verdict::Fits(offsets) => {
                best.bytes = height(items, &offsets);
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
