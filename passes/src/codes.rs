//! What an elementwise operator makes of every code of a narrow integer type.
//!
//! Passes use this to decide and to build tables by trying rather than by arguing.

use redsc_ir::interp::eval_node;
use redsc_ir::{Data, ElemType, Graph, Module, Node, TensorType};

/// All codes of an 8- or 16-bit type, in the order in which they read as unsigned numbers.
pub(crate) fn all_codes(elem: ElemType) -> Option<Data> {
    match elem.bytes() {
        1 => Some(Data::from_bytes((0..=u8::MAX).collect::<Vec<u8>>())),
        2 => Some(Data::from_slice(&(0..=u16::MAX).collect::<Vec<u16>>())),
        _ => None,
    }
}

/// Computes an elementwise node on other contents of operand `data_operand`; its further operands must be constants
/// of one element. The contents may have any number of elements.
pub(crate) fn apply(graph: &Graph, node: &Node, data_operand: usize, contents: &Data) -> Option<Data> {
    let elem = graph.ty(node.input(data_operand)?).elem;
    let count = contents.bytes().len() / elem.bytes();
    let with_shape = |ty: &TensorType, extent: usize| TensorType { shape: [extent].into(), ..ty.clone() };
    let mut small = Graph::default();
    let mut inputs = Vec::with_capacity(node.inputs.len());
    let mut all_contents = Vec::with_capacity(node.inputs.len());
    for (index, input) in node.inputs.iter().enumerate() {
        let id = (*input)?;
        let (extent, data) = if index == data_operand {
            (count, contents.clone())
        } else {
            (graph.ty(id).elements(), graph.constant(id)?.clone())
        };
        inputs.push(Some(small.add_value("", with_shape(graph.ty(id), extent))));
        all_contents.push(Some(data));
    }
    let result = small.add_value("", with_shape(graph.ty(*node.outputs.first()?), count));
    let node = Node { inputs, outputs: vec![result], ..node.clone() };
    eval_node(&Module::default(), &small, &node, &all_contents).ok()?.into_iter().next()
}

/// The numbers that 8- and 16-bit contents hold.
pub(crate) fn numbers(elem: ElemType, data: &Data) -> Option<Vec<i32>> {
    match elem {
        ElemType::I8 => Some(data.to_vec::<i8>().into_iter().map(i32::from).collect()),
        ElemType::U8 => Some(data.to_vec::<u8>().into_iter().map(i32::from).collect()),
        ElemType::I16 => Some(data.to_vec::<i16>().into_iter().map(i32::from).collect()),
        _ => None,
    }
}
