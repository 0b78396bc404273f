//! Pooling.

use redsc_ir::ops::Pool2d;
use redsc_ir::params::pool::{PoolClamp, PoolParams};

use super::call::{Arg, Call, Struct};
use super::conv::window;
use super::elements::integer_type;
use super::site::Site;

/// 2-D pooling.
pub(super) fn pool2d(op: &Pool2d, site: &Site<'_>) -> Result<Vec<Call>, String> {
    let params = PoolParams::new(op, &site.operands(), site.result(0)?)?;
    let window = window(&params.window);
    let params = match params.clamp {
        PoolClamp::Quantized { act_min, act_max } => Struct::new("redsc_pool2d_t")
            .nested("window", window)
            .word("type", integer_type(site.input(0)?.elem)?)
            .int("act_min", act_min)
            .int("act_max", act_max),
        PoolClamp::Float { act_min, act_max } => Struct::new("redsc_pool2d_f32_t")
            .nested("window", window)
            .float("act_min", act_min)
            .float("act_max", act_max),
    };
    Ok(site.call(vec![Arg::operand("x", 0), Arg::result("y", 0), Arg::scratch()], params))
}
