//! One operator of the representation as one of the format.

use redsc_ir::graph::Node;
use redsc_ir::ops::{
    Activation, Binary, BinaryKind, CompareKind, Pad, PadMode, Reduce, ReduceKind, Resize2d, ResizeKind,
    Slice, Split, UnaryKind,
};
use redsc_ir::{ElemType, GraphId, Op, Shape, TensorType};
use redsc_schema::tflite::{self, BuiltinOperator as B, BuiltinOptions as O, MirrorPadMode};

use super::graph::{ABSENT, GraphWriter};
use super::layers::{self, fused};

type Written = Result<(), String>;

/// Appends what stands for a node.
///
/// # Errors
/// If the format has nothing that does.
pub(super) fn write(w: &mut GraphWriter, node: &Node) -> Written {
    match &node.op {
        Op::Conv2d(op) => layers::conv(w, node, op),
        Op::DepthwiseConv2d(op) => layers::depthwise(w, node, op),
        Op::TransposeConv2d(op) => layers::transpose_conv(w, node, op),
        Op::FullyConnected(op) => layers::fully_connected(w, node, op),
        Op::BatchMatmul(op) => {
            let options = tflite::BatchMatMulOptions {
                adj_x: op.transpose_a,
                adj_y: op.transpose_b,
                asymmetric_quantize_inputs: false,
            };
            plain(w, node, B::BatchMatmul, Some(O::BatchMatMulOptions(Box::new(options))))
        }
        Op::Pool2d(op) => layers::pool(w, node, op),
        Op::Svdf(op) => layers::svdf(w, node, op),
        Op::Lstm(op) => layers::lstm(w, node, op),
        Op::Binary(op) => binary(w, node, op),
        Op::Compare(op) => plain(w, node, compare_code(op.kind), None),
        Op::Unary(op) => plain(w, node, unary_code(op.kind)?, None),
        Op::LeakyRelu(op) => {
            let options = tflite::LeakyReluOptions { alpha: op.alpha };
            plain(w, node, B::LeakyRelu, Some(O::LeakyReluOptions(Box::new(options))))
        }
        Op::Lut(_) => Err("TFLite has no tables of codes; write the module before it is tabulated".into()),
        Op::Select(_) => plain(w, node, B::SelectV2, None),
        Op::Gather(op) => {
            let options = tflite::GatherOptions { axis: op.axis as i32, batch_dims: 0 };
            plain(w, node, B::Gather, Some(O::GatherOptions(Box::new(options))))
        }
        Op::Scatter(_) => Err("TFLite has no operator that stores rows by number".into()),
        Op::Reduce(op) => reduce(w, node, op),
        Op::Softmax(op) => {
            let options = tflite::SoftmaxOptions { beta: op.beta };
            plain(w, node, B::Softmax, Some(O::SoftmaxOptions(Box::new(options))))
        }
        Op::LogSoftmax(_) => plain(w, node, B::LogSoftmax, None),
        Op::Quantize(_) => plain(w, node, B::Quantize, None),
        Op::Dequantize(_) => plain(w, node, B::Dequantize, None),
        Op::Cast(_) => cast(w, node),
        Op::Reshape(op) => {
            let shape = w.integers(op.shape.iter().copied())?;
            with_operands(w, node, B::Reshape, &[shape], None)
        }
        Op::Transpose(op) => {
            let perm = w.integers(op.perm.iter().copied())?;
            with_operands(w, node, B::Transpose, &[perm], None)
        }
        Op::Pad(op) => pad(w, node, op),
        Op::Concat(op) => {
            let options = tflite::ConcatenationOptions {
                axis: op.axis as i32,
                fused_activation_function: fused(op.act),
            };
            plain(w, node, B::Concatenation, Some(O::ConcatenationOptions(Box::new(options))))
        }
        Op::Split(op) => split(w, node, op),
        Op::Slice(op) => slice(w, node, op),
        Op::Resize2d(op) => resize(w, node, op),
        Op::ReadVariable(op) => {
            let handle = w.handle(op.variable);
            w.emit(B::ReadVariable, vec![handle], results(node), None);
            Ok(())
        }
        Op::AssignVariable(op) => {
            let inputs = [vec![w.handle(op.variable)], operands(node)].concat();
            w.emit(B::AssignVariable, inputs, vec![], None);
            Ok(())
        }
        Op::CallOnce(op) => {
            w.call_once(op.graph.index());
            Ok(())
        }
        Op::If(op) => {
            let [then_subgraph_index, else_subgraph_index] = subgraphs([op.then_graph, op.else_graph]);
            let options = tflite::IfOptions { then_subgraph_index, else_subgraph_index };
            plain(w, node, B::If, Some(O::IfOptions(Box::new(options))))
        }
        Op::While(op) => {
            let [cond_subgraph_index, body_subgraph_index] = subgraphs([op.condition, op.body]);
            let options = tflite::WhileOptions { cond_subgraph_index, body_subgraph_index };
            plain(w, node, B::While, Some(O::WhileOptions(Box::new(options))))
        }
    }
}

