//! What a translation sees of its operator: operands, results, options, and where to put nodes.

use redsc_ir::graph::Node;
use redsc_ir::{Data, ElemType, GraphId, Op, Shape, TensorType, ValueId, VarId};
use redsc_schema::tflite::{ActivationFunctionType, BuiltinOptionsRef, OperatorRef};

use redsc_ir::ops::{Activation, Reshape};

use super::fault::{OPERATOR, Outcome, Problem, damaged, form};
use super::graph::GraphReader;
use super::model::{OpCode, Resource, describe};
use super::ops::{Row, TABLE};

/// An operator under translation.
pub(super) struct OpReader<'o, 'r, 'm> {
    reader: &'o mut GraphReader<'r, 'm>,
    table: OperatorRef<'m>,
    location: String,
    operands: Vec<Option<usize>>,
    results: Vec<usize>,
}

/// The options of an operator in owned form; a missing table means the defaults.
///
/// `options!(op, Conv2DOptions)` is an [`Outcome`] of [`redsc_schema::tflite::Conv2DOptions`].
macro_rules! options {
    ($op:expr, $table:ident) => {
        match $op.raw_options() {
            Err(problem) => Err(problem),
            Ok(None) => Ok(redsc_schema::tflite::$table::default()),
            Ok(Some(redsc_schema::tflite::BuiltinOptionsRef::$table(options))) => {
                redsc_schema::tflite::$table::try_from(options)
                    .map_err($crate::frontend::tflite::fault::Problem::from)
            }
            Ok(Some(_)) => Err($crate::frontend::tflite::fault::damaged(concat!(
                "the options are not ",
                stringify!($table)
            ))),
        }
    };
}
pub(super) use options;

/// Translates the operator at `position`; an error means that its place is not even known.
pub(super) fn translate<'m>(
    reader: &mut GraphReader<'_, 'm>,
    position: usize,
    table: OperatorRef<'m>,
) -> Outcome {
    let code = reader.model.code(table.opcode_index()?);
    let location = location(code, position);
    let results = tensors(reader, table.outputs()?.into_iter().flatten());
    let translated = results.and_then(|results| {
        let translated = translate_known(reader, code, table, &location, &results);
        // What follows a failed operator is still worth checking.
        results.iter().for_each(|&result| reader.define_if_possible(result));
        translated
    });
    if let Err(problem) = translated {
        reader.report(&location, problem);
    }
    Ok(())
}

fn location(code: OpCode, position: usize) -> String {
    let name = match code {
        OpCode::Builtin(code) => code.schema_name(),
        OpCode::Custom(name) => name,
        OpCode::Unknown(_) | OpCode::Damaged => "operator",
    };
    format!("{name} #{position}")
}

fn tensors(reader: &mut GraphReader, indices: impl Iterator<Item = i32>) -> Outcome<Vec<usize>> {
    indices.map(|index| reader.tensor_index(index)).collect()
}

fn translate_known<'m>(
    reader: &mut GraphReader<'_, 'm>,
    code: OpCode,
    table: OperatorRef<'m>,
    location: &str,
    results: &[usize],
) -> Outcome {
    let row = row(code)?;
    let operands: Outcome<Vec<Option<usize>>> = table
        .inputs()?
        .into_iter()
        .flatten()
        .map(|index| if index == -1 { Ok(None) } else { reader.tensor_index(index).map(Some) })
        .collect();
    let operands = operands?;
    expect_count("operands", operands.len(), &row.operands)?;
    expect_count("results", results.len(), &row.results)?;
    let mut op = OpReader { reader, table, location: location.into(), operands, results: results.to_vec() };
    (row.translate)(&mut op)
}

fn row(code: OpCode) -> Outcome<&'static Row> {
    let unsupported = |what: String| Problem::new(OPERATOR, format!("{what} is not supported"));
    match code {
        OpCode::Builtin(code) => TABLE.iter().find(|row| row.code == code).ok_or_else(|| {
            unsupported(format!("operator {}", code.schema_name()))
                .help("replace it in the model, or split the model and compute this part outside")
        }),
        OpCode::Custom(name) => Err(unsupported(format!("custom operator `{name}`"))
            .help("compute this part in the application and compile the rest of the model")),
        OpCode::Unknown(code) => {
            Err(unsupported(format!("operator code {code}"))
                .help("the file is of a newer version of the format"))
        }
        OpCode::Damaged => Err(damaged("the operator code is missing or cannot be read")),
    }
}

fn expect_count(what: &str, count: usize, expected: &std::ops::RangeInclusive<usize>) -> Outcome {
    if expected.contains(&count) {
        return Ok(());
    }
    let (least, most) = (expected.start(), expected.end());
    let range = if least == most { format!("{least}") } else { format!("{least} to {most}") };
    Err(form(format!("it has {count} {what} instead of {range}")))
}

