//! Rules of pooling.

use super::check::{LAYER, expect_clamp, expect_elem, expect_quantized, extents};
use super::conv::Window;
use super::{Activation, Inferred, OpRules, Operands, Pool2d};

impl OpRules for Pool2d {
    fn infer(&self, operands: &Operands<'_>) -> Result<Vec<Inferred>, String> {
        operands.expect_count(1, 1)?;
        let x = operands.require(0, "input")?;
        let [batch, height, width, channels] = extents(x, "the input")?;
        expect_elem(x.elem, LAYER, "the input")?;
        expect_clamp(self.act)?;
        if self.act != Activation::None {
            expect_quantized(x, "the input")?;
            operands.check_result(expect_quantized)?;
        }
        let window = Window { filter: self.filter, stride: self.stride, dilation: [1, 1] };
        let [rows, columns] = window.output([height, width], self.padding)?;
        self.expect_cells()?;
        Ok(vec![Inferred::new([batch, rows, columns, channels], &[x.elem])])
    }
}

impl Pool2d {
    /// A window of nothing but padding has no mean and no maximum.
    fn expect_cells(&self) -> Result<(), String> {
        let vertical = self.padding.top.max(self.padding.bottom);
        let horizontal = self.padding.left.max(self.padding.right);
        if vertical < self.filter[0] && horizontal < self.filter[1] {
            return Ok(());
        }
        Err(format!(
            "padding reaches {vertical}, {horizontal} cells; expected less than the filter {:?}",
            self.filter
        ))
    }
}
