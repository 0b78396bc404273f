//! Real numbers: groups of four filters with their weights side by side.

/// Filters with their biases for `fpu/fully_connected_f32_fpu.c` and `fpu/conv2d_f32_fpu.c`: complete groups of four side
/// by side, then the others one after another, each with its bias first.
pub fn filters_f32(weights: &[f32], biases: &[f32]) -> Vec<f32> {
    let inputs = weights.len() / biases.len().max(1);
    let mut packed = Vec::with_capacity(weights.len() + biases.len());
    for (weights, biases) in weights.chunks(4 * inputs.max(1)).zip(biases.chunks(4)) {
        let filters: Vec<&[f32]> = weights.chunks(inputs.max(1)).collect();
        if biases.len() == 4 {
            packed.extend(side_by_side(&filters, biases));
        } else {
            packed.extend(
                filters.iter().zip(biases).flat_map(|(w, &b)| std::iter::once(b).chain(w.iter().copied())),
            );
        }
    }
    packed
}

/// The biases of four filters, then their weights side by side.
pub fn side_by_side(filters: &[&[f32]], biases: &[f32]) -> Vec<f32> {
    let inputs = filters.first().map_or(0, |filter| filter.len());
    let mut packed = biases.to_vec();
    packed.extend((0..inputs).flat_map(|i| filters.iter().map(move |filter| filter[i])));
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_filters_lie_side_by_side() {
        let weights: Vec<f32> = (0..10).map(|i| i as f32).collect();
        let packed = filters_f32(&weights, &[10.0, 11.0, 12.0, 13.0, 14.0]);
        let expected = [10.0, 11.0, 12.0, 13.0, 0.0, 2.0, 4.0, 6.0, 1.0, 3.0, 5.0, 7.0, 14.0, 8.0, 9.0];
        assert_eq!(packed, expected);
    }
}
