//! The knapsack of a network: its free groups are the variables, their widths the choices.

use redsc_ir::analysis::{live_ranges, node_macs};
use redsc_ir::{Graph, Module, Node, Op, ValueId};

use super::knapsack::{Problem, Solution, Table, nested, solve};
use super::{NestError, NestOptions};
use crate::channels::{Group, Groups};

/// What importance is counted in: this much for all of it.
const VALUE_UNITS: f64 = (1u64 << 40) as f64;

/// The choice of widths as a knapsack.
pub(super) struct Task<'m> {
    module: &'m Module,
    all: &'m Groups,
    /// By variable: its group.
    pub(super) groups: Vec<usize>,
    /// By variable and choice: the width.
    choices: Vec<Vec<usize>>,
    problem: Problem,
    /// Costs that no width changes.
    pub(super) fixed_cost: u64,
}

impl<'m> Task<'m> {
    /// States the problem; `scores` hold the importance of the units of each group, in their order.
    pub(super) fn of(
        module: &'m Module,
        all: &'m Groups,
        scores: &[Vec<f64>],
        options: &NestOptions,
    ) -> Result<Self, NestError> {
        let can_be_cut = |group: &Group| group.is_free && group.units > options.multiple;
        let groups: Vec<usize> = (0..all.groups.len()).filter(|&g| can_be_cut(&all.groups[g])).collect();
        if groups.is_empty() {
            return Err(NestError::NothingToCut);
        }
        let widths = |&group: &usize| {
            let units = all.groups[group].units;
            (1..).map(|n| n * options.multiple).take_while(|&w| w < units).chain([units]).collect()
        };
        let choices: Vec<Vec<usize>> = groups.iter().map(widths).collect();
        let total: f64 = groups.iter().flat_map(|&group| &scores[group]).sum();
        let value = |group: usize, width: usize| {
            let share = scores[group][..width].iter().sum::<f64>() / total.max(f64::MIN_POSITIVE);
            (share * VALUE_UNITS).round() as u64
        };
        let values = groups.iter().zip(&choices);
        let values = values.map(|(&g, widths)| widths.iter().map(|&w| value(g, w)).collect()).collect();
        let problem = Problem { values, ..Problem::default() };
        let mut task = Task { module, all, groups, choices, problem, fixed_cost: 0 };
        task.add_costs(options)?;
        if let Some(bytes) = options.ram {
            task.add_memory(bytes, options)?;
        }
        Ok(task)
    }

    /// The levels that the options ask for, and the full network.
    pub(super) fn solve(&self, options: &NestOptions) -> Result<Vec<Solution>, NestError> {
        let widest: Vec<usize> = self.choices.iter().map(|widths| widths.len() - 1).collect();
        let full_cost = self.problem.cost(&widest) + self.fixed_cost;
        let budget =
            |percent: f64| ((percent / 100.0 * full_cost as f64) as u64).checked_sub(self.fixed_cost);
        for &percent in &options.percent {
            let affords =
                |budget: u64| solve(&self.problem, &self.problem.ranges(), budget, options.effort).is_some();
            if !budget(percent).is_some_and(affords) {
                let narrowest = self.problem.cost(&vec![0; widest.len()]) + self.fixed_cost;
                let least = 100.0 * narrowest as f64 / full_cost as f64;
                let is_too_small = least > percent || options.ram.is_some();
                return Err(if is_too_small {
                    NestError::TooSmall { percent, least }
                } else {
                    NestError::TooWide
                });
            }
        }
        let budgets: Vec<u64> = options.percent.iter().filter_map(|&percent| budget(percent)).collect();
        let found = nested(&self.problem, &budgets, options.nesting, options.effort);
        let mut levels = found.ok_or(NestError::TooWide)?.levels;
        let value = self.problem.value(&widest);
        let cost = self.problem.cost(&widest);
        levels.push(Solution { choices: widest, value, cost, bound: value });
        Ok(levels)
    }

    /// By variable: the width that a solution chooses.
    pub(super) fn widths(&self, solution: &Solution) -> Vec<usize> {
        self.choices.iter().zip(&solution.choices).map(|(widths, &choice)| widths[choice]).collect()
    }

