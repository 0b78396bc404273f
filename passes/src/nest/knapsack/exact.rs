//! The dynamic program over pairs of cost and value. A pair is dropped if another one of the same state costs no more
//! and is worth as much, or if no completion can make it better than the best solution known.

use super::dual::{Relaxed, whole};
use super::stages::{Stage, Stages};
use super::{Problem, Solution};

/// Decisions up to some stage.
#[derive(Clone, Copy)]
struct Label {
    state: u32,
    cost: u64,
    value: u64,
    /// The label of the stage before, and the choice that was made.
    parent: u32,
    choice: u32,
}

/// Improves the best solution of the relaxation until it is proven to be the best, or `most` labels are not enough.
pub(super) fn search(
    problem: &Problem,
    stages: &Stages,
    budget: u64,
    relaxed: &Relaxed,
    most: usize,
) -> Solution {
    let mut best = relaxed.best.clone();
    if best.bound == best.value {
        return best;
    }
    let mut layers = vec![vec![Label { state: 0, cost: 0, value: 0, parent: 0, choice: 0 }]];
    let mut dropped = 0;
    for (index, stage) in stages.0.iter().enumerate() {
        let bound = |label: &Label| {
            let rest = relaxed.completions[index + 1][label.state as usize];
            whole(label.value as f64 + rest + relaxed.price * (budget - label.cost) as f64)
        };
        let extended = extend(problem, stage, &layers[index], budget);
        let hopeful = extended.into_iter().filter(|label| bound(label) > best.value).collect();
        let mut labels = undominated(hopeful);
        if labels.len() > most {
            labels.sort_by_key(|label| std::cmp::Reverse(bound(label)));
            dropped = labels[most..].iter().map(bound).fold(dropped, u64::max);
            labels.truncate(most);
        }
        layers.push(labels);
    }
    let last = layers.last().into_iter().flatten().enumerate();
    if let Some((at, label)) = last.filter(|(_, label)| label.value > best.value).max_by_key(|(_, l)| l.value)
    {
        best = Solution {
            choices: trace(problem, stages, &layers, at),
            value: label.value,
            cost: label.cost,
            ..best
        };
    }
    best.bound = best.bound.min(dropped).max(best.value);
    best
}

fn extend(problem: &Problem, stage: &Stage, labels: &[Label], budget: u64) -> Vec<Label> {
    let mut extended = Vec::new();
    for (parent, label) in labels.iter().enumerate() {
        for choice in 0..stage.choices {
            let entry = label.state as usize * stage.choices + choice;
            let Some(cost) = stage.costs[entry].map(|cost| label.cost + cost).filter(|&cost| cost <= budget)
            else {
                continue;
            };
            let value = label.value + problem.values[stage.variable][stage.first + choice];
            let state = stage.next[entry];
            extended.push(Label { state, cost, value, parent: parent as u32, choice: choice as u32 });
        }
    }
    extended
}

/// The labels that no other one of the same state dominates.
fn undominated(mut labels: Vec<Label>) -> Vec<Label> {
    labels.sort_unstable_by_key(|label| {
        (label.state, label.cost, std::cmp::Reverse(label.value), label.parent, label.choice)
    });
    let mut kept: Vec<Label> = Vec::new();
    for label in labels {
        if kept.last().is_none_or(|last| last.state != label.state || last.value < label.value) {
            kept.push(label);
        }
    }
    kept
}

fn trace(problem: &Problem, stages: &Stages, layers: &[Vec<Label>], mut at: usize) -> Vec<usize> {
    let mut choices = vec![0; problem.values.len()];
    for (index, stage) in stages.0.iter().enumerate().rev() {
        let label = layers[index + 1][at];
        choices[stage.variable] = stage.first + label.choice as usize;
        at = label.parent as usize;
    }
    choices
}