/// The operands of a node as tensors.
pub(super) fn operands(node: &Node) -> Vec<i32> {
    node.inputs.iter().map(|input| input.map_or(ABSENT, |id| id.index() as i32)).collect()
}

/// The results of a node as tensors.
pub(super) fn results(node: &Node) -> Vec<i32> {
    node.outputs.iter().map(|id| id.index() as i32).collect()
}

/// An operator with the operands of the node.
fn plain(w: &mut GraphWriter, node: &Node, code: B, options: Option<O>) -> Written {
    with_operands(w, node, code, &[], options)
}

/// An operator with the operands of the node and these after them.
fn with_operands(w: &mut GraphWriter, node: &Node, code: B, more: &[i32], options: Option<O>) -> Written {
    w.emit(code, [&operands(node), more].concat(), results(node), options);
    Ok(())
}

fn subgraphs(graphs: [GraphId; 2]) -> [i32; 2] {
    graphs.map(|graph| graph.index() as i32)
}

fn binary(w: &mut GraphWriter, node: &Node, op: &Binary) -> Written {
    let fused_activation_function = fused(op.act);
    // No promise that 16-bit scales are powers of two.
    let pot_scale_int16 = false;
    let (code, options) = match op.kind {
        BinaryKind::Add => {
            let options = tflite::AddOptions { fused_activation_function, pot_scale_int16 };
            (B::Add, Some(O::AddOptions(Box::new(options))))
        }
        BinaryKind::Sub => {
            let options = tflite::SubOptions { fused_activation_function, pot_scale_int16 };
            (B::Sub, Some(O::SubOptions(Box::new(options))))
        }
        BinaryKind::Mul => {
            (B::Mul, Some(O::MulOptions(Box::new(tflite::MulOptions { fused_activation_function }))))
        }
        BinaryKind::Div => {
            (B::Div, Some(O::DivOptions(Box::new(tflite::DivOptions { fused_activation_function }))))
        }
        BinaryKind::Maximum => (B::Maximum, None),
        BinaryKind::Minimum => (B::Minimum, None),
        BinaryKind::SquaredDifference => (B::SquaredDifference, None),
        BinaryKind::Power => (B::Pow, None),
        BinaryKind::Modulo => (B::FloorMod, None),
        BinaryKind::BitAnd | BinaryKind::BitOr | BinaryKind::BitXor => (bits_code(w, node, op.kind)?, None),
        BinaryKind::Remainder | BinaryKind::ShiftLeft | BinaryKind::ShiftRight => {
            return Err(format!("TFLite has no operator for {}", op.kind.name()));
        }
    };
    if options.is_none() && op.act != Activation::None {
        return Err(format!("{} has no fused activation in TFLite", op.kind.name()));
    }
    plain(w, node, code, options)
}

