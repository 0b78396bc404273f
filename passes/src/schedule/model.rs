//! What an order of nodes costs.
//!
//! Values that will share storage form a *group*: a value and its reshapes, the operands of a concatenation and its
//! result where they can be written in place, a variable and what is read from it. A group needs its bytes from the
//! first node that writes it to the last that touches it. Variables live always, so only what a group needs beyond its
//! variable counts.

use redsc_ir::{Graph, GraphId, Module, Node, Op, ValueId};

use crate::edit;
use crate::memory::overlap::Overlap;
use crate::memory::{as_view, may_overwrite, usual_overlap};

/// A set of nodes.
pub(super) type NodeSet = Vec<u64>;

/// Nodes, what must run before what, and what they need.
pub(super) struct Model {
    /// By node: the nodes that must run before it.
    before: Vec<NodeSet>,
    groups: Vec<Group>,
    /// By node: the groups it reads or writes.
    touched: Vec<Vec<usize>>,
    /// By node: which groups may overlap.
    replaced: Vec<Vec<Replaced>>,
}

/// A result's group may take the place of an operand's group, but for some bytes.
struct Replaced {
    result: usize,
    operand: usize,
    distance: usize,
}

struct Group {
    bytes: usize,
    /// Alive before the first node.
    is_input: bool,
    /// Alive after the last node.
    is_output: bool,
    writers: NodeSet,
    touching: NodeSet,
}

/// What running a node needs at its peak and leaves behind, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) peak: usize,
    pub(super) after: usize,
}

impl Model {
    pub(super) fn of(module: &Module, id: GraphId) -> Model {
        let graph = module.graph(id);
        let grouping = Grouping::of(module, graph);
        let words = graph.nodes.len().div_ceil(64);
        let mut model = Model {
            before: vec![vec![0; words]; graph.nodes.len()],
            groups: grouping.groups(module, graph, words),
            touched: Vec::new(),
            replaced: Vec::new(),
        };
        for node in &graph.nodes {
            let mut touched: Vec<usize> =
                values_of(node).filter_map(|id| grouping.of_value[id.index()]).collect();
            touched.sort_unstable();
            touched.dedup();
            model.touched.push(touched);
            model.replaced.push(replaceable(module, graph, node, &grouping));
        }
        model.order_by_data(graph);
        model.order_by_state(module, graph);
        model.order_by_storage(graph, &grouping);
        model
    }

    /// Number of nodes.
    pub(super) fn len(&self) -> usize {
        self.before.len()
    }

    /// Whether a node can run after the nodes of a set.
    pub(super) fn is_ready(&self, node: usize, done: &NodeSet) -> bool {
        !contains(done, node) && self.before[node].iter().zip(done).all(|(before, done)| before & !done == 0)
    }

    /// Whether every node comes after those that must run before it.
    pub(super) fn allows(&self, order: &[usize]) -> bool {
        let mut done = self.nothing();
        order.iter().all(|&node| {
            let is_ready = self.is_ready(node, &done);
            insert(&mut done, node);
            is_ready
        })
    }

    /// Bytes that are live between nodes.
    pub(super) fn live(&self, done: &NodeSet) -> usize {
        self.groups.iter().filter(|group| group.is_live(done)).map(|group| group.bytes).sum()
    }

    /// What a node needs when `done` have run and `live` bytes are live.
    pub(super) fn need(&self, node: usize, done: &NodeSet, live: usize) -> Need {
        let mut then = done.clone();
        insert(&mut then, node);
        let (mut born, mut dying) = (0, 0);
        for group in self.touched[node].iter().map(|&group| &self.groups[group]) {
            if !group.is_live(done) {
                born += group.bytes;
            }
            if !group.is_live(&then) {
                dying += group.bytes;
            }
        }
        let is_free = |replaced: &&Replaced| {
            !self.groups[replaced.result].is_live(done) && !self.groups[replaced.operand].is_live(&then)
        };
        let bytes = |replaced: &Replaced| {
            let room = self.groups[replaced.result].bytes.saturating_sub(replaced.distance);
            room.min(self.groups[replaced.operand].bytes)
        };
        let saved = self.replaced[node].iter().filter(is_free).map(bytes).max().unwrap_or(0);
        Need { peak: live + born - saved, after: live + born - dying }
    }

