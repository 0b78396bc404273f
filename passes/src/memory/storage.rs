//! Which tenants lie where relative to each other.
//!
//! A *home* is a set of tenants whose offsets from each other are fixed. Two tenants of one home may overlap in space
//! only if they do not live at the same time, or hold the same bytes where they overlap (a value and its views), or one
//! is written over the other by the operator that reads it last.

use std::rc::Rc;

use super::contents::Contents;
use super::lifetime::Span;
use super::solver::{Item, Overlap, Piece};
use super::tenants::Tenant;

/// Positions of all tenants.
#[derive(Clone, Debug)]
pub(super) struct Storage {
    tenants: Vec<Tenant>,
    /// By tenant: its home and its distance from the home's origin.
    homes: Vec<(usize, isize)>,
    /// By home.
    members: Vec<Vec<usize>>,
    contents: Rc<Contents>,
}

/// A wish: tenant `b` lies `distance` bytes above tenant `a`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Join {
    pub(super) a: usize,
    pub(super) b: usize,
    pub(super) distance: isize,
}

/// A result that may lie over an operand that dies, if it starts a given distance below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Growth {
    pub(super) operand: usize,
    pub(super) result: usize,
    pub(super) distance: usize,
}

/// Whether the operator that reads the first tenant last may write the second one over it, with the second one so
/// many bytes above the first one.
pub(super) type MayOverwrite<'f> = &'f dyn Fn(usize, usize, isize) -> bool;

impl Storage {
    /// Every tenant in a home of its own.
    pub(super) fn new(tenants: &[Tenant], contents: Contents) -> Storage {
        Storage {
            tenants: tenants.to_vec(),
            homes: (0..tenants.len()).map(|t| (t, 0)).collect(),
            members: (0..tenants.len()).map(|t| vec![t]).collect(),
            contents: Rc::new(contents),
        }
    }

    /// Replaces what is known about equal bytes.
    pub(super) fn set_contents(&mut self, contents: Contents) {
        self.contents = Rc::new(contents);
    }

    /// The home of a tenant.
    pub(super) fn home(&self, tenant: usize) -> usize {
        self.homes[tenant].0
    }

    /// Lowers what the offset of a tenant must be a multiple of.
    pub(super) fn set_alignment(&mut self, tenant: usize, alignment: usize) {
        self.tenants[tenant].alignment = self.tenants[tenant].alignment.min(alignment);
    }

    /// Fulfils all wishes or none.
    pub(super) fn join_all(&mut self, joins: &[Join], may_overwrite: MayOverwrite<'_>) -> bool {
        let before = self.clone();
        let is_done = joins.iter().all(|join| self.join(*join, may_overwrite));
        if !is_done {
            *self = before;
        }
        is_done
    }

    fn join(&mut self, Join { a, b, distance }: Join, may_overwrite: MayOverwrite<'_>) -> bool {
        let ((home, at), (other, other_at)) = (self.homes[a], self.homes[b]);
        if home == other && other_at != at + distance {
            return false;
        }
        if home != other {
            let moved = std::mem::take(&mut self.members[other]);
            for &tenant in &moved {
                self.homes[tenant] = (home, self.homes[tenant].1 + at + distance - other_at);
            }
            self.members[home].extend(moved);
        }
        self.is_consistent(home, may_overwrite)
    }

    fn is_consistent(&self, home: usize, may_overwrite: MayOverwrite<'_>) -> bool {
        let members = &self.members[home];
        self.base(home).is_some()
            && members.iter().enumerate().all(|(position, &a)| {
                members[..position].iter().all(|&b| self.are_compatible(a, b, may_overwrite))
            })
    }

    fn are_compatible(&self, a: usize, b: usize, may_overwrite: MayOverwrite<'_>) -> bool {
        // Variables are initialised one by one, even if they soon hold the same.
        let variables = (self.tenants[a].variable, self.tenants[b].variable);
        if matches!(variables, (Some(a), Some(b)) if a != b) && self.overlap(a, b).is_some() {
            return false;
        }
        let (Some(span_a), Some(span_b)) = (self.tenants[a].span, self.tenants[b].span) else { return true };
        let (at_a, at_b) = (self.homes[a].1, self.homes[b].1);
        let never_meet = span_a.last < span_b.first || span_b.last < span_a.first;
        never_meet
            || self.agree(a, b)
            || (span_a.last == span_b.first && may_overwrite(a, b, at_b - at_a))
            || (span_b.last == span_a.first && may_overwrite(b, a, at_a - at_b))
    }

    /// Whether two tenants are apart in space or hold the same bytes where they overlap.
    fn agree(&self, a: usize, b: usize) -> bool {
        let Some((low, bytes)) = self.overlap(a, b) else { return true };
        let inside = |tenant: usize| (low - self.homes[tenant].1).unsigned_abs();
        self.contents.are_equal(a, inside(a), b, inside(b), bytes)
    }