/// Operators on bits exist for truth values, and one of them for integers.
fn bits_code(w: &GraphWriter, node: &Node, kind: BinaryKind) -> Result<B, String> {
    let is_bool = node.input(0).is_some_and(|id| w.ty(id).elem == ElemType::Bool);
    match kind {
        BinaryKind::BitAnd if is_bool => Ok(B::LogicalAnd),
        BinaryKind::BitOr if is_bool => Ok(B::LogicalOr),
        BinaryKind::BitXor if is_bool => Ok(B::NotEqual),
        BinaryKind::BitXor => Ok(B::BitwiseXor),
        _ => Err(format!("TFLite has no operator for {} of integers", kind.name())),
    }
}

fn compare_code(kind: CompareKind) -> B {
    match kind {
        CompareKind::Equal => B::Equal,
        CompareKind::NotEqual => B::NotEqual,
        CompareKind::Less => B::Less,
        CompareKind::LessEqual => B::LessEqual,
        CompareKind::Greater => B::Greater,
        CompareKind::GreaterEqual => B::GreaterEqual,
    }
}

fn unary_code(kind: UnaryKind) -> Result<B, String> {
    Ok(match kind {
        UnaryKind::Abs => B::Abs,
        UnaryKind::Neg => B::Neg,
        UnaryKind::Exp => B::Exp,
        UnaryKind::Log => B::Log,
        UnaryKind::Sqrt => B::Sqrt,
        UnaryKind::Rsqrt => B::Rsqrt,
        UnaryKind::Square => B::Square,
        UnaryKind::Relu => B::Relu,
        UnaryKind::Relu6 => B::Relu6,
        UnaryKind::ReluN1To1 => B::ReluN1To1,
        UnaryKind::Tanh => B::Tanh,
        UnaryKind::Logistic => B::Logistic,
        UnaryKind::Sin => B::Sin,
        UnaryKind::Cos => B::Cos,
        UnaryKind::Ceil => B::Ceil,
        UnaryKind::Floor => B::Floor,
        UnaryKind::Round => B::Round,
        UnaryKind::Tan
        | UnaryKind::Asin
        | UnaryKind::Acos
        | UnaryKind::Atan
        | UnaryKind::Sinh
        | UnaryKind::Cosh
        | UnaryKind::Asinh
        | UnaryKind::Acosh
        | UnaryKind::Atanh
        | UnaryKind::Erf => return Err(format!("TFLite has no operator for {}", kind.name())),
    })
}

fn reduce(w: &mut GraphWriter, node: &Node, op: &Reduce) -> Written {
    let code = match op.kind {
        ReduceKind::Mean => B::Mean,
        ReduceKind::Sum => B::Sum,
        ReduceKind::Max => B::ReduceMax,
        ReduceKind::Min => B::ReduceMin,
        ReduceKind::Product => B::ReduceProd,
    };
    let axes = w.integers(op.axes.iter().copied())?;
    let options = tflite::ReducerOptions { keep_dims: op.keep_dims };
    with_operands(w, node, code, &[axes], Some(O::ReducerOptions(Box::new(options))))
}

fn cast(w: &mut GraphWriter, node: &Node) -> Written {
    let elem = |ty: &TensorType| super::values::elem_type(ty.elem);
    let (Some(x), Some(&y)) = (node.input(0), node.outputs.first()) else { return Err("no operand".into()) };
    let options = tflite::CastOptions { in_data_type: elem(w.ty(x)), out_data_type: elem(w.ty(y)) };
    plain(w, node, B::Cast, Some(O::CastOptions(Box::new(options))))
}

fn pad(w: &mut GraphWriter, node: &Node, op: &Pad) -> Written {
    let cells: Vec<usize> = op.before.iter().zip(&op.after).flat_map(|(&b, &a)| [b, a]).collect();
    let cells = w.pairs(&cells)?;
    let mirror = |mode| Some(O::MirrorPadOptions(Box::new(tflite::MirrorPadOptions { mode })));
    let (code, options) = match op.mode {
        PadMode::Reflect => (B::MirrorPad, mirror(MirrorPadMode::Reflect)),
        PadMode::Symmetric => (B::MirrorPad, mirror(MirrorPadMode::Symmetric)),
        PadMode::Constant if node.input(1).is_some() => (B::Padv2, None),
        PadMode::Constant => (B::Pad, None),
    };
    let mut inputs = operands(node);
    inputs.insert(1, cells);
    w.emit(code, inputs, results(node), options);
    Ok(())
}

