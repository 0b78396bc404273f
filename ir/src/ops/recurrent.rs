//! Rules of the recurrent layers.

use super::check::{
    expect_clamp, expect_elem, expect_elements, expect_layer_quantized, expect_quantized, expect_shape,
    expect_weights_quantized, extents,
};
use super::{Activation, Inferred, Lstm, OpRules, Operands, Svdf};
use crate::types::{ElemType, TensorType};

impl OpRules for Svdf {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        operands.expect_count(3, 4)?;
        let x = operands.require(0, "input")?;
        let [batch, inputs] = extents(x, "the input")?;
        let feature = operands.require(1, "feature weights")?;
        let [filters, _] = extents(feature, "the feature weights")?;
        expect_shape(feature, &[filters, inputs], "the feature weights")?;
        let time = operands.require(2, "time weights")?;
        let [_, memory] = extents(time, "the time weights")?;
        expect_shape(time, &[filters, memory], "the time weights")?;
        let units = self.units(filters)?;
        if let Some(bias) = operands.get(3) {
            expect_elements(bias, units, "the bias")?;
        }
        let state = &operands.variable(self.state)?.ty;
        expect_shape(state, &[batch, filters.saturating_mul(memory)], "the state")?;
        expect_clamp(self.act)?;
        self.expect_types(operands, state)?;
        Ok(vec![Inferred::new([batch, units], &[x.elem])])
    }

    /// Feature and time contraction; one element of each filter's memory is new per invocation.
    fn macs(&self, operands: &Operands<'_>, _results: &[&TensorType]) -> u64 {
        let elements = |index| operands.get(index).map_or(0, |ty| ty.elements() as u64);
        let batch = operands.get(0).and_then(|x| x.shape.first()).map_or(0, |&batch| batch as u64);
        batch.saturating_mul(elements(1).saturating_add(elements(2)))
    }
}

impl Svdf {
    fn units(&self, filters: usize) -> Result<usize, String> {
        match filters.checked_rem(self.rank) {
            Some(0) => Ok(filters / self.rank),
            _ => Err(format!("{filters} filters are not a multiple of rank {}", self.rank)),
        }
    }

    fn expect_types(&self, operands: &Operands<'_>, state: &TensorType) -> Result<(), String> {
        let (x, feature) = (operands.require(0, "input")?, operands.require(1, "feature weights")?);
        let time = operands.require(2, "time weights")?;
        expect_elem(x.elem, &[ElemType::I8, ElemType::F32], "the input")?;
        let (weights, memory, bias): (_, &[ElemType], _) = match x.elem {
            ElemType::F32 => (ElemType::F32, &[ElemType::F32], ElemType::F32),
            _ => (ElemType::I8, &[ElemType::I16, ElemType::I8], ElemType::I32),
        };
        expect_elem(feature.elem, &[weights], "the feature weights")?;
        expect_elem(time.elem, memory, "the time weights")?;
        expect_elem(state.elem, memory, "the state")?;
        if let Some(ty) = operands.get(3) {
            expect_elem(ty.elem, &[bias], "the bias")?;
        }
        for (ty, what) in [
            (x, "the input"),
            (feature, "the feature weights"),
            (time, "the time weights"),
            (state, "the state"),
        ] {
            expect_quantized(ty, what)?;
        }
        operands.check_result(expect_quantized)
    }
}

/// Operands of [`Lstm`]: input weights, recurrent weights, biases, each in the order input, forget, cell, output.
const INPUT_WEIGHTS: [usize; 4] = [1, 2, 3, 4];
const RECURRENT_WEIGHTS: [usize; 4] = [5, 6, 7, 8];
const BIASES: [usize; 4] = [12, 13, 14, 15];

