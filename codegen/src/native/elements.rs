//! Pairs of elements of two operands that broadcast.

use redsc_ir::Shape;

/// Two operands and the result, dimension by dimension, outermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PairDim {
    pub(super) extent: usize,
    /// Distances of neighbours in elements; 0 where one element serves all.
    pub(super) steps: [usize; 2],
}

/// The dimensions of the result; those along which both operands behave alike are merged.
pub(super) fn pairs(a: &Shape, b: &Shape, y: &Shape) -> Vec<PairDim> {
    let [a, b] = [a, b].map(|x| broadcast_strides(x, y));
    let mut dims: Vec<PairDim> = Vec::new();
    for (axis, &extent) in y.iter().enumerate() {
        let steps = [a[axis], b[axis]];
        match dims.last_mut() {
            _ if extent == 1 => {}
            Some(outer) if outer.steps == steps.map(|step| step * extent) => {
                *outer = PairDim { extent: outer.extent * extent, steps };
            }
            _ => dims.push(PairDim { extent, steps }),
        }
    }
    dims
}

fn broadcast_strides(x: &Shape, y: &Shape) -> Vec<usize> {
    let mut strides = vec![0; y.rank().saturating_sub(x.rank())];
    let own = x.iter().zip(x.strides());
    strides.extend(own.map(|(&extent, stride)| if extent == 1 { 0 } else { stride }));
    strides
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_that_behave_alike_merge() {
        let shape = |dims: &[usize]| Shape(dims.to_vec());
        let dim = |extent, steps| PairDim { extent, steps };
        assert_eq!(pairs(&shape(&[2, 3]), &shape(&[2, 3]), &shape(&[2, 3])), [dim(6, [1, 1])]);
        assert_eq!(pairs(&shape(&[4, 3]), &shape(&[3]), &shape(&[4, 3])), [dim(4, [3, 0]), dim(3, [1, 1])]);
        assert_eq!(pairs(&shape(&[4, 3]), &shape(&[1]), &shape(&[4, 3])), [dim(12, [1, 0])]);
        assert_eq!(pairs(&shape(&[]), &shape(&[]), &shape(&[])), []);
    }
}
