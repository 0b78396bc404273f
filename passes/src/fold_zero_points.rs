//! Move the zero point of a layer's input out of its inner loop into its bias.
//!
//! ```text
//! %3 = conv2d(%0, %1, %2) {accumulate = centered, …}          Σ (x − z) · w + b
//!
//! =>  %4 "b" = const : …                                      b − z · Σ w
//!     %3 = conv2d(%0, %1, %4) {accumulate = raw, …}           Σ x · w + (b − z · Σ w)
//! ```
//!
//! Both sums range over all taps; outside of the image a raw tap reads `z`. Accumulators are integers of 32 bits, so
//! the sums are equal even if they wrap around. Still, a layer becomes raw only if no partial sum can leave 32 bits,
//! in whatever order a kernel adds, so that kernels of raw layers need not care:
//! `|b − z · Σ w| + 128 · Σ |w| < 2^31` for each output channel.
//!
//! Keeps: every output byte.
//! Skips: layers with other than signed 8-bit input, with weights or biases that are not constant, with weights whose
//! zero point is not 0, and those whose sums could overflow.

use redsc_ir::ops::{Accumulate, Conv2d, DepthwiseConv2d, FullyConnected};
use redsc_ir::{Data, ElemType, Graph, Module, Node, Op, Quant, TensorType};

use crate::{Config, Pass, Stats};

/// The row of the table.
pub const PASS: Pass = Pass {
    name: "fold-zero-points",
    summary: "move zero points of inputs into biases",
    run: fold_zero_points,
};

fn fold_zero_points(module: &mut Module, _config: &Config) -> Result<Stats, String> {
    let mut stats = Stats::default();
    for counter in ["folded", "added-biases", "kept-overflow", "kept-other"] {
        stats.add(counter, 0);
    }
    for graph in &mut module.graphs {
        for position in 0..graph.nodes.len() {
            fold_node(graph, position, &mut stats);
        }
    }
    Ok(stats)
}

fn fold_node(graph: &mut Graph, position: usize, stats: &mut Stats) {
    let node = &graph.nodes[position];
    if accumulate_mut(&mut node.op.clone()).is_none_or(|how| *how == Accumulate::Raw) {
        return;
    }
    let Some(layer) = Layer::of(graph, node) else { return stats.add("kept-other", 1) };
    let Some(bias) = layer.raw_bias() else { return stats.add("kept-overflow", 1) };
    stats.add("folded", 1);
    stats.add("added-biases", u64::from(node.input(2).is_none()));
    let new_bias = (bias != layer.bias).then(|| layer.bias_constant(graph, node));
    if let Some((name, ty)) = new_bias {
        let id = graph.add_constant(name, ty, Data::from_slice(&bias));
        let inputs = &mut graph.nodes[position].inputs;
        inputs.resize(3, None);
        inputs[2] = Some(id);
    }
    accumulate_mut(&mut graph.nodes[position].op).into_iter().for_each(|how| *how = Accumulate::Raw);
}

fn accumulate_mut(op: &mut Op) -> Option<&mut Accumulate> {
    match op {
        Op::Conv2d(Conv2d { accumulate, .. })
        | Op::DepthwiseConv2d(DepthwiseConv2d { accumulate, .. })
        | Op::FullyConnected(FullyConnected { accumulate, .. }) => Some(accumulate),
        _ => None,
    }
}

/// The numbers of a layer that can be folded.
struct Layer {
    zero_point: i32,
    /// By output channel.
    bias: Vec<i32>,
    /// By output channel: `Σ w` and `Σ |w|`.
    weight_sums: Vec<(i64, i64)>,
}

impl Layer {
    fn of(graph: &Graph, node: &Node) -> Option<Layer> {
        let (x, w) = (graph.ty(node.input(0)?), graph.ty(node.input(1)?));
        if x.elem != ElemType::I8 || w.elem != ElemType::I8 || !is_symmetric(&w.quant) {
            return None;
        }
        let weights = graph.constant(node.input(1)?)?.to_vec::<i8>();
        let weight_sums = match &node.op {
            Op::DepthwiseConv2d(_) => sums_of_columns(&weights, *w.shape.last()?),
            _ => sums_of_rows(&weights, *w.shape.first()?),
        };
        let bias = match node.input(2) {
            Some(id) if graph.ty(id).elem == ElemType::I32 => graph.constant(id)?.to_vec::<i32>(),
            Some(_) => return None,
            None => vec![0; weight_sums.len()],
        };
        let (_, zero_point) = x.quant.per_tensor()?;
        (bias.len() == weight_sums.len()).then_some(Layer { zero_point, bias, weight_sums })
    }

    /// The bias that goes with raw inputs; `None` if the sums could overflow.
    fn raw_bias(&self) -> Option<Vec<i32>> {
        let fold = |(&bias, &(sum, magnitude)): (&i32, &(i64, i64))| {
            let folded = i64::from(bias) - i64::from(self.zero_point) * sum;
            (folded.abs() + 128 * magnitude < 1 << 31).then_some(folded as i32)
        };
        self.bias.iter().zip(&self.weight_sums).map(fold).collect()
    }

    /// Name and type of the new bias.
    fn bias_constant(&self, graph: &Graph, node: &Node) -> (String, TensorType) {
        match node.input(2) {
            Some(old) => (graph.value(old).name.clone(), graph.ty(old).clone()),
            None => (String::new(), TensorType::plain(ElemType::I32, [self.bias.len()])),
        }
    }
}

fn is_symmetric(quant: &Quant) -> bool {
    match quant {
        Quant::None => false,
        Quant::PerTensor { zero_point, .. } => *zero_point == 0,
        Quant::PerAxis { zero_points, .. } => zero_points.iter().all(|&zero_point| zero_point == 0),
    }
}

/// Sums of the rows of a row-major matrix with that many rows.
fn sums_of_rows(weights: &[i8], rows: usize) -> Vec<(i64, i64)> {
    if rows == 0 {
        return Vec::new();
    }
    weights.chunks(weights.len() / rows).map(|row| row.iter().fold((0, 0), add)).collect()
}

/// Sums of the columns of a row-major matrix with that many columns.
fn sums_of_columns(weights: &[i8], columns: usize) -> Vec<(i64, i64)> {
    let column = |c: usize| weights.iter().skip(c).step_by(columns).fold((0, 0), add);
    (0..columns).map(column).collect()
}

fn add((sum, magnitude): (i64, i64), weight: &i8) -> (i64, i64) {
    (sum + i64::from(*weight), magnitude + i64::from(weight.unsigned_abs()))
}
