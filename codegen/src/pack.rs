//! Constants of optimized kernels in the order in which they stream them: weights, biases and factors of a layer in
//! one array of words. The kernels' sources say what each word is.

use redsc_ir::params::folded::{Finish, FoldedFilter, FoldedLayer};

mod floats;
mod nested;
mod sums;
mod wide;

pub use floats::{filters_f32, side_by_side};
pub use nested::{by_block, nested_biases, nested_chunks, nested_pair_biases, nested_pairs};
pub use sums::{sums_dsp, sums_mve};
pub use wide::{wide_channels_dsp, wide_channels_mve, wide_dsp, wide_mve};

/// What finishes the sum of a filter: offset, right shift, left shift, doubling. In general a result without a second
/// rounding is doubled and halved again, and the zero point is not part of the offset.
fn steps(filter: &FoldedFilter, zero_point: i32, finish: Finish) -> [i32; 4] {
    let right = (-filter.requant.shift).max(0);
    let doubling = i32::from(finish == Finish::General && right == 0);
    let shift = right + doubling;
    let half = if shift > 0 { 1 << (shift - 1) } else { 0 };
    let zero_point = if finish == Finish::General { 0 } else { zero_point << shift };
    [half + zero_point, shift, filter.requant.shift.max(0), doubling]
}

/// The constants that finish the sum of a filter in `dsp/gemm_s8.h`.
fn scalar_finish(filter: &FoldedFilter, zero_point: i32, finish: Finish) -> Vec<u32> {
    let [offset, shift, left, doubling] = steps(filter, zero_point, finish);
    let mut words = vec![(filter.requant.multiplier as u32) << 1, offset as u32, shift as u32];
    if finish == Finish::General {
        words.extend([left as u32, doubling as u32]);
    }
    words
}

/// The constants that finish the sum of a filter in `mve/gemm_s8.h`, its bias left out.
fn vector_factor(filter: &FoldedFilter, zero_point: i32, finish: Finish) -> Vec<u32> {
    let [offset, shift, left, doubling] = steps(filter, zero_point, finish);
    let mut words = vec![filter.requant.multiplier as u32, offset as u32, -shift as u32];
    if finish == Finish::General {
        words.extend([left as u32, doubling as u32]);
    }
    words
}

/// The bias and the constants that finish the sum of a filter in `mve/gemm_s8.h`.
fn vector_finish(filter: &FoldedFilter, zero_point: i32, finish: Finish) -> Vec<u32> {
    let mut words = vec![filter.bias as u32];
    words.extend(vector_factor(filter, zero_point, finish));
    words
}

/// The bias of each filter and the constants that finish it, for `dsp/conv2d_sparse_s8_dsp.c`.
pub fn filter_constants(layer: &FoldedLayer) -> Vec<u32> {
    let constants = |filter: &FoldedFilter| {
        let finish = scalar_finish(filter, layer.output_offset, layer.finish());
        std::iter::once(filter.bias as u32).chain(finish).collect::<Vec<_>>()
    };
    layer.filters.iter().flat_map(constants).collect()
}

/// The bias, the multiplier and the shift of each filter, for the portable kernels of sparse weights.
pub fn filter_factors(layer: &FoldedLayer) -> Vec<i32> {
    let factors = |filter: &FoldedFilter| [filter.bias, filter.requant.multiplier, filter.requant.shift];
    layer.filters.iter().flat_map(factors).collect()
}

/// The two words of a quad of weights of a pair of filters: even and odd lanes of `256 · b + a`.
fn quad(a: &[i8], b: &[i8]) -> [u32; 2] {
    let at = |weights: &[i8], i: usize| weights.get(i).copied().map_or(0, i32::from);
    let lane = |i| (256 * at(b, i) + at(a, i)) as u32 & 0xFFFF;
    [lane(0) | lane(2) << 16, lane(1) | lane(3) << 16]
}

/// The biases of a pair of filters.
fn pair_biases(a: &FoldedFilter, b: &FoldedFilter) -> [u32; 2] {
    [a.bias as u32, b.bias.wrapping_mul(256).wrapping_add(a.bias) as u32]
}

/// The words of the quads of a pair of filters.
fn pair_quads<'f>(a: &'f FoldedFilter, b: &'f FoldedFilter) -> impl Iterator<Item = [u32; 2]> + 'f {
    a.weights.chunks(4).zip(b.weights.chunks(4)).map(|(a, b)| quad(a, b))
}

/// The filters in groups of `size`, the last one filled up with filters that are never stored.
fn groups(layer: &FoldedLayer, size: usize) -> Vec<Vec<FoldedFilter>> {
    let mut groups: Vec<Vec<FoldedFilter>> = layer.filters.chunks(size).map(<[_]>::to_vec).collect();
    if let Some(last) = groups.last_mut() {
        last.resize(size, FoldedFilter::zero(layer.inputs()));
    }
    groups
}

