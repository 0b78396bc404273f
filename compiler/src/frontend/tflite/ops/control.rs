//! Resources and control flow: VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE, CALL_ONCE, IF, WHILE.

use redsc_ir::ops::{AssignVariable, CallOnce, If, ReadVariable, While};
use redsc_schema::tflite::BuiltinOptionsRef;

use super::super::fault::{Outcome, damaged};
use super::super::operator::{OpReader, options};

/// `()`: handles with the same container and name denote the same variable, in whatever subgraph.
pub(super) fn var_handle(op: &mut OpReader) -> Outcome {
    let resource = match op.raw_options()? {
        None => Default::default(),
        Some(BuiltinOptionsRef::VarHandleOptions(options)) => {
            let (container, name) = (options.container()?, options.shared_name()?);
            op.charge(container.map_or(0, str::len) + name.map_or(0, str::len))?;
            (container.unwrap_or_default().into(), name.unwrap_or_default().into())
        }
        Some(_) => return Err(damaged("the options are not VarHandleOptions")),
    };
    op.define_handle(resource)
}

/// `(handle)`
pub(super) fn read_variable(op: &mut OpReader) -> Outcome {
    let resource = op.resource(0)?;
    let result = op.result(0)?;
    let variable = op.resource_variable(&resource, result)?;
    op.emit(ReadVariable { variable }, &[], result);
    Ok(())
}

/// `(handle, value)`
pub(super) fn assign_variable(op: &mut OpReader) -> Outcome {
    let resource = op.resource(0)?;
    let value = op.operand(1)?;
    let variable = op.resource_variable(&resource, value)?;
    op.emit_node(AssignVariable { variable }, vec![Some(value)], Vec::new());
    Ok(())
}

/// `()`
pub(super) fn call_once(op: &mut OpReader) -> Outcome {
    let graph = op.graph(options!(op, CallOnceOptions)?.init_subgraph_index)?;
    op.emit_node(CallOnce { graph }, Vec::new(), Vec::new());
    Ok(())
}

/// `(condition, operands…)`
pub(super) fn if_(op: &mut OpReader) -> Outcome {
    let options = options!(op, IfOptions)?;
    let inputs = op.operands_from(0)?;
    let then_graph = op.graph(options.then_subgraph_index)?;
    let else_graph = op.graph(options.else_subgraph_index)?;
    let results = op.all_results()?;
    op.emit_node(If { then_graph, else_graph }, inputs.into_iter().map(Some).collect(), results);
    Ok(())
}

/// `(operands…)`
pub(super) fn while_(op: &mut OpReader) -> Outcome {
    let options = options!(op, WhileOptions)?;
    let inputs = op.operands_from(0)?;
    let condition = op.graph(options.cond_subgraph_index)?;
    let body = op.graph(options.body_subgraph_index)?;
    let results = op.all_results()?;
    op.emit_node(While { condition, body }, inputs.into_iter().map(Some).collect(), results);
    Ok(())
}
