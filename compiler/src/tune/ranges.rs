//! The ranges of values, measured: scales and zero points for what a trained network computes.

use candle_core::{Result, Tensor};
use redsc_ir::{ElemType, Graph, Op, ValueId};

use super::network::{Network, Precision};

/// Samples that ranges are measured on, and how many run together.
const SAMPLES: usize = 512;
const TOGETHER: usize = 64;

/// Gives all values the grids that fit what passes in real numbers compute at all levels. Values that operators leave as
/// they are share a grid; inputs, and results with a grid that their operator prescribes, keep theirs.
pub(super) fn measure(network: &mut Network, inputs: &Tensor) -> Result<()> {
    let ranges = observe(network, inputs)?;
    let Some(full) = network.levels.last() else { return Ok(()) };
    let graph = full.module.entry();
    let classes = classes(graph);
    for class in 0..graph.values.len() {
        let members: Vec<usize> = (0..graph.values.len()).filter(|&v| classes[v] == class).collect();
        let is_fixed = members.iter().any(|&v| is_prescribed(graph, ValueId::new(v)));
        let Some([low, high]) = members.iter().filter_map(|&v| ranges[v]).reduce(hull) else { continue };
        for &v in members.iter().filter(|_| !is_fixed) {
            if let Some(grid) = &mut network.grids[v] {
                let elem = graph.values[v].ty.elem;
                [grid.scale, grid.zero_point] = fit(elem, grid.codes, low.min(0.0), high.max(0.0));
            }
        }
    }
    Ok(())
}

/// By value: the smallest and the largest element of a batch, averaged over some batches; the widest of all levels.
fn observe(network: &Network, inputs: &Tensor) -> Result<Vec<Option<[f32; 2]>>> {
    let values = network.grids.len();
    let mut widest: Vec<Option<[f32; 2]>> = vec![None; values];
    let count = inputs.dim(0)?.min(SAMPLES);
    let batches = count.div_ceil(TOGETHER);
    for level in 0..network.levels.len() {
        let mut means: Vec<Option<[f32; 2]>> = vec![None; values];
        for start in (0..count).step_by(TOGETHER) {
            let batch = inputs.narrow(0, start, TOGETHER.min(count - start))?;
            let mut watch = |id: ValueId, x: &Tensor| {
                let x = x.detach().flatten_all()?;
                let [low, high] = [x.min(0)?.to_scalar::<f32>()?, x.max(0)?.to_scalar::<f32>()?];
                let mean = means[id.index()].get_or_insert([0.0; 2]);
                *mean = [mean[0] + low / batches as f32, mean[1] + high / batches as f32];
                Ok(())
            };
            network.forward(level, &batch, Precision::Real, &mut watch)?;
        }
        for (widest, mean) in widest.iter_mut().zip(means) {
            *widest = widest.iter().copied().chain(mean).reduce(hull);
        }
    }
    Ok(widest)
}

fn hull(a: [f32; 2], b: [f32; 2]) -> [f32; 2] {
    [a[0].min(b[0]), a[1].max(b[1])]
}

/// Scale and zero point for a range that contains zero.
fn fit(elem: ElemType, codes: [f32; 2], low: f32, high: f32) -> [f32; 2] {
    if elem == ElemType::I16 {
        return [(high.max(-low) / 32767.0).max(f32::MIN_POSITIVE), 0.0];
    }
    let scale = ((high - low) / (codes[1] - codes[0])).max(1e-9);
    [scale, (codes[0] - low / scale).round().clamp(codes[0], codes[1])]
}

/// By value: the first value that must have the same grid.
fn classes(graph: &Graph) -> Vec<usize> {
    let mut classes: Vec<usize> = (0..graph.values.len()).collect();
    for node in &graph.nodes {
        if !matches!(node.op, Op::Reshape(_) | Op::Pad(_) | Op::Pool2d(_) | Op::Concat(_)) {
            continue;
        }
        for id in node.operands().chain(node.outputs.iter().copied()) {
            let (old, new) = (classes[id.index()], classes[node.outputs[0].index()]);
            let (from, to) = (old.max(new), old.min(new));
            classes.iter_mut().filter(|class| **class == from).for_each(|class| *class = to);
        }
    }
    classes
}

/// Whether a value has its grid from outside: inputs, constants, and results of functions with a known range.
fn is_prescribed(graph: &Graph, id: ValueId) -> bool {
    use redsc_ir::ops::UnaryKind;
    let producer = graph.nodes.iter().find(|node| node.outputs.contains(&id));
    graph.inputs.contains(&id)
        || match producer.map(|node| &node.op) {
            None | Some(Op::Softmax(_) | Op::LogSoftmax(_) | Op::Quantize(_) | Op::Dequantize(_)) => true,
            Some(Op::Unary(op)) => matches!(op.kind, UnaryKind::Logistic | UnaryKind::Tanh),
            Some(_) => false,
        }
}