/// Pairs of filters for `dsp/conv2d_s8_dsp.c`.
pub fn filter_pairs(layer: &FoldedLayer) -> Vec<u32> {
    let mut words = Vec::new();
    for pair in groups(layer, 2) {
        words.extend(pair_biases(&pair[0], &pair[1]));
        words.extend(pair_quads(&pair[0], &pair[1]).flatten());
        for filter in &pair {
            words.extend(scalar_finish(filter, layer.output_offset, layer.finish()));
        }
    }
    words
}

/// Kernel rows of `inputs` weights of pairs of filters for `dsp/conv2d_rows_s8_dsp.c`.
pub fn filter_pair_rows(layer: &FoldedLayer, inputs: usize) -> Vec<u32> {
    let pairs = groups(layer, 2);
    let mut words: Vec<u32> = pairs.iter().flatten().map(|filter| filter.bias as u32).collect();
    for row in (0..layer.inputs()).step_by(inputs) {
        for pair in &pairs {
            let weights = |filter: usize| pair[filter].weights[row..row + inputs].chunks(4);
            words.extend(weights(0).zip(weights(1)).flat_map(|(a, b)| quad(a, b)));
        }
    }
    let finish = |filter| scalar_finish(filter, layer.output_offset, layer.finish());
    words.extend(layer.filters.iter().flat_map(finish));
    words
}

/// The constants that finish all filters of a layer whose filters share one factor.
fn shared_factor(layer: &FoldedLayer, factor: fn(&FoldedFilter, i32, Finish) -> Vec<u32>) -> Vec<u32> {
    let first = layer.filters.first();
    first.map_or_else(Vec::new, |filter| factor(filter, layer.output_offset, layer.finish()))
}

/// The shared factor, then two pairs of filters at a time for `dsp/fully_connected_s8_dsp.c`.
pub fn filter_pairs_by_two(layer: &FoldedLayer) -> Vec<u32> {
    let mut words = shared_factor(layer, scalar_finish);
    for group in groups(layer, 4) {
        let [a0, b0, a1, b1] = [0, 1, 2, 3].map(|i| &group[i]);
        words.extend(pair_biases(a0, b0));
        words.extend(pair_biases(a1, b1));
        for (first, second) in pair_quads(a0, b0).zip(pair_quads(a1, b1)) {
            words.extend(first.into_iter().chain(second));
        }
    }
    words
}

/// How `dsp/depthwise_s8_dsp.c` finishes a layer: it knows no linear finish.
pub fn channel_pairs_finish(layer: &FoldedLayer) -> Finish {
    match layer.finish() {
        Finish::Relu => Finish::Relu,
        Finish::Linear | Finish::General => Finish::General,
    }
}

/// Channels `(0, 2)`, `(1, 3)` of each quad for `dsp/depthwise_s8_dsp.c`; weights in the order in which windows are
/// walked.
pub fn channel_pairs(layer: &FoldedLayer) -> Vec<u32> {
    let mut words = Vec::new();
    let finish = channel_pairs_finish(layer);
    for quad in groups(layer, 4) {
        for (a, b) in [(&quad[0], &quad[2]), (&quad[1], &quad[3])] {
            words.extend([a.bias as u32, b.bias as u32]);
            let taps = a.weights.iter().zip(&b.weights);
            words.extend(taps.map(|(&a, &b)| u32::from(a as u16) | u32::from(b as u16) << 16));
            words.extend(scalar_finish(a, layer.output_offset, finish));
            words.extend(scalar_finish(b, layer.output_offset, finish));
        }
    }
    words
}

/// Bytes as words.
fn words(bytes: &[i8]) -> impl Iterator<Item = u32> + '_ {
    bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0] as u8, b[1] as u8, b[2] as u8, b[3] as u8]))
}

/// Chunks of 16 weights of a group of filters, the last ones filled up with zeros.
fn chunks(group: &[FoldedFilter], inputs: std::ops::Range<usize>) -> Vec<u32> {
    let mut packed = Vec::new();
    for chunk in inputs.clone().step_by(16) {
        for filter in group {
            let mut weights = filter.weights[chunk..inputs.end.min(chunk + 16)].to_vec();
            weights.resize(16, 0);
            packed.extend(words(&weights));
        }
    }
    packed
}

/// The constants that finish a group of filters, field by field.
fn group_finish(group: &[FoldedFilter], layer: &FoldedLayer) -> Vec<u32> {
    let finish = |filter| vector_finish(filter, layer.output_offset, layer.finish());
    let constants: Vec<Vec<u32>> = group.iter().map(finish).collect();
    let fields = constants.first().map_or(0, Vec::len);
    (0..fields).flat_map(|field| constants.iter().map(move |filter| filter[field])).collect()
}

