//! What an operator sees while it is computed.

use crate::data::{Data, Scalar};
use crate::entity::{GraphId, VarId};
use crate::ops::Operands;
use crate::types::{ElemType, TensorType};

/// What outlives a node: variables, and the other graphs of the module.
pub(super) trait State {
    /// Contents of a variable.
    fn variable(&self, id: VarId) -> Result<Data, String>;
    /// Replaces the contents of a variable.
    fn set_variable(&self, id: VarId, contents: Data) -> Result<(), String>;
    /// Runs a graph from its first node to its last.
    fn run(&self, id: GraphId, inputs: &[Data]) -> Result<Vec<Data>, String>;
}

/// One node with the contents of its operands and, inside an invocation, the state.
pub struct Eval<'a> {
    /// The node and the types of its operands.
    pub operands: Operands<'a>,
    contents: &'a [Option<Data>],
    session: Option<&'a (dyn State + 'a)>,
}

impl<'a> Eval<'a> {
    pub(super) fn new(
        operands: Operands<'a>,
        contents: &'a [Option<Data>],
        session: Option<&'a (dyn State + 'a)>,
    ) -> Self {
        Eval { operands, contents, session }
    }

    /// Contents of the `index`-th operand, if it is present.
    pub fn input(&self, index: usize) -> Option<&'a Data> {
        self.contents.get(index).and_then(Option::as_ref)
    }

    /// Contents of an operand that must be present.
    pub fn require(&self, index: usize) -> Result<&'a Data, String> {
        self.input(index).ok_or_else(|| format!("operand {index} is missing"))
    }

    /// Contents of all operands, which must be present.
    pub fn all(&self) -> Result<Vec<Data>, String> {
        (0..self.operands.len()).map(|index| self.require(index).cloned()).collect()
    }

    /// Type of an operand that must be present.
    pub fn input_type(&self, index: usize) -> Result<&'a TensorType, String> {
        self.operands.get(index).ok_or_else(|| format!("operand {index} is missing"))
    }

    /// Type of the `index`-th result.
    ///
    /// # Panics
    /// If the node has fewer results; the verifier checks their number.
    pub fn result_type(&self, index: usize) -> &'a TensorType {
        self.operands.graph.ty(self.operands.node.outputs[index])
    }

    /// Elements of an operand that must be present, read as `T`.
    pub fn elements<T: Scalar>(&self, index: usize) -> Result<Vec<T>, String> {
        self.require(index).map(Data::to_vec)
    }

    /// Elements of an operand of an integer type of up to 32 bits (or `bool`), widened.
    pub fn ints(&self, index: usize) -> Result<Vec<i32>, String> {
        let elem = self.input_type(index)?.elem;
        let data = self.require(index)?;
        unpack_ints(elem, data)
            .ok_or_else(|| format!("operand {index} has elements of type {elem}, not small integers"))
    }

    /// Elements of an operand of an integer type (or `bool`), widened.
    pub fn longs(&self, index: usize) -> Result<Vec<i64>, String> {
        if self.input_type(index)?.elem == ElemType::I64 {
            return self.elements(index);
        }
        Ok(self.ints(index)?.into_iter().map(i64::from).collect())
    }

    /// Contents of a variable.
    pub fn variable(&self, id: VarId) -> Result<Data, String> {
        self.session()?.variable(id)
    }

    /// Replaces the contents of a variable.
    pub fn set_variable(&self, id: VarId, contents: Data) -> Result<(), String> {
        self.session()?.set_variable(id, contents)
    }

    /// Runs another graph of the module.
    pub fn run_graph(&self, id: GraphId, inputs: &[Data]) -> Result<Vec<Data>, String> {
        self.session()?.run(id, inputs)
    }

    fn session(&self) -> Result<&'a (dyn State + 'a), String> {
        self.session.ok_or_else(|| "state and control flow exist only inside an invocation".to_owned())
    }
}

/// The elements of `data` as 32-bit integers; `None` for floats and wider integers.
pub(super) fn unpack_ints(elem: ElemType, data: &Data) -> Option<Vec<i32>> {
    fn widen<T: Scalar + Into<i32>>(data: &Data) -> Vec<i32> {
        data.to_vec::<T>().into_iter().map(Into::into).collect()
    }
    match elem {
        ElemType::Bool | ElemType::U8 => Some(widen::<u8>(data)),
        ElemType::I8 => Some(widen::<i8>(data)),
        ElemType::I16 => Some(widen::<i16>(data)),
        ElemType::U16 => Some(widen::<u16>(data)),
        ElemType::I32 => Some(data.to_vec()),
        ElemType::U32 | ElemType::I64 | ElemType::U64 | ElemType::F16 | ElemType::F32 | ElemType::F64 => None,
    }
}

/// Stores integers as elements of type `elem`, each truncated to its low bits as a C conversion does.
pub(super) fn pack_ints(elem: ElemType, values: &[i32]) -> Result<Data, String> {
    fn narrow<T: Scalar>(values: &[i32], convert: impl Fn(i32) -> T) -> Data {
        Data::from_slice(&values.iter().map(|&v| convert(v)).collect::<Vec<T>>())
    }
    match elem {
        ElemType::Bool | ElemType::U8 => Ok(narrow(values, |v| v as u8)),
        ElemType::I8 => Ok(narrow(values, |v| v as i8)),
        ElemType::I16 => Ok(narrow(values, |v| v as i16)),
        ElemType::U16 => Ok(narrow(values, |v| v as u16)),
        ElemType::I32 => Ok(Data::from_slice(values)),
        ElemType::U32 | ElemType::I64 | ElemType::U64 | ElemType::F16 | ElemType::F32 | ElemType::F64 => {
            Err(format!("a result of type {elem} is not made of small integers"))
        }
    }
}

/// As [`pack_ints`], for 64-bit integers too.
pub(super) fn pack_longs(elem: ElemType, values: &[i64]) -> Result<Data, String> {
    if elem == ElemType::I64 {
        return Ok(Data::from_slice(values));
    }
    pack_ints(elem, &values.iter().map(|&v| v as i32).collect::<Vec<_>>())
}
