//! Sparse formats give back every matrix, take the bytes that their formulas say, and survive damaged bytes.

use proptest::prelude::*;
use redsc_ir::sparse::{Encoded, Format, Matrix, decode, encode, size};

/// Matrices of any density: empty rows, full rows, clusters, one column.
fn matrices() -> impl Strategy<Value = Matrix> {
    let sizes = prop_oneof![(1usize..6, 1usize..700), (1usize..80, 1usize..3), (1usize..3, 1usize..3000)];
    (sizes, 0u32..101, any::<bool>(), any::<u64>())
        .prop_map(|((rows, columns), percent, clusters, seed)| matrix(rows, columns, percent, clusters, seed))
}

fn matrix(rows: usize, columns: usize, percent: u32, clusters: bool, seed: u64) -> Matrix {
    let mut state = seed | 1;
    let mut next = move || {
        // Marsaglia's xorshift.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) as u32
    };
    let (mut weights, mut in_cluster) = (vec![0i8; rows * columns], true);
    for weight in &mut weights {
        if clusters && next() % 40 == 0 {
            in_cluster = !in_cluster;
        }
        if next() % 100 < percent && (in_cluster || next() % 50 == 0) {
            *weight = next() as i8;
        }
    }
    Matrix::new(rows, columns, weights).unwrap()
}

fn check(matrix: &Matrix) {
    for &format in Format::ALL {
        let encoded = encode(matrix, format);
        assert_eq!(encoded.bytes.len(), size(matrix, format), "{format}");
        assert_eq!(decode(&encoded, matrix.rows(), matrix.columns()).as_ref(), Ok(matrix), "{format}");
    }
}

proptest! {
    #[test]
    fn every_format_gives_back_every_matrix(matrix in matrices()) {
        check(&matrix);
    }

    #[test]
    fn damaged_bytes_are_no_panic(
        matrix in matrices(),
        position in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
        elements in 0usize..5000,
    ) {
        for &format in Format::ALL {
            let mut encoded = encode(&matrix, format);
            if encoded.bytes.is_empty() {
                continue;
            }
            let at = position.index(encoded.bytes.len());
            encoded.bytes[at] = byte;
            let damaged = [
                Encoded { elements, ..encoded.clone() },
                Encoded { bytes: encoded.bytes[..cut.index(encoded.bytes.len())].to_vec(), ..encoded.clone() },
                encoded,
            ];
            for encoded in &damaged {
                let _ = decode(encoded, matrix.rows(), matrix.columns());
            }
        }
    }
}

#[test]
fn extreme_matrices() {
    let filled = |rows, columns, weight| Matrix::new(rows, columns, vec![weight; rows * columns]).unwrap();
    for (rows, columns) in [(1, 1), (7, 1), (1, 300), (3, 70_000), (0, 0), (0, 5), (5, 0)] {
        check(&filled(rows, columns, 0));
        check(&filled(rows, columns, -128));
    }
    // Rows of very different length, far elements.
    let mut weights = vec![0i8; 2 * 200_000];
    weights[..100_000].fill(3);
    weights[399_999] = 1;
    check(&Matrix::new(2, 200_000, weights).unwrap());
}

/// Three elements far left, a dense run on the right: deltas beyond a byte.
#[test]
fn clustered_rows_do_not_wrap() {
    let mut weights = vec![0i8; 576];
    [0, 1, 2].into_iter().chain(501..=539).for_each(|column| weights[column] = 9);
    check(&Matrix::new(1, 576, weights).unwrap());
}
