//! Which tenants lie where relative to each other.
//!
//! A *home* is a set of tenants whose offsets from each other are fixed. Inside a home, tenants whose bytes are equal
//! wherever they overlap (a value and its views) have the same *contents*. Two tenants of one home may overlap in
//! space only if they do not live at the same time, or have the same contents, or one is written over the other by
//! the operator that reads it last.

use super::lifetime::Span;
use super::solver::{Item, Piece};
use super::tenants::Tenant;

/// Positions of all tenants.
#[derive(Clone, Debug)]
pub(super) struct Storage {
    tenants: Vec<Tenant>,
    /// By tenant: its home and its distance from the home's origin.
    homes: Vec<(usize, isize)>,
    /// By home.
    members: Vec<Vec<usize>>,
    /// By tenant: its contents.
    contents: Vec<usize>,
}

/// A wish: tenant `b` lies `distance` bytes above tenant `a`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Join {
    pub(super) a: usize,
    pub(super) b: usize,
    pub(super) distance: isize,
    pub(super) kind: Kind,
}

/// Why two tenants share a home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Their bytes are equal where they overlap.
    SameContents,
    /// They need not have anything in common.
    Apart,
}

/// Whether the operator that reads the first tenant last may write the second one over it, with the second one so
/// many bytes above the first one.
pub(super) type MayOverwrite<'f> = &'f dyn Fn(usize, usize, isize) -> bool;

impl Storage {
    /// Every tenant in a home of its own.
    pub(super) fn new(tenants: &[Tenant]) -> Storage {
        Storage {
            tenants: tenants.to_vec(),
            homes: (0..tenants.len()).map(|t| (t, 0)).collect(),
            members: (0..tenants.len()).map(|t| vec![t]).collect(),
            contents: (0..tenants.len()).collect(),
        }
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

    fn join(&mut self, Join { a, b, distance, kind }: Join, may_overwrite: MayOverwrite<'_>) -> bool {
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
        if kind == Kind::SameContents {
            let (kept, replaced) = (self.contents[a], self.contents[b]);
            self.contents.iter_mut().filter(|c| **c == replaced).for_each(|c| *c = kept);
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
        let (Some(span_a), Some(span_b)) = (self.tenants[a].span, self.tenants[b].span) else { return true };
        let (at_a, at_b) = (self.homes[a].1, self.homes[b].1);
        let apart =
            at_a + self.tenants[a].bytes as isize <= at_b || at_b + self.tenants[b].bytes as isize <= at_a;
        let never_meet = span_a.last < span_b.first || span_b.last < span_a.first;
        apart
            || never_meet
            || self.contents[a] == self.contents[b]
            || (span_a.last == span_b.first && may_overwrite(a, b, at_b - at_a))
            || (span_b.last == span_a.first && may_overwrite(b, a, at_a - at_b))
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
