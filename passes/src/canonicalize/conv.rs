//! Normal forms of convolutions.

use redsc_ir::ops::{Conv2d, DepthwiseConv2d};
use redsc_ir::{Data, Graph, Node, Op, Quant, TensorType};

/// A convolution with dilation 1 wherever its filter has one tap.
pub(super) fn without_idle_dilation(graph: &Graph, node: &Node) -> Option<Node> {
    let mut changed = node.clone();
    let dilation = match &mut changed.op {
        Op::Conv2d(Conv2d { dilation, .. }) | Op::DepthwiseConv2d(DepthwiseConv2d { dilation, .. }) => {
            dilation
        }
        _ => return None,
    };
    let &[_, height, width, _] = &graph.ty(node.input(1)?).shape.0[..] else { return None };
    for (distance, taps) in dilation.iter_mut().zip([height, width]) {
        if taps == 1 {
            *distance = 1;
        }
    }
    (changed != *node).then_some(changed)
}

/// Turns a depthwise convolution of one input channel into a convolution: only the order of the weights differs. Real
/// numbers stay, since the order of their sum may differ, too.
pub(super) fn depthwise_of_one_channel(graph: &mut Graph, position: usize) -> bool {
    let node = &graph.nodes[position];
    let (Op::DepthwiseConv2d(op), Some(x), Some(w)) = (&node.op, node.input(0), node.input(1)) else {
        return false;
    };
    let (Some(1), Some(data)) = (graph.ty(x).shape.last(), graph.constant(w)) else { return false };
    if graph.ty(x).elem.is_float() {
        return false;
    }
    let Some((ty, data)) = outputs_first(graph.ty(w), data) else { return false };
    let DepthwiseConv2d { padding, stride, dilation, act, accumulate } = op.clone();
    let name = graph.value(w).name.clone();
    let weights = graph.add_constant(name, ty, data);
    let node = &mut graph.nodes[position];
    node.op = Conv2d { padding, stride, dilation, act, accumulate }.into();
    node.inputs[1] = Some(weights);
    true
}

/// Weights `[1, kh, kw, c_out]` as `[c_out, kh, kw, 1]`.
fn outputs_first(ty: &TensorType, data: &Data) -> Option<(TensorType, Data)> {
    let &[1, height, width, channels] = &ty.shape.0[..] else { return None };
    let (taps, bytes) = (height * width, ty.elem.bytes());
    let mut moved = Vec::with_capacity(data.bytes().len());
    for channel in 0..channels {
        for tap in 0..taps {
            let at = (tap * channels + channel) * bytes;
            moved.extend_from_slice(&data.bytes()[at..at + bytes]);
        }
    }
    let quant = match ty.quant.clone() {
        Quant::PerAxis { scales, zero_points, .. } => Quant::PerAxis { axis: 0, scales, zero_points },
        other => other,
    };
    let ty = TensorType { elem: ty.elem, shape: [channels, height, width, 1].into(), quant };
    Some((ty, Data::from_bytes(moved)))
}
