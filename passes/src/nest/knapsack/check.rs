//! Recomputes what a solution of nested levels claims, from the numbers of the problem alone.

use super::{Problem, Solution};

/// What is wrong with solutions for ascending budgets; nothing if they are choices within budgets and constraints, each
/// as wide as the one before, with the values, costs and bounds that they claim to have.
pub fn check(problem: &Problem, budgets: &[u64], levels: &[Solution]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut expect = |holds: bool, what: String| {
        if !holds {
            wrong.push(what);
        }
    };
    expect(budgets.len() == levels.len(), format!("{} levels for {} budgets", levels.len(), budgets.len()));
    for (k, (level, &budget)) in levels.iter().zip(budgets).enumerate() {
        let complete = level.choices.len() == problem.values.len();
        let known = level.choices.iter().zip(&problem.values).all(|(&choice, values)| choice < values.len());
        expect(complete && known, format!("level {k}: there are no such choices"));
        if !complete || !known {
            continue;
        }
        let mut cost = 0u128;
        for table in &problem.costs {
            cost += u128::from(table.at(problem, &level.choices));
        }
        let mut value = 0u128;
        for (values, &choice) in problem.values.iter().zip(&level.choices) {
            value += u128::from(values[choice]);
        }
        expect(cost == u128::from(level.cost), format!("level {k}: costs {cost}, not {}", level.cost));
        expect(value == u128::from(level.value), format!("level {k}: is worth {value}, not {}", level.value));
        expect(cost <= u128::from(budget), format!("level {k}: costs {cost}, over {budget}"));
        expect(level.value <= level.bound, format!("level {k}: is worth more than its bound"));
        for table in &problem.constraints {
            expect(table.at(problem, &level.choices), format!("level {k}: a constraint forbids it"));
        }
        if let Some(below) = k.checked_sub(1).map(|k| &levels[k]) {
            let is_nested = below.choices.iter().zip(&level.choices).all(|(below, above)| below <= above);
            expect(is_nested, format!("level {k}: is narrower than the one below"));
        }
    }
    wrong
}