    /// Where two tenants of one home overlap in space: from where on, and how many bytes.
    fn overlap(&self, a: usize, b: usize) -> Option<(isize, usize)> {
        let end = |tenant: usize| self.homes[tenant].1 + self.tenants[tenant].bytes as isize;
        let (low, high) = (self.homes[a].1.max(self.homes[b].1), end(a).min(end(b)));
        (low < high).then(|| (low, (high - low).unsigned_abs()))
    }

    /// The lowest distance from the origin such that the home can start there; `None` if the alignments of its members
    /// exclude each other.
    fn base(&self, home: usize) -> Option<isize> {
        let members = &self.members[home];
        let lowest = members.iter().map(|&tenant| self.homes[tenant].1).min()?;
        let &strictest = members.iter().max_by_key(|&&tenant| self.tenants[tenant].alignment)?;
        let alignment = self.tenants[strictest].alignment as isize;
        let base = lowest - (lowest - self.homes[strictest].1).rem_euclid(alignment);
        let is_aligned =
            |&tenant: &usize| (self.homes[tenant].1 - base) % self.tenants[tenant].alignment as isize == 0;
        members.iter().all(is_aligned).then_some(base)
    }

    /// How far the home of a result must start below that of its operand such that at a tick all pairs of tenants are
    /// apart, but these two.
    fn distance(&self, growth: &Growth, places: &[(usize, usize)], tick: usize) -> usize {
        let lives = |&&tenant: &&usize| {
            self.tenants[tenant].span.is_some_and(|span| span.first <= tick && tick <= span.last)
        };
        let mut least = 0;
        for &result in self.members[self.home(growth.result)].iter().filter(lives) {
            for &operand in self.members[self.home(growth.operand)].iter().filter(lives) {
                let is_grown = (operand, result) == (growth.operand, growth.result);
                let bytes = if is_grown { growth.distance } else { self.tenants[result].bytes };
                least = least.max((places[result].1 + bytes).saturating_sub(places[operand].1));
            }
        }
        least
    }

    /// The homes that somebody lives in, as items to pack, and each tenant's item and distance from its start.
    pub(super) fn items(&self, alignment: usize) -> (Vec<Item>, Vec<(usize, usize)>) {
        let mut items = Vec::new();
        let mut places = vec![(0, 0); self.tenants.len()];
        for (home, members) in self.members.iter().enumerate().filter(|(_, members)| !members.is_empty()) {
            let base = self.base(home).unwrap_or(0);
            let distance = |tenant: usize| (self.homes[tenant].1 - base).unsigned_abs();
            for &tenant in members {
                places[tenant] = (items.len(), distance(tenant));
            }
            let blocks = members.iter().filter_map(|&tenant| {
                let Tenant { bytes, span, .. } = self.tenants[tenant];
                span.map(|span| (span, (distance(tenant) + bytes).next_multiple_of(alignment)))
            });
            items.push(outline(&blocks.collect::<Vec<_>>()));
        }
        (items, places)
    }
}

/// What growths mean for the items to which `places` assigns tenants.
pub(super) fn overlaps(
    storage: &Storage,
    growths: &[Growth],
    places: &[(usize, usize)],
    alignment: usize,
) -> Vec<Overlap> {
    let mut overlaps: Vec<Overlap> = Vec::new();
    for growth in growths {
        let ((above, _), (below, _)) = (places[growth.operand], places[growth.result]);
        let tick = storage.tenants[growth.operand].span.map_or(0, |span| span.last);
        let begins = storage.tenants[growth.result].span.is_some_and(|span| span.first == tick);
        if above == below || !begins {
            continue;
        }
        let distance = storage.distance(growth, places, tick).next_multiple_of(alignment);
        match overlaps.iter_mut().find(|o| (o.below, o.above) == (below, above)) {
            // More than one pair of tenants: the others are not exempt.
            Some(known) => known.distance = usize::MAX,
            None => overlaps.push(Overlap { below, above, distance, tick }),
        }
    }
    overlaps.retain(|overlap| overlap.distance < usize::MAX);
    overlaps
}

/// The highest end at each tick.
fn outline(blocks: &[(Span, usize)]) -> Item {
    let mut ticks: Vec<usize> = blocks.iter().flat_map(|(span, _)| [span.first, span.last + 1]).collect();
    ticks.sort_unstable();
    ticks.dedup();
    let mut item = Item::default();
    for pair in ticks.windows(2) {
        let (first, last) = (pair[0], pair[1] - 1);
        let live = blocks.iter().filter(|(span, _)| span.first <= first && last <= span.last);
        let bytes = live.map(|(_, end)| *end).max().unwrap_or(0);
        match item.pieces.last_mut() {
            Some(piece) if piece.last + 1 == first && piece.bytes == bytes => piece.last = last,
            _ if bytes > 0 => item.pieces.push(Piece { first, last, bytes }),
            _ => {}
        }
    }
    item
}
