//! Takes channels out of a graph: of the types of values, of the weights and biases around them, of attributes.

use redsc_ir::ops::{Accumulate, Conv2d, FullyConnected, Reshape, Slice, Split};
use redsc_ir::{Data, ElemType, Graph, Node, Op, Quant, TensorType, ValueId};

use super::constants::Constants;
use super::layer::{Layer, is_variable, number};

/// By value: which channels stay; `None` if all do.
pub(super) type Kept = [Option<Vec<bool>>];

/// Removes all channels that do not stay and counts the weights that go with them.
pub(super) fn apply(graph: &mut Graph, kept: &Kept, constants: &Constants) -> usize {
    let mut removed = 0;
    for position in 0..graph.nodes.len() {
        removed += rewrite_operands(graph, position, kept, constants);
        let node = &graph.nodes[position];
        let op = with_fewer_channels(graph, node, kept);
        graph.nodes[position].op = op;
    }
    for (value, mask) in graph.values.iter_mut().zip(kept) {
        if let (Some(mask), Some(extent)) = (mask, value.ty.shape.0.last_mut()) {
            *extent = count(mask);
        }
    }
    removed
}

/// Replaces the constant operands of a node; returns how many weights went.
fn rewrite_operands(graph: &mut Graph, position: usize, kept: &Kept, constants: &Constants) -> usize {
    let node = &graph.nodes[position];
    let Some(&result) = node.outputs.first() else { return 0 };
    let outputs = kept[result.index()].as_deref();
    match &node.op {
        Op::Conv2d(_) | Op::FullyConnected(_) => rewrite_layer(graph, position, kept, constants),
        Op::DepthwiseConv2d(_) => {
            let Some(mask) = outputs else { return 0 };
            let weights = replace_by_columns(graph, position, 1, mask);
            replace_by_columns(graph, position, 2, mask);
            weights
        }
        Op::Binary(_) | Op::Compare(_) => {
            let Some(mask) = outputs else { return 0 };
            for index in 0..graph.nodes[position].inputs.len() {
                replace_by_columns(graph, position, index, mask);
            }
            0
        }
        _ => 0,
    }
}

/// Keeps some columns of a constant operand that has as many as the mask; returns how many elements went.
fn replace_by_columns(graph: &mut Graph, position: usize, index: usize, mask: &[bool]) -> usize {
    let Some(id) = graph.nodes[position].input(index).filter(|&id| !is_variable(graph, id)) else { return 0 };
    let (ty, Some(data)) = (graph.ty(id).clone(), graph.constant(id)) else { return 0 };
    if ty.shape.last() != Some(&mask.len()) {
        return 0;
    }
    let bytes = ty.elem.bytes();
    let cells = data.bytes().chunks(bytes).enumerate();
    let stays: Vec<u8> =
        cells.filter(|(i, _)| mask[i % mask.len()]).flat_map(|(_, cell)| cell.to_vec()).collect();
    let rank = ty.shape.rank();
    let mut smaller = TensorType { quant: fewer_scales(&ty.quant, rank - 1, mask), ..ty.clone() };
    smaller.shape.0[rank - 1] = count(mask);
    let removed = ty.elements() - smaller.elements();
    let name = graph.value(id).name.clone();
    graph.nodes[position].inputs[index] = Some(graph.add_constant(name, smaller, Data::from_bytes(stays)));
    removed
}

/// Keeps some rows and columns of the weights of a layer; the bias takes over what constant channels contribute.
fn rewrite_layer(graph: &mut Graph, position: usize, kept: &Kept, constants: &Constants) -> usize {
    let node = &graph.nodes[position];
    let (Some(x), Some(w), Some(&y)) = (node.input(0), node.input(1), node.outputs.first()) else { return 0 };
    let (inputs, outputs) = (kept[x.index()].as_deref(), kept[y.index()].as_deref());
    let Some(layer) = Layer::of(graph, node).filter(|_| inputs.is_some() || outputs.is_some()) else {
        return 0;
    };
    let row_stays = |row: usize| outputs.is_none_or(|mask| mask[row]);
    let column_stays = |column: usize| inputs.is_none_or(|mask| mask[column % layer.channels]);

    let bytes = layer.weights.elem.bytes();
    let cells = layer.data.bytes().chunks(bytes).enumerate();
    let stays = cells.filter(|(i, _)| row_stays(i / layer.columns) && column_stays(i % layer.columns));
    let data: Vec<u8> = stays.flat_map(|(_, cell)| cell.to_vec()).collect();
    let mut ty = layer.weights.clone();
    let last = ty.shape.rank() - 1;
    ty.shape.0[0] = outputs.map_or(layer.rows, count);
    ty.shape.0[last] = ty.shape.0[last] * inputs.map_or(layer.channels, count) / layer.channels;
    if let Some(mask) = outputs {
        ty.quant = fewer_scales(&ty.quant, 0, mask);
    }
    let removed = layer.weights.elements() - ty.elements();

    let shares = inputs.map(|mask| absorbed(&layer, node, mask, |channel| constants.get(x, channel)));
    let bias = new_bias(graph, node, &layer, shares.as_deref(), outputs);
    let name = graph.value(w).name.clone();
    graph.nodes[position].inputs[1] = Some(graph.add_constant(name, ty, Data::from_bytes(data)));
    if let Some((name, ty, data)) = bias {
        let id = graph.add_constant(name, ty, data);
        let inputs = &mut graph.nodes[position].inputs;
        inputs.resize(3, None);
        inputs[2] = Some(id);
    }
    removed
}

