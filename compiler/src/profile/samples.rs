//! Random layers that select a kernel.

mod builder;
mod elements;

mod layers;
mod recurrent;

use fastrand::Rng;
use redsc_ir::kernels::Kernel;
use redsc_ir::ops::Operands;
use redsc_ir::{Module, Target};
use redsc_passes::select_kernels::select_kernel;
use redsc_passes::select_kernels::sparse::SparseOptions;

use builder::Builder;
pub use builder::contents;

/// Layers of one kernel in a common graph, independent of each other. The first serves to warm up.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The graph: each layer has an input of its own, and its result is an output.
    pub module: Module,
}

/// Layers of a batch.
const MOST_LAYERS: usize = 25;
/// Bytes of tensors of a batch.
const MOST_BYTES: usize = 600 << 10;
/// Attempts to find a layer that selects the kernel.
const ATTEMPTS: usize = 400;

/// Up to `most` layers, and one to warm up, that `kernel` runs on `target`.
pub fn batch(kernel: Kernel, target: &Target, seed: u64, most: usize) -> Batch {
    let mut builder = Builder::new(Rng::with_seed(seed));
    let mut failures = 0;
    while builder.layers() <= most.min(MOST_LAYERS) && builder.bytes() < MOST_BYTES && failures < ATTEMPTS {
        let before = builder.clone();
        let added = layers::add(kernel, &mut builder).is_some();
        if !added || !selects(builder.module(), kernel, target) {
            let rng = builder.into_rng();
            builder = before.with_rng(rng);
            failures += 1;
        }
    }
    Batch { module: builder.into_module() }
}

/// Whether the last layer runs on that kernel.
fn selects(module: &Module, kernel: Kernel, target: &Target) -> bool {
    let graph = module.entry();
    let operands = graph.nodes.last().map(|node| Operands { module, graph, node });
    operands.is_some_and(|operands| {
        select_kernel(&operands, target, &SparseOptions::default())
            .is_ok_and(|choice| choice.kernel == kernel)
    })
}

impl Batch {
    /// Whether there is no layer besides the one to warm up.
    pub fn is_empty(&self) -> bool {
        self.module.entry().nodes.len() <= 1
    }

    /// The operands of a layer.
    pub fn operands(&self, layer: usize) -> Operands<'_> {
        let graph = self.module.entry();
        Operands { module: &self.module, graph, node: &graph.nodes[layer] }
    }

    /// Extents of all operands and results of a layer.
    pub fn extents(&self, layer: usize) -> Vec<f64> {
        let operands = self.operands(layer);
        let results = operands.node.outputs.iter().map(|&id| operands.graph.ty(id));
        let types = (0..operands.len()).filter_map(|i| operands.get(i)).chain(results);
        types.flat_map(|ty| ty.shape.iter().map(|&extent| extent as f64)).collect()
    }

    /// Multiply-accumulate operations of a layer, or elements of its results if it has none.
    pub fn macs(&self, layer: usize) -> f64 {
        let operands = self.operands(layer);
        let macs = redsc_ir::analysis::node_macs(&self.module, operands.graph, operands.node);
        let results = operands.node.outputs.iter().map(|&id| operands.graph.ty(id).elements());
        if macs > 0 { macs as f64 } else { results.sum::<usize>() as f64 }
    }

    /// A layer for people: operator, types, attributes.
    pub fn describe(&self, layer: usize) -> String {
        let operands = self.operands(layer);
        let types = (0..operands.len()).filter_map(|i| operands.get(i));
        let types: Vec<String> = types.map(|ty| format!("{} {}", ty.shape, ty.elem)).collect();
        format!("{:?} ({})", operands.node.op, types.join(", "))
    }
}
