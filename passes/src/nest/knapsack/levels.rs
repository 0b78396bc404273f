//! Several budgets at once, each choice at least as wide as that of the budget before.

use super::{Effort, Problem, Solution, solve};

/// How the choices of different budgets depend on each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nesting {
    /// The smallest budget first; each choice is a lower limit of the next one.
    BottomUp,
    /// The largest budget first; each choice is an upper limit of the next one.
    TopDown,
    /// The greatest sum of the values of all levels: the better of both, improved level by level.
    #[default]
    Joint,
}

/// Nested solutions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levels {
    /// By budget. The bound of each holds for this budget alone, whatever the other levels choose.
    pub levels: Vec<Solution>,
}

impl Levels {
    /// Sum of the values.
    pub fn value(&self) -> u64 {
        self.levels.iter().map(|level| level.value).sum()
    }

    /// No nested choices are worth more together.
    pub fn bound(&self) -> u64 {
        self.levels.iter().map(|level| level.bound).sum()
    }
}

/// Nested solutions for ascending budgets; `None` if the first one affords nothing, or as [`solve`] says.
pub fn nested(problem: &Problem, budgets: &[u64], nesting: Nesting, effort: Effort) -> Option<Levels> {
    let all = problem.ranges();
    let free: Vec<Solution> =
        budgets.iter().map(|&budget| solve(problem, &all, budget, effort)).collect::<Option<_>>()?;
    let in_order = |order: &mut dyn Iterator<Item = usize>| -> Option<Vec<Solution>> {
        let mut found = vec![None; budgets.len()];
        for k in order {
            found[k] = Some(between(problem, &found, k, budgets[k], &free[k], effort)?);
        }
        found.into_iter().collect()
    };
    let up = || in_order(&mut (0..budgets.len()));
    let down = || in_order(&mut (0..budgets.len()).rev());
    let levels = match nesting {
        Nesting::BottomUp => up()?,
        Nesting::TopDown => down().or_else(up)?,
        Nesting::Joint => {
            let total = |levels: &Vec<Solution>| levels.iter().map(|level| level.value).sum::<u64>();
            let start = [up(), down()].into_iter().flatten().max_by_key(total)?;
            improve(problem, budgets, start, &free, effort)
        }
    };
    Some(Levels { levels })
}

/// Solves level `k` between the levels beside it that are known.
fn between(
    problem: &Problem,
    known: &[Option<Solution>],
    k: usize,
    budget: u64,
    free: &Solution,
    effort: Effort,
) -> Option<Solution> {
    let below = known[..k].iter().rev().flatten().next();
    let above = known[k + 1..].iter().flatten().next();
    let mut ranges = problem.ranges();
    for (v, range) in ranges.iter_mut().enumerate() {
        range.0 = below.map_or(range.0, |level| level.choices[v]);
        range.1 = above.map_or(range.1, |level| level.choices[v]);
    }
    let fits = free.choices.iter().zip(&ranges).all(|(choice, range)| (range.0..=range.1).contains(choice));
    if fits {
        return Some(free.clone());
    }
    let found = solve(problem, &ranges, budget, effort)?;
    Some(Solution { bound: free.bound, ..found })
}

/// Solves each level anew between its neighbours, as long as that helps.
fn improve(
    problem: &Problem,
    budgets: &[u64],
    mut levels: Vec<Solution>,
    free: &[Solution],
    effort: Effort,
) -> Vec<Solution> {
    loop {
        let mut improved = false;
        for k in 0..levels.len() {
            let mut known: Vec<Option<Solution>> = levels.iter().cloned().map(Some).collect();
            known[k] = None;
            let better = between(problem, &known, k, budgets[k], &free[k], effort);
            if let Some(better) = better.filter(|better| better.value > levels[k].value) {
                levels[k] = better;
                improved = true;
            }
        }
        if !improved {
            return levels;
        }
    }
}
