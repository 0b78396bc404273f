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

use super::Item;

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
    /// Total size of the blocks in each section.
    load: Vec<usize>,
    /// Greatest common divisor of all sizes.
    unit: usize,
}

/// An item between two section borders.
#[derive(Clone, Copy, Debug)]
struct Block {
    /// First section.
    begin: usize,
    /// Past the last section.
    end: usize,
    bytes: usize,
    /// Position in the caller's order.
    item: usize,
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

/// The last placement on the way to a search node: offset and block.
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
    pub(super) fn new(items: &[Item], preference: Preference) -> Problem {
        let mut borders: Vec<usize> = items.iter().map(|item| item.first).collect();
        borders.sort_unstable();
        borders.dedup();
        let block = |(item, it): (usize, &Item)| Block {
            begin: borders.partition_point(|&b| b < it.first),
            end: borders.partition_point(|&b| b <= it.last),
            bytes: it.bytes,
            item,
        };
        let mut blocks: Vec<Block> = items.iter().enumerate().map(block).collect();
        let load = section_loads(&blocks, borders.len());
        blocks.sort_by_key(|block| std::cmp::Reverse(preference.key(block, &load)));
        let unit = items.iter().fold(0, |unit, item| gcd(unit, item.bytes)).max(1);
        Problem { blocks, load, unit }
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
            .filter(|&b| (self.floor[b], b) >= last && self.floor[b] < least_end)
            .collect();
        candidates.sort_by_key(|&b| (self.floor[b], b));
        for block in candidates {
            let mark = self.trail.len();
            let rest: Vec<usize> = open.iter().copied().filter(|&b| b != block).collect();
            let offset = self.floor[block];
            self.place(block);
            if self.raise(&rest, block) && self.solve(&rest, (offset, block))? {
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
        let blocks = &self.problem.blocks;
        for &b in open {
            self.least[blocks[b].begin..blocks[b].end].fill(usize::MAX);
        }
        for &b in open {
            let offset = self.floor[b].max(last);
            for least in &mut self.least[blocks[b].begin..blocks[b].end] {
                *least = offset.min(*least);
            }
        }
        let fits = |section: usize| self.least[section] + self.rest[section] <= self.capacity;
        open.iter().all(|&b| (blocks[b].begin..blocks[b].end).all(fits))
    }

    fn place(&mut self, block: usize) {
        let placed = &self.problem.blocks[block];
        self.rest[placed.begin..placed.end].iter_mut().for_each(|bytes| *bytes -= placed.bytes);
        self.trail.push(Step::Placed(block));
    }

    /// Lifts the floors above a block that was just placed; fails if something does not fit any more.
    fn raise(&mut self, open: &[usize], block: usize) -> bool {
        let placed = self.problem.blocks[block];
        let top = self.floor[block] + placed.bytes;
        for &b in open {
            let other = &self.problem.blocks[b];
            if other.begin >= placed.end || placed.begin >= other.end || self.floor[b] >= top {
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
                    let placed = &self.problem.blocks[block];
                    self.rest[placed.begin..placed.end].iter_mut().for_each(|bytes| *bytes += placed.bytes);
                }
            }
        }
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
            Preference::Area => [life * block.bytes, block.bytes, 0],
            Preference::LoadThenLife => [fullest, life, block.bytes],
            Preference::LoadThenArea => [fullest, life * block.bytes, block.bytes],
            Preference::Begin => [load.len() - block.begin, block.bytes, 0],
        }
    }
}

/// Total size of the blocks in each section.
fn section_loads(blocks: &[Block], sections: usize) -> Vec<usize> {
    let mut load = vec![0; sections];
    for block in blocks {
        load[block.begin..block.end].iter_mut().for_each(|bytes| *bytes += block.bytes);
    }
    load
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
