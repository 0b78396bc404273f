//! What may change the last digit of real numbers, and so is no pass: factors and addends of channels go into the weights
//! of the layer before, and the order of a flattened image into the weights of the layer behind.

use std::collections::BTreeSet;

use redsc_ir::interp::eval_node;
use redsc_ir::ops::{Activation, BinaryKind, Transpose};
use redsc_ir::{Data, ElemType, Graph, Module, Op, Shape, TensorType, ValueId};

/// Folds what can be folded, in every graph.
pub(super) fn fold_scales(module: &mut Module) {
    for graph in &mut module.graphs {
        let mut removed = BTreeSet::new();
        for position in 0..graph.nodes.len() {
            if fold_into_layer(graph, position, &removed).is_some() {
                removed.insert(position);
            }
            let _ = reorder_weights(graph, position);
        }
        let mut position = 0;
        graph.nodes.retain(|_| {
            position += 1;
            !removed.contains(&(position - 1))
        });
    }
}

/// `layer(x, w, b) · s` and `layer(x, w, b) + s` with one constant for each channel: the layer gives the result itself.
fn fold_into_layer(graph: &mut Graph, position: usize, removed: &BTreeSet<usize>) -> Option<()> {
    let node = &graph.nodes[position];
    let Op::Binary(op) = &node.op else { return None };
    if op.act != Activation::None {
        return None;
    }
    let kind = op.kind;
    let (a, b) = (node.input(0)?, node.input(1)?);
    let (x, constant, is_second) = if graph.constant(b).is_some() { (a, b, true) } else { (b, a, false) };
    let result = *node.outputs.first()?;
    let producer = graph.nodes[..position].iter().position(|n| n.outputs == [x])?;
    let shared = removed.contains(&producer) || use_count(graph, x) != 1;
    if shared || graph.ty(x) != graph.ty(result) || graph.ty(x).elem != ElemType::F32 {
        return None;
    }
    let channels = *graph.ty(x).shape.last()?;
    let values = per_channel(graph, constant, channels)?;
    let (axis, act) = layer(&graph.nodes[producer].op)?;
    let (w, bias) = (graph.nodes[producer].input(1)?, graph.nodes[producer].input(2));
    if act != Activation::None {
        return None;
    }
    let bias_values: Vec<f32> = match bias {
        Some(bias) => graph.constant(bias)?.to_vec(),
        None => vec![0.0; channels],
    };
    let (weights, bias_values) = match kind {
        BinaryKind::Mul => {
            let scaled = scale_weights(graph, w, axis, &values)?;
            (Some(scaled), bias_values.iter().zip(&values).map(|(b, s)| b * s).collect::<Vec<f32>>())
        }
        BinaryKind::Add => (None, bias_values.iter().zip(&values).map(|(b, s)| b + s).collect()),
        BinaryKind::Sub if is_second => (None, bias_values.iter().zip(&values).map(|(b, s)| b - s).collect()),
        _ => return None,
    };
    if let Some((ty, data)) = weights {
        let name = graph.value(w).name.clone();
        let scaled = graph.add_constant(name, ty, data);
        graph.nodes[producer].inputs[1] = Some(scaled);
    }
    let name = bias.map_or_else(String::new, |id| graph.value(id).name.clone());
    let ty = TensorType::plain(ElemType::F32, [channels]);
    let bias = graph.add_constant(name, ty, Data::from_slice(&bias_values));
    let layer = &mut graph.nodes[producer];
    layer.inputs.truncate(2);
    layer.inputs.push(Some(bias));
    layer.outputs = vec![result];
    Some(())
}

fn use_count(graph: &Graph, id: ValueId) -> usize {
    let reads = graph.nodes.iter().flat_map(|node| node.operands());
    reads.chain(graph.outputs.iter().copied()).filter(|&read| read == id).count()
}

