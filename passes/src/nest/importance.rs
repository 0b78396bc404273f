//! How much each unit matters: its share of the variance of the sums of the layers that read it.
//!
//! A layer's sum varies with its inputs. If channel `c` of the input has variance `v`, all weights `w` on it together add
//! `v · Σ w²` to the variance of the layer's outputs, in real numbers, that is with the scales of weights and values
//! taken in. Divided by the total over all channels, this is the unit's share of what the layer computes, between 0 and
//! 1; shares of different layers are comparable, because they count what is lost of a whole layer. A unit that several
//! layers read has the sum of its shares.
//!
//! Variances are either measured on calibration samples, or followed through the graph from inputs of variance 1,
//! as if channels were independent and activations linear.

use redsc_ir::{Graph, Node, Op, ValueId};

use crate::channels::Groups;
use crate::channels::layer::{Layer, is_variable, real_elements};
use crate::channels::ties::extent;

/// By value and channel: the variance of what the value stands for. Empty for constants.
#[derive(Clone, Debug, PartialEq)]
pub struct Variances(pub Vec<Vec<f64>>);

impl Variances {
    /// Variances followed through the graph from inputs of variance 1.
    pub fn estimated(graph: &Graph) -> Variances {
        let mut variances = Variances(vec![Vec::new(); graph.values.len()]);
        for &input in &graph.inputs {
            variances.0[input.index()] = vec![1.0; extent(graph, input)];
        }
        for node in &graph.nodes {
            for (index, &result) in node.outputs.iter().enumerate() {
                variances.0[result.index()] = variances.of_result(graph, node, index);
            }
        }
        variances
    }

    fn of_result(&self, graph: &Graph, node: &Node, index: usize) -> Vec<f64> {
        let channels = extent(graph, node.outputs[index]);
        let found = match (&node.op, Layer::of(graph, node), node.input(0)) {
            (_, Some(layer), Some(x)) if is_variable(graph, x) => self.of_layer(&layer, x),
            (Op::DepthwiseConv2d(_), _, Some(x)) => self.of_depthwise(graph, node, x),
            (Op::Concat(_), ..) => node.operands().flat_map(|id| self.0[id.index()].clone()).collect(),
            (Op::Binary(_), ..) => self.of_sum(graph, node, channels),
            (_, _, Some(x)) => {
                let from = &self.0[x.index()];
                (0..channels).map(|c| from.get(c % from.len().max(1)).copied().unwrap_or(1.0)).collect()
            }
            _ => Vec::new(),
        };
        if found.len() == channels { found } else { vec![1.0; channels] }
    }

    fn of_layer(&self, layer: &Layer<'_>, x: ValueId) -> Vec<f64> {
        let of_row = |row| {
            let terms = (0..layer.columns).map(|j| {
                layer.real(row, j).powi(2) * self.0[x.index()].get(j % layer.channels).copied().unwrap_or(1.0)
            });
            ordered_sum(terms.collect())
        };
        (0..layer.rows).map(of_row).collect()
    }

    fn of_depthwise(&self, graph: &Graph, node: &Node, x: ValueId) -> Vec<f64> {
        let from = &self.0[x.index()];
        let Some(w) = node.input(1) else { return Vec::new() };
        let (Some(weights), channels) = (real_elements(graph, w), extent(graph, w)) else {
            return Vec::new();
        };
        let of_channel = |c: usize| {
            let energy: f64 = weights.iter().skip(c).step_by(channels).map(|w| w * w).sum();
            energy * from.get(c * from.len() / channels).copied().unwrap_or(1.0)
        };
        (0..channels).map(of_channel).collect()
    }

    /// Variances of independent operands add up; other functions of two operands are taken for sums.
    fn of_sum(&self, graph: &Graph, node: &Node, channels: usize) -> Vec<f64> {
        let mut sums = vec![0.0; channels];
        for id in node.operands().filter(|&id| is_variable(graph, id)) {
            let from = &self.0[id.index()];
            for (c, sum) in sums.iter_mut().enumerate() {
                *sum += from.get(c % from.len().max(1)).copied().unwrap_or(1.0);
            }
        }
        sums
    }
}

/// By group and unit: how much it matters, at least 0.
pub fn importance(graph: &Graph, groups: &Groups, variances: &Variances) -> Vec<Vec<f64>> {
    let mut scores: Vec<Vec<f64>> = groups.groups.iter().map(|group| vec![0.0; group.units]).collect();
    for node in &graph.nodes {
        let (Some(layer), Some(x)) = (Layer::of(graph, node), node.input(0)) else { continue };
        if !is_variable(graph, x) {
            continue;
        }
        let shares = shares(&layer, &variances.0[x.index()]);
        for segment in groups.segments(x) {
            let scores = &mut scores[segment.group];
            for (unit, score) in scores.iter_mut().enumerate() {
                let first = segment.begin + unit * segment.repeat;
                *score += shares[first..first + segment.repeat].iter().sum::<f64>();
            }
        }
    }
    scores
}

/// The share of each channel of a layer's input in the variance of its sums.
fn shares(layer: &Layer<'_>, variances: &[f64]) -> Vec<f64> {
    let energy = |channel: usize| {
        let weights = layer.columns_of(channel).flat_map(|j| (0..layer.rows).map(move |row| (row, j)));
        let terms = weights.map(|(row, j)| layer.real(row, j).powi(2)).collect();
        ordered_sum(terms) * variances.get(channel).copied().unwrap_or(1.0)
    };
    let energies: Vec<f64> = (0..layer.channels).map(energy).collect();
    let total = ordered_sum(energies.clone());
    energies.into_iter().map(|energy| if total > 0.0 { energy / total } else { 0.0 }).collect()
}

/// A sum that does not depend on the order of its terms, so that reordered units keep their scores.
fn ordered_sum(mut terms: Vec<f64>) -> f64 {
    terms.sort_unstable_by(f64::total_cmp);
    terms.into_iter().sum()
}
