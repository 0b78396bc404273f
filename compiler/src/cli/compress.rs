//! `redsc compress`: what the weights of each layer take in each sparse format.

use std::path::PathBuf;

use clap::Args;
use redsc_ir::sparse::{Format, Matrix, size};
use redsc_ir::{ElemType, Graph, Node, Op};
use serde::Serialize;

use super::ModelArg;
use super::progress::print;
use crate::driver::{self, Options, Quiet};
use crate::error::{Failure, Result};
use crate::export_tflite::{self, Storage};
use crate::io;
use crate::report::table;

/// Arguments of `redsc compress`.
#[derive(Debug, Args)]
pub struct CompressArgs {
    #[command(flatten)]
    model: ModelArg,
    /// Write the model, as it was read, with its weights as delta-compressed sparse rows.
    #[arg(short, value_name = "OUT.tflite")]
    output: Option<PathBuf>,
    /// Print the table as CSV.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print the table as JSON.
    #[arg(long)]
    json: bool,
    /// Count the weights as they are in the file, with those of dead channels.
    #[arg(long)]
    keep_dead_channels: bool,
}

/// The weights of one layer.
#[derive(Debug, Serialize)]
struct Row {
    /// Where the layer is in the source model.
    layer: String,
    rows: usize,
    columns: usize,
    non_zeros: usize,
    /// Bytes in each format, in the order of the table of formats.
    bytes: Vec<(&'static str, usize)>,
    /// The smallest format.
    best: &'static str,
    best_bytes: usize,
    bits_per_weight: f64,
    /// Entropy of the positions of non-zero weights, and a byte for each of these.
    bound_bytes: f64,
}

/// Runs the command.
pub fn execute(args: &CompressArgs) -> Result<()> {
    let module = driver::load(&args.model.model)?;
    let mut counted = module.clone();
    if !args.keep_dead_channels {
        driver::optimize(&mut counted, &Options::default(), &mut Quiet)?;
    }
    let rows: Vec<Row> = counted
        .graphs
        .iter()
        .flat_map(|graph| graph.nodes.iter().filter_map(|node| row(graph, node)))
        .collect();
    if let Some(output) = &args.output {
        let file =
            export_tflite::write_as(&module, Storage::Dcsr).map_err(|d| Failure::of(&module.name, d))?;
        io::write_all(&[(output.clone(), file)])?;
    }
    let text = if args.json {
        serde_json::to_string_pretty(&rows)
            .map_err(|e| Failure::new("E0516", format!("the report cannot be made: {e}"), "", ""))?
    } else if args.csv {
        cells(&rows).iter().map(|cells| cells.join(",")).collect::<Vec<_>>().join("\n")
    } else {
        let cells = cells(&rows);
        let head: Vec<&str> = cells[0].iter().map(String::as_str).collect();
        let numbers: Vec<usize> = (1..head.len()).collect();
        table::with_numbers(&head, &numbers, cells[1..].iter().cloned())
    };
    print(&text);
    Ok(())
}

/// The weights of a convolution or a fully connected layer of int8.
fn row(graph: &Graph, node: &Node) -> Option<Row> {
    if !matches!(node.op, Op::Conv2d(_) | Op::DepthwiseConv2d(_) | Op::FullyConnected(_)) {
        return None;
    }
    let weights = node.input(1)?;
    let ty = graph.ty(weights);
    if ty.elem != ElemType::I8 {
        return None;
    }
    let data = graph.constant(weights)?.to_vec::<i8>();
    let rows = ty.shape.iter().copied().find(|&extent| extent > 1).unwrap_or(1);
    let matrix = Matrix::new(rows, data.len() / rows, data)?;
    let bytes: Vec<_> = Format::ALL.iter().map(|&format| (format.name(), size(&matrix, format))).collect();
    let &(best, best_bytes) = bytes.iter().min_by_key(|(_, bytes)| *bytes)?;
    let count = matrix.weights().len().max(1) as f64;
    Some(Row {
        layer: node.location.clone(),
        rows,
        columns: matrix.columns(),
        non_zeros: matrix.non_zeros(),
        best,
        best_bytes,
        bits_per_weight: 8.0 * best_bytes as f64 / count,
        bound_bytes: matrix.entropy_bound(),
        bytes,
    })
}

/// Head, rows and sums as text.
fn cells(rows: &[Row]) -> Vec<Vec<String>> {
    let names = Format::ALL.iter().map(|format| format.name());
    let head = ["layer", "rows", "columns", "non-zero"].into_iter().chain(names);
    let head = head.chain(["best", "bytes", "bits/weight", "over bound %"]);
    let mut cells: Vec<Vec<String>> = vec![head.map(str::to_owned).collect()];
    let over = |bytes: f64, bound: f64| format!("{:.1}", 100.0 * (bytes / bound.max(1.0) - 1.0));
    for row in rows {
        let mut line = vec![row.layer.clone(), row.rows.to_string(), row.columns.to_string()];
        line.push(row.non_zeros.to_string());
        line.extend(row.bytes.iter().map(|(_, bytes)| bytes.to_string()));
        line.extend([row.best.into(), row.best_bytes.to_string(), format!("{:.2}", row.bits_per_weight)]);
        line.push(over(row.best_bytes as f64, row.bound_bytes));
        cells.push(line);
    }
    let sum = |of: &dyn Fn(&Row) -> usize| rows.iter().map(of).sum::<usize>();
    let weights = sum(&|row| row.rows * row.columns).max(1);
    let best = sum(&|row| row.best_bytes);
    let bound: f64 = rows.iter().map(|row| row.bound_bytes).sum();
    let mut last = vec!["all".into(), String::new(), String::new(), sum(&|row| row.non_zeros).to_string()];
    last.extend((0..Format::ALL.len()).map(|i| sum(&|row| row.bytes[i].1).to_string()));
    last.extend([String::new(), best.to_string(), format!("{:.2}", 8.0 * best as f64 / weights as f64)]);
    last.push(over(best as f64, bound));
    cells.push(last);
    cells
}
