//! Finds an order with the least peak.
//!
//! What is live depends only on the *set* of nodes that have run, so orders are paths through such sets, and the order
//! with the least peak is the path whose worst step is least. Best-first search visits sets by the peak on the way to
//! them: the first time that it reaches the set of all nodes, the path is optimal. A node that needs no more than the
//! peak so far and leaves no more than was live before may run at once, since it can only help later.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::model::{Model, NodeSet, insert};

/// The outcome of a search.
pub(super) struct Found {
    pub(super) order: Vec<usize>,
    pub(super) peak: usize,
    /// No order has a smaller peak.
    pub(super) bound: usize,
}

/// A set of nodes and how it was reached.
struct Reached {
    done: NodeSet,
    /// The state before and the node that led here.
    from: Option<(usize, usize)>,
    peak: usize,
    live: usize,
    count: usize,
}

/// An order of least peak if the search gets by with `budget` sets; else the better of the present order and one made
/// greedily.
pub(super) fn best_order(model: &Model, budget: u64) -> Found {
    let present: Vec<usize> = (0..model.len()).collect();
    let greedy = greedy_order(model);
    let is_better = model.peak(&greedy) < model.peak(&present) || !model.allows(&present);
    let order = if is_better { greedy } else { present };
    let incumbent = Found { peak: model.peak(&order), order, bound: 0 };
    Search::new(model, incumbent.peak).run(incumbent, budget)
}

/// Always the ready node that leaves the least behind, among those that raise the peak least.
fn greedy_order(model: &Model) -> Vec<usize> {
    let mut done = model.nothing();
    let (mut order, mut live, mut peak) = (Vec::with_capacity(model.len()), model.live(&done), 0);
    while order.len() < model.len() {
        let ready = (0..model.len()).filter(|&node| model.is_ready(node, &done));
        let best = ready.map(|node| (node, model.need(node, &done, live)));
        let Some((node, need)) = best.min_by_key(|(node, need)| (need.peak.max(peak), need.after, *node))
        else {
            break;
        };
        insert(&mut done, node);
        order.push(node);
        (live, peak) = (need.after, need.peak.max(peak));
    }
    order
}

struct Search<'m> {
    model: &'m Model,
    states: Vec<Reached>,
    /// The least peak with which each set was reached.
    known: HashMap<NodeSet, usize>,
    /// By least peak, then by most nodes.
    queue: BinaryHeap<(Reverse<usize>, usize, Reverse<usize>)>,
    /// Paths must be better than this.
    limit: usize,
}

impl<'m> Search<'m> {
    fn new(model: &'m Model, limit: usize) -> Self {
        let mut search =
            Search { model, states: Vec::new(), known: HashMap::new(), queue: BinaryHeap::new(), limit };
        let done = model.nothing();
        let live = model.live(&done);
        search.reach(Reached { done, from: None, peak: live, live, count: 0 });
        search
    }

    fn run(mut self, incumbent: Found, budget: u64) -> Found {
        let mut visited = 0;
        while let Some((Reverse(peak), count, Reverse(state))) = self.queue.pop() {
            if count == self.model.len() {
                return Found { order: self.path(state), peak, bound: peak };
            }
            if visited == budget {
                return Found { bound: peak, ..incumbent };
            }
            visited += 1;
            self.expand(state);
        }
        Found { bound: incumbent.peak, ..incumbent }
    }

    fn reach(&mut self, state: Reached) {
        if state.peak >= self.limit || self.known.get(&state.done).is_some_and(|&peak| peak <= state.peak) {
            return;
        }
        self.known.insert(state.done.clone(), state.peak);
        self.queue.push((Reverse(state.peak), state.count, Reverse(self.states.len())));
        self.states.push(state);
    }

    fn expand(&mut self, index: usize) {
        let Reached { ref done, peak, live, count, .. } = self.states[index];
        let done = done.clone();
        let ready = (0..self.model.len()).filter(|&node| self.model.is_ready(node, &done));
        let mut steps: Vec<_> = ready.map(|node| (node, self.model.need(node, &done, live))).collect();
        if let Some(&free) = steps.iter().find(|(_, need)| need.peak <= peak && need.after <= live) {
            steps = vec![free];
        }
        for (node, need) in steps {
            let mut then = done.clone();
            insert(&mut then, node);
            let peak = peak.max(need.peak);
            let from = Some((index, node));
            self.reach(Reached { done: then, from, peak, live: need.after, count: count + 1 });
        }
    }

    fn path(&self, mut state: usize) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.model.len());
        while let Some((before, node)) = self.states[state].from {
            order.push(node);
            state = before;
        }
        order.reverse();
        order
    }
}