    /// By group: the width, for those that are narrower than they could be.
    pub(super) fn cuts(&self, widths: &[usize]) -> Vec<Option<usize>> {
        let mut cuts = vec![None; self.all.groups.len()];
        for (&group, &width) in self.groups.iter().zip(widths) {
            cuts[group] = (width < self.all.groups[group].units).then_some(width);
        }
        cuts
    }

    /// Costs of all nodes: multiply-accumulate operations, which are proportional to the channels of results and, in
    /// layers that mix channels, of operands.
    fn add_costs(&mut self, options: &NestOptions) -> Result<(), NestError> {
        let graph = self.module.entry();
        for node in &graph.nodes {
            let macs = node_macs(self.module, graph, node);
            if macs == 0 {
                continue;
            }
            let values: Vec<ValueId> = node.outputs.iter().copied().chain(mixed_operand(node)).collect();
            let table = self.table(&values, options, |kept| {
                let mut cost = macs;
                for (kept, id) in kept.iter().zip(&values) {
                    cost = cost * *kept as u64 / extent(graph, *id) as u64;
                }
                cost
            })?;
            match table.scope.is_empty() {
                true => self.fixed_cost += table.entries[0],
                false => self.problem.costs.push(table),
            }
        }
        Ok(())
    }

    /// While a layer runs, the values that are live must fit into `bytes`.
    fn add_memory(&mut self, bytes: usize, options: &NestOptions) -> Result<(), NestError> {
        let graph = self.module.entry();
        let live = live_ranges(graph);
        for (position, node) in graph.nodes.iter().enumerate().filter(|(_, node)| needs_both(&node.op)) {
            let is_live = |id: &ValueId| {
                live[id.index()].is_some_and(|range| range.first <= position + 1 && position < range.last)
                    || node.outputs.contains(id)
            };
            let values: Vec<ValueId> = (0..graph.values.len())
                .map(ValueId::new)
                .filter(|id| graph.constant(*id).is_none() && is_live(id))
                .collect();
            let table = self.table(&values, options, |kept| {
                let bytes_of = |(&kept, &id): (&usize, &ValueId)| {
                    graph.ty(id).bytes() / extent(graph, id).max(1) * kept.max(1)
                };
                kept.iter().zip(&values).map(bytes_of).sum::<usize>() <= bytes
            })?;
            self.problem.constraints.push(table);
        }
        Ok(())
    }

    /// A function of how many channels some values keep, as a table over the variables that decide it.
    fn table<T>(
        &self,
        values: &[ValueId],
        options: &NestOptions,
        entry: impl Fn(&[usize]) -> T,
    ) -> Result<Table<T>, NestError> {
        let segments = |id: &ValueId| self.all.segments(*id);
        let mut scope: Vec<usize> = values
            .iter()
            .flat_map(segments)
            .filter_map(|segment| self.groups.iter().position(|&group| group == segment.group))
            .collect();
        scope.sort_unstable();
        scope.dedup();
        let count = scope.iter().try_fold(1usize, |n, &v| n.checked_mul(self.choices[v].len()));
        let count = count.filter(|&count| count <= options.effort.entries).ok_or(NestError::TooWide)?;
        let of_index = |mut index: usize| {
            let mut widths: Vec<usize> = self.all.groups.iter().map(|group| group.units).collect();
            for &v in scope.iter().rev() {
                widths[self.groups[v]] = self.choices[v][index % self.choices[v].len()];
                index /= self.choices[v].len();
            }
            let kept = |id| segments(id).iter().map(|segment| widths[segment.group] * segment.repeat).sum();
            entry(&values.iter().map(kept).collect::<Vec<usize>>())
        };
        Ok(Table { entries: (0..count).map(of_index).collect(), scope })
    }
}

/// The operand all of whose channels each result of a layer reads.
fn mixed_operand(node: &Node) -> Option<ValueId> {
    match node.op {
        Op::Conv2d(_) | Op::FullyConnected(_) | Op::TransposeConv2d(_) => node.input(0),
        _ => None,
    }
}

/// Whether results cannot take the place of operands.
fn needs_both(op: &Op) -> bool {
    matches!(
        op,
        Op::Conv2d(_)
            | Op::TransposeConv2d(_)
            | Op::DepthwiseConv2d(_)
            | Op::FullyConnected(_)
            | Op::Pool2d(_)
    )
}

fn extent(graph: &Graph, id: ValueId) -> usize {
    crate::channels::ties::extent(graph, id)
}
