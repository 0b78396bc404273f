//! The operators of the ONNX front end: one row and one small function each.
//!
//! To read one more operator, add a row to the table of its family and write its function: it takes operands and
//! attributes from the [`Call`], appends nodes with the arithmetic of [`super::math`], and returns its results in order.
//! The number of operands is checked before; shapes and element types follow from the rules of the representation.

mod activation;
mod control;
mod conv;
mod elementwise;
mod index;
mod linear;
mod loss;
mod movement;
mod normalize;
mod pool;
mod quantize;
mod recurrent;
mod reduce;
mod resize;
mod sequence;
mod shape;

use std::ops::RangeInclusive;

use super::call::Call;
use super::fault::Outcome;
use super::graph::Item;
use redsc_ir::ValueId;

/// How one operator is translated.
pub(super) struct Row {
    /// Its name.
    pub(super) name: &'static str,
    /// The domain of its name; the standard one is empty.
    pub(super) domain: &'static str,
    /// The versions of the operator set in which it has this form.
    pub(super) opsets: RangeInclusive<i64>,
    /// How many operands it has, absent ones included.
    pub(super) operands: RangeInclusive<usize>,
    /// Emits the nodes that stand for it and returns its results.
    pub(super) import: fn(&mut Call) -> Outcome<Vec<Item>>,
}

/// Any number of operands; all versions from one on.
const ANY: usize = usize::MAX;
const ON: i64 = i64::MAX;
/// The domain of ONNX Runtime's own operators.
const MICROSOFT: &str = "com.microsoft";

const fn row(
    name: &'static str,
    opsets: RangeInclusive<i64>,
    operands: RangeInclusive<usize>,
    import: fn(&mut Call) -> Outcome<Vec<Item>>,
) -> Row {
    Row { name, domain: "", opsets, operands, import }
}

const fn microsoft(
    name: &'static str,
    operands: RangeInclusive<usize>,
    import: fn(&mut Call) -> Outcome<Vec<Item>>,
) -> Row {
    Row { name, domain: MICROSOFT, opsets: 1..=ON, operands, import }
}

/// Every operator that can be read.
pub(super) fn table() -> impl Iterator<Item = &'static Row> {
    [
        elementwise::TABLE,
        activation::TABLE,
        control::TABLE,
        conv::TABLE,
        index::TABLE,
        linear::TABLE,
        loss::TABLE,
        movement::TABLE,
        normalize::TABLE,
        pool::TABLE,
        quantize::TABLE,
        recurrent::TABLE,
        reduce::TABLE,
        resize::TABLE,
        sequence::TABLE,
        shape::TABLE,
    ]
    .into_iter()
    .flatten()
}

/// The results of an operator that has one.
fn one(id: ValueId) -> Outcome<Vec<Item>> {
    Ok(vec![Item::Tensor(id)])
}