/// For each output channel, what the channels that go contribute: nothing, unless they are constant.
fn absorbed<'c>(
    layer: &Layer<'_>,
    node: &Node,
    mask: &[bool],
    code_of: impl Fn(usize) -> Option<&'c [u8]>,
) -> Vec<i64> {
    let mut shares = vec![0i64; layer.rows];
    let offset = if is_centered(&node.op) { layer.zero_point().unwrap_or(0) } else { 0 };
    for channel in (0..layer.channels).filter(|&channel| !mask[channel] && !layer.ignores(channel)) {
        let Some(code) = code_of(channel).and_then(|code| number(layer.input.elem, code)) else { continue };
        for (row, share) in shares.iter_mut().enumerate() {
            let weights = layer.columns_of(channel).map(|column| layer.weight(row, column)).sum::<i64>();
            *share += weights * (code - offset);
        }
    }
    shares
}

fn is_centered(op: &Op) -> bool {
    match op {
        Op::Conv2d(Conv2d { accumulate, .. }) | Op::FullyConnected(FullyConnected { accumulate, .. }) => {
            *accumulate == Accumulate::Centered
        }
        _ => false,
    }
}

/// The bias of the smaller layer, if it differs from the present one. Sums wrap around as accumulators do.
fn new_bias(
    graph: &Graph,
    node: &Node,
    layer: &Layer<'_>,
    shares: Option<&[i64]>,
    outputs: Option<&[bool]>,
) -> Option<(String, TensorType, Data)> {
    let shares = shares.filter(|shares| shares.iter().any(|&share| share != 0));
    let old = node.input(2);
    if shares.is_none() && (outputs.is_none() || old.is_none()) {
        return None;
    }
    let wide = if layer.input.elem == ElemType::I16 { ElemType::I64 } else { ElemType::I32 };
    let present =
        old.map(|id| (graph.value(id).name.clone(), graph.ty(id).clone(), graph.constant(id).cloned()));
    let (name, ty, data) = present.unwrap_or((String::new(), TensorType::plain(wide, [layer.rows]), None));
    let data = data.unwrap_or_else(|| Data::from_bytes(vec![0; ty.bytes()]));
    let stays = |row: &usize| outputs.is_none_or(|mask| mask[*row]);
    let rows: Vec<usize> = (0..layer.rows).filter(stays).collect();
    let share = |row: usize| shares.map_or(0, |shares| shares[row]);
    let data = match ty.elem {
        ElemType::I32 => {
            let old = data.to_vec::<i32>();
            Data::from_slice(
                &rows.iter().map(|&row| old[row].wrapping_add(share(row) as i32)).collect::<Vec<_>>(),
            )
        }
        ElemType::I64 => {
            let old = data.to_vec::<i64>();
            Data::from_slice(&rows.iter().map(|&row| old[row].wrapping_add(share(row))).collect::<Vec<_>>())
        }
        _ => {
            let cells: Vec<&[u8]> = data.bytes().chunks(ty.elem.bytes()).collect();
            Data::from_bytes(rows.iter().flat_map(|&row| cells[row].to_vec()).collect::<Vec<u8>>())
        }
    };
    let quant = outputs.map_or(ty.quant.clone(), |mask| fewer_scales(&ty.quant, 0, mask));
    Some((name, TensorType { shape: [rows.len()].into(), quant, ..ty }, data))
}

/// The quantization of what stays along a dimension.
fn fewer_scales(quant: &Quant, along: usize, mask: &[bool]) -> Quant {
    match quant {
        Quant::PerAxis { axis, scales, zero_points } if *axis == along && scales.len() == mask.len() => {
            let stays = |index: &usize| mask[*index];
            let kept: Vec<usize> = (0..mask.len()).filter(stays).collect();
            Quant::PerAxis {
                axis: *axis,
                scales: kept.iter().map(|&i| scales[i]).collect(),
                zero_points: kept.iter().map(|&i| zero_points[i]).collect(),
            }
        }
        other => other.clone(),
    }
}

/// The operator of a node with the channels in its attributes adapted.
fn with_fewer_channels(graph: &Graph, node: &Node, kept: &Kept) -> Op {
    let left = |id: ValueId| {
        let all = graph.ty(id).shape.last().copied().unwrap_or(0);
        kept[id.index()].as_deref().map_or(all, count)
    };
    let (Some(operand), Some(&result)) = (node.input(0), node.outputs.first()) else {
        return node.op.clone();
    };
    match &node.op {
        Op::Reshape(op) => {
            let mut shape = op.shape.clone();
            shape.last_mut().into_iter().for_each(|extent| *extent = left(result));
            Reshape { shape }.into()
        }
        Op::Split(op) if op.axis + 1 == graph.ty(operand).shape.rank() => {
            Split { sizes: node.outputs.iter().map(|&part| left(part)).collect(), ..op.clone() }.into()
        }
        Op::Slice(op) => {
            let mut changed: Slice = op.clone();
            if let (Some(mask), Some(begin)) = (kept[operand.index()].as_deref(), changed.begin.last_mut()) {
                *begin = count(&mask[..*begin]);
            }
            changed.size.last_mut().into_iter().for_each(|size| *size = left(result));
            changed.into()
        }
        op => op.clone(),
    }
}

fn count(mask: &[bool]) -> usize {
    mask.iter().filter(|&&stays| stays).count()
}