impl<'m> OpReader<'_, '_, 'm> {
    /// The options table as the file has it; use [`options!`].
    pub(super) fn raw_options(&self) -> Outcome<Option<BuiltinOptionsRef<'m>>> {
        Ok(self.table.builtin_options()?)
    }

    /// Accounts for reading `bytes` of the file.
    pub(super) fn charge(&mut self, bytes: usize) -> Outcome {
        self.reader.model.charge(bytes)
    }

    /// Number of operands, absent ones included.
    pub(super) fn operand_count(&self) -> usize {
        self.operands.len()
    }

    /// Number of results.
    pub(super) fn result_count(&self) -> usize {
        self.results.len()
    }

    /// The `index`-th operand, which must be present.
    pub(super) fn operand(&mut self, index: usize) -> Outcome<ValueId> {
        let tensor = self.operand_tensor(index)?;
        self.reader.value(tensor, &self.location)
    }

    /// The `index`-th operand, if it is present.
    pub(super) fn optional(&mut self, index: usize) -> Outcome<Option<ValueId>> {
        match self.operands.get(index).copied().flatten() {
            Some(tensor) => self.reader.value(tensor, &self.location).map(Some),
            None => Ok(None),
        }
    }

    /// All operands from `first` on, which must be present.
    pub(super) fn operands_from(&mut self, first: usize) -> Outcome<Vec<ValueId>> {
        (first..self.operands.len()).map(|index| self.operand(index)).collect()
    }

    fn operand_tensor(&self, index: usize) -> Outcome<usize> {
        let tensor = self.operands.get(index).copied().flatten();
        tensor.ok_or_else(|| form(format!("operand {index} is missing")))
    }

    /// The variable behind a state operand.
    pub(super) fn state(&mut self, index: usize) -> Outcome<VarId> {
        let tensor = self.operand_tensor(index)?;
        self.reader.variable(tensor)
    }

    /// The resource behind an operand.
    pub(super) fn resource(&mut self, index: usize) -> Outcome<Resource> {
        let tensor = self.operand_tensor(index)?;
        self.reader.handle(tensor)
    }

    /// Makes the only result the handle of a resource.
    pub(super) fn define_handle(&mut self, resource: Resource) -> Outcome {
        self.reader.define_handle(self.results[0], resource)
    }

    /// The variable that stands for a resource holding values of that type.
    pub(super) fn resource_variable(&mut self, resource: &Resource, value: ValueId) -> Outcome<VarId> {
        let ty = self.reader.graph.ty(value);
        self.reader.model.resource(resource, ty)
    }

    /// The graph of a subgraph that the options name.
    pub(super) fn graph(&mut self, subgraph: i32) -> Outcome<GraphId> {
        self.reader.model.call(self.reader.subgraph, subgraph)
    }

    /// The type of the `index`-th intermediate tensor, if the file has it.
    pub(super) fn intermediate(&mut self, index: usize) -> Outcome<Option<TensorType>> {
        let Some(tensor) = self.table.intermediates()?.and_then(|i| i.get(index)) else { return Ok(None) };
        let tensor = self.reader.tensor_index(tensor)?;
        self.reader.tensor_type(tensor).map(Some)
    }

    /// The type of a value.
    pub(super) fn ty(&self, value: ValueId) -> &TensorType {
        self.reader.graph.ty(value)
    }

    /// The extents of a value that must have `N` dimensions; `what` names it.
    pub(super) fn dims<const N: usize>(&self, value: ValueId, what: &str) -> Outcome<[usize; N]> {
        let shape = &self.ty(value).shape;
        <[usize; N]>::try_from(shape.0.as_slice())
            .map_err(|_| form(format!("{what} has {} dimensions instead of {N}", shape.rank())))
    }

    /// The integers of an operand that must be constant; `what` names it.
    pub(super) fn integers(&mut self, index: usize, what: &str) -> Outcome<Vec<i64>> {
        self.constant_integers(index)?.ok_or_else(|| {
            form(format!("{what} must be a constant"))
                .help("shapes and positions have to be known at compile time")
        })
    }

    /// The integers of an operand, if it is present and constant.
    pub(super) fn constant_integers(&mut self, index: usize) -> Outcome<Option<Vec<i64>>> {
        let Some(tensor) = self.operands.get(index).copied().flatten() else { return Ok(None) };
        let Some((elem, data)) = self.reader.constant(tensor, &self.location)? else { return Ok(None) };
        self.charge(data.bytes().len())?;
        match elem {
            ElemType::I32 => Ok(Some(data.to_vec::<i32>().into_iter().map(i64::from).collect())),
            ElemType::I64 => Ok(Some(data.to_vec())),
            ElemType::I16 => Ok(Some(data.to_vec::<i16>().into_iter().map(i64::from).collect())),
            other => Err(form(format!("operand {index} holds {other} instead of integers"))),
        }
    }

    /// Defines the `index`-th result with its declared type.
    pub(super) fn result(&mut self, index: usize) -> Outcome<ValueId> {
        let tensor = self.results.get(index).ok_or_else(|| form(format!("result {index} is missing")))?;
        self.reader.define(*tensor)
    }

    /// Defines all results with their declared types.
    pub(super) fn all_results(&mut self) -> Outcome<Vec<ValueId>> {
        (0..self.results.len()).map(|index| self.result(index)).collect()
    }

    /// Makes a result a constant that the translation computed.
    pub(super) fn fill(&mut self, value: ValueId, data: Data) -> Outcome {
        if data.bytes().len() != self.ty(value).bytes() {
            return Err(damaged(format!("the declared type of the result is {}", describe(self.ty(value)))));
        }
        self.reader.graph.values[value.index()].data = Some(data);
        Ok(())
    }

    /// Adds a value between two nodes of the translation: like `value`, in another shape.
    pub(super) fn reshaped_like(&mut self, value: ValueId, shape: Vec<usize>) -> ValueId {
        let ty = TensorType { shape: Shape(shape), ..self.ty(value).clone() };
        self.reader.graph.add_value("", ty)
    }

    /// Adds a constant that the translation made up.
    pub(super) fn constant(&mut self, ty: TensorType, data: Data) -> Outcome<ValueId> {
        self.charge(data.bytes().len())?;
        Ok(self.reader.graph.add_constant("", ty, data))
    }

    /// `value` in another shape: itself, or the result of a reshape that is appended.
    pub(super) fn reshaped(&mut self, value: ValueId, shape: Vec<usize>) -> Outcome<ValueId> {
        if self.ty(value).shape.0 == shape {
            return Ok(value);
        }
        let reshaped = self.reshaped_like(value, shape);
        self.emit_reshape(value, reshaped)?;
        Ok(reshaped)
    }

    /// Appends a node with one result, all of whose operands are present.
    pub(super) fn emit(&mut self, op: impl Into<Op>, inputs: &[ValueId], output: ValueId) {
        self.emit_node(op, inputs.iter().copied().map(Some).collect(), vec![output]);
    }

    /// Appends a node.
    pub(super) fn emit_node(
        &mut self,
        op: impl Into<Op>,
        inputs: Vec<Option<ValueId>>,
        outputs: Vec<ValueId>,
    ) {
        let location = self.location.clone();
        self.reader.graph.nodes.push(Node { op: op.into(), inputs, outputs, location });
    }

    /// Appends a reshape of `from` to the shape of `to`.
    pub(super) fn emit_reshape(&mut self, from: ValueId, to: ValueId) -> Outcome {
        let (has, wants) = (self.ty(from).elements(), self.ty(to).elements());
        if has != wants {
            return Err(damaged(format!(
                "{has} elements cannot take the declared shape {} of the result",
                self.ty(to).shape
            )));
        }
        let shape = self.ty(to).shape.0.clone();
        self.emit(Reshape { shape }, &[from], to);
        Ok(())
    }

    /// Appends the node that computes `result` in `shape`, and a reshape if the file declares another one.
    pub(super) fn emit_shaped(
        &mut self,
        op: impl Into<Op>,
        inputs: &[ValueId],
        shape: Vec<usize>,
        result: ValueId,
    ) -> Outcome {
        if self.ty(result).shape.0 == shape {
            self.emit(op, inputs, result);
            return Ok(());
        }
        let computed = self.reshaped_like(result, shape);
        self.emit(op, inputs, computed);
        self.emit_reshape(computed, result)
    }
}

