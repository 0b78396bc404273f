//! Reports for the terminal.

use std::path::Path;

use redsc_ir::Target;

use super::facts::{Operator, Report, Tensor};
use super::table;

/// The short summary after a compilation.
pub fn summary(report: &Report, target: &Target, output: &Path) -> String {
    let mut rows = vec![
        ("operators", report.operators.len().to_string()),
        ("MACs", grouped(report.macs)),
        ("constants", format!("{} bytes of flash", grouped(report.constant_bytes as u64))),
        ("arena", arena(report)),
    ];
    if report.variable_bytes > 0 {
        rows.push(("state", format!("{} bytes, part of the arena", grouped(report.variable_bytes as u64))));
    }
    rows.push(("target", format!("{}: {}", target.name, target.summary)));
    rows.push(("compile with", format!("{} -O2", target.cflags.join(" "))));
    rows.push(("written", format!("{} and {}", output.display(), output.with_extension("h").display())));
    let line = |(name, value): (&str, String)| format!("  {name:<13}{value}");
    let lines: Vec<String> = rows.into_iter().map(line).collect();
    format!("{}\n{}", report.name, lines.join("\n"))
}

/// Inputs, outputs, operators and totals.
pub fn full(report: &Report) -> String {
    [
        format!("{} for {}", report.name, report.target),
        interface("inputs", &report.inputs),
        interface("outputs", &report.outputs),
        operators(report),
        plan(report),
    ]
    .into_iter()
    .chain(memories(report))
    .chain(choices(report))
    .collect::<Vec<_>>()
    .join("\n\n")
}

/// What is in each memory, if the target names any.
fn memories(report: &Report) -> Option<String> {
    let rows = report.memories.iter().map(|part| {
        let numbers = [part.begin, part.bytes, part.lower_bound, part.capacity];
        let mut row = vec![part.memory.clone()];
        row.extend(numbers.map(|number| grouped(number as u64)));
        row
    });
    let header = ["memory", "from offset", "bytes", "lower bound", "of"];
    (!report.memories.is_empty()).then(|| table::with_numbers(&header, &[1, 2, 3, 4], rows))
}

/// RAM against work, if there is a choice.
fn choices(report: &Report) -> Option<String> {
    if report.choices.len() < 2 {
        return None;
    }
    let rows = report.choices.iter().map(|choice| {
        let way = match (choice.first, choice.last) {
            (Some(first), Some(last)) => {
                format!("operators {first}–{last} in {} bands of rows", choice.bands)
            }
            _ => "everything as a whole".to_owned(),
        };
        vec![grouped(choice.arena_bytes as u64), grouped(choice.macs), grouped(choice.instructions), way]
    });
    let table = table::with_numbers(&["arena", "MACs", "instructions", "how"], &[0, 1, 2], rows);
    Some(format!("less RAM for more work (--ram BYTES)\n\n{table}"))
}

/// One line per operator.
pub fn operators(report: &Report) -> String {
    let header = [
        "#",
        "operator",
        "result",
        "quantization",
        "MACs",
        "instructions",
        "%",
        "constants",
        "scratch",
        "kernel",
        "from",
    ];
    let shown = |column: &usize| report.cost.is_some() || ![5, 6].contains(column);
    let columns: Vec<usize> = (0..header.len()).filter(shown).collect();
    let numeric: Vec<usize> =
        columns.iter().enumerate().filter(|(_, c)| [0, 4, 5, 6, 7, 8].contains(*c)).map(|(i, _)| i).collect();
    let pick = |row: Vec<String>| columns.iter().map(|&column| row[column].clone()).collect::<Vec<_>>();
    let header: Vec<&str> = columns.iter().map(|&column| header[column]).collect();
    table::with_numbers(&header, &numeric, report.operators.iter().map(operator_row).map(pick))
}

fn operator_row(operator: &Operator) -> Vec<String> {
    let results: Vec<String> = operator.outputs.iter().map(type_of).collect();
    let quantization = operator.outputs.first().map(|t| t.quantization.clone()).unwrap_or_default();
    vec![
        operator.index.to_string(),
        operator.operator.into(),
        results.join(", "),
        quantization,
        grouped(operator.macs),
        operator.cost.map(|cost| grouped(cost.instructions)).unwrap_or_default(),
        operator.percent.map(|percent| format!("{percent:.1}")).unwrap_or_default(),
        grouped(operator.constant_bytes as u64),
        grouped(operator.scratch_bytes as u64),
        if operator.kernel.is_empty() { "view".into() } else { operator.kernel.into() },
        operator.location.clone(),
    ]
}

/// Where everything lives in the arena.
fn plan(report: &Report) -> String {
    let mut blocks: Vec<_> = report.arena.iter().collect();
    blocks.sort_by_key(|b| (b.first, b.offset, b.last));
    let rows = blocks.into_iter().map(|b| {
        let time = if b.first == b.last { b.first.to_string() } else { format!("{}–{}", b.first, b.last) };
        vec![grouped(b.offset as u64), grouped(b.bytes as u64), time, b.name.clone()]
    });
    let totals = format!(
        "arena {}; {} MACs; {} bytes of constants",
        arena(report),
        grouped(report.macs),
        grouped(report.constant_bytes as u64)
    );
    let totals = format!("{totals}\n{}", instructions(report));
    format!("{}\n\n{totals}", table::with_numbers(&["offset", "bytes", "operators", "tensor"], &[0, 1], rows))
}

/// The predicted instructions, or why there are none.
pub fn instructions(report: &Report) -> String {
    let Some(cost) = report.cost else {
        return format!("instructions unknown: {}", report.cost_missing.join("; "));
    };
    let range = match cost.least == cost.most {
        true => String::new(),
        false => format!(" ({} to {})", grouped(cost.least), grouped(cost.most)),
    };
    let per_mac = cost.instructions as f64 / report.macs.max(1) as f64;
    format!(
        "{} instructions{range}, {per_mac:.2} for each MAC; {} loads, {} stores, {} multiplications",
        grouped(cost.instructions),
        grouped(cost.loads),
        grouped(cost.stores),
        grouped(cost.multiplies)
    )
}

fn arena(report: &Report) -> String {
    let bytes = format!("{} bytes of RAM", grouped(report.arena_bytes as u64));
    if report.arena_bytes == report.arena_lower_bound {
        return format!("{bytes} (optimal for this order)");
    }
    format!("{bytes} (lower bound {})", grouped(report.arena_lower_bound as u64))
}

fn interface(title: &str, tensors: &[Tensor]) -> String {
    let line = |t: &Tensor| format!("  {} {} {}", t.name, type_of(t), t.quantization);
    format!("{title}\n{}", tensors.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// `1x8x8x16 i8`
pub fn type_of(tensor: &Tensor) -> String {
    let dims: Vec<String> = tensor.shape.iter().map(usize::to_string).collect();
    format!("{} {}", dims.join("x"), tensor.elem)
}

/// `2,656,768`
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
