//! How many bytes of each tenant nodes read and write, about: what decides which memory it deserves.

use redsc_ir::ops::Operands;
use redsc_ir::{Graph, Module, Node, access, analysis};

use super::tenants::Tenants;

/// Bytes read and written, by tenant. Windows read their operand once for each tap; scratch memory serves every other
/// product; a node of a region counts once, however often it runs.
pub(super) fn traffic(module: &Module, tenants: &Tenants) -> Vec<u64> {
    let mut bytes = vec![0; tenants.list.len()];
    for (g, graph) in module.graphs.iter().enumerate() {
        for (n, node) in graph.nodes.iter().enumerate() {
            for (index, id) in node.inputs.iter().enumerate().filter_map(|(i, id)| Some((i, (*id)?))) {
                if let Some(tenant) = tenants.value(g, id) {
                    let reads = if index == 0 { taps(module, graph, node) } else { 1 };
                    bytes[tenant] += reads * graph.ty(id).bytes() as u64;
                }
            }
            for tenant in node.outputs.iter().filter_map(|&id| tenants.value(g, id)) {
                bytes[tenant] += tenants.list[tenant].bytes as u64;
            }
            if let Some(tenant) = tenants.scratch[g][n] {
                let products = analysis::node_macs(module, graph, node);
                bytes[tenant] += tenants.list[tenant].bytes as u64 + products / 2;
            }
        }
    }
    bytes
}

/// How often each cell of the first operand is read.
fn taps(module: &Module, graph: &Graph, node: &Node) -> u64 {
    let window = access::window(&Operands { module, graph, node });
    window.map_or(1, |window| (window.y.taps * window.x.taps) as u64)
}