impl OpRules for Lstm {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        operands.expect_count(16, 22)?;
        let x = operands.require(0, "input")?;
        let [outer, inner, inputs] = extents(x, "the input")?;
        let batch = if self.time_major { inner } else { outer };
        let first = operands.require(RECURRENT_WEIGHTS[3], "recurrent output weights")?;
        let [units, _] = extents(first, "the recurrent output weights")?;
        for index in INPUT_WEIGHTS {
            self.expect_weights(operands, index, [units, inputs])?;
        }
        for index in RECURRENT_WEIGHTS {
            self.expect_weights(operands, index, [units, units])?;
        }
        for index in BIASES {
            self.expect_bias(operands, index, units)?;
        }
        self.expect_plain(operands)?;
        self.expect_state(operands, [batch, units])?;
        expect_layer_quantized(x, "the input")?;
        operands.check_result(expect_layer_quantized)?;
        Ok(vec![Inferred::new([outer, inner, units], &[x.elem])])
    }

    fn macs(&self, operands: &Operands<'_>, _results: &[&TensorType]) -> u64 {
        let Some(&[outer, inner, _]) = operands.get(0).map(|x| x.shape.0.as_slice()) else { return 0 };
        let weights =
            INPUT_WEIGHTS.into_iter().chain(RECURRENT_WEIGHTS).filter_map(|index| operands.get(index));
        let per_step: u64 = weights.fold(0, |sum, ty| sum.saturating_add(ty.elements() as u64));
        per_step.saturating_mul(outer as u64).saturating_mul(inner as u64)
    }
}

impl Lstm {
    fn expect_weights(&self, operands: &Operands<'_>, index: usize, shape: [usize; 2]) -> Result<(), String> {
        let what = format!("operand {index} (weights)");
        let (x, w) = (operands.require(0, "input")?, operands.require(index, "weights")?);
        expect_elem(x.elem, &[ElemType::I8, ElemType::I16, ElemType::F32], "the input")?;
        let elem = if x.elem == ElemType::F32 { ElemType::F32 } else { ElemType::I8 };
        expect_elem(w.elem, &[elem], &what)?;
        expect_shape(w, &shape, &what)?;
        expect_quantized(w, &what)?;
        expect_weights_quantized(w, 0, 1)
    }

    fn expect_bias(&self, operands: &Operands<'_>, index: usize, units: usize) -> Result<(), String> {
        let what = format!("operand {index} (bias)");
        let (x, bias) = (operands.require(0, "input")?, operands.require(index, "bias")?);
        let elem = match x.elem {
            ElemType::F32 => ElemType::F32,
            ElemType::I16 => ElemType::I64,
            _ => ElemType::I32,
        };
        expect_elem(bias.elem, &[elem], &what)?;
        expect_elements(bias, units, &what)
    }

    /// Coupled gates, peepholes, projection and layer normalization have no kernel in TensorFlow Lite Micro.
    fn expect_plain(&self, operands: &Operands<'_>) -> Result<(), String> {
        let extras = [(9..12, "peephole"), (16..18, "projection"), (18..22, "layer normalization")];
        for (mut indices, what) in extras {
            if indices.any(|index| operands.get(index).is_some()) {
                return Err(format!("{what} is not supported; expected a plain LSTM"));
            }
        }
        if self.act != Activation::Tanh {
            return Err(format!("activation {} of the cell; expected tanh", self.act.name()));
        }
        Ok(())
    }

    fn expect_state(&self, operands: &Operands<'_>, shape: [usize; 2]) -> Result<(), String> {
        let x = operands.require(0, "input")?;
        let output = &operands.variable(self.output_state)?.ty;
        let cell = &operands.variable(self.cell_state)?.ty;
        expect_shape(output, &shape, "the output state")?;
        expect_shape(cell, &shape, "the cell state")?;
        expect_elem(output.elem, &[x.elem], "the output state")?;
        let elem = if x.elem == ElemType::F32 { ElemType::F32 } else { ElemType::I16 };
        expect_elem(cell.elem, &[elem], "the cell state")?;
        expect_layer_quantized(output, "the output state")?;
        expect_layer_quantized(cell, "the cell state")
    }
}
