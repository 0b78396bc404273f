//! Depth-first search for a packing below a given capacity.
//!
//! A packing can always be compacted: every item falls until it rests on another item or on the ground. Placing
//! the items of a compacted packing from the lowest to the highest puts each one on the *floor* of its life, which
//! is the highest top of anything placed there. So the search only chooses which item comes next; its offset
//! follows, and offsets never decrease along the way. Four observations cut the tree:
//!
//! * *Order.* The next offset is never below the last one, so an item whose floor is below must first be raised by
//!   another; if its floor plus its size exceeds the capacity, the branch is dead.
//! * *Sections.* Between two consecutive events of any life, the items still to come need their total size above
//!   the lowest offset that any of them can still get.
//! * *Dominance.* If some item could end at or below offset `h`, a packing that puts nothing below `h` any more can
//!   be improved by dropping that item, so only offsets below the least possible end need trying.
//! * *Independence.* When what is left falls into groups that never meet, each group is solved alone: a failure of
//!   one does not reopen another.
//!
//! The first three are in the style of MiniMalloc (Moffitt, ASPLOS 2023).

use std::collections::HashMap;

use super::{Group, Item, Piece};

/// Which of several blocks that could go to the same offset is tried first. No order is best for all problems.
#[derive(Clone, Copy, Debug)]
pub(super) enum Preference {
    /// The one with the largest product of size and life.
    Area,
    /// The one that is live in the fullest section, then the one with the longest life.
    LoadThenLife,
    /// The one that is live in the fullest section, then the one with the largest area.
    LoadThenArea,
    /// The one that is live first.
    Begin,
}

/// A packing problem, prepared for searching.
pub(super) struct Problem {
    /// In order of preference.
    blocks: Vec<Block>,
    /// What the blocks need at least in each section.
    load: Vec<usize>,
    /// Least distances between the starts of a lower and a higher block, where they may overlap.
    distances: HashMap<(usize, usize), usize>,
    /// Greatest common divisor of all sizes.
    unit: usize,
}

/// An item between section borders.
#[derive(Clone, Debug)]
struct Block {
    /// First section.
    begin: usize,
    /// Past the last section.
    end: usize,
    /// The largest size.
    bytes: usize,
    pieces: Vec<Slab>,
    /// What it surely takes from others: its pieces, less what it may share where it overlaps another block.
    needs: Vec<Slab>,
    /// Orders blocks at the same offset: one that may overlap another one from its very start comes first.
    rank: usize,
    /// Position in the caller's order.
    item: usize,
}

/// A piece of an item between section borders.
#[derive(Clone, Copy, Debug)]
struct Slab {
    begin: usize,
    end: usize,
    bytes: usize,
}

/// Whether a packing exists.
pub(super) enum Verdict {
    /// Offsets, in the caller's order.
    Fits(Vec<usize>),
    /// There is none.
    Impossible,
    /// The budget did not suffice.
    Unknown,
}

/// The budget is spent.
struct Exhausted;

/// The last placement on the way to a search node: offset and rank of the block.
type Last = (usize, usize);

/// A change of the search's state.
enum Step {
    /// The block was placed.
    Placed(usize),
    /// The floor of the block was raised from this.
    Raised(usize, usize),
}

/// One search for one capacity.
struct Search<'p> {
    problem: &'p Problem,
    capacity: usize,
    /// Nodes that may still be visited.
    budget: u64,
    /// Total size of the blocks to come, by section.
    rest: Vec<usize>,
    /// Highest top of what is placed and meets a block, by block; once a block is placed, its offset.
    floor: Vec<usize>,
    /// What was done, to go back.
    trail: Vec<Step>,
    /// Lowest offset to come, by section; filled anew at each node.
    least: Vec<usize>,
}

