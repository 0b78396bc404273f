//! Sparse weights: matrices with many zeros in formats that store only the others.
//!
//! A filter bank is a [`Matrix`] with one row for each filter. Each [`Format`] has an encoder that takes every matrix,
//! an exact decoder, and a size that equals the bytes of the encoding. All formats but [`Format::Dense`] store the
//! *elements* of a matrix: its non-zero weights, and zeros where a format needs a step to stand on.
//!
//! ```
//! use redsc_ir::sparse::{Format, Matrix, decode, encode};
//!
//! let matrix = Matrix::new(2, 3, vec![0, 5, 0, 0, 0, -7]).unwrap();
//! for format in Format::ALL {
//!     let encoded = encode(&matrix, *format);
//!     assert_eq!(decode(&encoded, 2, 3).unwrap(), matrix, "{format}");
//! }
//! ```

mod bitmask;
mod bits;
pub mod dcsr;
mod entropy;
mod groups;
pub mod huffman;
mod pairs;
mod rle;

use std::fmt;

/// Weights by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    weights: Vec<i8>,
}

/// Declares [`Format`]: variant, name on the command line, documentation.
macro_rules! define_formats {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal;)*) => {
        /// How weights are stored.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Format { $($(#[doc = $doc])+ $name,)* }

        impl Format {
            /// All formats, in table order.
            pub const ALL: &[Format] = &[$(Format::$name),*];

            /// The name on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Format::$name => $text,)* }
            }

            /// What it is, in one line.
            pub fn summary(self) -> &'static str {
                match self { $(Format::$name => concat!($($doc),+).trim_ascii(),)* }
            }
        }
    };
}

define_formats! {
    /// Every weight, one byte each.
    Dense = "dense";
    /// One bit for each weight, then the non-zero weights.
    Bitmask = "bitmask";
    /// Zeros before each non-zero weight in 4 bits, then the non-zero weights.
    Rle = "rle";
    /// Zeros before each non-zero weight and the weight, one byte each: what scalar kernels read without decoding.
    Pairs = "pairs";
    /// Sixteen offsets and sixteen weights at a time: what vector kernels read without decoding.
    Groups = "groups";
    /// Delta-compressed sparse rows, as published (arXiv 2111.12345).
    Dcsr = "dcsr";
    /// Rice codes of the gaps, or none, and Huffman codes of the weights, or bytes; whatever is smallest.
    Entropy = "entropy";
}

/// A matrix in a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The format.
    pub format: Format,
    /// Stored elements.
    pub elements: usize,
    /// The arrays of the format, one after the other.
    pub bytes: Vec<u8>,
}

/// An encoding that is no matrix of the given size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError(pub String);

impl Matrix {
    /// `rows` rows of `columns` weights; `None` if that is not their number.
    pub fn new(rows: usize, columns: usize, weights: Vec<i8>) -> Option<Self> {
        (rows.checked_mul(columns) == Some(weights.len())).then_some(Matrix { rows, columns, weights })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Weights of a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All weights, row by row.
    pub fn weights(&self) -> &[i8] {
        &self.weights
    }

    /// Number of weights that are not zero.
    pub fn non_zeros(&self) -> usize {
        self.weights.iter().filter(|&&w| w != 0).count()
    }

    /// The columns and weights of a row that are not zero.
    pub fn row(&self, row: usize) -> Vec<(usize, i8)> {
        let weights = &self.weights[row * self.columns..][..self.columns];
        weights.iter().copied().enumerate().filter(|&(_, w)| w != 0).collect()
    }

    /// The least bytes that any code needs which knows the share of non-zero weights alone and stores these as bytes:
    /// the entropy of the positions, and a byte each.
    pub fn entropy_bound(&self) -> f64 {
        let (count, non_zeros) = (self.weights.len() as f64, self.non_zeros() as f64);
        let term = |p: f64| if p > 0.0 { -p * p.log2() } else { 0.0 };
        let share = if count > 0.0 { non_zeros / count } else { 0.0 };
        count * (term(share) + term(1.0 - share)) / 8.0 + non_zeros
    }

    /// A matrix of zeros.
    fn zeros(rows: usize, columns: usize) -> Result<Self, DecodeError> {
        let count = rows.checked_mul(columns).ok_or_else(|| error("the matrix is too large"))?;
        Ok(Matrix { rows, columns, weights: vec![0; count] })
    }
}

impl Encoded {
    fn dense(matrix: &Matrix) -> Self {
        let bytes = to_bytes(&matrix.weights);
        Encoded { format: Format::Dense, elements: bytes.len(), bytes }
    }
}

/// Stores a matrix; dense if the format cannot hold it, which only happens to rows of more than 32767 elements.
pub fn encode(matrix: &Matrix, format: Format) -> Encoded {
    let (elements, bytes) = match format {
        Format::Dense => return Encoded::dense(matrix),
        Format::Bitmask => bitmask::encode(matrix),
        Format::Rle => rle::encode(matrix),
        Format::Pairs => pairs::encode(matrix),
        Format::Groups => groups::encode(matrix),
        Format::Dcsr => match dcsr::Dcsr::encode(matrix) {
            Some(dcsr) => dcsr.into_parts(),
            None => return Encoded::dense(matrix),
        },
        Format::Entropy => entropy::encode(matrix),
    };
    Encoded { format, elements, bytes }
}

/// Bytes that [`encode`] makes.
pub fn size(matrix: &Matrix, format: Format) -> usize {
    let non_zeros = matrix.non_zeros();
    match format {
        Format::Dense => matrix.weights.len(),
        Format::Bitmask => matrix.weights.len().div_ceil(8) + non_zeros,
        Format::Rle => rle::codes(matrix).div_ceil(2) + non_zeros,
        Format::Pairs => 2 * (matrix.rows + pairs::elements(matrix)),
        Format::Groups => groups::size(matrix),
        Format::Dcsr => dcsr::Dcsr::encode(matrix).map_or(matrix.weights.len(), |dcsr| dcsr.size()),
        Format::Entropy => entropy::size(matrix),
    }
}

/// The matrix that was stored.
///
/// # Errors
/// If the bytes are not those of such a matrix; never a panic.
pub fn decode(encoded: &Encoded, rows: usize, columns: usize) -> Result<Matrix, DecodeError> {
    let bytes = &encoded.bytes;
    match encoded.format {
        Format::Dense => Matrix::new(rows, columns, bytes.iter().map(|&b| b as i8).collect())
            .ok_or_else(|| error("the number of weights is wrong")),
        Format::Bitmask => bitmask::decode(bytes, rows, columns),
        Format::Rle => rle::decode(bytes, encoded.elements, rows, columns),
        Format::Pairs => pairs::decode(bytes, rows, columns),
        Format::Groups => groups::decode(bytes, rows, columns),
        Format::Dcsr => dcsr::Dcsr::from_parts(bytes, encoded.elements, rows, columns)?.decode(rows, columns),
        Format::Entropy => entropy::decode(bytes, encoded.elements, rows, columns),
    }
}

/// The smallest of some formats, the first of equals.
pub fn smallest(matrix: &Matrix, formats: &[Format]) -> Option<Format> {
    formats.iter().copied().min_by_key(|&format| size(matrix, format))
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Format::ALL
            .iter()
            .copied()
            .find(|format| format.name() == text)
            .ok_or_else(|| format!("there is no format `{text}`"))
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DecodeError {}

fn error(message: &str) -> DecodeError {
    DecodeError(message.into())
}

fn to_bytes(weights: &[i8]) -> Vec<u8> {
    weights.iter().map(|&w| w as u8).collect()
}