/// Groups of four filters in chunks of 16 inputs for `mve/gemm_s8.h`.
pub fn filter_chunks(layer: &FoldedLayer) -> Vec<u32> {
    let group = |group: Vec<FoldedFilter>| {
        let mut packed = chunks(&group, 0..layer.inputs());
        packed.extend(group_finish(&group, layer));
        packed
    };
    groups(layer, 4).into_iter().flat_map(group).collect()
}

/// The shared factor, then groups of four filters in chunks of 16 inputs for `mve/fully_connected_s8_mve.c`.
pub fn filter_chunks_shared(layer: &FoldedLayer) -> Vec<u32> {
    let mut packed = shared_factor(layer, vector_factor);
    for group in groups(layer, 4) {
        packed.extend(chunks(&group, 0..layer.inputs()));
        packed.extend(group.iter().map(|filter| filter.bias as u32));
    }
    packed
}

/// Kernel rows of `inputs` weights of groups of four filters for `mve/conv2d_rows_s8_mve.c`.
pub fn filter_chunk_rows(layer: &FoldedLayer, inputs: usize) -> Vec<u32> {
    let groups = groups(layer, 4);
    let rows = (0..layer.inputs()).step_by(inputs);
    let mut packed: Vec<u32> =
        rows.flat_map(|row| groups.iter().flat_map(move |group| chunks(group, row..row + inputs))).collect();
    packed.extend(groups.iter().flat_map(|group| group_finish(group, layer)));
    packed
}

/// Channels for `mve/depthwise_s8_mve.c`; weights in the order in which windows are walked, `positions` in a line.
pub fn channel_cells(layer: &FoldedLayer, positions: usize) -> Vec<u32> {
    let mut packed = Vec::new();
    for filter in &layer.filters {
        let mut cells = [0i8; 20];
        for (tap, &weight) in filter.weights.iter().enumerate() {
            cells[4 + 4 * (tap % positions) + tap / positions] = weight;
        }
        packed.extend(words(&cells));
        packed.extend(vector_finish(filter, layer.output_offset, layer.finish()));
    }
    packed
}

#[cfg(test)]
mod tests {
    use redsc_ir::Requant;

    use super::*;

    fn layer() -> FoldedLayer {
        let filter = |weights: [i8; 5], bias| FoldedFilter {
            weights: weights.to_vec(),
            bias,
            requant: Requant { multiplier: 0x6000_0000, shift: -4 },
        };
        let filters = vec![filter([1, 2, 3, 4, 5], 10), filter([-1, 0, 7, 8, -9], 20)];
        FoldedLayer { filters, output_offset: -3, limits: [-128, 127] }
    }

    #[test]
    fn pairs_hold_both_filters_in_a_lane() {
        let words = filter_pairs(&layer());
        let lane = |a: i32, b: i32| (256 * b + a) as u32 & 0xFFFF;
        let quads = [lane(1, -1) | lane(3, 7) << 16, lane(2, 0) | lane(4, 8) << 16, lane(5, -9), 0];
        assert_eq!(words[..2], [10, 20 * 256 + 10]);
        assert_eq!(words[2..6], quads);
        let finish = [0xC000_0000, (8 - 3 * 16) as u32, 4];
        assert_eq!(words[6..9], finish);
        assert_eq!(words[9..], finish);
    }

    #[test]
    fn large_factors_are_shifted_left_and_doubled() {
        let mut layer = layer();
        layer.filters[0].requant.shift = 2;
        let words = filter_pairs(&layer);
        assert_eq!(words[6..11], [0xC000_0000, 1, 1, 2, 1]);
        assert_eq!(words[11..], [0xC000_0000, 8, 4, 0, 0]);
    }

    #[test]
    fn incomplete_groups_are_filled_up() {
        assert_eq!(filter_pairs_by_two(&layer()).len(), 3 + 4 + 2 * 4);
        assert_eq!(filter_chunks_shared(&layer()).len(), 3 + 4 * 4 + 4);
        assert_eq!(channel_pairs(&layer()).len(), 2 * (2 + 5 + 10));
        assert_eq!(filter_chunks(&layer()).len(), 4 * 4 + 4 * 4);
        assert_eq!(filter_pair_rows(&layer(), 5).len(), 2 + 2 * 2 + 2 * 3);
        assert_eq!(filter_chunk_rows(&layer(), 5), filter_chunks(&layer()));
        assert_eq!(filter_chunk_rows(&layer(), 1).len(), 5 * 4 * 4 + 4 * 4);
        assert_eq!(channel_cells(&layer(), 3).len(), 2 * (5 + 4));
    }
}
