//! The knapsack against brute force on random small instances, and against its independent checker.

use redsc_passes::nest::knapsack::{Effort, Nesting, Problem, Table, check, nested, solve};

/// Numbers that look random and are the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Up to four variables of up to five choices; costs of pairs along a chain, and of some others; some forbidden pairs.
fn instance(numbers: &mut Numbers) -> Problem {
    let variables = 1 + numbers.below(4) as usize;
    let mut ascending = |count: u64, step: u64| {
        let mut total = 0;
        (0..count)
            .map(|_| {
                total += numbers.below(step);
                total
            })
            .collect::<Vec<u64>>()
    };
    let values: Vec<Vec<u64>> = (0..variables).map(|_| ascending(5, 40)).collect();
    let mut problem = Problem { values, ..Problem::default() };
    for first in 0..variables {
        problem.values[first].truncate(1 + numbers.below(5) as usize);
    }
    for first in 0..variables {
        for second in first + 1..variables {
            if second != first + 1 && numbers.below(3) != 0 {
                continue;
            }
            let (rows, columns) = (problem.values[first].len() as u64, problem.values[second].len() as u64);
            let (unit, extra) = (1 + numbers.below(6), numbers.below(4));
            let cost = |at: u64| unit * (at / columns + 1) * (at % columns + 1) + extra;
            let entries = (0..rows * columns).map(cost).collect();
            problem.costs.push(Table { scope: vec![first, second], entries });
            if numbers.below(4) == 0 {
                let entries = (0..rows * columns).map(|at| at == 0 || numbers.below(4) != 0).collect();
                problem.constraints.push(Table { scope: vec![first, second], entries });
            }
        }
        let entries = (0..problem.values[first].len() as u64).map(|c| c * numbers.below(9)).collect();
        problem.costs.push(Table { scope: vec![first], entries });
    }
    problem
}

fn all_choices(problem: &Problem) -> Vec<Vec<usize>> {
    problem.values.iter().fold(vec![Vec::new()], |all, values| {
        let longer = |choices: &Vec<usize>| {
            let choices = choices.clone();
            (0..values.len()).map(move |choice| [&choices[..], &[choice]].concat())
        };
        all.iter().flat_map(longer).collect()
    })
}

/// The greatest value within a budget.
fn brute_force(problem: &Problem, choices: &[Vec<usize>], budget: u64) -> Option<u64> {
    let fits = |choices: &&Vec<usize>| problem.allows(choices) && problem.cost(choices) <= budget;
    choices.iter().filter(fits).map(|choices| problem.value(choices)).max()
}

#[test]
fn optima_equal_brute_force() {
    let mut numbers = Numbers(1);
    for _ in 0..1000 {
        let problem = instance(&mut numbers);
        let choices = all_choices(&problem);
        let budget = numbers.below(120);
        let found = solve(&problem, &problem.ranges(), budget, Effort::default());
        assert_eq!(found.as_ref().map(|s| s.value), brute_force(&problem, &choices, budget), "{problem:?}");
        if let Some(solution) = found {
            assert_eq!(solution.bound, solution.value);
            assert_eq!(check(&problem, &[budget], &[solution]), Vec::<String>::new());
        }
    }
}

#[test]
fn nested_levels_pass_the_checker_and_keep_within_their_bounds() {
    let mut numbers = Numbers(2);
    for _ in 0..300 {
        let problem = instance(&mut numbers);
        let choices = all_choices(&problem);
        let first = numbers.below(40);
        let budgets = [first, first + numbers.below(40), first + 40 + numbers.below(40)];
        for nesting in [Nesting::BottomUp, Nesting::TopDown, Nesting::Joint] {
            let Some(levels) = nested(&problem, &budgets, nesting, Effort::default()) else { continue };
            assert_eq!(check(&problem, &budgets, &levels.levels), Vec::<String>::new(), "{problem:?}");
            for (level, &budget) in levels.levels.iter().zip(&budgets) {
                assert_eq!(Some(level.bound), brute_force(&problem, &choices, budget));
            }
            if nesting == Nesting::Joint {
                let one_by_one = [Nesting::BottomUp, Nesting::TopDown]
                    .map(|nesting| nested(&problem, &budgets, nesting, Effort::default()));
                let best = one_by_one.iter().flatten().map(|levels| levels.value()).max();
                assert!(Some(levels.value()) >= best && levels.value() <= levels.bound());
            }
        }
    }
}

#[test]
fn a_search_that_is_cut_short_says_so() {
    let mut numbers = Numbers(3);
    let mut gaps = 0;
    for _ in 0..200 {
        let problem = instance(&mut numbers);
        let budget = numbers.below(120);
        let Some(best) = brute_force(&problem, &all_choices(&problem), budget) else { continue };
        let effort = Effort { labels: 1, ..Effort::default() };
        let Some(found) = solve(&problem, &problem.ranges(), budget, effort) else { continue };
        assert!(found.value <= best && best <= found.bound, "{problem:?}");
        gaps += u32::from(found.value < found.bound);
    }
    assert!(gaps > 0);
}

#[test]
fn the_checker_finds_what_is_wrong() {
    let problem = instance(&mut Numbers(4));
    let budget = 1000;
    let solution = solve(&problem, &problem.ranges(), budget, Effort::default()).unwrap();
    let mut dear = solution.clone();
    dear.cost += 1;
    assert!(!check(&problem, &[budget], &[dear]).is_empty());
    let mut rich = solution.clone();
    rich.value += 1;
    assert!(!check(&problem, &[budget], &[rich]).is_empty());
    let mut narrow = solution.clone();
    narrow.choices.iter_mut().for_each(|choice| *choice = 0);
    narrow.value = problem.value(&narrow.choices);
    narrow.cost = problem.cost(&narrow.choices);
    assert!(!check(&problem, &[budget, budget], &[solution, narrow]).is_empty());
}
