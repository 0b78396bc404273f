//! Nodes that could be views: what must share storage for a node to have nothing to do.

use redsc_ir::{Graph, Module, Node, Op};

use super::inplace::as_view;
use super::storage::{Join, Storage};
use super::tenants::{Tenants, Versions};

/// A node as a view.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) graph: usize,
    pub(super) node: usize,
    pub(super) joins: Vec<Join>,
    /// Tenants that need not be aligned for vector accesses because of it, and the size of their elements.
    pub(super) loosened: Vec<(usize, usize)>,
    /// What the node copies otherwise.
    pub(super) bytes: usize,
}

/// All nodes of a module that could be views, in their order.
pub(super) fn find_views(module: &Module, tenants: &Tenants) -> Vec<View> {
    let of_graph = |(g, graph): (usize, &Graph)| {
        let finder = Finder { graph, g, tenants };
        let views: Vec<View> = (0..graph.nodes.len()).filter_map(|n| finder.view(n)).collect();
        views
    };
    module.graphs.iter().enumerate().flat_map(of_graph).collect()
}

/// Groups of views that have storage in common, directly or through other views; each group in the order of its nodes.
pub(super) fn connected(views: Vec<View>, storage: &Storage) -> Vec<Vec<View>> {
    let mut groups: Vec<(Vec<usize>, Vec<View>)> = Vec::new();
    for view in views {
        let mut homes: Vec<usize> =
            view.joins.iter().flat_map(|join| [storage.home(join.a), storage.home(join.b)]).collect();
        let mut members = Vec::new();
        groups.retain_mut(|(known, others)| {
            let touches = known.iter().any(|home| homes.contains(home));
            if touches {
                homes.append(known);
                members.append(others);
            }
            !touches
        });
        members.push(view);
        groups.push((homes, members));
    }
    groups
        .into_iter()
        .map(|(_, mut members)| {
            members.sort_by_key(|view| (view.graph, view.node));
            members
        })
        .collect()
}

/// What must be joined and what need not be aligned any more; see [`View`].
type Wishes = (Vec<Join>, Vec<(usize, usize)>);

struct Finder<'a> {
    graph: &'a Graph,
    g: usize,
    tenants: &'a Tenants,
}

impl Finder<'_> {
    fn view(&self, n: usize) -> Option<View> {
        let node = &self.graph.nodes[n];
        let (joins, loosened) = match &node.op {
            Op::ReadVariable(_) | Op::AssignVariable(_) => self.joins_of_variable(n, node)?,
            _ => self.joins_of_values(node)?,
        };
        Some(View { graph: self.g, node: n, joins, loosened, bytes: self.bytes_copied(node) })
    }

    fn joins_of_values(&self, node: &Node) -> Option<Wishes> {
        let (mut joins, mut loosened) = (Vec::new(), Vec::new());
        for part in as_view(self.graph, node)? {
            let (a, b) = (self.tenants.value(self.g, part.whole)?, self.tenants.value(self.g, part.part)?);
            joins.push(Join { a, b, distance: part.offset as isize });
            let bytes = self.graph.ty(part.part).elem.bytes();
            loosened.extend([(a, bytes), (b, bytes)]);
        }
        Some((joins, loosened))
    }

    /// The version of the variable that a node of the entry graph reads or makes, and the value that equals it.
    fn joins_of_variable(&self, n: usize, node: &Node) -> Option<Wishes> {
        let (variable, value) = match &node.op {
            Op::ReadVariable(op) => (op.variable, *node.outputs.first()?),
            Op::AssignVariable(op) => (op.variable, node.input(0)?),
            _ => return None,
        };
        let Versions::Tracked(versions) = &self.tenants.variables[variable.index()] else { return None };
        let assigns = |node: &&Node| matches!(&node.op, Op::AssignVariable(op) if op.variable == variable);
        let a = *versions.get(self.graph.nodes[..=n].iter().filter(assigns).count())?;
        let b = self.tenants.value(self.g, value)?;
        Some((vec![Join { a, b, distance: 0 }], vec![(b, self.graph.ty(value).elem.bytes())]))
    }

    fn bytes_copied(&self, node: &Node) -> usize {
        let bytes = |id| self.graph.ty(id).bytes();
        let results: usize = node.outputs.iter().copied().map(bytes).sum();
        results.max(node.operands().map(bytes).sum())
    }
}