    /// The largest need along an order.
    pub(super) fn peak(&self, order: &[usize]) -> usize {
        let mut done = self.nothing();
        let mut live = self.live(&done);
        let mut peak = live;
        for &node in order {
            let need = self.need(node, &done, live);
            peak = peak.max(need.peak);
            live = need.after;
            insert(&mut done, node);
        }
        peak
    }

    /// The empty set of nodes.
    pub(super) fn nothing(&self) -> NodeSet {
        vec![0; self.len().div_ceil(64)]
    }

    /// Operands come first.
    fn order_by_data(&mut self, graph: &Graph) {
        let producers = graph.producers();
        for (position, node) in graph.nodes.iter().enumerate() {
            for producer in node.operands().filter_map(|id| producers[id.index()]) {
                insert(&mut self.before[position], producer);
            }
        }
    }

    /// Nodes that use the same variable keep their order unless both only read it; nothing passes a `call_once`.
    fn order_by_state(&mut self, module: &Module, graph: &Graph) {
        for (later, node) in graph.nodes.iter().enumerate() {
            let used = variables(module, node);
            for (earlier, other) in graph.nodes[..later].iter().enumerate() {
                let reads_only = is_read(node) && is_read(other);
                let shares = variables(module, other).iter().any(|variable| used.contains(variable));
                if (shares && !reads_only) || is_call_once(node) || is_call_once(other) {
                    insert(&mut self.before[later], earlier);
                }
            }
        }
    }

    /// What reads the place of a variable goes before the assignment that overwrites it, where nothing speaks against
    /// it: otherwise its bytes would have to be copied.
    fn order_by_storage(&mut self, graph: &Graph, grouping: &Grouping) {
        for (assignment, node) in graph.nodes.iter().enumerate() {
            let Op::AssignVariable(op) = &node.op else { continue };
            let Some(group) = grouping.of_variable[op.variable.index()] else { continue };
            let readers = members(&self.groups[group].touching, self.len());
            for reader in readers.into_iter().filter(|&reader| reader != assignment) {
                if !self.reaches(assignment, reader) {
                    insert(&mut self.before[assignment], reader);
                }
            }
        }
    }

    /// Whether `from` must run before `to`.
    fn reaches(&self, from: usize, to: usize) -> bool {
        let mut seen = self.nothing();
        let mut stack = vec![to];
        while let Some(node) = stack.pop() {
            for earlier in members(&self.before[node], self.len()) {
                if earlier == from {
                    return true;
                }
                if !contains(&seen, earlier) {
                    insert(&mut seen, earlier);
                    stack.push(earlier);
                }
            }
        }
        false
    }
}

impl Group {
    fn is_live(&self, done: &NodeSet) -> bool {
        let any = self.writers.iter().zip(done).any(|(writers, done)| writers & done != 0);
        let all = self.touching.iter().zip(done).all(|(touching, done)| touching & !done == 0);
        (any || self.is_input) && (!all || self.is_output)
    }
}

/// Which values share storage.
struct Grouping {
    /// By value; `None` for constants.
    of_value: Vec<Option<usize>>,
    /// By variable; `None` if the graph does not read it.
    of_variable: Vec<Option<usize>>,
}

impl Grouping {
    fn of(module: &Module, graph: &Graph) -> Grouping {
        let own = |(index, value): (usize, &redsc_ir::Value)| value.data.is_none().then_some(index);
        let mut grouping = Grouping {
            of_value: graph.values.iter().enumerate().map(own).collect(),
            of_variable: vec![None; module.variables.len()],
        };
        for node in &graph.nodes {
            grouping.add(graph, node);
        }
        grouping
    }

    fn add(&mut self, graph: &Graph, node: &Node) {
        match &node.op {
            Op::ReadVariable(op) => {
                let Some(&result) = node.outputs.first() else { return };
                match self.of_variable[op.variable.index()] {
                    Some(group) => self.merge(result, group),
                    None => self.of_variable[op.variable.index()] = self.of_value[result.index()],
                }
            }
            Op::Reshape(_) | Op::Concat(_) => {
                for part in as_view(graph, node).unwrap_or_default() {
                    if let Some(group) = self.of_value[part.whole.index()] {
                        self.merge(part.part, group);
                    }
                }
            }
            Op::Slice(_) if only_assigned(graph, node) => {
                for part in as_view(graph, node).unwrap_or_default() {
                    if let Some(group) = self.of_value[part.whole.index()] {
                        self.merge(part.part, group);
                    }
                }
            }
            _ => {}
        }
    }

