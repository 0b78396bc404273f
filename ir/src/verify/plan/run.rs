//! Runs a plan: rules `E0304`, `E0305`, `E0307` and `E0308`.

use std::ops::Range;

use super::memory::{Contents, Memory, Segment, Source};
use super::overlap::{Places, is_harmless, is_widened_in_time};
use super::sharing::{may_overwrite, view};
use crate::access::Access;
use crate::entity::{GraphId, ValueId};
use crate::graph::{Graph, Module, Node};
use crate::kernels::Kernel;
use crate::ops::{If, Op, Operands, While};
use crate::plan::{Place, Plan};
use crate::verify::findings::{Findings, Part};

/// Runs the first invocation.
pub(super) fn check(module: &Module, plan: &Plan, findings: &mut Findings<'_>) {
    let variables = vec![Contents::new(); module.variables.len()];
    let mut run = Run { module, plan, findings, memory: Memory::default(), sources: Vec::new(), variables };
    run.invocation();
}

pub(super) struct Run<'r, 'm> {
    pub(super) module: &'r Module,
    pub(super) plan: &'r Plan,
    pub(super) findings: &'r mut Findings<'m>,
    pub(super) memory: Memory,
    /// Who the bytes of each source belong to.
    sources: Vec<Part>,
    /// What each variable consists of.
    pub(super) variables: Vec<Contents>,
}

/// One execution of a graph: what its values consist of.
pub(super) struct Frame<'r> {
    pub(super) id: GraphId,
    graph: &'r Graph,
    places: &'r [Place],
    contents: Vec<Contents>,
}

impl<'r> Frame<'r> {
    fn offset(&self, id: ValueId) -> Option<usize> {
        match self.places[id.index()] {
            Place::Arena { offset } => Some(offset),
            Place::Unused | Place::Constant => None,
        }
    }

    pub(super) fn range(&self, id: ValueId) -> Option<Range<usize>> {
        self.offset(id).map(|offset| offset..offset + self.graph.ty(id).bytes())
    }

    fn is_constant(&self, id: ValueId) -> bool {
        self.graph.constant(id).is_some()
    }
}

