//! Spreads items over several memories: what is used most for its size goes to the memory whose accesses cost least.

use redsc_ir::target::Memory;

use super::solver::{Item, Overlap, Packing, pack};

/// What is in one memory.
pub(super) struct Part<'m> {
    pub(super) memory: &'m Memory,
    /// Positions of the items.
    pub(super) members: Vec<usize>,
    /// Their offsets in the memory.
    pub(super) packing: Packing,
}

/// Search nodes to find out whether one more item fits a memory.
const TRIAL_NODES: u64 = 200;

/// Items, and what is known about them.
pub(super) struct Load<'a> {
    pub(super) items: &'a [Item],
    pub(super) overlaps: &'a [Overlap],
    /// By item: how many bytes are read and written, about.
    pub(super) traffic: &'a [u64],
    /// Bytes that must stay free at the end of each memory.
    pub(super) slack: usize,
}

impl Load<'_> {
    /// The items in `memories`, which are sorted by the cost of an access. If they do not fit, says how many bytes are
    /// left over.
    pub(super) fn spread<'m>(&self, memories: &[&'m Memory], budget: u64) -> Result<Vec<Part<'m>>, usize> {
        let mut left: Vec<usize> = (0..self.items.len()).collect();
        let mut parts = Vec::new();
        for &memory in memories {
            let room = memory.bytes.saturating_sub(self.slack);
            let all = self.pack(&left, budget);
            let (members, packing) = if all.bytes <= room {
                (std::mem::take(&mut left), all)
            } else {
                let members = self.most_used(&left, room);
                left.retain(|item| !members.contains(item));
                let packing = self.pack(&members, budget);
                (members, packing)
            };
            if !members.is_empty() {
                parts.push(Part { memory, members, packing });
            }
        }
        if left.is_empty() { Ok(parts) } else { Err(self.pack(&left, 0).bytes) }
    }

    /// What is used most for its size and can be packed into so many bytes.
    fn most_used(&self, items: &[usize], room: usize) -> Vec<usize> {
        let mut order = items.to_vec();
        let price = |&item: &usize| self.traffic[item] as f64 / self.items[item].bytes().max(1) as f64;
        order.sort_by(|a, b| price(b).total_cmp(&price(a)));
        let mut chosen = Vec::new();
        for item in order {
            chosen.push(item);
            if self.pack(&chosen, TRIAL_NODES).bytes > room {
                chosen.pop();
            }
        }
        chosen.sort_unstable();
        chosen
    }

    fn pack(&self, members: &[usize], budget: u64) -> Packing {
        let items: Vec<Item> = members.iter().map(|&item| self.items[item].clone()).collect();
        let place = |item: usize| members.iter().position(|&member| member == item);
        let overlaps = self.overlaps.iter().filter_map(|overlap| {
            Some(Overlap { below: place(overlap.below)?, above: place(overlap.above)?, ..*overlap })
        });
        pack(&items, &overlaps.collect::<Vec<_>>(), budget)
    }
}
