//! Predictions for the terminal.

use redsc_ir::{Module, Plan, Target};
use redsc_passes::cost::{Laws, Layer, features};

use super::{Estimate, Prediction};
use crate::report::table;
use crate::report::text::{grouped, instructions};

/// A line for each operator, then the totals.
pub fn full(prediction: &Prediction) -> String {
    let report = &prediction.report;
    let has_board = prediction.work.is_some();
    let mut header = vec!["#", "operator", "MACs", "instructions", "%", "loads", "stores", "multiplies"];
    if has_board {
        header.extend(["cycles", "ms", "uJ"]);
    }
    header.push("kernel");
    let rows = report.operators.iter().enumerate().map(|(index, operator)| {
        let cost = operator.cost;
        let number = |of: fn(&crate::report::facts::Cost) -> u64| {
            cost.as_ref().map(of).map(grouped).unwrap_or_default()
        };
        let mut row = vec![
            operator.index.to_string(),
            operator.operator.to_owned(),
            grouped(operator.macs),
            number(|c| c.instructions),
            operator.percent.map(|p| format!("{p:.1}")).unwrap_or_default(),
            number(|c| c.loads),
            number(|c| c.stores),
            number(|c| c.multiplies),
        ];
        if has_board {
            let work = prediction.operator_work.get(index);
            let digits = |estimate: Option<Estimate>, digits| {
                estimate.map(|e| format!("{:.digits$}", e.value)).unwrap_or_default()
            };
            row.push(digits(work.map(|w| w.cycles), 0));
            row.push(digits(work.and_then(|w| w.milliseconds), 3));
            row.push(digits(work.and_then(|w| w.microjoules), 2));
        }
        row.push(if operator.kernel.is_empty() { "view".into() } else { operator.kernel.to_owned() });
        row
    });
    let numeric: Vec<usize> = (2..header.len() - 1).chain([0]).collect();
    let table = table::with_numbers(&header, &numeric, rows);
    format!("{} for {}\n\n{table}\n\n{}", report.name, report.target, totals(prediction))
}

/// Totals, a line each.
pub fn totals(prediction: &Prediction) -> String {
    let report = &prediction.report;
    let mut lines = vec![instructions(report)];
    if let Some(work) = &prediction.work {
        let board = prediction.board.clone().unwrap_or_default();
        let clock = prediction.clock_hz.map(|hz| format!(" at {:.1} MHz", hz / 1e6)).unwrap_or_default();
        lines.push(format!("on {board}{clock}: {} cycles", range(work.cycles, 0)));
        lines.extend(work.milliseconds.map(|ms| format!("{} ms", range(ms, 3))));
        lines.extend(work.microjoules.map(|uj| format!("{} uJ", range(uj, 1))));
    }
    lines.push(format!(
        "{} bytes of RAM, {} bytes of constants in flash",
        grouped(report.arena_bytes as u64),
        grouped(report.constant_bytes as u64)
    ));
    lines.join("\n")
}

/// `12.3 (11.9 to 12.8)`
fn range(estimate: Estimate, digits: usize) -> String {
    let Estimate { value, least, most } = estimate;
    format!("{value:.digits$} ({least:.digits$} to {most:.digits$})")
}

/// A line for each of several models, `Err` holding why one has no prediction.
pub fn overview(predictions: &[(String, std::result::Result<Prediction, String>)]) -> String {
    let header = ["model", "MACs", "instructions", "per MAC", "ms", "uJ", "RAM", "constants"];
    let rows = predictions.iter().map(|(name, prediction)| match prediction {
        Err(why) => vec![name.clone(), why.clone()],
        Ok(prediction) => {
            let report = &prediction.report;
            let count = report.cost.map_or(0, |cost| cost.instructions);
            let of =
                |estimate: Option<Estimate>| estimate.map(|e| format!("{:.3}", e.value)).unwrap_or_default();
            vec![
                name.clone(),
                grouped(report.macs),
                grouped(count),
                format!("{:.2}", count as f64 / report.macs.max(1) as f64),
                of(prediction.work.and_then(|w| w.milliseconds)),
                of(prediction.work.and_then(|w| w.microjoules)),
                grouped(report.arena_bytes as u64),
                grouped(report.constant_bytes as u64),
            ]
        }
    });
    let rows = rows.map(|mut row| {
        row.resize(header.len(), String::new());
        row
    });
    table::with_numbers(&header, &[1, 2, 3, 4, 5, 6, 7], rows)
}

/// The second prediction over the first one.
pub fn compared(first: &Prediction, second: &Prediction) -> String {
    let ratio = |of: fn(&Prediction) -> f64| format!("{:.3}", of(second) / of(first).max(1.0));
    let instructions = |p: &Prediction| p.report.cost.map_or(0.0, |cost| cost.instructions as f64);
    let rows = [
        ("MACs", ratio(|p| p.report.macs as f64)),
        ("instructions", ratio(instructions)),
        ("RAM", ratio(|p| p.report.arena_bytes as f64)),
        ("constants", ratio(|p| p.report.constant_bytes as f64)),
    ];
    let rows = rows.map(|(name, ratio)| vec![name.to_owned(), ratio]);
    let title = format!("{} / {}", second.report.name, first.report.name);
    table::with_numbers(&["", &title], &[1], rows)
}

/// How the instructions of each operator come about: loops, turns, instructions of a turn.
pub fn explain(module: &Module, plan: &Plan, target: &Target) -> String {
    let graph = module.entry();
    let mut lines = Vec::new();
    for (index, (node, step)) in graph.nodes.iter().zip(&plan.graphs[0].steps).enumerate() {
        let operands = redsc_ir::ops::Operands { module, graph, node };
        let layer = Layer::of(&operands, step.kernel);
        let Ok(features) = layer.and_then(|layer| features::of(&layer, step.kernel)) else { continue };
        let name = features.law(step.kernel);
        let Some(law) = Laws::of(target).ok().and_then(|laws| laws.laws.get(&name)) else { continue };
        lines.push(format!(
            "{index} {name}: fitted to {} shapes, off by {:.2} % on others (at most {:.2} %)",
            law.shapes, law.mean_error, law.worst_error
        ));
        for (feature, count) in features.counts() {
            let unit = law.units.get(feature).map_or(0.0, |unit| unit[0]);
            lines.push(format!("{:>12.0} = {count:>9.0} x {unit:>9.3} {feature}", count * unit));
        }
    }
    lines.join("\n")
}
