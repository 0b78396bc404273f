//! Rules of the convolutions.

use super::check::{
    LAYER, expect_clamp, expect_elem, expect_elements, expect_layer_quantized, expect_positive,
    expect_weights_quantized, extents,
};
use super::{
    Accumulate, Activation, Conv2d, DepthwiseConv2d, Inferred, OpRules, Operands, Padding, TransposeConv2d,
};
use crate::types::{ElemType, TensorType};

impl OpRules for Conv2d {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        let layer = Layer::check(operands, 0, self.act, self.accumulate)?;
        let ([batch, height, width, c_in], [c_out, kh, kw, group_in]) = (layer.x, layer.w);
        if c_in % group_in != 0 || c_out % (c_in / group_in) != 0 {
            return Err(format!(
                "{c_in} input and {c_out} output channels do not divide into groups of {group_in} input channels"
            ));
        }
        let window = Window { filter: [kh, kw], stride: self.stride, dilation: self.dilation };
        let [rows, columns] = window.output([height, width], self.padding)?;
        Ok(vec![Inferred::new([batch, rows, columns, c_out], &[layer.elem])])
    }

    fn macs(&self, operands: &Operands<'_>, results: &[&TensorType]) -> u64 {
        match operands.get(1).map(|w| w.shape.0.as_slice()) {
            Some(&[_, kh, kw, c_in]) => product(results, &[kh, kw, c_in]),
            _ => 0,
        }
    }
}

impl OpRules for DepthwiseConv2d {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        let layer = Layer::check(operands, 3, self.act, self.accumulate)?;
        let ([batch, height, width, c_in], [one, kh, kw, c_out]) = (layer.x, layer.w);
        if one != 1 {
            return Err(format!("weights have a first extent of {one}; expected 1"));
        }
        if c_out % c_in != 0 {
            return Err(format!("{c_out} output channels are not a multiple of {c_in} input channels"));
        }
        let window = Window { filter: [kh, kw], stride: self.stride, dilation: self.dilation };
        let [rows, columns] = window.output([height, width], self.padding)?;
        Ok(vec![Inferred::new([batch, rows, columns, c_out], &[layer.elem])])
    }

    fn macs(&self, operands: &Operands<'_>, results: &[&TensorType]) -> u64 {
        match operands.get(1).map(|w| w.shape.0.as_slice()) {
            Some(&[_, kh, kw, _]) => product(results, &[kh, kw]),
            _ => 0,
        }
    }
}

impl OpRules for TransposeConv2d {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        let layer = Layer::check(operands, 0, self.act, Accumulate::Centered)?;
        let ([batch, _, _, c_in], [c_out, _, _, w_in]) = (layer.x, layer.w);
        if c_in != w_in {
            return Err(format!("weights take {w_in} channels; the input has {c_in}"));
        }
        expect_positive(self.stride, "stride")?;
        expect_positive(self.output, "output size")?;
        // Any size means something: what no tap reaches holds the bias, what lies beyond is not computed.
        Ok(vec![Inferred::new([batch, self.output[0], self.output[1], c_out], &[layer.elem])])
    }

    fn macs(&self, operands: &Operands<'_>, _results: &[&TensorType]) -> u64 {
        match (operands.get(0), operands.get(1).map(|w| w.shape.0.as_slice())) {
            (Some(x), Some(&[c_out, kh, kw, _])) => product(&[x], &[c_out, kh, kw]),
            _ => 0,
        }
    }
}

/// What the convolutions have in common.
struct Layer {
    elem: ElemType,
    x: [usize; 4],
    w: [usize; 4],
}

impl Layer {
    /// Checks operands `(x, w, bias?)`; `channel_axis` is the dimension of the output channels in the weights.
    fn check(
        operands: &Operands<'_>,
        channel_axis: usize,
        act: Activation,
        accumulate: Accumulate,
    ) -> Result<Layer, String> {
        operands.expect_count(2, 3)?;
        let (x, w) = (operands.require(0, "input")?, operands.require(1, "weights")?);
        let layer = Layer { elem: x.elem, x: extents(x, "the input")?, w: extents(w, "the weights")? };
        expect_layer_types(operands, accumulate)?;
        expect_clamp(act)?;
        let channels = layer.w[channel_axis];
        expect_weights_quantized(w, channel_axis, channels)?;
        if let Some(bias) = operands.get(2) {
            expect_elements(bias, channels, "the bias")?
        }
        Ok(layer)
    }
}

/// Checks the element types and quantization of a layer `(x, w, bias?)` and of its result.
pub(super) fn expect_layer_types(operands: &Operands<'_>, accumulate: Accumulate) -> Result<(), String> {
    let (x, w) = (operands.require(0, "input")?, operands.require(1, "weights")?);
    expect_elem(x.elem, LAYER, "the input")?;
    let (weights, biases): (ElemType, &[ElemType]) = match x.elem {
        ElemType::F32 => (ElemType::F32, &[ElemType::F32]),
        ElemType::I16 => (ElemType::I8, &[ElemType::I64, ElemType::I32]),
        ElemType::U8 => (ElemType::U8, &[ElemType::I32]),
        _ => (ElemType::I8, &[ElemType::I32]),
    };
    expect_elem(w.elem, &[weights], "the weights")?;
    if let Some(bias) = operands.get(2) {
        expect_elem(bias.elem, biases, "the bias")?;
    }
    if accumulate == Accumulate::Raw && x.elem != ElemType::I8 {
        return Err(format!("raw accumulation of {} input; only i8 has zero points to fold", x.elem));
    }
    expect_layer_quantized(x, "the input")?;
    operands.check_result(expect_layer_quantized)
}

/// A window that slides over height and width.
pub(super) struct Window {
    /// Taps `[y, x]`.
    pub(super) filter: [usize; 2],
    /// Steps `[y, x]`.
    pub(super) stride: [usize; 2],
    /// Distance of taps `[y, x]`.
    pub(super) dilation: [usize; 2],
}

impl Window {
    /// Height and width of what the window produces from a padded input.
    pub(super) fn output(&self, input: [usize; 2], padding: Padding) -> Result<[usize; 2], String> {
        expect_positive(self.filter, "filter")?;
        expect_positive(self.stride, "stride")?;
        expect_positive(self.dilation, "dilation")?;
        let rows = self.positions(0, input[0], [padding.top, padding.bottom]);
        let columns = self.positions(1, input[1], [padding.left, padding.right]);
        match (rows, columns) {
            (Some(rows), Some(columns)) => Ok([rows, columns]),
            _ => Err(format!(
                "a window of {:?} with dilation {:?} does not fit into an input of {input:?} with padding [{}, {}, {}, {}]",
                self.filter, self.dilation, padding.top, padding.bottom, padding.left, padding.right
            )),
        }
    }

    fn positions(&self, axis: usize, extent: usize, padding: [usize; 2]) -> Option<usize> {
        let padded = extent.checked_add(padding[0])?.checked_add(padding[1])?;
        let reach = (self.filter[axis] - 1).checked_mul(self.dilation[axis])?.checked_add(1)?;
        Some(padded.checked_sub(reach)? / self.stride[axis] + 1)
    }
}

/// Elements of the first tensor times further factors; saturates.
pub(super) fn product(tensors: &[&TensorType], factors: &[usize]) -> u64 {
    let elements = tensors.first().map_or(0, |ty| ty.elements() as u64);
    factors.iter().fold(elements, |n, &factor| n.saturating_mul(factor as u64))
}
