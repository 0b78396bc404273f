//! Compensation without training: the biases of a level make up for what the channels that it lacks add on average.
//!
//! Samples run through the full network and the level side by side, node by node. Where a layer reads fewer channels
//! than in the full network, each bias moves by the mean difference of the layer's results, over all samples and
//! positions, in units of the bias. As later nodes see the results of the corrected layer, errors do not pile up. The
//! levels still share all weights and factors; biases are their own anyway.
//!
//! Source of the idea: bias correction of quantized networks (Nagel et al., "Data-Free Quantization Through Weight
//! Equalization and Bias Correction", 2019, section 4.2), with measured means.

use redsc_ir::interp::eval_node;
use redsc_ir::{Data, ElemType, Graph, Module, Node, TensorType, ValueId};

use crate::channels::layer::Layer;
use crate::channels::ties::extent;

/// Corrections of one layer: results that are cut off at a limit hide part of the difference.
const ROUNDS: usize = 2;

/// Contents of the values of a graph, by sample.
type Contents = Vec<Vec<Option<Data>>>;

/// Corrects the biases of a level. `selection` holds, by value, the channels of the full network that it keeps.
///
/// # Errors
/// If a node cannot be run on its own: networks with state or control flow.
pub(super) fn compensate(
    full: &Module,
    level: &mut Module,
    selection: &[Option<Vec<usize>>],
    samples: &[Vec<Data>],
) -> Result<(), String> {
    let mut wide = start(full.entry(), samples);
    let mut narrow = start(level.entry(), samples);
    for position in 0..full.entry().nodes.len() {
        run(full, position, &mut wide)?;
        run(level, position, &mut narrow)?;
        for _ in 0..ROUNDS {
            let Some(bias) = corrected(full, level, position, selection, &wide, &narrow) else { break };
            set_bias(level.entry_mut(), position, &bias);
            run(level, position, &mut narrow)?;
        }
    }
    Ok(())
}

fn start(graph: &Graph, samples: &[Vec<Data>]) -> Contents {
    let of_sample = |sample: &Vec<Data>| {
        let mut contents: Vec<Option<Data>> = graph.values.iter().map(|value| value.data.clone()).collect();
        for (input, data) in graph.inputs.iter().zip(sample) {
            contents[input.index()] = Some(data.clone());
        }
        contents
    };
    samples.iter().map(of_sample).collect()
}

/// Computes a node for all samples.
fn run(module: &Module, position: usize, contents: &mut Contents) -> Result<(), String> {
    let graph = module.entry();
    let node = &graph.nodes[position];
    for contents in contents {
        let content = |id: ValueId| contents.get(id.index()).cloned().flatten();
        let operand =
            |id: &Option<ValueId>| id.and_then(|id| graph.constant(id).cloned().or_else(|| content(id)));
        let operands: Vec<Option<Data>> = node.inputs.iter().map(operand).collect();
        let results = eval_node(module, graph, node, &operands)?;
        for (&id, data) in node.outputs.iter().zip(results) {
            contents[id.index()] = Some(data);
        }
    }
    Ok(())
}

/// The biases of a layer that reads fewer channels than in the full network; `None` for other nodes.
fn corrected(
    full: &Module,
    level: &Module,
    position: usize,
    selection: &[Option<Vec<usize>>],
    wide: &Contents,
    narrow: &Contents,
) -> Option<Vec<i32>> {
    let graph = level.entry();
    let node = &graph.nodes[position];
    let layer = Layer::of(graph, node)?;
    let (x, y) = (node.input(0)?, *node.outputs.first()?);
    selection[x.index()].as_ref()?;
    let unit = bias_unit(graph, node, layer.rows)?;
    let step = f64::from(graph.ty(y).quant.per_tensor()?.0);
    let all = extent(full.entry(), y);
    let kept: Vec<usize> = selection[y.index()].clone().unwrap_or_else(|| (0..all).collect());
    let [wide, narrow] =
        [(full.entry(), wide), (graph, narrow)].map(|(graph, values)| means(graph, y, values));
    let (wide, narrow) = (wide?, narrow?);
    let old = match node.input(2) {
        Some(bias) => graph.constant(bias)?.to_vec::<i32>(),
        None => vec![0; layer.rows],
    };
    let corrected = |row: usize| {
        let difference = step * (wide[kept[row]] - narrow[row]) / unit[row];
        i64::from(old[row]).saturating_add(difference.round() as i64)
    };
    let biases = (0..layer.rows).map(|row| i32::try_from(corrected(row)).unwrap_or(old[row]));
    Some(biases.collect())
}

/// The real number that a step of each bias stands for, in layers of 8-bit numbers with 32-bit biases.
fn bias_unit(graph: &Graph, node: &Node, rows: usize) -> Option<Vec<f64>> {
    let (x, w) = (graph.ty(node.input(0)?), graph.ty(node.input(1)?));
    let has_bytes = [x, w].iter().all(|ty| ty.elem == ElemType::I8);
    let has_bias = node.input(2).is_none_or(|bias| graph.ty(bias).elem == ElemType::I32);
    let scale = f64::from(x.quant.per_tensor().filter(|_| has_bytes && has_bias)?.0);
    Some(w.quant.channel_scales(rows)?.into_iter().map(|w| f64::from(w) * scale).collect())
}

/// The mean code of each channel over all samples and positions.
fn means(graph: &Graph, id: ValueId, contents: &Contents) -> Option<Vec<f64>> {
    let channels = extent(graph, id);
    let mut sums = vec![0.0; channels];
    let mut cells = 0;
    for contents in contents {
        let codes = crate::codes::numbers(graph.ty(id).elem, contents[id.index()].as_ref()?)?;
        cells += codes.len() / channels.max(1);
        codes.iter().enumerate().for_each(|(at, &code)| sums[at % channels] += f64::from(code));
    }
    Some(sums.into_iter().map(|sum| sum / cells.max(1) as f64).collect())
}

fn set_bias(graph: &mut Graph, position: usize, bias: &[i32]) {
    let data = Data::from_slice(bias);
    let old = graph.nodes[position].input(2).map(|id| (graph.value(id).name.clone(), graph.ty(id).clone()));
    let (name, ty) = old.unwrap_or_else(|| (String::new(), TensorType::plain(ElemType::I32, [bias.len()])));
    let id = graph.add_constant(name, ty, data);
    let inputs = &mut graph.nodes[position].inputs;
    inputs.resize(inputs.len().max(3), None);
    inputs[2] = Some(id);
}