fn split(w: &mut GraphWriter, node: &Node, op: &Split) -> Written {
    let axis = w.integer(op.axis)?;
    let sizes = w.integers(op.sizes.iter().copied())?;
    let options = tflite::SplitVOptions { num_splits: op.sizes.len() as i32 };
    with_operands(w, node, B::SplitV, &[sizes, axis], Some(O::SplitVOptions(Box::new(options))))
}

fn slice(w: &mut GraphWriter, node: &Node, op: &Slice) -> Written {
    let (Some(x), &[y]) = (node.input(0), results(node).as_slice()) else {
        return Err("an operand is missing".into());
    };
    let start = x.index() as i32;
    if !op.stride.contains(&0) {
        return cut(w, start, op, y);
    }
    // What repeats is cut to one element first, unless it is one already.
    let one = |(&size, &stride): (&usize, &i64)| if stride == 0 { (1, 1) } else { (size, stride) };
    let (size, stride): (Vec<_>, Vec<_>) = op.size.iter().zip(&op.stride).map(one).unzip();
    let single = Slice { begin: op.begin.clone(), size, stride };
    let ty = w.ty(x);
    let is_whole = single.size == ty.shape.0 && single.stride.iter().all(|&stride| stride == 1);
    let source = if is_whole {
        start
    } else {
        let part = w.add_tensor(&TensorType { shape: Shape(single.size.clone()), ..ty.clone() });
        cut(w, start, &single, part)?;
        part
    };
    let shape = w.integers(op.size.iter().copied())?;
    w.emit(B::BroadcastTo, vec![source, shape], vec![y], None);
    Ok(())
}

/// A slice without repetition from tensor `x` to tensor `y`.
fn cut(w: &mut GraphWriter, x: i32, op: &Slice, y: i32) -> Written {
    let begin = w.integers(op.begin.iter().copied())?;
    if op.stride.iter().all(|&stride| stride == 1) {
        let size = w.integers(op.size.iter().copied())?;
        w.emit(B::Slice, vec![x, begin, size], vec![y], None);
        return Ok(());
    }
    let (mut end, mut end_mask) = (Vec::new(), 0);
    for (dimension, ((&begin, &size), &stride)) in op.begin.iter().zip(&op.size).zip(&op.stride).enumerate() {
        let past = begin as i64 + size as i64 * stride;
        end.push(past.max(0));
        // Before the first element: a negative end would count from the other side.
        end_mask |= i32::from(past < 0) << dimension;
    }
    let (end, stride) = (w.integers(end)?, w.integers(op.stride.iter().copied())?);
    let options = tflite::StridedSliceOptions { end_mask, ..Default::default() };
    let options = Some(O::StridedSliceOptions(Box::new(options)));
    w.emit(B::StridedSlice, vec![x, begin, end, stride], vec![y], options);
    Ok(())
}

fn resize(w: &mut GraphWriter, node: &Node, op: &Resize2d) -> Written {
    let (align_corners, half_pixel_centers) = (op.align_corners, op.half_pixel_centers);
    let (code, options) = match op.kind {
        ResizeKind::Nearest => {
            let options = tflite::ResizeNearestNeighborOptions { align_corners, half_pixel_centers };
            (B::ResizeNearestNeighbor, O::ResizeNearestNeighborOptions(Box::new(options)))
        }
        ResizeKind::Bilinear => {
            let options =
                tflite::ResizeBilinearOptions { align_corners, half_pixel_centers, ..Default::default() };
            (B::ResizeBilinear, O::ResizeBilinearOptions(Box::new(options)))
        }
    };
    let size = w.integers(op.size)?;
    with_operands(w, node, code, &[size], Some(options))
}
