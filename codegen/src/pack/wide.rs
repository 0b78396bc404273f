//! Filters over 16-bit codes.

use redsc_ir::params::wide::{WideFilter, WideLayer};

/// The weights `first..first + N`, zeros behind the end.
fn weights<const N: usize>(filter: &WideFilter, first: usize) -> [u8; N] {
    std::array::from_fn(|i| filter.weights.get(first + i).map_or(0, |&w| w as u8))
}

/// The factor of a filter for kernels in `dsp`: mantissa, rounding, shift.
fn scalar_factor(filter: &WideFilter) -> [u32; 3] {
    [filter.mantissa as u32, 1 << (filter.shift - 1), filter.shift as u32]
}

/// Biases and factors of four filters for kernels in `mve`, field by field.
fn vector_factor(filters: &[&WideFilter]) -> Vec<u32> {
    let fields: [fn(&WideFilter) -> i32; 3] = [|f| f.bias, |f| f.mantissa << 16, |f| -f.shift];
    fields.iter().flat_map(|field| filters.iter().map(|filter| field(filter) as u32)).collect()
}

/// Groups for `dsp/conv2d_s16_dsp.c`.
pub fn wide_dsp(layer: &WideLayer) -> Vec<u32> {
    let mut packed = Vec::new();
    for group in channel_groups(layer, 4) {
        packed.extend(group.iter().map(|filter| filter.bias as u32));
        for first in (0..group[0].weights.len()).step_by(4) {
            // SXTB16 of a word, and of the word rotated by 8 bits, gives neighbours.
            let quad = |filter| weights::<4>(filter, first);
            packed.extend(group.iter().map(quad).map(|[a, b, c, d]| u32::from_le_bytes([a, c, b, d])));
        }
        packed.extend(group.iter().flat_map(scalar_factor));
    }
    packed
}

/// Groups for `mve/conv2d_s16_mve.c`.
pub fn wide_mve(layer: &WideLayer) -> Vec<u32> {
    let mut packed = Vec::new();
    for group in channel_groups(layer, 4) {
        packed.extend(vector_factor(&group.iter().collect::<Vec<_>>()));
        for first in (0..group[0].weights.len()).step_by(8) {
            for filter in &group {
                let [a, b, c, d, e, f, g, h] = weights(filter, first);
                packed.extend([u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])]);
            }
        }
    }
    packed
}

/// Channels in groups of `size`, the last one filled up.
fn channel_groups(layer: &WideLayer, size: usize) -> Vec<Vec<WideFilter>> {
    let mut groups: Vec<Vec<WideFilter>> = layer.filters.chunks(size).map(<[_]>::to_vec).collect();
    for group in &mut groups {
        group.resize(size, WideFilter::zero(group[0].weights.len()));
    }
    groups
}

/// Pairs of channels for `dsp/depthwise_s16_dsp.c`.
pub fn wide_channels_dsp(layer: &WideLayer) -> Vec<u32> {
    let mut packed = Vec::new();
    for group in channel_groups(layer, 2) {
        packed.extend(group.iter().map(|filter| filter.bias as u32));
        let taps = group[0].weights.iter().zip(&group[1].weights);
        packed.extend(taps.map(|(&a, &b)| u32::from(a as u16) | u32::from(b as u16) << 16));
        packed.extend(group.iter().flat_map(scalar_factor));
    }
    packed
}

/// Groups of eight channels for `mve/depthwise_s16_mve.c`.
pub fn wide_channels_mve(layer: &WideLayer) -> Vec<u32> {
    let mut packed = Vec::new();
    for group in channel_groups(layer, 8) {
        for first in [0, 1] {
            let half: Vec<&WideFilter> = group.iter().skip(first).step_by(2).collect();
            packed.extend(vector_factor(&half));
        }
        for tap in 0..group[0].weights.len() {
            let weights: Vec<u8> = group.iter().map(|filter| filter.weights[tap] as u8).collect();
            packed.extend(weights.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])));
        }
    }
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_filled_up() {
        let filter = WideFilter { weights: vec![1, 2, 3, 4, -1], bias: 7, mantissa: 0x4001, shift: 9 };
        let layer = WideLayer { filters: vec![filter], limits: [-32768, 32767] };
        let dsp = wide_dsp(&layer);
        assert_eq!(dsp.len(), 4 + 2 * 4 + 4 * 3);
        assert_eq!([dsp[0], dsp[4], dsp[8]], [7, 0x0402_0301, 0xFF]);
        assert_eq!(dsp[12..15], [0x4001, 1 << 8, 9]);
        let mve = wide_mve(&layer);
        assert_eq!(mve.len(), 12 + 8);
        assert_eq!(wide_channels_dsp(&layer).len(), 2 + 5 + 2 * 3);
        assert_eq!(wide_channels_dsp(&layer)[2..7], [1, 2, 3, 4, 0xFFFF]);
        assert_eq!(wide_channels_mve(&layer).len(), 2 * 12 + 5 * 2);
        assert_eq!([mve[4], mve[8], mve[12], mve[13]], [0x4001_0000, -9i32 as u32, 0x0403_0201, 0xFF]);
    }
}
