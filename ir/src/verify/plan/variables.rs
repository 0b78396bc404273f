//! Variables in a run: their bytes come from the invocation before and must be there for the next one. In between,
//! values may use the place of a variable whose contents nobody needs any more.

use std::ops::Range;

use super::memory::Contents;
use super::run::{Frame, Run, overlap};
use crate::entity::VarId;
use crate::graph::Node;
use crate::ops::Op;
use crate::verify::findings::Part;

impl<'r> Run<'r, '_> {
    /// What the invocation before has left.
    pub(super) fn start_variables(&mut self) {
        for index in 0..self.module.variables.len() {
            self.refresh_variable(VarId::new(index));
        }
    }

    /// What the next invocation will find.
    pub(super) fn finish_variables(&mut self) {
        for index in 0..self.module.variables.len() {
            self.expect_variable(VarId::new(index), Part::Variable(VarId::new(index)));
        }
    }

    /// New contents from nowhere else.
    fn refresh_variable(&mut self, id: VarId) {
        let contents = self.fresh(self.module.variable(id).ty.bytes(), Part::Variable(id));
        self.memory.write(self.plan.variables[id.index()], &contents);
        self.variables[id.index()] = contents;
    }

    /// Rule `E0304` for one reader of a variable.
    fn expect_variable(&mut self, id: VarId, reader: Part) {
        let offset = self.plan.variables[id.index()];
        if let Err(holder) = self.memory.expect(offset, &self.variables[id.index()]) {
            let holder = self.describe(holder);
            self.findings.add(
                "E0304",
                reader,
                format!("variable {id} is needed, but its bytes now hold {holder}"),
            );
        }
    }

    /// The result of reading a variable: a copy, or the place of the variable itself.
    pub(super) fn run_read(
        &mut self,
        frame: &mut Frame<'r>,
        node: &Node,
        id: VarId,
        is_view: bool,
        part: Part,
    ) {
        self.expect_variable(id, part);
        let Some(&result) = node.outputs.first() else { return };
        let contents = self.variables[id.index()].clone();
        if is_view {
            self.expect_view(frame, result, contents, part);
            return;
        }
        if let Some(to) = frame.range(result) {
            self.expect_apart(&to, self.range_of(id), part);
        }
        self.write(frame, result, contents, part);
    }

    /// The new contents of a variable: copied to its place, possibly from bytes that overlap it, or there already.
    pub(super) fn run_assign(
        &mut self,
        frame: &Frame<'r>,
        node: &Node,
        id: VarId,
        is_view: bool,
        part: Part,
    ) {
        let Some(operand) = node.input(0) else { return };
        let contents = self.arriving(frame, operand);
        let offset = self.plan.variables[id.index()];
        if !is_view {
            self.memory.write(offset, &contents);
        } else if self.memory.expect(offset, &contents).is_err() {
            let name = self.findings.value(frame.id, operand);
            let message = format!("{name} is not where variable {id} lives");
            self.findings.add("E0308", part, message);
        }
        self.variables[id.index()] = contents;
    }

    /// A kernel with state reads and writes its variables while it runs.
    pub(super) fn run_state(&mut self, frame: &Frame<'r>, node: &Node, part: Part) {
        for id in state(&node.op) {
            self.expect_variable(id, part);
            for other in node.operands().chain(node.outputs.iter().copied()) {
                frame
                    .range(other)
                    .into_iter()
                    .for_each(|range| self.expect_apart(&range, self.range_of(id), part));
            }
            self.refresh_variable(id);
        }
    }

    /// After a branch: variables that it may have changed hold something new.
    pub(super) fn merge_variables(&mut self, other: &[Contents]) {
        for (index, contents) in other.iter().enumerate() {
            if *contents != self.variables[index] {
                self.refresh_variable(VarId::new(index));
            }
        }
    }

    fn range_of(&self, id: VarId) -> Range<usize> {
        let offset = self.plan.variables[id.index()];
        offset..offset + self.module.variable(id).ty.bytes()
    }

    fn expect_apart(&mut self, range: &Range<usize>, variable: Range<usize>, part: Part) {
        if overlap(range, &variable) {
            let message =
                format!("bytes {}..{} overlap a variable that the node uses", range.start, range.end);
            self.findings.add("E0305", part, message);
        }
    }
}

/// The variables in which an operator keeps its state.
fn state(op: &Op) -> Vec<VarId> {
    match op {
        Op::Svdf(op) => vec![op.state],
        Op::Lstm(op) => vec![op.output_state, op.cell_state],
        Op::Conv2d(_)
        | Op::DepthwiseConv2d(_)
        | Op::TransposeConv2d(_)
        | Op::FullyConnected(_)
        | Op::BatchMatmul(_)
        | Op::Pool2d(_)
        | Op::Binary(_)
        | Op::Compare(_)
        | Op::Unary(_)
        | Op::LeakyRelu(_)
        | Op::Lut(_)
        | Op::Reduce(_)
        | Op::Softmax(_)
        | Op::LogSoftmax(_)
        | Op::Select(_)
        | Op::Gather(_)
        | Op::Scatter(_)
        | Op::Quantize(_)
        | Op::Dequantize(_)
        | Op::Cast(_)
        | Op::Reshape(_)
        | Op::Transpose(_)
        | Op::Pad(_)
        | Op::Concat(_)
        | Op::Split(_)
        | Op::Slice(_)
        | Op::Resize2d(_)
        | Op::ReadVariable(_)
        | Op::AssignVariable(_)
        | Op::CallOnce(_)
        | Op::If(_)
        | Op::While(_) => Vec::new(),
    }
}
