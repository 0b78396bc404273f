//! The rewriting.

use std::collections::HashMap;
use std::ops::Range;

use redsc_ir::ops::{Activation, Concat, Conv2d, DepthwiseConv2d, Pool2d, Slice};
use redsc_ir::{Graph, Module, Node, Op, TensorType, ValueId};

use super::rows::{ROWS, Reach, height, reach};
use super::{Stage, result};
use crate::dead_code::remove_unmentioned_values;

/// Lets a stage of a verified module run in bands of `rows` rows of its output; the last band may have fewer.
///
/// # Errors
/// If the nodes are no stage of the module.
pub fn split(module: &mut Module, stage: &Stage, rows: usize) -> Result<(), String> {
    let graph = module.entry();
    let reaches = stage.nodes.clone().map(|n| reach(module, graph, graph.nodes.get(n)?));
    let reaches: Option<Vec<Reach>> = reaches.collect();
    let reaches = reaches.ok_or("there are nodes that cannot run band by band")?;
    let mut splitter = Splitter { graph: graph.clone(), stage, reaches, nodes: Vec::new() };
    let parts: Vec<ValueId> = bands(height(graph, stage.output), rows)
        .map(|band| splitter.band(&band))
        .collect::<Result<_, _>>()?;
    let Splitter { mut graph, mut nodes, .. } = splitter;
    nodes.push(Node {
        op: Op::Concat(Concat { axis: ROWS, act: Activation::None }),
        inputs: parts.into_iter().map(Some).collect(),
        outputs: vec![stage.output],
        location: String::new(),
    });
    graph.nodes.splice(stage.nodes.clone(), nodes);
    remove_unmentioned_values(&mut graph);
    *module.entry_mut() = graph;
    Ok(())
}

/// Bands of `rows` of `height` rows.
pub(super) fn bands(height: usize, rows: usize) -> impl Iterator<Item = Range<usize>> {
    let rows = rows.max(1);
    (0..height).step_by(rows).map(move |first| first..height.min(first + rows))
}

/// The rows of each value of a stage, its input included, that a band of its output needs.
pub(super) fn needed_rows(
    graph: &Graph,
    stage: &Stage,
    reaches: &[Reach],
    band: &Range<usize>,
) -> HashMap<ValueId, Range<usize>> {
    let mut needed = HashMap::from([(stage.output, band.clone())]);
    for (node, reach) in graph.nodes[stage.nodes.clone()].iter().zip(reaches).rev() {
        let Some(rows) = result(node).and_then(|id| needed.get(&id)).cloned() else { continue };
        let rows = reach.needed(&rows);
        for id in node.operands().filter(|&id| graph.constant(id).is_none()) {
            let known = needed.entry(id).or_insert(rows.clone());
            *known = known.start.min(rows.start)..known.end.max(rows.end);
        }
    }
    needed
}

struct Splitter<'s> {
    graph: Graph,
    stage: &'s Stage,
    /// By node of the stage.
    reaches: Vec<Reach>,
    /// What the stage becomes.
    nodes: Vec<Node>,
}

/// Rows of a value that a band has made.
#[derive(Clone)]
struct Rows {
    value: ValueId,
    rows: Range<usize>,
}

impl Splitter<'_> {
    /// Adds the nodes of one band and returns its part of the output.
    fn band(&mut self, band: &Range<usize>) -> Result<ValueId, String> {
        let needed = needed_rows(&self.graph, self.stage, &self.reaches, band);
        let input = Rows { value: self.stage.input, rows: 0..height(&self.graph, self.stage.input) };
        let mut made = HashMap::from([(self.stage.input, input)]);
        for (index, n) in self.stage.nodes.clone().enumerate() {
            let node = self.graph.nodes[n].clone();
            let whole = result(&node).ok_or("a node of the stage has several results")?;
            let Some(rows) = needed.get(&whole).cloned() else { continue };
            let reach = self.reaches[index];
            let mut inputs = Vec::with_capacity(node.inputs.len());
            for &operand in &node.inputs {
                let made = operand.and_then(|id| made.get(&id).cloned());
                inputs.push(made.map(|from| self.part(&from, &reach.needed(&rows))).or(operand));
            }
            let value = self.rows_of(whole, &rows);
            let op = with_padding(&node.op, reach, &rows);
            self.nodes.push(Node { op, inputs, outputs: vec![value], location: node.location });
            made.insert(whole, Rows { value, rows });
        }
        made.get(&self.stage.output).map(|part| part.value).ok_or("the stage does not make its output".into())
    }

    /// A new value: some rows of an image.
    fn rows_of(&mut self, whole: ValueId, rows: &Range<usize>) -> ValueId {
        let value = self.graph.value(whole);
        let (name, mut ty): (_, TensorType) = (value.name.clone(), value.ty.clone());
        ty.shape.0[ROWS] = rows.len();
        self.graph.add_value(format!("{name}[{}..{}]", rows.start, rows.end), ty)
    }

    /// Some of the rows that there are, in an own value unless they are all.
    fn part(&mut self, from: &Rows, rows: &Range<usize>) -> ValueId {
        if *rows == from.rows {
            return from.value;
        }
        let value = self.rows_of(from.value, rows);
        let mut begin = vec![0; 4];
        begin[ROWS] = rows.start - from.rows.start;
        let size = self.graph.ty(value).shape.0.clone();
        self.nodes.push(Node {
            op: Op::Slice(Slice { begin, size, stride: vec![1; 4] }),
            inputs: vec![Some(from.value)],
            outputs: vec![value],
            location: String::new(),
        });
        value
    }
}

/// The operator for some rows of its result.
fn with_padding(op: &Op, reach: Reach, rows: &Range<usize>) -> Op {
    match op {
        Op::Conv2d(op) => Op::Conv2d(Conv2d { padding: reach.padding(rows, op.padding), ..op.clone() }),
        Op::DepthwiseConv2d(op) => {
            Op::DepthwiseConv2d(DepthwiseConv2d { padding: reach.padding(rows, op.padding), ..op.clone() })
        }
        Op::Pool2d(op) => Op::Pool2d(Pool2d { padding: reach.padding(rows, op.padding), ..op.clone() }),
        other => other.clone(),
    }
}
