//! Sparse weights of real networks: the bytes that each format takes.

use std::collections::HashMap;
use std::fs;

use redsc::export_tflite::{self, Storage};
use redsc::frontend;
use redsc_ir::sparse::dcsr::Dcsr;
use redsc_ir::sparse::{Format, Matrix, size};
use redsc_ir::{Diagnostic, Graph, Module, Node, Op};
use redsc_passes::{Config, Pipeline};
use redsc_tests::{golden, model};

/// A row of the table of published tensors: by column name.
type Row = HashMap<String, String>;

/// The table of published tensors, if it is there.
fn table() -> Vec<Row> {
    let Some(path) = golden::shared().map(|dir| dir.join("notes/dcsr_table.csv")).filter(|p| p.is_file())
    else {
        return Vec::new();
    };
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines
        .map(|line| names.iter().zip(line.split(',')).map(|(n, c)| (n.to_string(), c.to_string())).collect())
        .collect()
}

/// The weights of a node as a matrix of filters.
fn weights(graph: &Graph, node: &Node) -> Option<Matrix> {
    let weights = node.input(1)?;
    let data = graph.constant(weights)?.to_vec::<i8>();
    let rows = *graph.ty(weights).shape.0.first()?;
    Matrix::new(rows, data.len() / rows, data)
}

/// The node that was operator number `index` of the file.
fn node<'m>(module: &'m Module, index: &str) -> Option<&'m Node> {
    let suffix = format!("#{index}");
    module.entry().nodes.iter().find(|node| node.location.split_whitespace().any(|word| word == suffix))
}

/// Tensors whose largest gaps the published encoder breaks up in another order: what ours takes more or less, in all.
const OTHER_ORDER: [(&str, &str, i64); 1] = [("sparse_l_90", "13", -19)];

/// The model of a row of the table, if it is there.
fn case_of<'c>(cases: &'c [golden::Case], row: &Row) -> Option<&'c golden::Case> {
    let name = &row["model"];
    let names = [format!("dcsr_kws_{name}_int8"), format!("dcsr_{name}_int8")];
    cases.iter().find(|case| names.contains(&case.name))
}