impl<'r> Run<'r, '_> {
    fn invocation(&mut self) {
        let mut frame = self.frame(GraphId(0));
        for &input in &frame.graph.inputs {
            self.write_fresh(&mut frame, input, Part::Value(GraphId(0), input));
        }
        // The caller may reset the state before or after it writes the inputs.
        self.start_variables();
        for node in &frame.graph.nodes {
            if let Op::CallOnce(op) = &node.op {
                let mut region = self.frame(op.graph);
                self.nodes(&mut region);
            }
        }
        // The caller wrote all inputs before any of this, so nothing may have overwritten them.
        for &input in &frame.graph.inputs {
            self.expect_intact(&frame, input, Part::Value(frame.id, input));
        }
        self.nodes(&mut frame);
        for &output in &frame.graph.outputs {
            self.expect_intact(&frame, output, Part::Outputs(frame.id));
        }
        self.finish_variables();
    }

    fn frame(&self, id: GraphId) -> Frame<'r> {
        let graph = self.module.graph(id);
        let places = &self.plan.graphs[id.index()].places;
        Frame { id, graph, places, contents: vec![Contents::new(); graph.values.len()] }
    }

    fn nodes(&mut self, frame: &mut Frame<'r>) {
        for (position, node) in frame.graph.nodes.iter().enumerate() {
            for operand in node.operands() {
                self.expect_intact(frame, operand, Part::Node(frame.id, position));
            }
            let is_view = self.plan.graphs[frame.id.index()].steps[position].kernel == Kernel::View;
            let part = Part::Node(frame.id, position);
            match &node.op {
                Op::If(op) => self.run_if(frame, position, node, op),
                Op::While(op) => self.run_while(frame, position, node, op),
                // Its graph ran before the first node.
                Op::CallOnce(_) => {}
                Op::ReadVariable(op) => self.run_read(frame, node, op.variable, is_view, part),
                Op::AssignVariable(op) => self.run_assign(frame, node, op.variable, is_view, part),
                _ if is_view => self.check_view(frame, position, node),
                _ => self.run_kernel(frame, position, node),
            }
        }
    }

    /// New bytes of a value, from nowhere else.
    pub(super) fn fresh(&mut self, bytes: usize, owner: Part) -> Contents {
        self.sources.push(owner);
        vec![Segment { source: Source(self.sources.len() - 1), at: 0, bytes }]
    }

    fn write_fresh(&mut self, frame: &mut Frame<'r>, id: ValueId, part: Part) {
        let contents = self.fresh(frame.graph.ty(id).bytes(), Part::Value(frame.id, id));
        self.write(frame, id, contents, part);
    }

    /// Puts a value where the plan wants it.
    pub(super) fn write(&mut self, frame: &mut Frame<'r>, id: ValueId, contents: Contents, part: Part) {
        match frame.offset(id) {
            Some(offset) => self.memory.write(offset, &contents),
            None => {
                let name = self.findings.value(frame.id, id);
                self.findings.add("E0307", part, format!("{name} has no place to be written to"));
            }
        }
        frame.contents[id.index()] = contents;
    }

    /// Rule `E0304` for one reader.
    fn expect_intact(&mut self, frame: &Frame<'r>, id: ValueId, reader: Part) {
        let complain = |findings: &mut Findings<'_>, code, problem: String| {
            let name = findings.value(frame.id, id);
            findings.add(code, reader, format!("{name} is read, but {problem}"));
        };
        if frame.is_constant(id) {
            if frame.places[id.index()] != Place::Constant {
                complain(self.findings, "E0307", "not placed in flash".into());
            }
            return;
        }
        let Some(offset) = frame.offset(id) else {
            complain(self.findings, "E0307", "has no place".into());
            return;
        };
        if let Err(holder) = self.memory.expect(offset, &frame.contents[id.index()]) {
            let holder = self.describe(holder);
            complain(self.findings, "E0304", format!("its bytes now hold {holder}"));
        }
    }

    /// Whose bytes these are.
    pub(super) fn describe(&self, holder: Option<Source>) -> String {
        holder.map_or("nothing".into(), |source| self.findings.location(self.sources[source.0]))
    }

    /// A kernel may write scratch memory and results while it still reads operands.
    fn run_kernel(&mut self, frame: &mut Frame<'r>, position: usize, node: &Node) {
        let part = Part::Node(frame.id, position);
        let access = self.plan.graphs[frame.id.index()].steps[position].kernel.access();
        self.check_apart(frame, part, node, access);
        self.run_state(frame, node, part);
        if let Some(scratch) = self.plan.graphs[frame.id.index()].steps[position].scratch {
            let range = scratch.offset..scratch.offset + scratch.bytes;
            let others = node.operands().chain(node.outputs.iter().copied());
            let kernel = self.plan.graphs[frame.id.index()].steps[position].kernel;
            let operand = node.input(0);
            for id in others.filter(|&id| frame.range(id).is_some_and(|other| overlap(&range, &other))) {
                let is_read_in_time = || {
                    let places = frame.range(id).map(|from| Places { from, to: range.clone() });
                    let once = node.operands().filter(|&other| other == id).count() == 1;
                    kernel.widens_first() && once && places.is_some_and(|places| is_widened_in_time(&places))
                };
                if operand == Some(id) && is_read_in_time() {
                    continue;
                }
                let name = self.findings.value(frame.id, id);
                self.findings.add("E0305", part, format!("the scratch memory overlaps {name}"));
            }
            let contents = self.fresh(scratch.bytes, part);
            self.memory.write(scratch.offset, &contents);
        }
        for &output in &node.outputs {
            self.write_fresh(frame, output, part);
        }
    }

    /// Rule `E0305` for operands and results.
    fn check_apart(&mut self, frame: &Frame<'r>, part: Part, node: &Node, access: Access) {
        for (index, &result) in node.outputs.iter().enumerate() {
            let Some(to) = frame.range(result) else { continue };
            for (operand, id) in node.inputs.iter().enumerate().filter_map(|(i, id)| Some((i, (*id)?))) {
                let Some(from) = frame.range(id).filter(|from| overlap(from, &to)) else { continue };
                let in_step = to.start <= from.start
                    && may_overwrite(&node.op, operand, frame.graph.ty(id), frame.graph.ty(result));
                let operands = Operands { module: self.module, graph: frame.graph, node };
                let stays_behind = || {
                    let places = Places { from: from.clone(), to: to.clone() };
                    operand == 0 && is_harmless(&operands, access, &places)
                };
                if !in_step && !stays_behind() {
                    let (result, id) =
                        (self.findings.value(frame.id, result), self.findings.value(frame.id, id));
                    let message =
                        format!("result {result} overlaps operand {id}, which the kernel still reads");
                    self.findings.add("E0305", part, message);
                }
            }
            for &other in &node.outputs[..index] {
                if frame.range(other).is_some_and(|other| overlap(&to, &other)) {
                    let (other, result) =
                        (self.findings.value(frame.id, other), self.findings.value(frame.id, result));
                    self.findings.add("E0305", part, format!("results {other} and {result} overlap"));
                }
            }
        }
    }

    /// Rule `E0308`: nothing runs, so the bytes must be there already.
    fn check_view(&mut self, frame: &mut Frame<'r>, position: usize, node: &Node) {
        let part = Part::Node(frame.id, position);
        let operands: Vec<Contents> = node.operands().map(|id| frame.contents[id.index()].clone()).collect();
        let Some(results) = view(frame.graph, node, &operands) else {
            self.findings.add("E0308", part, "the operator changes bytes or their order, so it is no view");
            node.outputs.iter().for_each(|&output| self.write_fresh(frame, output, part));
            return;
        };
        for (&output, contents) in node.outputs.iter().zip(results) {
            self.expect_view(frame, output, contents, part);
        }
    }

    /// Rule `E0308` for one result.
    pub(super) fn expect_view(
        &mut self,
        frame: &mut Frame<'r>,
        result: ValueId,
        contents: Contents,
        part: Part,
    ) {
        let expected: usize = contents.iter().map(|segment| segment.bytes).sum();
        let bytes = frame.graph.ty(result).bytes();
        let offset = frame.offset(result);
        let there = offset.is_some_and(|offset| self.memory.expect(offset, &contents).is_ok());
        if !there || expected != bytes {
            let result = self.findings.value(frame.id, result);
            let message = format!("view {result} does not lie where its operands have these bytes");
            self.findings.add("E0308", part, message);
        }
        frame.contents[result.index()] = contents;
    }

    /// Both branches start from the same memory; what they both leave is there afterwards.
    fn run_if(&mut self, frame: &mut Frame<'r>, position: usize, node: &Node, op: &If) {
        let part = Part::Node(frame.id, position);
        let (before, variables) = (self.memory.clone(), self.variables.clone());
        let operands = node.inputs.get(1..).unwrap_or_default();
        self.run_region(frame, op.then_graph, operands, &node.outputs, part);
        let after_then = std::mem::replace(&mut self.memory, before);
        let variables = std::mem::replace(&mut self.variables, variables);
        self.run_region(frame, op.else_graph, operands, &node.outputs, part);
        self.memory = self.memory.intersect(&after_then);
        self.merge_variables(&variables);
        self.write_results(frame, node, part);
    }

    /// Twice around shows whatever one round destroys for the next.
    fn run_while(&mut self, frame: &mut Frame<'r>, position: usize, node: &Node, op: &While) {
        let part = Part::Node(frame.id, position);
        for (operand, &result) in node.operands().zip(&node.outputs) {
            self.expect_intact(frame, operand, part);
            self.copy(frame, operand, frame, result, part);
            let contents = self.arriving(frame, operand);
            self.write(frame, result, contents, part);
        }
        let values: Vec<Option<ValueId>> = node.outputs.iter().copied().map(Some).collect();
        let variables = self.variables.clone();
        for _ in 0..2 {
            self.run_region(frame, op.condition, &values, &[], part);
            self.run_region(frame, op.body, &values, &node.outputs, part);
        }
        self.run_region(frame, op.condition, &values, &[], part);
        for &result in &node.outputs {
            self.expect_intact(frame, result, part);
        }
        self.merge_variables(&variables);
        self.write_results(frame, node, part);
    }

    /// Results of control flow: new bytes, since more than one graph may have made them.
    fn write_results(&mut self, frame: &mut Frame<'r>, node: &Node, part: Part) {
        for &output in &node.outputs {
            self.write_fresh(frame, output, part);
        }
        for &output in &node.outputs {
            self.expect_intact(frame, output, part);
        }
    }

    /// Copies operands in, runs a graph, copies its outputs to `results`.
    fn run_region(
        &mut self,
        frame: &mut Frame<'r>,
        region: GraphId,
        operands: &[Option<ValueId>],
        results: &[ValueId],
        part: Part,
    ) {
        let mut inner = self.frame(region);
        for (operand, &input) in operands.iter().zip(&inner.graph.inputs) {
            let Some(operand) = *operand else { continue };
            self.expect_intact(frame, operand, part);
            let contents = self.arriving(frame, operand);
            if inner.offset(input).is_some() {
                self.copy(frame, operand, &inner, input, part);
                self.write(&mut inner, input, contents, part);
            }
        }
        self.nodes(&mut inner);
        for (&output, &result) in inner.graph.outputs.iter().zip(results) {
            self.expect_intact(&inner, output, part);
            self.copy(&inner, output, frame, result, part);
            let contents = self.arriving(&inner, output);
            self.write(frame, result, contents, part);
        }
    }

    /// What a copy of a value consists of; copies of constants are new bytes.
    pub(super) fn arriving(&mut self, frame: &Frame<'r>, id: ValueId) -> Contents {
        if frame.is_constant(id) {
            return self.fresh(frame.graph.ty(id).bytes(), Part::Value(frame.id, id));
        }
        frame.contents[id.index()].clone()
    }

    /// Rule `E0305` for a copy: to the same place or to one that is apart.
    fn copy(&mut self, from: &Frame<'r>, source: ValueId, to: &Frame<'r>, target: ValueId, part: Part) {
        let (Some(read), Some(written)) = (from.range(source), to.range(target)) else { return };
        if read.start != written.start && overlap(&read, &written) {
            let (source, target) = (self.findings.value(from.id, source), self.findings.value(to.id, target));
            let message = format!("{source} is copied to {target}, which overlaps it");
            self.findings.add("E0305", part, message);
        }
    }
}

pub(super) fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}