/// The dimension of output channels in the weights of a layer, and its clamp.
fn layer(op: &Op) -> Option<(usize, Activation)> {
    match op {
        Op::Conv2d(op) => Some((0, op.act)),
        Op::DepthwiseConv2d(op) => Some((3, op.act)),
        Op::TransposeConv2d(op) => Some((0, op.act)),
        Op::FullyConnected(op) => Some((0, op.act)),
        _ => None,
    }
}

/// One number for each channel, if a constant has no more to say.
fn per_channel(graph: &Graph, id: ValueId, channels: usize) -> Option<Vec<f32>> {
    let values: Vec<f32> = graph.constant(id)?.to_vec();
    let shape = &graph.ty(id).shape;
    match values.as_slice() {
        [one] => Some(vec![*one; channels]),
        _ if values.len() == channels && shape.last() == Some(&channels) => Some(values),
        _ => None,
    }
}

fn scale_weights(graph: &Graph, w: ValueId, axis: usize, factors: &[f32]) -> Option<(TensorType, Data)> {
    let ty = graph.ty(w).clone();
    let weights: Vec<f32> = graph.constant(w)?.to_vec();
    let (stride, extent) = (ty.shape.strides()[axis], ty.shape[axis]);
    let scaled: Vec<f32> =
        weights.iter().enumerate().map(|(at, weight)| weight * factors[at / stride % extent]).collect();
    Some((ty, Data::from_slice(&scaled)))
}

/// A fully connected layer on a flattened, transposed image reads the image as it was, through weights in its order.
fn reorder_weights(graph: &mut Graph, position: usize) -> Option<()> {
    let node = &graph.nodes[position];
    let Op::FullyConnected(_) = node.op else { return None };
    let (x, w) = (node.input(0)?, node.input(1)?);
    let reshape = graph.nodes[..position].iter().position(|n| n.outputs == [x])?;
    let Op::Reshape(_) = graph.nodes[reshape].op else { return None };
    let flat = graph.nodes[reshape].input(0)?;
    let transpose = graph.nodes[..reshape].iter().position(|n| n.outputs == [flat])?;
    let Op::Transpose(op) = &graph.nodes[transpose].op else { return None };
    let source = graph.nodes[transpose].input(0)?;
    let (perm, inner) = (op.perm.clone(), graph.ty(flat).shape[1..].to_vec());
    let columns: usize = inner.iter().product();
    let weights = graph.ty(w).clone();
    let keeps_rows = perm.first() == Some(&0) && graph.ty(x).shape.last() == Some(&columns);
    if !keeps_rows || weights.shape.rank() != 2 || weights.shape[1] != columns {
        return None;
    }
    // A reshape that others read too stays as it is, and so does this layer.
    if use_count(graph, x) != 1 {
        return None;
    }
    let data = graph.constant(w)?.clone();
    let apart = Shape([&[weights.shape[0]], &inner[..]].concat());
    let mut back = vec![0; perm.len()];
    perm.iter().enumerate().for_each(|(to, &from)| back[from] = to);
    let data = permuted(&weights, apart, back, data)?;
    let reordered = graph.add_constant(graph.value(w).name.clone(), weights, data);
    graph.nodes[position].inputs[1] = Some(reordered);
    graph.nodes[reshape].inputs = vec![Some(source)];
    Some(())
}

/// The contents of weights after a permutation of the dimensions of their shape `apart`.
fn permuted(ty: &TensorType, apart: Shape, perm: Vec<usize>, data: Data) -> Option<Data> {
    let mut small = Graph::default();
    let to = Shape(perm.iter().map(|&axis| apart[axis]).collect());
    let x = small.add_value("", TensorType::plain(ty.elem, apart));
    let y = small.add_value("", TensorType::plain(ty.elem, to));
    small.push(Transpose { perm }.into(), &[x], &[y], "");
    eval_node(&Module::default(), &small, &small.nodes[0], &[Some(data)]).ok()?.into_iter().next()
}