    /// Moves the group of a value into another one.
    fn merge(&mut self, value: ValueId, group: usize) {
        let Some(old) = self.of_value[value.index()] else { return };
        for entry in self.of_value.iter_mut().chain(&mut self.of_variable) {
            if *entry == Some(old) {
                *entry = Some(group);
            }
        }
    }

    /// The groups, by the number that values have for them.
    fn groups(&self, module: &Module, graph: &Graph, words: usize) -> Vec<Group> {
        let group = |_| Group {
            bytes: 0,
            is_input: false,
            is_output: false,
            writers: vec![0; words],
            touching: vec![0; words],
        };
        let mut groups: Vec<Group> = (0..graph.values.len()).map(group).collect();
        for (value, number) in graph.values.iter().zip(&self.of_value) {
            if let Some(number) = number {
                groups[*number].bytes = groups[*number].bytes.max(value.ty.bytes());
            }
        }
        for (variable, number) in module.variables.iter().zip(&self.of_variable) {
            if let Some(number) = number {
                groups[*number].bytes = groups[*number].bytes.saturating_sub(variable.ty.bytes());
            }
        }
        let numbers =
            |ids: &[ValueId]| ids.iter().filter_map(|id| self.of_value[id.index()]).collect::<Vec<_>>();
        numbers(&graph.inputs).into_iter().for_each(|number| groups[number].is_input = true);
        numbers(&graph.outputs).into_iter().for_each(|number| groups[number].is_output = true);
        for (position, node) in graph.nodes.iter().enumerate() {
            for number in values_of(node).filter_map(|id| self.of_value[id.index()]) {
                insert(&mut groups[number].touching, position);
            }
            for number in numbers(&node.outputs) {
                insert(&mut groups[number].writers, position);
            }
        }
        groups
    }
}

/// Whether the result of a node goes into a variable and nowhere else.
fn only_assigned(graph: &Graph, node: &Node) -> bool {
    let mut readers =
        graph.nodes.iter().filter(|reader| reader.operands().any(|id| node.outputs.contains(&id)));
    readers.all(|reader| matches!(reader.op, Op::AssignVariable(_)))
        && !graph.outputs.iter().any(|id| node.outputs.contains(id))
}

/// Groups of a result and of operands whose place it may take.
fn replaceable(module: &Module, graph: &Graph, node: &Node, grouping: &Grouping) -> Vec<Replaced> {
    let &[value] = &node.outputs[..] else { return Vec::new() };
    let Some(result) = grouping.of_value[value.index()] else { return Vec::new() };
    let overlap = usual_overlap(module, graph, node);
    let place = |(index, operand): (usize, &Option<ValueId>)| {
        let operand = (*operand)?;
        let distance = match overlap.filter(|_| index == 0) {
            Some(Overlap::Below(distance)) => distance,
            Some(Overlap::Start) => 0,
            None => may_overwrite(&node.op, index, graph.ty(operand), graph.ty(value)).then_some(0)?,
        };
        Some(Replaced { result, operand: grouping.of_value[operand.index()]?, distance })
    };
    node.inputs.iter().enumerate().filter_map(place).collect()
}

fn values_of(node: &Node) -> impl Iterator<Item = ValueId> + '_ {
    node.operands().chain(node.outputs.iter().copied())
}

/// The variables that a node uses, those of its regions included.
fn variables(module: &Module, node: &Node) -> Vec<redsc_ir::VarId> {
    let mut used = edit::variables(&node.op);
    for region in edit::regions(&node.op) {
        used.extend(module.graph(region).nodes.iter().flat_map(|inner| variables(module, inner)));
    }
    used
}

fn is_read(node: &Node) -> bool {
    matches!(node.op, Op::ReadVariable(_))
}

fn is_call_once(node: &Node) -> bool {
    matches!(node.op, Op::CallOnce(_))
}

/// Adds a node to a set.
pub(super) fn insert(set: &mut NodeSet, node: usize) {
    set[node / 64] |= 1 << (node % 64);
}

fn contains(set: &NodeSet, node: usize) -> bool {
    set[node / 64] & (1 << (node % 64)) != 0
}

fn members(set: &NodeSet, len: usize) -> Vec<usize> {
    (0..len).filter(|&node| contains(set, node)).collect()
}
