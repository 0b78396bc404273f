//! State and control flow.

use cranelift_codegen::ir::{InstBuilder, types};
use cranelift_module::FuncId;

use redsc_ir::ops::{AssignVariable, CallOnce, If, ReadVariable, While};
use redsc_ir::plan::Place;
use redsc_ir::{GraphId, ValueId};

use super::code::{Code, Ptr};
use super::site::{Site, address, place};
use super::unit::{Layer, Unit};

/// A value of a graph.
type Slot = (GraphId, ValueId);

/// The contents of a variable.
pub(super) fn read_variable(op: &ReadVariable, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    layer.whole(|c, site| {
        let [from, to] = [site.variable(c, op.variable)?, site.y(c, 0)?];
        c.copy(to, from, site.result(0)?.bytes());
        Ok(())
    })
}

/// Stores a value, which may overlap the variable, as when a window moves on over its own past.
pub(super) fn assign_variable(op: &AssignVariable, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    layer.whole(|c, site| {
        let [from, to] = [site.x(c, 0)?, site.variable(c, op.variable)?];
        move_bytes(c, to, from, site.input(0)?.bytes())
    })
}

/// Copies bytes between places that may overlap.
pub(super) fn move_bytes(c: &mut Code<'_>, to: Ptr, from: Ptr, bytes: usize) -> Result<(), String> {
    let [to, from] = [to, from].map(|ptr| c.address(ptr));
    let bytes = c.index(bytes as i64);
    c.call_library("memmove", &[to, from, bytes]).map(|_| ())
}

/// Notes the graph, which runs when the network is initialised.
pub(super) fn call_once(unit: &mut Unit<'_>, site: &Site<'_>, op: &CallOnce) -> Result<(), String> {
    if site.id.index() != 0 {
        return Err("it is supported in the entry graph only".into());
    }
    let function = unit.graph(op.graph)?;
    unit.initializers.push(function);
    Ok(())
}

/// Runs one of two graphs.
pub(super) fn if_else(op: &If, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    let graphs = [op.then_graph, op.else_graph];
    let [then, otherwise] = [layer.graph(graphs[0])?, layer.graph(graphs[1])?];
    layer.whole(|c, site| {
        let flag = site.x(c, 0)?;
        let condition = c.load(types::I8, flag);
        let operands: Vec<Slot> = site.node.operands().skip(1).map(|value| (site.id, value)).collect();
        let results = results(site);
        let mut outcomes = [Ok(()), Ok(())];
        let [first, second] = &mut outcomes;
        let run = |c: &mut Code<'_>, graph: GraphId, function: FuncId| {
            copies(c, site, &inputs(site, graph), &operands)?;
            c.call_part(function, &[]);
            copies(c, site, &results, &outputs(site, graph))
        };
        c.branch(condition, |c| *first = run(c, graphs[0], then), |c| *second = run(c, graphs[1], otherwise));
        let [first, second] = outcomes;
        first.and(second)
    })
}

/// Runs a graph as long as another one says so. The results of the node hold the loop's state.
pub(super) fn while_loop(op: &While, layer: &mut Layer<'_, '_>) -> Result<(), String> {
    let [condition, body] = [layer.graph(op.condition)?, layer.graph(op.body)?];
    layer.whole(|c, site| {
        let operands: Vec<Slot> = site.node.operands().map(|value| (site.id, value)).collect();
        let state = results(site);
        copies(c, site, &state, &operands)?;
        let &verdict =
            site.module.graph(op.condition).outputs.first().ok_or("the condition has no result")?;
        let mut outcome = Ok(());
        c.repeat_while(|c| {
            let mut step = || -> Result<_, String> {
                copies(c, site, &inputs(site, op.condition), &state)?;
                c.call_part(condition, &[]);
                let flag = address(c, site.module, site.plan, op.condition, verdict)?;
                let holds = c.load(types::I8, flag);
                let mut inner = Ok(());
                c.branch(
                    holds,
                    |c| {
                        inner = copies(c, site, &inputs(site, op.body), &state).and_then(|()| {
                            c.call_part(body, &[]);
                            copies(c, site, &state, &outputs(site, op.body))
                        });
                    },
                    |_| {},
                );
                inner.map(|()| holds)
            };
            step().unwrap_or_else(|message| {
                outcome = Err(message);
                c.b.ins().iconst(types::I8, 0)
            })
        });
        outcome
    })
}

fn results(site: &Site<'_>) -> Vec<Slot> {
    site.node.outputs.iter().map(|&value| (site.id, value)).collect()
}

fn inputs(site: &Site<'_>, id: GraphId) -> Vec<Slot> {
    site.module.graph(id).inputs.iter().map(|&value| (id, value)).collect()
}

fn outputs(site: &Site<'_>, id: GraphId) -> Vec<Slot> {
    site.module.graph(id).outputs.iter().map(|&value| (id, value)).collect()
}

/// Copies values one by one; a destination that nothing reads has no place and is skipped.
fn copies(c: &mut Code<'_>, site: &Site<'_>, to: &[Slot], from: &[Slot]) -> Result<(), String> {
    for (&(to_graph, to), &(from_graph, from)) in to.iter().zip(from) {
        if matches!(place(site.plan, to_graph, to), Some(Place::Unused) | None) {
            continue;
        }
        let bytes = site.module.graph(to_graph).ty(to).bytes();
        let to = address(c, site.module, site.plan, to_graph, to)?;
        let from = address(c, site.module, site.plan, from_graph, from)?;
        c.copy(to, from, bytes);
    }
    Ok(())
}
