//! Layers whose results are 16-bit numbers with one factor, which comes first; then groups of four filters.

use redsc_ir::params::folded::{Finish, FoldedFilter, FoldedLayer};
use redsc_ir::params::sums::SumsFinish;

use super::{chunks, groups, pair_biases, pair_quads, scalar_finish, words};

/// Packs a group of four filters.
type PackGroup = fn(&[FoldedFilter]) -> Vec<u32>;

/// A layer for `dsp/sums_s8.h`, to be finished as `finish` says, which must serve it.
pub fn sums_dsp(layer: &FoldedLayer, finish: SumsFinish) -> Vec<u32> {
    let (factor, group): (_, PackGroup) = match finish {
        SumsFinish::Linear => (Finish::Linear, in_pairs),
        SumsFinish::General => (Finish::General, in_pairs),
        SumsFinish::Apart => (Finish::General, apart),
    };
    let mut packed: Vec<u32> =
        layer.filters.iter().take(1).flat_map(|filter| scalar_finish(filter, 0, factor)).collect();
    packed.extend(groups(layer, 4).iter().flat_map(|filters| group(filters)));
    packed
}

/// A group of two pairs of filters.
fn in_pairs(group: &[FoldedFilter]) -> Vec<u32> {
    let [a0, b0, a1, b1] = [0, 1, 2, 3].map(|i| &group[i]);
    let mut packed = [pair_biases(a0, b0), pair_biases(a1, b1)].concat();
    for (first, second) in pair_quads(a0, b0).zip(pair_quads(a1, b1)) {
        packed.extend(first.into_iter().chain(second));
    }
    packed
}

/// A group of four filters apart.
fn apart(group: &[FoldedFilter]) -> Vec<u32> {
    let mut packed: Vec<u32> = group.iter().map(|filter| filter.bias as u32).collect();
    for first in (0..group[0].weights.len()).step_by(4) {
        for filter in group {
            let mut quad = filter.weights[first..filter.weights.len().min(first + 4)].to_vec();
            quad.resize(4, 0);
            packed.extend(words(&quad));
        }
    }
    packed
}

/// A layer for `mve/sums_s8.h`.
pub fn sums_mve(layer: &FoldedLayer) -> Vec<u32> {
    let mut words = Vec::new();
    if let Some(requant) = layer.uniform() {
        let factor = [requant.multiplier, requant.shift.max(0), requant.shift.min(0)];
        words.extend(factor.map(|word| word as u32));
    }
    for group in groups(layer, 4) {
        words.extend(chunks(&group, 0..layer.inputs()));
        words.extend(group.iter().map(|filter| filter.bias as u32));
    }
    words
}

#[cfg(test)]
mod tests {
    use redsc_ir::Requant;

    use super::*;

    #[test]
    fn a_group_has_one_factor() {
        let requant = Requant { multiplier: 0x6000_0000, shift: -3 };
        let layer = FoldedLayer::of_sums(&[1, 2, 3, 4, 5, 6], &[10, 20], requant, 0);
        let dsp = sums_dsp(&layer, SumsFinish::of(std::slice::from_ref(&layer)));
        assert_eq!(dsp.len(), 4 + 4 + 3);
        assert_eq!(dsp[..3], [0xC000_0000, 4, 3]);
        let apart = sums_dsp(&layer, SumsFinish::Apart);
        assert_eq!(apart[..], [0xC000_0000, 4, 3, 0, 0, 10, 20, 0, 0, 0x030201, 0x060504, 0, 0]);
        let mve = sums_mve(&layer);
        assert_eq!(mve.len(), 16 + 4 + 3);
        assert_eq!(mve[..3], [0x6000_0000, 0, -3i32 as u32]);
        assert_eq!(mve[19..], [10, 20, 0, 0]);
    }
}