/// The bytes of each array are those of the published encoder.
#[test]
fn dcsr_takes_the_published_bytes() {
    let cases = golden::shared_models();
    let mut failures = Vec::new();
    for row in table().iter().filter(|row| row["eligible"] == "1") {
        let Some(case) = case_of(&cases, row) else { continue };
        let (name, index) = (row["model"].as_str(), row["op_index"].as_str());
        let Ok(module) = model::load(case) else { panic!("{name} cannot be read") };
        let matrix = weights(module.entry(), node(&module, index).unwrap()).unwrap();
        let dcsr = Dcsr::encode(&matrix).unwrap();
        let arrays = [
            ("dcsr_values", dcsr.values.len()),
            ("dcsr_delta", dcsr.delta_indices.len()),
            ("dcsr_min", dcsr.group_minimums.len()),
            ("dcsr_bitmaps", dcsr.bitmaps.len()),
            ("dcsr_bitmasks", 2 * dcsr.bitmasks.len()),
            ("dcsr", dcsr.size()),
        ];
        let known = OTHER_ORDER.iter().find(|(model, op, _)| (*model, *op) == (name, index));
        if let Some((.., more)) = known {
            assert_eq!(dcsr.size() as i64, row["dcsr"].parse::<i64>().unwrap() + more);
            continue;
        }
        failures.extend(arrays.iter().filter(|(column, bytes)| row[*column] != bytes.to_string()).map(
            |(column, bytes)| format!("{name} {index}: {column} takes {bytes} instead of {}", row[*column]),
        ));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Without dead channels, the smallest format is never larger than the published one or the plain formats.
#[test]
fn the_smallest_format_is_below_the_published_one() {
    let cases = golden::shared_models();
    for row in table().iter().filter(|row| row["eligible"] == "1") {
        let Some(case) = case_of(&cases, row) else { continue };
        let Ok(module) = model::load(case) else { panic!("{} cannot be read", case.name) };
        let matrix = weights(module.entry(), node(&module, &row["op_index"]).unwrap()).unwrap();
        let bytes = Format::ALL.iter().map(|&format| size(&matrix, format)).min().unwrap();
        for column in ["dcsr", "bitmask", "alt_nib", "rle"] {
            let other: usize = row[column].parse().unwrap();
            assert!(bytes <= other, "{} {}: {bytes}, {column} {other}", case.name, row["op_index"]);
        }
        // The published count has tables of fixed size.
        let huffman: f64 = row["alt_rice_huff"].parse().unwrap();
        assert!(bytes as f64 <= 1.005 * huffman, "{} {}: {bytes}, {huffman}", case.name, row["op_index"]);
    }
}

/// Published models with what pointwise convolutions and fully connected layers take as Rice and Huffman codes without
/// dead channels, as others measured it.
const WITHOUT_DEAD_CHANNELS: [(&str, f64); 7] = [
    ("sparse_l_80", 126_784.0),
    ("sparse_l_90", 70_077.0),
    ("sparse_m_75", 62_391.0),
    ("sparse_m_85", 40_850.0),
    ("sparse_m_95", 16_178.0),
    ("sparse_s_80", 8_834.0),
    ("sparse_s_90", 4_896.0),
];

#[test]
fn without_dead_channels_models_are_near_their_entropy() {
    let cases = golden::shared_models();
    for (name, published) in WITHOUT_DEAD_CHANNELS {
        let is_it = |case: &&golden::Case| case.name == format!("dcsr_kws_{name}_int8");
        let Some(case) = cases.iter().find(is_it) else { continue };
        let Ok(mut module) = model::load(case) else { panic!("{name} cannot be read") };
        Pipeline::default().run(&mut module, &Config::default(), &mut |_| {}).unwrap();
        let graph = module.entry();
        let pointwise = |node: &&Node| {
            let taps = || node.input(1).map(|id| &graph.ty(id).shape.0[1..3]);
            matches!(node.op, Op::FullyConnected(_))
                || matches!(node.op, Op::Conv2d(_)) && taps() == Some(&[1, 1])
        };
        let matrices = graph.nodes.iter().filter(pointwise).map(|node| weights(graph, node).unwrap());
        let smallest = |matrix: Matrix| Format::ALL.iter().map(|&f| size(&matrix, f)).min().unwrap();
        let bytes: usize = matrices.map(smallest).sum();
        assert!(bytes as f64 <= 1.03 * published, "{name} takes {bytes} bytes");
    }
}

fn lines(errors: &[Diagnostic]) -> String {
    errors.iter().map(|error| format!("{error}\n")).collect()
}

/// The file with compressed weights, and the module that is read back from it.
fn compressed(module: &Module) -> (Vec<u8>, Module) {
    let file = export_tflite::write_as(module, Storage::Dcsr).unwrap_or_else(|e| panic!("{}", lines(&e)));
    let again = frontend::load(&file, "").unwrap_or_else(|e| panic!("{}", lines(&e)));
    (file, again)
}

/// A fully connected layer, nine weights of ten of which are zero.
fn sparse_layer() -> Module {
    let weights: Vec<String> = (0..8 * 300)
        .map(|i| if i * 7 % 10 == 3 { format!("{}", i % 250 - 125) } else { "0".into() })
        .collect();
    let source = format!(
        r#"module "m"
graph @0(%0 : 1x300xi8 q(0.5, 1)) {{
  %1 = const : 8x300xi8 q(0.25, 0) = [{}]
  %2 = fully_connected(%0, %1) {{act = none, accumulate = centered, keep_dims = false}} : 1x8xi8 q(0.5, 1)
  return %2
}}
"#,
        weights.join(", ")
    );
    frontend::load(source.as_bytes(), "m.reds").unwrap_or_else(|e| panic!("{}", lines(&e)))
}

#[test]
fn tflite_files_carry_compressed_rows() {
    let module = sparse_layer();
    let dense = export_tflite::write(&module).unwrap_or_else(|e| panic!("{}", lines(&e)));
    let (file, again) = compressed(&module);
    assert!(file.len() + 1000 < dense.len(), "{} instead of {}", file.len(), dense.len());
    let constants = |module: &Module| -> Vec<_> {
        module.entry().values.iter().filter_map(|value| value.data.clone()).collect()
    };
    assert_eq!(constants(&again), constants(&module));
    for case in golden::shared_models().iter().filter(|case| case.name.starts_with("dcsr_")) {
        let Ok(module) = model::load(case) else { panic!("{} cannot be read", case.name) };
        assert_eq!(constants(&compressed(&module).1), constants(&module), "{}", case.name);
    }
}

/// A file whose compressed rows are cut short is refused.
#[test]
fn damaged_rows_are_diagnosed() {
    let (file, _) = compressed(&sparse_layer());
    for position in (0..file.len()).step_by(7) {
        let mut damaged = file.clone();
        damaged[position] ^= 0x55;
        let _ = frontend::load(&damaged, "");
    }
}
