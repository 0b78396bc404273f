//! A graph with some of its channels, in any order: the types of values, the weights and biases around them, attributes.

use redsc_ir::ops::{Accumulate, Conv2d, FullyConnected, Reshape, Slice, Split};
use redsc_ir::{Data, ElemType, Graph, Node, Op, Quant, TensorType, ValueId};

use super::layer::{Layer, is_variable};

/// By value: the channels that it has afterwards, by their numbers before; `None` if nothing changes.
pub(crate) type Selection = [Option<Vec<usize>>];

/// The integer that stands in for a channel of a layer's input that goes; `None` for one that contributes nothing.
pub(crate) type Holds<'h> = &'h dyn Fn(&Layer<'_>, ValueId, usize) -> Option<i64>;

/// Rewrites a graph for a selection that agrees with its [`Ties`](super::ties::Ties); biases take over what channels
/// that go hold. Returns how many weights went.
pub(crate) fn apply(graph: &mut Graph, selection: &Selection, holds: Holds<'_>) -> usize {
    let mut removed = 0;
    for position in 0..graph.nodes.len() {
        removed += rewrite_operands(graph, position, selection, holds);
        let node = &graph.nodes[position];
        let op = with_channels(graph, node, selection);
        graph.nodes[position].op = op;
    }
    for (value, channels) in graph.values.iter_mut().zip(selection) {
        let Some(channels) = channels else { continue };
        value.ty = select_type(&value.ty, value.ty.shape.rank().saturating_sub(1), channels);
    }
    removed
}

/// Replaces the constant operands of a node; returns how many weights went.
fn rewrite_operands(graph: &mut Graph, position: usize, selection: &Selection, holds: Holds<'_>) -> usize {
    let node = &graph.nodes[position];
    let Some(&result) = node.outputs.first() else { return 0 };
    let outputs = selection[result.index()].as_deref();
    match &node.op {
        Op::Conv2d(_) | Op::FullyConnected(_) | Op::TransposeConv2d(_) => {
            rewrite_layer(graph, position, selection, holds)
        }
        Op::DepthwiseConv2d(_) => {
            let Some(channels) = outputs else { return 0 };
            let all = graph.ty(result).shape.last().copied().unwrap_or(0);
            let weights = replace_by_columns(graph, position, 1, all, channels);
            replace_by_columns(graph, position, 2, all, channels);
            weights
        }
        Op::Binary(_) | Op::Compare(_) => {
            let Some(channels) = outputs else { return 0 };
            let all = graph.ty(result).shape.last().copied().unwrap_or(0);
            for index in 0..graph.nodes[position].inputs.len() {
                replace_by_columns(graph, position, index, all, channels);
            }
            0
        }
        _ => 0,
    }
}

/// Selects columns of a constant operand that has `all` of them; returns how many elements went.
fn replace_by_columns(
    graph: &mut Graph,
    position: usize,
    index: usize,
    all: usize,
    columns: &[usize],
) -> usize {
    let Some(id) = graph.nodes[position].input(index).filter(|&id| !is_variable(graph, id)) else { return 0 };
    let (ty, Some(data)) = (graph.ty(id).clone(), graph.constant(id)) else { return 0 };
    if ty.shape.last() != Some(&all) {
        return 0;
    }
    let bytes = ty.elem.bytes();
    let row = |row: &[u8]| columns.iter().flat_map(|&c| row[c * bytes..][..bytes].to_vec()).collect();
    let rows: Vec<Vec<u8>> = data.bytes().chunks(all * bytes).map(row).collect();
    let smaller = select_type(&ty, ty.shape.rank() - 1, columns);
    let removed = ty.elements() - smaller.elements();
    let name = graph.value(id).name.clone();
    let replaced = graph.add_constant(name, smaller, Data::from_bytes(rows.concat()));
    graph.nodes[position].inputs[index] = Some(replaced);
    removed
}

/// Selects rows and columns of the weights of a layer; the bias takes over what channels that go hold.
fn rewrite_layer(graph: &mut Graph, position: usize, selection: &Selection, holds: Holds<'_>) -> usize {
    let node = &graph.nodes[position];
    let (Some(x), Some(w), Some(&y)) = (node.input(0), node.input(1), node.outputs.first()) else { return 0 };
    let (inputs, outputs) = (selection[x.index()].as_deref(), selection[y.index()].as_deref());
    let Some(layer) = Layer::of(graph, node).filter(|_| inputs.is_some() || outputs.is_some()) else {
        return 0;
    };
    let rows: Vec<usize> = outputs.map_or((0..layer.rows).collect(), <[usize]>::to_vec);
    let channels: Vec<usize> = inputs.map_or((0..layer.channels).collect(), <[usize]>::to_vec);
    let taps = layer.columns / layer.channels.max(1);
    let columns: Vec<usize> = (0..taps)
        .flat_map(|tap| channels.iter().map(move |channel| tap * layer.channels + channel))
        .collect();

    let bytes = layer.weights.elem.bytes();
    let cell =
        |row: usize, column: usize| &layer.data.bytes()[(row * layer.columns + column) * bytes..][..bytes];
    let row = |&row: &usize| columns.iter().flat_map(move |&column| cell(row, column).to_vec());
    let data: Vec<u8> = rows.iter().flat_map(row).collect();
    let last = layer.weights.shape.rank() - 1;
    let mut ty = match outputs {
        Some(rows) => select_type(layer.weights, 0, rows),
        None => layer.weights.clone(),
    };
    ty.shape.0[last] = ty.shape.0[last] * channels.len() / layer.channels.max(1);
    let removed = layer.weights.elements() - ty.elements();

    let shares = inputs.map(|kept| absorbed(&layer, node, kept, |channel| holds(&layer, x, channel)));
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

/// For each output channel, what the channels that go contribute.
fn absorbed(
    layer: &Layer<'_>,
    node: &Node,
    kept: &[usize],
    code_of: impl Fn(usize) -> Option<i64>,
) -> Vec<i64> {
    let mut stays = vec![false; layer.channels];
    kept.iter().for_each(|&channel| stays[channel] = true);
    let mut shares = vec![0i64; layer.rows];
    let offset = if is_centered(&node.op) { layer.zero_point().unwrap_or(0) } else { 0 };
    for channel in (0..layer.channels).filter(|&channel| !stays[channel] && !layer.ignores(channel)) {
        let Some(code) = code_of(channel).filter(|&code| code != offset) else { continue };
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
        Op::TransposeConv2d(_) => true,
        _ => false,
    }
}

/// The bias of the layer afterwards, if it differs from the present one. Sums wrap around as accumulators do.
fn new_bias(
    graph: &Graph,
    node: &Node,
    layer: &Layer<'_>,
    shares: Option<&[i64]>,
    outputs: Option<&[usize]>,
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
    let rows: Vec<usize> = outputs.map_or((0..layer.rows).collect(), <[usize]>::to_vec);
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
    Some((name, select_type(&ty, 0, &rows), data))
}

/// The type with some indices of a dimension, in that order.
fn select_type(ty: &TensorType, along: usize, indices: &[usize]) -> TensorType {
    let mut selected = ty.clone();
    let extent = ty.shape.get(along).copied().unwrap_or(0);
    if let Some(dimension) = selected.shape.0.get_mut(along) {
        *dimension = indices.len();
    }
    if let Quant::PerAxis { axis, scales, zero_points } = &mut selected.quant
        && *axis == along
        && scales.len() == extent
    {
        *scales = indices.iter().map(|&index| scales[index]).collect();
        *zero_points = indices.iter().map(|&index| zero_points[index]).collect();
    }
    selected
}

/// The operator of a node with the channels in its attributes adapted.
fn with_channels(graph: &Graph, node: &Node, selection: &Selection) -> Op {
    let left = |id: ValueId| {
        let all = graph.ty(id).shape.last().copied().unwrap_or(0);
        selection[id.index()].as_deref().map_or(all, <[usize]>::len)
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
            if let (Some(channels), Some(begin)) =
                (selection[operand.index()].as_deref(), changed.begin.last_mut())
            {
                *begin = channels.iter().filter(|&&channel| channel < *begin).count();
            }
            changed.size.last_mut().into_iter().for_each(|size| *size = left(result));
            changed.into()
        }
        op => op.clone(),
    }
}
