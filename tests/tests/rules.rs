//! The rules of operators stand anything that the text can say: they refuse it or accept it, but never panic, and what
//! they accept can be counted and run.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use redsc_ir::analysis::Summary;
use redsc_ir::interp::Interpreter;
use redsc_ir::ops::{AttrMap, AttrRow, AttrValue};
use redsc_ir::text::print;
use redsc_ir::verify::verify;
use redsc_ir::{ElemType, Graph, GraphId, Module, Op, Quant, Shape, TensorType, ValueId, VarId, Variable};
use redsc_tests::random::{Choices, inputs};

const WORDS: &[&str] =
    &["none", "relu", "relu6", "tanh", "centered", "raw", "constant", "reflect", "symmetric"];

fn integer(choices: &mut Choices) -> AttrValue {
    let usual = choices.below(4) as i64;
    AttrValue::Int(if choices.chance(8) {
        choices.pick(&[-1, 7, 1000, 1 << 20, i64::from(i32::MAX)])
    } else {
        usual
    })
}

fn list(choices: &mut Choices, length: usize) -> AttrValue {
    AttrValue::List((0..length).map(|_| integer(choices)).collect())
}

/// Some attribute of that type, or of none.
fn attribute(row: &AttrRow, rank: usize, choices: &mut Choices) -> AttrValue {
    match row.ty {
        "usize" | "i64" => integer(choices),
        "f32" => AttrValue::Float(choices.pick(&[1.0, 0.5, 0.0, -2.0, 1e30])),
        "bool" => AttrValue::Word(choices.pick(&["false", "true"]).into()),
        "VarId" => AttrValue::Var(VarId(choices.below(2) as u32)),
        "GraphId" => AttrValue::Graph(GraphId(choices.below(3) as u32)),
        "Padding" => list(choices, 4),
        "[usize; 2]" => list(choices, 2),
        "Vec<usize>" | "Vec<i64>" if choices.chance(90) => list(choices, rank),
        "Vec<usize>" | "Vec<i64>" => {
            let length = choices.below(6);
            list(choices, length)
        }
        "Activation" if choices.chance(90) => AttrValue::Word("none".into()),
        "Accumulate" if choices.chance(90) => AttrValue::Word("centered".into()),
        "PadMode" => AttrValue::Word(choices.pick(&["constant", "reflect", "symmetric"]).into()),
        _ => AttrValue::Word(choices.pick(WORDS).into()),
    }
}

/// A type like the first one, row numbers for it, or anything.
fn tensor_type(like: Option<&TensorType>, choices: &mut Choices) -> TensorType {
    if let (Some(ty), true) = (like, choices.chance(50)) {
        return ty.clone();
    }
    if let (Some(&rows), true) = (like.and_then(|ty| ty.shape.first()), choices.chance(20)) {
        return TensorType::plain(choices.pick(&[ElemType::I32, ElemType::I64]), [rows]);
    }
    let elem = if choices.chance(40) {
        choices.pick(ElemType::ALL)
    } else {
        like.map_or(ElemType::I8, |ty| ty.elem)
    };
    let rank = if choices.chance(30) { choices.below(6) } else { 4 };
    let extent = |choices: &mut Choices| {
        if choices.chance(5) { choices.pick(&[64, 1 << 15, 1 << 29]) } else { choices.between(1, 4) }
    };
    let shape = Shape((0..rank).map(|_| extent(choices)).collect());
    let quant = match choices.below(8) {
        0 => Quant::None,
        1 if rank > 0 && shape[0] < 100 => {
            Quant::PerAxis { axis: 0, scales: vec![0.5; shape[0]], zero_points: vec![0; shape[0]] }
        }
        _ => Quant::PerTensor { scale: 0.5, zero_point: 0 },
    };
    let quantized = elem.quantized_range().is_some();
    TensorType { elem, shape, quant: if quantized { quant } else { Quant::None } }
}

