//! Variances of activations, measured on samples.

use redsc_ir::interp::Interpreter;
use redsc_ir::{Data, ElemType, Graph, GraphId, Module, TensorType, ValueId};

use super::importance::Variances;
use crate::channels::ties::extent;

/// Sums over the cells of one channel.
#[derive(Clone, Copy, Default)]
struct Moments {
    count: f64,
    sum: f64,
    squares: f64,
}

/// Runs the samples and measures the variance of each channel of each value of the entry graph, over all samples and
/// positions, in real numbers.
pub(super) fn measure(module: &Module, samples: &[Vec<Data>]) -> Result<Variances, String> {
    let graph = module.entry();
    let mut moments: Vec<Vec<Moments>> =
        (0..graph.values.len()).map(|v| vec![Moments::default(); extent(graph, ValueId::new(v))]).collect();
    let mut interpreter = Interpreter::new(module);
    for sample in samples {
        for (&input, data) in graph.inputs.iter().zip(sample) {
            add(graph, input, data, &mut moments[input.index()]);
        }
        interpreter.invoke_traced(sample, &mut |region, node, _, results| {
            if region == GraphId(0) {
                for (&id, data) in node.outputs.iter().zip(results) {
                    add(graph, id, data, &mut moments[id.index()]);
                }
            }
        })?;
    }
    let variance = |m: &Moments| match m.count > 0.0 {
        true => (m.squares / m.count - (m.sum / m.count).powi(2)).max(0.0),
        false => 1.0,
    };
    Ok(Variances(moments.iter().map(|channels| channels.iter().map(variance).collect()).collect()))
}

fn add(graph: &Graph, id: ValueId, data: &Data, moments: &mut [Moments]) {
    let ty = graph.ty(id);
    let channels = moments.len().max(1);
    for (cell, number) in reals(ty, data).into_iter().enumerate() {
        if let Some(m) = moments.get_mut(cell % channels) {
            m.count += 1.0;
            m.sum += number;
            m.squares += number * number;
        }
    }
}

/// The numbers of a tensor, up to a shift that all share; none for types that are not activations.
fn reals(ty: &TensorType, data: &Data) -> Vec<f64> {
    let scale = f64::from(ty.quant.per_tensor().map_or(1.0, |(scale, _)| scale));
    match ty.elem {
        ElemType::F32 => data.to_vec::<f32>().into_iter().map(f64::from).collect(),
        elem => crate::codes::numbers(elem, data)
            .map(|numbers| numbers.into_iter().map(|q| f64::from(q) * scale).collect())
            .unwrap_or_default(),
    }
}
