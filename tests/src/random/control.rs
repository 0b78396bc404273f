//! Steps that add branches, loops and initializers, each with graphs of its own.

use redsc_ir::ops::{
    Activation, AssignVariable, Binary, BinaryKind, CallOnce, Compare, CompareKind, If, LeakyRelu,
    ReadVariable, Reduce, ReduceKind, Unary, UnaryKind, While,
};
use redsc_ir::{Data, ElemType, Graph, GraphId, Op, Quant, TensorType, ValueId};

use super::builder::{Builder, Results, fill};

const ARITHMETIC: &[ElemType] = &[ElemType::I8, ElemType::I16, ElemType::F32];

/// A branch that depends on the largest element of a value.
pub(super) fn branch(b: &mut Builder) -> Option<()> {
    let x = b.value_of(ARITHMETIC)?;
    let axes = (0..b.ty(x).shape.rank()).collect();
    b.push(Reduce { kind: ReduceKind::Max, axes, keep_dims: false }, &[Some(x)], Results::Like(x))?;
    let largest = b.last_result()?;
    let threshold = b.constant(b.ty(largest).clone());
    b.push(Compare { kind: CompareKind::Greater }, &[Some(largest), Some(threshold)], Results::Like(x))?;
    let condition = b.last_result()?;
    let (then_graph, else_graph) = (region(b, x), region(b, x));
    b.push(If { then_graph, else_graph }, &[Some(condition), Some(x)], Results::Like(x))
}

/// A loop that counts to a small number.
pub(super) fn counted_loop(b: &mut Builder) -> Option<()> {
    let x = b.value_of(ARITHMETIC)?;
    let counter = TensorType {
        elem: ElemType::I8,
        shape: [1].into(),
        quant: Quant::PerTensor { scale: 1.0, zero_point: 0 },
    };
    let rounds = b.choices.below(4) as i8;
    let start = b.constant_of(counter.clone(), Data::from_slice(&[0i8]));
    let condition = b.add_graph(below_limit(&counter, b.ty(x), rounds));
    let body = one_round(b, &counter, x);
    b.push(While { condition, body }, &[Some(start), Some(x)], Results::Like(x))?;
    // The counter has the type that the loop gives it, whatever the results are like.
    let node = b.graph().nodes.last()?;
    let result = *node.outputs.first()?;
    b.set_quant(result, counter.quant);
    Some(())
}

/// A variable that a graph of its own initializes.
pub(super) fn initializer(b: &mut Builder) -> Option<()> {
    let x = b.value_of(ARITHMETIC)?;
    let ty = b.ty(x).clone();
    let variable = b.variable(ty.clone());
    let mut graph = Graph { name: "initialize".into(), ..Graph::default() };
    let data = fill(&ty, &mut b.choices);
    let contents = graph.add_constant("", ty, data);
    graph.push(AssignVariable { variable }.into(), &[contents], &[], "");
    let graph = b.add_graph(graph);
    b.push(CallOnce { graph }, &[], Results::Like(x))?;
    b.last_node_first();
    b.push(ReadVariable { variable }, &[], Results::Like(x))?;
    let read = b.last_result()?;
    let reach = b.reach(x);
    b.push(
        Binary { kind: BinaryKind::Add, act: Activation::None },
        &[Some(x), Some(read)],
        Results::Reach(reach),
    )?;
    if b.choices.chance(50) {
        b.push(AssignVariable { variable }, &[Some(x)], Results::Like(x))
    } else {
        Some(())
    }
}

/// A graph from one value to one of the same type: its input, a constant or something computed.
fn region(b: &mut Builder, x: ValueId) -> GraphId {
    let ty = b.ty(x).clone();
    let mut graph = Graph { name: "region".into(), ..Graph::default() };
    let input = graph.add_value("", ty.clone());
    graph.inputs.push(input);
    let output = if b.choices.chance(15) {
        let data = fill(&ty, &mut b.choices);
        graph.add_constant("", ty, data)
    } else {
        computed(b, &mut graph, input)
    };
    graph.outputs.push(output);
    b.add_graph(graph)
}

/// The value itself, or something of the same type that is computed from it.
fn computed(b: &mut Builder, graph: &mut Graph, input: ValueId) -> ValueId {
    let ops: [Option<Op>; 3] =
        [None, Some(Unary { kind: UnaryKind::Relu }.into()), Some(LeakyRelu { alpha: 0.25 }.into())];
    let index = b.choices.below(ops.len());
    let Some(op) = ops[index].clone() else { return input };
    let ty = graph.ty(input).clone();
    let result = graph.add_value("", ty);
    graph.push(op, &[input], &[result], "");
    result
}

/// The graph `(counter, x) -> counter < limit`.
fn below_limit(counter: &TensorType, carried: &TensorType, limit: i8) -> Graph {
    let mut graph = Graph { name: "condition".into(), ..Graph::default() };
    let count = graph.add_value("", counter.clone());
    let x = graph.add_value("", carried.clone());
    graph.inputs = vec![count, x];
    let limit = graph.add_constant("", counter.clone(), Data::from_slice(&[limit]));
    let holds = graph.add_value("", TensorType::plain(ElemType::Bool, [1]));
    graph.push(Compare { kind: CompareKind::Less }.into(), &[count, limit], &[holds], "");
    graph.outputs = vec![holds];
    graph
}

/// The graph `(counter, x) -> (counter + 1, something from x)`.
fn one_round(b: &mut Builder, counter: &TensorType, carried: ValueId) -> GraphId {
    let mut graph = Graph { name: "body".into(), ..Graph::default() };
    let count = graph.add_value("", counter.clone());
    let x = graph.add_value("", b.ty(carried).clone());
    graph.inputs = vec![count, x];
    let one = graph.add_constant("", counter.clone(), Data::from_slice(&[1i8]));
    let next = graph.add_value("", counter.clone());
    let add = Binary { kind: BinaryKind::Add, act: Activation::None };
    graph.push(add.into(), &[count, one], &[next], "");
    let result = computed(b, &mut graph, x);
    graph.outputs = vec![next, result];
    b.add_graph(graph)
}