/// A module with one node of an operator, and regions and variables that it may name.
fn module(mnemonic: &str, attributes: &[AttrRow], choices: &mut Choices) -> Option<Module> {
    let mut graph = Graph::default();
    let first = tensor_type(None, choices);
    for index in 0..choices.below(5) {
        let ty = if index == 0 { first.clone() } else { tensor_type(Some(&first), choices) };
        let id = graph.add_value("", ty);
        graph.inputs.push(id);
    }
    let named =
        attributes.iter().map(|row| (row.name.to_owned(), attribute(row, first.shape.rank(), choices)));
    let op = Op::build(mnemonic, AttrMap(named.collect())).ok()?;
    let operands = graph.inputs.clone();
    graph.push(op, &operands, &[], "");
    let region = |ty: &TensorType| {
        let mut region = Graph::default();
        region.inputs = vec![region.add_value("", ty.clone())];
        region.outputs = region.inputs.clone();
        region
    };
    let variable = Variable { name: String::new(), ty: first.clone(), init: None };
    let graphs = vec![graph, region(&first), Graph::default()];
    let mut module = Module { name: String::new(), graphs, variables: vec![variable.clone(), variable] };
    add_results(&mut module, &first, choices);
    Some(module)
}

/// Gives the node the results that its rules want, if they want any.
fn add_results(module: &mut Module, like: &TensorType, choices: &mut Choices) {
    if verify(module).is_err_and(|errors| errors.iter().any(|e| e.code != "E0141")) {
        return;
    }
    let operands =
        redsc_ir::ops::Operands { module, graph: &module.graphs[0], node: &module.graphs[0].nodes[0] };
    let inferred = module.graphs[0].nodes[0].op.rules().infer(&operands).unwrap_or_default();
    let graph = module.entry_mut();
    for result in inferred.into_iter().filter(|result| !result.elems.is_empty()) {
        // Some operators insist on the scale that their reference uses.
        let usual = [(0.5, 0), (1.0 / 256.0, -128), (1.0 / 128.0, 0), (1.0 / 32768.0, 0), (1.0 / 16.0, 127)];
        let (scale, zero_point) = choices.pick(&usual);
        let quant = match result.elems[0] {
            elem if elem == like.elem && choices.chance(50) => like.quant.clone(),
            elem if elem.quantized_range().is_some() => Quant::PerTensor { scale, zero_point },
            _ => Quant::None,
        };
        let id = graph.add_value("", TensorType { elem: result.elems[0], shape: result.shape, quant });
        graph.nodes[0].outputs.push(id);
        graph.outputs.push(id);
    }
}

/// Verifies, counts and runs; says whether the module was accepted.
fn exercise(module: &Module) -> Result<bool, String> {
    if verify(module).is_err() {
        return Ok(false);
    }
    let summary = Summary::of(module);
    let small = |id: &ValueId| module.entry().ty(*id).elements() <= 1 << 12;
    let bounded =
        summary.macs < 1 << 18 && module.entry().inputs.iter().chain(&module.entry().outputs).all(small);
    // Loops may run for ever, since nothing makes their condition fail.
    let loops = module.entry().nodes.iter().any(|node| matches!(node.op, Op::While(_)));
    if bounded && !loops {
        Interpreter::new(module).invoke(&inputs(module, 1))?;
    }
    Ok(true)
}

#[test]
fn rules_refuse_or_accept_but_never_panic() {
    let mut problems = Vec::new();
    let mut accepted: BTreeMap<&str, usize> = BTreeMap::new();
    for row in Op::table() {
        for (index, mnemonic) in row.mnemonics.iter().enumerate() {
            for seed in 0..3000 {
                let mut choices = Choices::from_seed(seed * 64 + index as u64);
                let Some(module) = module(mnemonic, &row.attributes, &mut choices) else { continue };
                match catch_unwind(AssertUnwindSafe(|| exercise(&module))) {
                    Ok(Ok(valid)) => *accepted.entry(mnemonic).or_default() += usize::from(valid),
                    Ok(Err(error)) => {
                        problems.push(format!("accepted, but does not run: {error}\n{}", print(&module).text))
                    }
                    Err(_) => problems.push(format!("panics:\n{}", print(&module).text)),
                }
            }
        }
    }
    assert!(
        problems.is_empty(),
        "{} problems\n{}",
        problems.len(),
        problems[..problems.len().min(10)].join("\n")
    );
    let never: Vec<&str> = accepted.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
    // These need more agreement between operands than chance brings about.
    assert_eq!(never, ["if", "lstm", "svdf", "while"]);
}
