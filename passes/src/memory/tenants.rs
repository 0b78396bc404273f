//! Who needs storage, and when: values, scratch memory and the successive contents of variables.

use redsc_ir::{Module, Op, ValueId, VarId};

use super::lifetime::{Span, Timeline};
use super::overlap::Overlap;
use crate::edit;

/// What the kernel of a node needs and allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// Bytes of scratch memory.
    pub scratch_bytes: usize,
    /// How its result may lie over its first operand.
    pub overlap: Option<Overlap>,
    /// How far its scratch memory must start below its first operand to lie over it.
    pub scratch_overlap: Option<usize>,
}

/// Something that needs consecutive bytes for some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tenant {
    pub(super) bytes: usize,
    /// `None` if nobody ever reads or writes it.
    pub(super) span: Option<Span>,
    /// Its offset is a multiple of this.
    pub(super) alignment: usize,
    /// The variable whose contents it is.
    pub(super) variable: Option<usize>,
}

/// All tenants of a module; the tables hold positions in `list`.
#[derive(Clone, Debug, Default)]
pub(super) struct Tenants {
    pub(super) list: Vec<Tenant>,
    /// By graph and value; `None` for constants and for values of graphs that never run.
    pub(super) values: Vec<Vec<Option<usize>>>,
    /// By graph and node.
    pub(super) scratch: Vec<Vec<Option<usize>>>,
    /// By variable.
    pub(super) variables: Vec<Versions>,
    /// What the last invocation left in the outputs, and the tenants of these outputs: it holds until the next
    /// invocation, so also while the caller writes the next inputs.
    pub(super) left: Vec<(usize, usize)>,
}

/// The storage of a variable.
#[derive(Clone, Debug)]
pub(super) enum Versions {
    /// Only the entry graph reads and assigns the variable: its contents from the start and after each assignment, all
    /// of them at the same offset.
    Tracked(Vec<usize>),
    /// Others use it, too: one tenant that always lives.
    Lasting(usize),
}

/// When the contents of a variable begin and which nodes of the entry graph read them.
struct Version {
    begin: usize,
    last_read: Option<usize>,
}

impl Tenants {
    pub(super) fn of(module: &Module, timeline: &Timeline, needs: &[Vec<Need>], alignment: usize) -> Tenants {
        let mut tenants = Tenants::default();
        for (g, graph) in module.graphs.iter().enumerate() {
            let values = graph.values.iter().zip(&timeline.values[g]);
            let values = values
                .map(|(value, &span)| span.map(|span| tenants.add(value.ty.bytes(), Some(span), alignment)))
                .collect();
            tenants.values.push(values);
            let nodes = needs[g].iter().zip(&timeline.nodes[g]);
            let nodes = nodes.map(|(need, &span)| {
                span.filter(|_| need.scratch_bytes > 0)
                    .map(|s| tenants.add(need.scratch_bytes, Some(s), alignment))
            });
            let nodes = nodes.collect();
            tenants.scratch.push(nodes);
        }
        tenants.keep_outputs(module, timeline);
        for (v, variable) in module.variables.iter().enumerate() {
            let bytes = variable.ty.bytes();
            let versions = match version_spans(module, timeline, VarId::new(v)) {
                Some(spans) => Versions::Tracked(
                    spans.into_iter().map(|span| tenants.add(bytes, span, alignment)).collect(),
                ),
                None => Versions::Lasting(tenants.add(bytes, Some(timeline.all), alignment)),
            };
            if let Versions::Tracked(versions) = &versions {
                versions.iter().for_each(|&tenant| tenants.list[tenant].variable = Some(v));
            }
            tenants.variables.push(versions);
        }
        tenants
    }

    /// Adds what the last invocation left in the outputs of the entry graph.
    fn keep_outputs(&mut self, module: &Module, timeline: &Timeline) {
        let graph = module.entry();
        let first = timeline.all.first;
        let mut outputs: Vec<ValueId> =
            graph.outputs.iter().copied().filter(|id| !graph.inputs.contains(id)).collect();
        outputs.sort_unstable();
        outputs.dedup();
        for id in outputs {
            let Some(output) = self.value(0, id) else { continue };
            let Tenant { bytes, alignment, .. } = self.list[output];
            let left = self.add(bytes, Some(Span { first, last: first }), alignment);
            self.left.push((left, output));
        }
    }

    fn add(&mut self, bytes: usize, span: Option<Span>, alignment: usize) -> usize {
        self.list.push(Tenant { bytes, span, alignment, variable: None });
        self.list.len() - 1
    }

    /// The storage of a value, unless it is constant.
    pub(super) fn value(&self, graph: usize, id: ValueId) -> Option<usize> {
        self.values[graph][id.index()]
    }

    /// The storage of a variable between invocations.
    pub(super) fn variable(&self, variable: usize) -> Option<usize> {
        match &self.variables[variable] {
            Versions::Tracked(versions) => versions.first().copied(),
            Versions::Lasting(tenant) => Some(*tenant),
        }
    }
}

/// When each version of a variable must hold, if only the entry graph reads and assigns it: between its last reader and
/// the next assignment it needs no storage.
fn version_spans(module: &Module, timeline: &Timeline, variable: VarId) -> Option<Vec<Option<Span>>> {
    let mut versions = versions(module, timeline, variable)?;
    // What the last assignment stores is what the next invocation starts from.
    versions.last_mut().into_iter().for_each(|version| version.last_read = Some(timeline.all.last));
    let span = |version: &Version| version.last_read.map(|last| Span { first: version.begin, last });
    let mut spans: Vec<Option<Span>> = versions.iter().map(span).collect();
    // An assignment that nobody reads still takes place, and so does a reset, which may come after the caller has
    // written the inputs.
    for (span, version) in spans.iter_mut().zip(&versions) {
        *span = span.or(Some(Span { first: version.begin, last: version.begin }));
    }
    Some(spans)
}

/// The versions of a variable in the entry graph; `None` if other graphs or operators with state use it.
fn versions(module: &Module, timeline: &Timeline, variable: VarId) -> Option<Vec<Version>> {
    let in_regions = module.graphs.iter().skip(1).flat_map(|graph| &graph.nodes);
    if in_regions.flat_map(|node| edit::variables(&node.op)).any(|used| used == variable) {
        return None;
    }
    let mut versions = vec![Version { begin: timeline.all.first, last_read: None }];
    for (node, span) in module.entry().nodes.iter().zip(&timeline.nodes[0]) {
        let tick = span.map(|span| span.first)?;
        if !edit::variables(&node.op).contains(&variable) {
            continue;
        }
        match &node.op {
            Op::ReadVariable(_) => versions.last_mut()?.last_read = Some(tick),
            Op::AssignVariable(_) => versions.push(Version { begin: tick, last_read: None }),
            _ => return None,
        }
    }
    Some(versions)
}
