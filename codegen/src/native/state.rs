//! The initial contents of variables.

use cranelift_module::{FuncId, Linkage};

use redsc_ir::plan::Place;
use redsc_ir::{GraphId, VarId};

use super::site::place;
use super::unit::Unit;

/// The function that puts state into its initial contents and runs what runs once.
pub(super) fn init(unit: &mut Unit<'_>) -> Result<FuncId, String> {
    let (module, plan) = (unit.module, unit.plan);
    let initializers = unit.initializers.clone();
    let restored: Vec<usize> = (0..module.variables.len()).filter(|&v| !is_under_input(unit, v)).collect();
    unit.function("initial_state", "initial state", Linkage::Local, 2, |c| {
        for index in restored {
            let variable = module.variable(VarId::new(index));
            let offset = plan.variables.get(index).ok_or("the plan misses a variable")?;
            let to = c.arena_at(*offset);
            match &variable.init {
                Some(data) => {
                    let from = c.constant(data.bytes());
                    c.copy(to, from, data.bytes().len());
                }
                None => c.fill(to, &[0], variable.ty.bytes()),
            }
        }
        initializers.iter().for_each(|&function| c.call_part(function, &[]));
        Ok(())
    })
}

/// Whether a variable shares memory with an input. It is assigned in each invocation before it is read then, and
/// restoring it might destroy an input that was written already.
fn is_under_input(unit: &Unit<'_>, variable: usize) -> bool {
    let Some(&begin) = unit.plan.variables.get(variable) else { return false };
    let end = begin + unit.module.variables[variable].ty.bytes();
    let entry = unit.module.entry();
    entry.inputs.iter().any(|&input| match place(unit.plan, GraphId(0), input) {
        Some(Place::Arena { offset }) => offset < end && begin < offset + entry.ty(input).bytes(),
        Some(Place::Constant | Place::Unused) | None => false,
    })
}
