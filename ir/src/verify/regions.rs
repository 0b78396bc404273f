//! Rule `E0114`: running a graph ends, and needs a bounded stack.

use super::MOST_NESTED;
use super::findings::{Findings, Part};
use crate::entity::GraphId;
use crate::graph::{Graph, Module};
use crate::ops::AttrValue;

pub(super) fn check(module: &Module, findings: &mut Findings<'_>) {
    let regions: Vec<Vec<(usize, GraphId)>> = module.graphs.iter().map(|g| regions(module, g)).collect();
    let depths = depths(&regions);
    for (index, regions) in regions.iter().enumerate() {
        for &(position, region) in regions {
            if depths[region.index()] >= MOST_NESTED {
                let message =
                    format!("graph {region} runs itself or nests graphs more than {MOST_NESTED} deep");
                findings.add("E0114", Part::Node(GraphId::new(index), position), message);
            }
        }
    }
}

/// How many graphs nest in each graph, itself included. Every round looks one level deeper, so a graph that runs
/// itself passes the limit like one that nests too deep.
fn depths(regions: &[Vec<(usize, GraphId)>]) -> Vec<usize> {
    let mut depths = vec![1; regions.len()];
    for _ in 0..MOST_NESTED {
        let below = |regions: &Vec<(usize, GraphId)>| {
            regions.iter().map(|(_, region)| depths[region.index()]).max().unwrap_or(0)
        };
        depths = regions.iter().map(|regions| 1 + below(regions)).collect();
    }
    depths
}

/// The graphs that nodes run, each with the node's position; those that do not exist are reported elsewhere.
fn regions(module: &Module, graph: &Graph) -> Vec<(usize, GraphId)> {
    let mut found = Vec::new();
    for (position, node) in graph.nodes.iter().enumerate() {
        for (_, value) in node.op.attributes() {
            match value {
                AttrValue::Graph(id) if id.index() < module.graphs.len() => found.push((position, id)),
                _ => {}
            }
        }
    }
    found
}
