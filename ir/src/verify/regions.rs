//! Rule `E0114`: running a graph ends, needs a bounded stack and bounded code.

use super::findings::{Findings, Part};
use super::{MOST_NESTED, MOST_RUNS};
use crate::analysis;
use crate::entity::GraphId;
use crate::graph::{Graph, Module, Node};

pub(super) fn check(module: &Module, findings: &mut Findings<'_>) {
    let regions: Vec<Vec<(usize, GraphId)>> = module.graphs.iter().map(|g| regions(module, g)).collect();
    let (depths, runs) = measure(&regions);
    for (index, regions) in regions.iter().enumerate() {
        for &(position, region) in regions {
            if depths[region.index()] >= MOST_NESTED {
                let message =
                    format!("graph {region} runs itself or nests graphs more than {MOST_NESTED} deep");
                findings.add("E0114", Part::Node(GraphId::new(index), position), message);
            }
        }
    }
    if runs.first().is_some_and(|&runs| runs > MOST_RUNS) && findings.is_empty() {
        let message = format!("one invocation runs more than {MOST_RUNS} graphs");
        findings.add("E0114", Part::Graph(GraphId(0)), message);
    }
}

/// For each graph, itself included: how deep graphs nest in it, and how many it runs. Every round looks one level
/// deeper, so a graph that runs itself passes the limit like one that nests too deep.
fn measure(regions: &[Vec<(usize, GraphId)>]) -> (Vec<usize>, Vec<usize>) {
    let (mut depths, mut runs) = (vec![1; regions.len()], vec![1; regions.len()]);
    for _ in 0..MOST_NESTED {
        let ids =
            |regions: &'_ Vec<(usize, GraphId)>| regions.iter().map(|(_, id)| id.index()).collect::<Vec<_>>();
        let below = |regions| ids(regions).into_iter().map(|id| depths[id]).max().unwrap_or(0);
        let inside = |regions| ids(regions).into_iter().map(|id| runs[id]).fold(1, usize::saturating_add);
        (depths, runs) = regions.iter().map(|regions| (1 + below(regions), inside(regions))).unzip();
    }
    (depths, runs)
}

/// The graphs that nodes run, each with the node's position; those that do not exist are reported elsewhere.
fn regions(module: &Module, graph: &Graph) -> Vec<(usize, GraphId)> {
    let of_node = |(position, node): (usize, &Node)| {
        analysis::regions(&node.op).into_iter().map(move |region| (position, region))
    };
    let nodes = graph.nodes.iter().enumerate();
    nodes.flat_map(of_node).filter(|(_, region)| region.index() < module.graphs.len()).collect()
}
