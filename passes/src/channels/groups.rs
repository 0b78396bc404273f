//! The dimensions that units form: runs of units that occur together, in one order, wherever one of them occurs.

use redsc_ir::{Graph, ValueId};

use super::layer::is_variable;
use super::ties::{Ties, extent};

/// Units that follow each other in the same order in every value in which they occur.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Number of units.
    pub units: usize,
    /// Whether units may be reordered and removed: neither the caller nor a node without rules sees them.
    pub is_free: bool,
}

/// Where a group lies in the channels of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The group.
    pub group: usize,
    /// The first channel.
    pub begin: usize,
    /// Consecutive channels that belong to the same unit.
    pub repeat: usize,
}

/// The groups of a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    /// The groups, in the order in which values show them.
    pub groups: Vec<Group>,
    /// By value, the groups of its channels in order; nothing for constants.
    segments: Vec<Vec<Segment>>,
}

/// What stands next to a unit wherever it occurs.
#[derive(Clone, Copy, PartialEq)]
enum Neighbour {
    Unknown,
    Unit(usize),
    /// Not always the same, or an end.
    None,
}

impl Neighbour {
    fn meet(&mut self, found: Option<usize>) {
        *self = match (*self, found) {
            (Neighbour::Unknown, Some(unit)) => Neighbour::Unit(unit),
            (Neighbour::Unit(known), Some(unit)) if known == unit => Neighbour::Unit(unit),
            _ => Neighbour::None,
        };
    }
}

impl Groups {
    /// The groups of a graph.
    pub fn of(graph: &Graph) -> Groups {
        let ties = Ties::of(graph);
        let runs: Vec<Vec<Run>> =
            (0..graph.values.len()).map(|v| runs(graph, &ties, ValueId::new(v))).collect();
        let starts = starts_of_groups(&runs);
        let mut found = Groups { groups: Vec::new(), segments: vec![Vec::new(); runs.len()] };
        let mut numbers = std::collections::BTreeMap::new();
        for (value, runs) in runs.iter().enumerate() {
            for runs in runs.chunk_by(|_, next| !starts[&next.unit]) {
                let number = *numbers.entry(runs[0].unit).or_insert_with(|| {
                    found.groups.push(Group { units: runs.len(), is_free: true });
                    found.groups.len() - 1
                });
                let Run { begin, length: repeat, .. } = runs[0];
                let is_regular = runs.iter().all(|run| run.length == repeat);
                let id = ValueId::new(value);
                let stays = (begin..begin + runs.len() * repeat).any(|channel| ties.stays(id, channel));
                found.groups[number].is_free &= is_regular && !stays;
                found.segments[value].push(Segment { group: number, begin, repeat });
            }
        }
        found
    }

    /// The groups that the channels of a value consist of, in order; none for a constant.
    pub fn segments(&self, id: ValueId) -> &[Segment] {
        &self.segments[id.index()]
    }

    /// For each value, its channels when each group has the units of `orders`, in that order; `None` for a group or a
    /// value that stays as it is.
    pub(crate) fn select(&self, orders: &[Option<Vec<usize>>]) -> Vec<Option<Vec<usize>>> {
        let channels = |segment: &Segment| -> Vec<usize> {
            let all = || (0..self.groups[segment.group].units).collect();
            let units: Vec<usize> = orders[segment.group].clone().unwrap_or_else(all);
            let first = |unit: usize| segment.begin + unit * segment.repeat;
            units.into_iter().flat_map(|unit| first(unit)..first(unit) + segment.repeat).collect()
        };
        let of_value = |segments: &Vec<Segment>| {
            let changes = segments.iter().any(|segment| orders[segment.group].is_some());
            changes.then(|| segments.iter().flat_map(channels).collect())
        };
        self.segments.iter().map(of_value).collect()
    }
}

/// Consecutive channels of a value that belong to one unit.
struct Run {
    unit: usize,
    begin: usize,
    length: usize,
}

fn runs(graph: &Graph, ties: &Ties<'_>, id: ValueId) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    if !is_variable(graph, id) {
        return runs;
    }
    for begin in 0..extent(graph, id) {
        let unit = ties.unit(id, begin);
        match runs.last_mut() {
            Some(last) if last.unit == unit => last.length += 1,
            _ => runs.push(Run { unit, begin, length: 1 }),
        }
    }
    runs
}

/// For each unit, whether a group begins with it: whether what stands before it, or after that, is not always the same.
fn starts_of_groups(runs: &[Vec<Run>]) -> std::collections::BTreeMap<usize, bool> {
    let mut neighbours = std::collections::BTreeMap::new();
    for runs in runs {
        for (position, run) in runs.iter().enumerate() {
            let unit_at = |position: Option<usize>| position.and_then(|p| runs.get(p)).map(|run| run.unit);
            let [before, after] =
                neighbours.entry(run.unit).or_insert([Neighbour::Unknown, Neighbour::Unknown]);
            before.meet(unit_at(position.checked_sub(1)));
            after.meet(unit_at(Some(position + 1)));
        }
    }
    let starts = |unit: usize| match neighbours[&unit][0] {
        Neighbour::Unit(before) => neighbours[&before][1] != Neighbour::Unit(unit),
        Neighbour::Unknown | Neighbour::None => true,
    };
    neighbours.keys().map(|&unit| (unit, starts(unit))).collect()
}