impl Problem {
    /// Prepares the items for searches that prefer blocks in a given order.
    pub(super) fn new(group: &Group, preference: Preference) -> Problem {
        let items = &group.items;
        let mut borders: Vec<usize> =
            items.iter().flat_map(|item| &item.pieces).map(|piece| piece.first).collect();
        borders.extend(group.ticks());
        borders.sort_unstable();
        borders.dedup();
        let slab = |piece: &Piece| Slab {
            begin: borders.partition_point(|&b| b < piece.first),
            end: borders.partition_point(|&b| b <= piece.last),
            bytes: piece.bytes,
        };
        let block = |(item, it): (usize, &Item)| {
            let pieces: Vec<Slab> = it.pieces.iter().map(slab).collect();
            let (begin, end) = (pieces.first().map_or(0, |p| p.begin), pieces.last().map_or(0, |p| p.end));
            let mut needs = pieces.clone();
            let mut ticks: Vec<usize> = group.savings.iter().filter(|s| s.0 == item).map(|s| s.1).collect();
            ticks.dedup();
            for tick in ticks {
                reduce(&mut needs, borders.partition_point(|&b| b < tick), group.saving(item, tick));
            }
            Block { begin, end, bytes: it.bytes(), pieces, needs, rank: 0, item }
        };
        let mut blocks: Vec<Block> = items.iter().enumerate().map(block).collect();
        let load = section_loads(&blocks, borders.len());
        blocks.sort_by_key(|block| std::cmp::Reverse(preference.key(block, &load)));
        let mut at = vec![0; items.len()];
        blocks.iter().enumerate().for_each(|(b, block)| at[block.item] = b);
        let distances: HashMap<(usize, usize), usize> =
            group.distances.iter().map(|(&(below, above), &bytes)| ((at[below], at[above]), bytes)).collect();
        for (rank, b) in ranking(blocks.len(), &distances).into_iter().enumerate() {
            blocks[b].rank = rank;
        }
        let pieces = items.iter().flat_map(|item| &item.pieces).map(|piece| piece.bytes);
        let unit = pieces.chain(distances.values().copied()).fold(0, gcd).max(1);
        Problem { blocks, load, distances, unit }
    }

    /// Every sensible height is a multiple of this.
    pub(super) fn unit(&self) -> usize {
        self.unit
    }

    /// Looks for a packing of at most that height and visits at most `budget` nodes.
    pub(super) fn fit(&self, capacity: usize, budget: u64) -> Verdict {
        let mut search = Search {
            problem: self,
            capacity,
            budget,
            rest: self.load.clone(),
            floor: vec![0; self.blocks.len()],
            trail: Vec::new(),
            least: vec![0; self.load.len()],
        };
        let mut all: Vec<usize> = (0..self.blocks.len()).collect();
        all.sort_by_key(|&b| self.blocks[b].begin);
        match search.solve(&all, (0, 0)) {
            Ok(true) => Verdict::Fits(self.in_callers_order(&search.floor)),
            Ok(false) => Verdict::Impossible,
            Err(Exhausted) => Verdict::Unknown,
        }
    }

    fn in_callers_order(&self, offsets: &[usize]) -> Vec<usize> {
        let mut reordered = vec![0; offsets.len()];
        for (block, &offset) in self.blocks.iter().zip(offsets) {
            reordered[block.item] = offset;
        }
        reordered
    }
}

