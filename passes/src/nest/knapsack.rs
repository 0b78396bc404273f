//! The knapsack: one choice for each variable, so that the values add up to as much as a budget of costs allows.
//!
//! A problem is plain numbers. A variable is a dimension of the network, a choice one of the widths that it may have.
//! Values belong to one variable each; costs and constraints to small sets of variables, such as the two dimensions of a
//! matrix of weights, so any table of costs will do.
//!
//! `stages` puts the variables into an order in which few of them are open at a time: one in a chain, two or three in
//! residual networks. `dual` relaxes the budget: at a price for each unit of cost the best choice is a dynamic
//! program, and its optimum bounds that of the problem (Lagrangian bound). `exact` runs the dynamic program over all
//! pairs of cost and value that no other pair dominates, and drops those that even the bound cannot lift over the best
//! choice known; where more pairs are left than allowed, the result is the best choice found together with a bound.
//! [`check`] knows nothing of all this and recomputes what a solution claims.
//!
//! [`nested`] solves a sequence of budgets, each choice at least as wide as that of the budget before.

mod check;
mod dual;
mod exact;
mod levels;
mod stages;

pub use check::check;
pub use levels::{Levels, Nesting, nested};

/// What to choose from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    /// By variable and choice: its value. Choices ascend in width.
    pub values: Vec<Vec<u64>>,
    /// What is added up and must stay within the budget.
    pub costs: Vec<Table<u64>>,
    /// What is allowed.
    pub constraints: Vec<Table<bool>>,
}

/// A function of the choices of a few variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table<T> {
    /// The variables, each once.
    pub scope: Vec<usize>,
    /// By choice of the first variable, then of the second, and so on.
    pub entries: Vec<T>,
}

/// The best choice that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Solution {
    /// By variable.
    pub choices: Vec<usize>,
    /// Sum of the values.
    pub value: u64,
    /// Sum of the costs.
    pub cost: u64,
    /// No choice within the budget is worth more; equal to `value` if that is proven to be the best.
    pub bound: u64,
}

/// Limits of the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Entries of the largest table of a dynamic program.
    pub entries: usize,
    /// Pairs of cost and value that are kept for each variable.
    pub labels: usize,
}

/// The choices that a variable may take: from the first to the second, both included.
pub type Ranges = [(usize, usize)];

impl Default for Effort {
    fn default() -> Self {
        Effort { entries: 1 << 24, labels: 1 << 20 }
    }
}

impl<T: Copy> Table<T> {
    /// The entry for the choices of all variables.
    pub fn at(&self, problem: &Problem, choices: &[usize]) -> T {
        let index = self.scope.iter().fold(0, |index, &v| index * problem.values[v].len() + choices[v]);
        self.entries[index]
    }
}

impl Problem {
    /// All choices of all variables.
    pub fn ranges(&self) -> Vec<(usize, usize)> {
        self.values.iter().map(|choices| (0, choices.len().saturating_sub(1))).collect()
    }

    /// Sum of the values of a choice.
    pub fn value(&self, choices: &[usize]) -> u64 {
        self.values.iter().zip(choices).map(|(values, &choice)| values[choice]).sum()
    }

    /// Sum of the costs of a choice.
    pub fn cost(&self, choices: &[usize]) -> u64 {
        self.costs.iter().map(|table| table.at(self, choices)).sum()
    }

    /// Whether all constraints allow a choice.
    pub fn allows(&self, choices: &[usize]) -> bool {
        self.constraints.iter().all(|table| table.at(self, choices))
    }
}

/// The best choice within the ranges whose cost is at most `budget`; `None` if there is none, or if the variables hang
/// together so much that a table of more than `effort.entries` entries would be needed.
pub fn solve(problem: &Problem, ranges: &Ranges, budget: u64, effort: Effort) -> Option<Solution> {
    let stages = stages::Stages::of(problem, ranges, effort.entries)?;
    let relaxed = dual::relax(problem, &stages, budget)?;
    Some(exact::search(problem, &stages, budget, &relaxed, effort.labels))
}
