//! Passes over all levels alike, so that they stay the same network at different widths.

use redsc_ir::{Module, Node};

use crate::{Config, Pipeline, PipelineError, dead_channels, schedule, table};

/// Runs the default passes over all levels, the full network last; afterwards node `i` of each is node `i` of the others
/// at another width. Channels of single levels are not removed, and all levels have the order of execution of the full
/// network.
///
/// # Errors
/// As [`Pipeline::run`].
pub fn prepare(levels: &mut [Module], config: &Config) -> Result<(), PipelineError> {
    let apart = [dead_channels::PASS.name, schedule::PASS.name];
    let alike = Pipeline::new(table::default_pipeline().into_iter().filter(|name| !apart.contains(name)))?;
    for level in levels.iter_mut() {
        alike.run(level, config, &mut |_| {})?;
    }
    let Some(full) = levels.last() else { return Ok(()) };
    let mut scheduled = full.clone();
    Pipeline::new([schedule::PASS.name])?.run(&mut scheduled, config, &mut |_| {})?;
    let order = order(&full.entry().nodes, &scheduled.entry().nodes);
    for level in levels.iter_mut().filter(|level| level.entry().nodes.len() == order.len()) {
        let nodes = std::mem::take(&mut level.entry_mut().nodes);
        level.entry_mut().nodes = order.iter().map(|&position| nodes[position].clone()).collect();
    }
    Ok(())
}

/// The positions of nodes before they were put into their order.
fn order(before: &[Node], after: &[Node]) -> Vec<usize> {
    let mut left: Vec<usize> = (0..before.len()).collect();
    let take = |node: &Node| {
        let at = left.iter().position(|&position| before[position] == *node)?;
        Some(left.remove(at))
    };
    after.iter().filter_map(take).collect()
}
