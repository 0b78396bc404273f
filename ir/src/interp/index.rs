//! Walks over the indices of tensors.

use crate::data::Data;
use crate::types::Shape;

/// For each index of one dimension of the result, which index of the operand it shows; `None` shows the filler.
pub(super) type AxisMap = Vec<Option<usize>>;

/// A tensor each of whose dimensions shows indices of the same dimension of `x`, whose elements have `width` bytes.
pub(super) fn select(x: &Data, shape: &Shape, width: usize, maps: &[AxisMap], filler: &[u8]) -> Data {
    let strides = shape.strides();
    let offset = |axis: usize, index: Option<usize>| index.map(|i| i * strides[axis] * width);
    let offsets: Vec<AxisMap> = maps
        .iter()
        .enumerate()
        .map(|(axis, map)| map.iter().map(|&index| offset(axis, index)).collect())
        .collect();
    let mut out = Vec::new();
    push_selected(x.bytes(), &offsets, Some(0), width, filler, &mut out);
    Data::from_bytes(out)
}

fn push_selected(
    x: &[u8],
    offsets: &[AxisMap],
    base: Option<usize>,
    width: usize,
    filler: &[u8],
    out: &mut Vec<u8>,
) {
    match offsets.split_first() {
        None => out.extend_from_slice(base.map_or(filler, |at| &x[at..at + width])),
        Some((axis, inner)) => {
            for offset in axis {
                let base = base.zip(*offset).map(|(base, offset)| base + offset);
                push_selected(x, inner, base, width, filler, out);
            }
        }
    }
}

/// Every index of a dimension as it is.
pub(super) fn whole(extent: usize) -> AxisMap {
    (0..extent).map(Some).collect()
}

/// The offsets `Σ index · stride` of all indices of a shape, in row-major order.
pub(super) fn offsets(extents: &[usize], strides: &[usize]) -> Vec<usize> {
    let mut offsets = vec![0];
    for (&extent, &stride) in extents.iter().zip(strides) {
        offsets = offsets.iter().flat_map(|&base| (0..extent).map(move |i| base + i * stride)).collect();
    }
    offsets
}

/// For each element of `result`, the position of the element of `operand` that broadcasts to it.
pub(super) fn broadcast_offsets(operand: &Shape, result: &Shape) -> Vec<usize> {
    let missing = result.rank() - operand.rank();
    let mut strides = vec![0; missing];
    let own = operand.iter().zip(operand.strides());
    strides.extend(own.map(|(&extent, stride)| if extent == 1 { 0 } else { stride }));
    offsets(result, &strides)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selection_repeats_drops_and_fills() {
        let x = Data::from_slice(&[1i16, 2, 3, 4, 5, 6]);
        let maps = [vec![Some(1), None], vec![Some(2), Some(0)]];
        let selected = select(&x, &[2, 3].into(), 2, &maps, &[9, 0]);
        assert_eq!(selected.to_vec::<i16>(), [6, 4, 9, 9]);
    }

    #[test]
    fn operands_broadcast_as_in_numpy() {
        assert_eq!(broadcast_offsets(&[3].into(), &[2, 3].into()), [0, 1, 2, 0, 1, 2]);
        assert_eq!(broadcast_offsets(&[2, 1].into(), &[2, 3].into()), [0, 0, 0, 1, 1, 1]);
        assert_eq!(broadcast_offsets(&Shape::default(), &[2].into()), [0, 0]);
    }
}
