//! The relaxed problem: cost has a price instead of a budget. For any price, the best value minus what it costs, plus
//! the price of the whole budget, is at least the optimum of the problem. The best price is found by bisection, and the
//! choices met on the way that keep within the budget are solutions.

use super::stages::Stages;
use super::{Problem, Solution};

/// Steps of the bisection.
const STEPS: usize = 48;

/// What the relaxation says of a problem.
pub(super) struct Relaxed {
    /// The best solution met; its bound is the Lagrangian one.
    pub(super) best: Solution,
    /// The price of a unit of cost.
    pub(super) price: f64,
    /// By stage and state: the most that the stages from there on can add, costs paid.
    pub(super) completions: Vec<Vec<f64>>,
}

/// Solves the relaxation; `None` if nothing is allowed or nothing fits into the budget.
pub(super) fn relax(problem: &Problem, stages: &Stages, budget: u64) -> Option<Relaxed> {
    let cheapest = Priced::at(problem, stages, None)?.trace(problem, stages);
    if problem.cost(&cheapest) > budget {
        return None;
    }
    let mut search =
        Search { problem, stages, budget, best: cheapest.clone(), bound: f64::INFINITY, at: 0.0 };
    let richest = search.try_price(0.0)?;
    let (mut low, mut high) = (0.0, 1.0);
    if richest > budget {
        while search.try_price(high)? > budget && high < 1e18 {
            (low, high) = (high, high * 8.0);
        }
        for _ in 0..STEPS {
            let middle = f64::midpoint(low, high);
            match search.try_price(middle)? > budget {
                true => low = middle,
                false => high = middle,
            }
        }
    }
    let price = search.at;
    let value = problem.value(&search.best);
    let best = Solution {
        value,
        cost: problem.cost(&search.best),
        bound: whole(search.bound).max(value),
        choices: search.best,
    };
    Some(Relaxed { best, price, completions: Priced::at(problem, stages, Some(price))?.completions })
}

/// The largest whole number that a bound leaves possible, however its sum was rounded.
pub(super) fn whole(bound: f64) -> u64 {
    (bound + 1e-3 + bound.abs() * 1e-12).floor().max(0.0) as u64
}

struct Search<'a> {
    problem: &'a Problem,
    stages: &'a Stages,
    budget: u64,
    best: Vec<usize>,
    /// The least bound so far, and the price at which it was found.
    bound: f64,
    at: f64,
}

impl Search<'_> {
    /// The cost of the best choice at a price.
    fn try_price(&mut self, price: f64) -> Option<u64> {
        let priced = Priced::at(self.problem, self.stages, Some(price))?;
        let choices = priced.trace(self.problem, self.stages);
        let bound = priced.completions[0][0] + price * self.budget as f64;
        if bound < self.bound {
            (self.bound, self.at) = (bound, price);
        }
        let cost = self.problem.cost(&choices);
        if cost <= self.budget && self.problem.value(&choices) > self.problem.value(&self.best) {
            self.best = choices;
        }
        Some(cost)
    }
}

/// The dynamic program at one price.
struct Priced {
    price: Option<f64>,
    completions: Vec<Vec<f64>>,
}

impl Priced {
    /// Runs it from the last stage to the first; without a price, costs alone are minimised. `None` if nothing is
    /// allowed.
    fn at(problem: &Problem, stages: &Stages, price: Option<f64>) -> Option<Priced> {
        let mut completions = vec![Vec::new(); stages.0.len() + 1];
        completions[stages.0.len()] = vec![0.0];
        for (index, stage) in stages.0.iter().enumerate().rev() {
            let gains: Vec<f64> = (0..stage.choices)
                .map(|c| problem.values[stage.variable][stage.first + c] as f64)
                .map(|value| if price.is_some() { value } else { 0.0 })
                .collect();
            let mut best = vec![f64::NEG_INFINITY; stage.states];
            for (state, best) in best.iter_mut().enumerate() {
                for (choice, gain) in gains.iter().enumerate() {
                    let entry = state * stage.choices + choice;
                    let Some(cost) = stage.costs[entry] else { continue };
                    let rest = completions[index + 1][stage.next[entry] as usize];
                    *best = best.max(gain - price.unwrap_or(1.0) * cost as f64 + rest);
                }
            }
            completions[index] = best;
        }
        completions[0][0].is_finite().then_some(Priced { price, completions })
    }

    /// The choices of the optimum; among equals the narrowest.
    fn trace(&self, problem: &Problem, stages: &Stages) -> Vec<usize> {
        let mut choices = vec![0; problem.values.len()];
        let mut state = 0;
        for (index, stage) in stages.0.iter().enumerate() {
            let mut best = (f64::NEG_INFINITY, 0, 0);
            for choice in 0..stage.choices {
                let entry = state * stage.choices + choice;
                let Some(cost) = stage.costs[entry] else { continue };
                let gain = problem.values[stage.variable][stage.first + choice] as f64;
                let gain = if self.price.is_some() { gain } else { 0.0 };
                let next = stage.next[entry] as usize;
                let total =
                    gain - self.price.unwrap_or(1.0) * cost as f64 + self.completions[index + 1][next];
                if total > best.0 {
                    best = (total, choice, next);
                }
            }
            choices[stage.variable] = stage.first + best.1;
            state = best.2;
        }
        choices
    }
}
