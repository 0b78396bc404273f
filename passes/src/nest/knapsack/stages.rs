//! The order in which variables are decided, and the tables of the dynamic program.

use super::{Problem, Ranges};

/// A variable is decided; others stay open because later costs depend on them.
pub(super) struct Stage {
    /// The variable.
    pub(super) variable: usize,
    /// Its first choice that is allowed.
    pub(super) first: usize,
    /// Number of its choices that are allowed.
    pub(super) choices: usize,
    /// Number of joint choices of the variables that are open before.
    pub(super) states: usize,
    /// By state and choice: what is added to the costs; `None` if that is not allowed.
    pub(super) costs: Vec<Option<u64>>,
    /// By state and choice: the state afterwards.
    pub(super) next: Vec<u32>,
}

/// All stages, in order.
pub(super) struct Stages(pub(super) Vec<Stage>);

impl Stages {
    /// Stages with at most `limit` entries each.
    pub(super) fn of(problem: &Problem, ranges: &Ranges, limit: usize) -> Option<Stages> {
        let scopes: Vec<&[usize]> = scopes(problem).collect();
        let order = order(ranges, &scopes)?;
        let mut stages = Vec::with_capacity(order.len());
        let mut open: Vec<usize> = Vec::new();
        for (position, &variable) in order.iter().enumerate() {
            let done = &order[..=position];
            let after: Vec<usize> = done.iter().copied().filter(|&v| is_open(v, done, &scopes)).collect();
            stages.push(Stage::new(problem, ranges, &open, variable, &after, done, limit)?);
            open = after;
        }
        Some(Stages(stages))
    }
}

fn scopes(problem: &Problem) -> impl Iterator<Item = &[usize]> {
    let costs = problem.costs.iter().map(|table| &table.scope[..]);
    costs.chain(problem.constraints.iter().map(|table| &table.scope[..]))
}

/// Whether something that is not yet decided depends on a variable.
fn is_open(variable: usize, done: &[usize], scopes: &[&[usize]]) -> bool {
    scopes.iter().any(|scope| scope.contains(&variable) && scope.iter().any(|v| !done.contains(v)))
}

/// An order that keeps the joint choices of open variables few: greedily, from the best first variable.
fn order(ranges: &Ranges, scopes: &[&[usize]]) -> Option<Vec<usize>> {
    let choices = |v: &usize| (ranges[*v].1 + 1 - ranges[*v].0) as f64;
    let joint =
        |done: &[usize]| -> f64 { done.iter().filter(|&&v| is_open(v, done, scopes)).map(choices).product() };
    let from = |first: usize| {
        let (mut order, mut widest) = (vec![first], 0.0f64);
        while order.len() < ranges.len() {
            let left = (0..ranges.len()).filter(|v| !order.contains(v));
            let with = |v: usize| [&order[..], &[v]].concat();
            let weighed = left.map(|v| (joint(&with(v)), v));
            let (width, next) = weighed.min_by(|a, b| a.0.total_cmp(&b.0))?;
            widest = widest.max(joint(&order) * choices(&next)).max(width);
            order.push(next);
        }
        Some((widest, order))
    };
    if ranges.is_empty() {
        return Some(Vec::new());
    }
    let orders = (0..ranges.len()).filter_map(from);
    orders.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, order)| order)
}

impl Stage {
    fn new(
        problem: &Problem,
        ranges: &Ranges,
        open: &[usize],
        variable: usize,
        after: &[usize],
        done: &[usize],
        limit: usize,
    ) -> Option<Stage> {
        let count = |v: usize| ranges[v].1 + 1 - ranges[v].0;
        let choices = count(variable);
        let product = |all: &[usize]| all.iter().try_fold(1usize, |n, &v| n.checked_mul(count(v)));
        let states = product(open)?;
        let entries = states.checked_mul(choices).filter(|&entries| entries <= limit)?;
        let closes = |scope: &[usize]| scope.contains(&variable) && scope.iter().all(|v| done.contains(v));
        let costs: Vec<_> = problem.costs.iter().filter(|table| closes(&table.scope)).collect();
        let constraints: Vec<_> = problem.constraints.iter().filter(|table| closes(&table.scope)).collect();

        let mut stage = Stage {
            variable,
            first: ranges[variable].0,
            choices,
            states,
            costs: Vec::with_capacity(entries),
            next: Vec::with_capacity(entries),
        };
        let mut assignment = vec![0; problem.values.len()];
        for state in 0..states {
            let mut rest = state;
            for &v in open.iter().rev() {
                assignment[v] = ranges[v].0 + rest % count(v);
                rest /= count(v);
            }
            for choice in 0..choices {
                assignment[variable] = stage.first + choice;
                let is_allowed = constraints.iter().all(|table| table.at(problem, &assignment));
                let cost = || costs.iter().map(|table| table.at(problem, &assignment)).sum();
                stage.costs.push(is_allowed.then(cost));
                let next = after.iter().fold(0, |index, &v| index * count(v) + assignment[v] - ranges[v].0);
                stage.next.push(next as u32);
            }
        }
        Some(stage)
    }
}