impl Search<'_> {
    /// Places all of `open` (by ascending first section) at or above `last`; on failure nothing has changed.
    fn solve(&mut self, open: &[usize], last: Last) -> Result<bool, Exhausted> {
        let mark = self.trail.len();
        for group in self.split(open) {
            if !self.solve_group(&group, last)? {
                self.undo(mark);
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn solve_group(&mut self, open: &[usize], last: Last) -> Result<bool, Exhausted> {
        self.budget = self.budget.checked_sub(1).ok_or(Exhausted)?;
        let least_end = open.iter().map(|&b| self.floor[b] + self.problem.blocks[b].bytes).min().unwrap_or(0);
        if least_end <= last.0 && last.0 > 0 || !self.sections_fit(open, last.0) {
            return Ok(false);
        }
        let mut candidates: Vec<usize> = open
            .iter()
            .copied()
            .filter(|&b| (self.floor[b], self.problem.blocks[b].rank) >= last && self.floor[b] < least_end)
            .collect();
        candidates.sort_by_key(|&b| (self.floor[b], b));
        for block in candidates {
            let mark = self.trail.len();
            let rest: Vec<usize> = open.iter().copied().filter(|&b| b != block).collect();
            let offset = self.floor[block];
            self.place(block);
            let last = (offset, self.problem.blocks[block].rank);
            if self.raise(&rest, block) && self.solve(&rest, last)? {
                return Ok(true);
            }
            self.undo(mark);
        }
        Ok(false)
    }

    /// Groups of blocks (given by ascending first section) that never meet blocks of another group.
    fn split(&self, open: &[usize]) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut end = 0;
        for &b in open {
            let block = &self.problem.blocks[b];
            match groups.last_mut() {
                Some(group) if block.begin < end => group.push(b),
                _ => groups.push(vec![b]),
            }
            end = end.max(block.end);
        }
        groups
    }

    /// Whether the blocks to come can fit above the lowest offset that any of them can get, in each section.
    fn sections_fit(&mut self, open: &[usize], last: usize) -> bool {
        let slabs = |b: usize| self.problem.blocks[b].pieces.iter();
        for slab in open.iter().flat_map(|&b| slabs(b)) {
            self.least[slab.begin..slab.end].fill(usize::MAX);
        }
        for &b in open {
            let offset = self.floor[b].max(last);
            for slab in slabs(b) {
                for least in &mut self.least[slab.begin..slab.end] {
                    *least = offset.min(*least);
                }
            }
        }
        let fits = |section: usize| self.least[section] + self.rest[section] <= self.capacity;
        open.iter().flat_map(|&b| slabs(b)).all(|slab| (slab.begin..slab.end).all(fits))
    }

    fn place(&mut self, block: usize) {
        for slab in &self.problem.blocks[block].needs {
            self.rest[slab.begin..slab.end].iter_mut().for_each(|bytes| *bytes -= slab.bytes);
        }
        self.trail.push(Step::Placed(block));
    }

    /// Lifts the floors above a block that was just placed; fails if something does not fit any more.
    fn raise(&mut self, open: &[usize], block: usize) -> bool {
        let placed = &self.problem.blocks[block];
        for &b in open {
            let other = &self.problem.blocks[b];
            let Some(bytes) = placed.most_below(other) else { continue };
            let bytes = self.problem.distances.get(&(block, b)).copied().unwrap_or(bytes);
            let top = self.floor[block] + bytes;
            if self.floor[b] >= top {
                continue;
            }
            if top + other.bytes > self.capacity {
                return false;
            }
            self.trail.push(Step::Raised(b, self.floor[b]));
            self.floor[b] = top;
        }
        true
    }

    /// Goes back to an earlier length of the trail.
    fn undo(&mut self, mark: usize) {
        for step in self.trail.drain(mark..).rev() {
            match step {
                Step::Raised(block, floor) => self.floor[block] = floor,
                Step::Placed(block) => {
                    for slab in &self.problem.blocks[block].needs {
                        self.rest[slab.begin..slab.end].iter_mut().for_each(|bytes| *bytes += slab.bytes);
                    }
                }
            }
        }
    }
}

impl Block {
    /// The largest size that it has while `other` needs room, if it ever has any then.
    fn most_below(&self, other: &Block) -> Option<usize> {
        if self.begin >= other.end || other.begin >= self.end {
            return None;
        }
        let meets = |slab: &&Slab| other.pieces.iter().any(|o| slab.begin < o.end && o.begin < slab.end);
        self.pieces.iter().filter(meets).map(|slab| slab.bytes).max()
    }

    /// Product of size and number of sections.
    fn area(&self) -> usize {
        self.pieces.iter().map(|slab| (slab.end - slab.begin) * slab.bytes).sum()
    }
}

impl Preference {
    pub(super) const ALL: [Preference; 4] =
        [Preference::Area, Preference::LoadThenLife, Preference::LoadThenArea, Preference::Begin];

    /// Larger is earlier.
    fn key(self, block: &Block, load: &[usize]) -> [usize; 3] {
        let life = block.end - block.begin;
        let fullest = load[block.begin..block.end].iter().copied().max().unwrap_or(0);
        match self {
            Preference::Area => [block.area(), block.bytes, 0],
            Preference::LoadThenLife => [fullest, life, block.bytes],
            Preference::LoadThenArea => [fullest, block.area(), block.bytes],
            Preference::Begin => [load.len() - block.begin, block.bytes, 0],
        }
    }
}

/// What the blocks need at least in each section.
fn section_loads(blocks: &[Block], sections: usize) -> Vec<usize> {
    let mut load = vec![0; sections];
    for slab in blocks.iter().flat_map(|block| &block.needs) {
        load[slab.begin..slab.end].iter_mut().for_each(|bytes| *bytes += slab.bytes);
    }
    load
}

/// The blocks in their order, but each after those that may start where it does and lie below it.
fn ranking(count: usize, distances: &HashMap<(usize, usize), usize>) -> Vec<usize> {
    fn visit(block: usize, below: &[Vec<usize>], done: &mut [bool], ranking: &mut Vec<usize>) {
        if !std::mem::replace(&mut done[block], true) {
            below[block].iter().for_each(|&other| visit(other, below, done, ranking));
            ranking.push(block);
        }
    }
    let mut below = vec![Vec::new(); count];
    for (&(lower, upper), _) in distances.iter().filter(|(_, distance)| **distance == 0) {
        below[upper].push(lower);
    }
    below.iter_mut().for_each(|others| others.sort_unstable());
    let (mut done, mut ranking) = (vec![false; count], Vec::with_capacity(count));
    (0..count).for_each(|block| visit(block, &below, &mut done, &mut ranking));
    ranking
}

/// Takes bytes off what is needed in one section.
fn reduce(needs: &mut Vec<Slab>, section: usize, bytes: usize) {
    let Some(index) = needs.iter().position(|slab| slab.begin <= section && section < slab.end) else {
        return;
    };
    let slab = needs[index];
    let parts = [
        Slab { end: section, ..slab },
        Slab { begin: section, end: section + 1, bytes: slab.bytes - bytes },
        Slab { begin: section + 1, ..slab },
    ];
    needs.splice(index..=index, parts.into_iter().filter(|part| part.begin < part.end));
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
