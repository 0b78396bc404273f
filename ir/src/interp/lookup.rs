//! What table lookups compute.

use super::Eval;
use crate::data::Data;
use crate::ops::Lut;

/// Codes index the table as unsigned bytes.
pub(super) fn eval_lut(_op: &Lut, cx: &Eval<'_>) -> Result<Vec<Data>, String> {
    let (x, table) = (cx.require(0)?, cx.require(1)?);
    let width = cx.input_type(1)?.elem.bytes();
    let entries: Vec<&[u8]> = table.bytes().chunks_exact(width).collect();
    if entries.len() != 256 {
        return Err(format!("the table has {} entries; expected 256", entries.len()));
    }
    let looked_up = x.bytes().iter().flat_map(|&code| entries[usize::from(code)].iter().copied());
    Ok(vec![Data::from_bytes(looked_up.collect::<Vec<u8>>())])
}
