//! Constants of the layers of nested networks: weights of the full network, biases of each level.

use redsc_ir::params::folded::{Finish, FoldedLayer};

use super::{chunks, groups, pair_biases, pair_quads, scalar_finish, vector_factor};

/// The weights of all filters ordered by block of channels, then by tap, then by channel. `ends` are the ends of the
/// blocks in a tap of `channels` channels.
pub fn by_block(layer: &FoldedLayer, channels: usize, ends: &[usize]) -> FoldedLayer {
    let mut ordered = layer.clone();
    for filter in &mut ordered.filters {
        let mut weights = Vec::with_capacity(filter.weights.len());
        let mut begin = 0;
        for &end in ends {
            for tap in filter.weights.chunks(channels) {
                weights.extend_from_slice(&tap[begin..end]);
            }
            begin = end;
        }
        filter.weights = weights;
    }
    ordered
}

/// Pairs of filters for `dsp/conv2d_nested_s8_dsp.c`.
pub fn nested_pairs(layer: &FoldedLayer, finish: Finish) -> Vec<u32> {
    let mut words = Vec::new();
    for pair in groups(layer, 2) {
        words.extend(pair_quads(&pair[0], &pair[1]).flatten());
        for filter in &pair {
            words.extend(scalar_finish(filter, layer.output_offset, finish));
        }
    }
    words
}

/// Biases of pairs of filters for `dsp/conv2d_nested_s8_dsp.c`.
pub fn nested_pair_biases(layer: &FoldedLayer) -> Vec<i32> {
    let biases = |pair: Vec<_>| pair_biases(&pair[0], &pair[1]).map(|word| word as i32);
    groups(layer, 2).into_iter().flat_map(biases).collect()
}

/// Groups of four filters in chunks of 16 inputs for `mve/conv2d_nested_s8_mve.c`.
pub fn nested_chunks(layer: &FoldedLayer, finish: Finish) -> Vec<u32> {
    let mut words = Vec::new();
    for group in groups(layer, 4) {
        words.extend(chunks(&group, 0..layer.inputs()));
        let factor = |filter| vector_factor(filter, layer.output_offset, finish);
        let factors: Vec<Vec<u32>> = group.iter().map(factor).collect();
        let fields = 0..factors.first().map_or(0, Vec::len);
        words.extend(fields.flat_map(|field| factors.iter().map(move |factor| factor[field])));
    }
    words
}

/// Biases of groups of four filters for `mve/conv2d_nested_s8_mve.c`.
pub fn nested_biases(layer: &FoldedLayer) -> Vec<i32> {
    groups(layer, 4).into_iter().flatten().map(|filter| filter.bias).collect()
}