/// The clamp that an operator applies to its result.
pub(super) fn clamp(function: ActivationFunctionType) -> Outcome<Activation> {
    match function {
        ActivationFunctionType::None => Ok(Activation::None),
        ActivationFunctionType::Relu => Ok(Activation::Relu),
        ActivationFunctionType::Relu6 => Ok(Activation::Relu6),
        ActivationFunctionType::ReluN1To1 => Ok(Activation::ReluN1To1),
        ActivationFunctionType::Tanh | ActivationFunctionType::SignBit => {
            Err(form(format!("the fused activation {} is not supported", function.schema_name())))
        }
    }
}

/// A dimension of a tensor of that rank; negative ones count from the end.
pub(super) fn axis(index: i64, rank: usize) -> Outcome<usize> {
    let from_start = if index < 0 { index.checked_add(rank as i64) } else { Some(index) };
    let axis = from_start.and_then(|axis| usize::try_from(axis).ok()).filter(|&axis| axis < rank);
    axis.ok_or_else(|| form(format!("there is no dimension {index} in a tensor of rank {rank}")))
}

/// A strictly positive size.
pub(super) fn positive(value: i32, what: &str) -> Outcome<usize> {
    let positive = usize::try_from(value).ok().filter(|&v| v > 0);
    positive.ok_or_else(|| form(format!("{what} is {value}, but must be positive")))
}
