//! Counting the steps of a batch on an emulated core.

use std::path::Path;
use std::time::Duration;

use fastrand::Rng;
use redsc_codegen::{COptions, emit_c};
use redsc_ir::Target;
use redsc_passes::cost::Units;
use redsc_passes::{PlanOptions, plan};
use redsc_rig::qemu::{self, BuildError, Core, Counts};
use redsc_rig::tools;

use super::samples::{Batch, contents};

/// How often each batch runs, with other inputs.
const RUNS: usize = 3;
/// Calls of the probe before the first step of a run; see `profile.c`.
const EXTRA: usize = 3;
/// The one of them that measures what the probe itself takes.
const EMPTY: usize = 1;
/// The longest that a batch may run.
const LIMIT: Duration = Duration::from_secs(300);

/// What each step of a batch took, for each of several inputs.
///
/// # Errors
/// If there is no emulator for the target, or if the batch cannot be planned, built or run.
pub fn steps(batch: &Batch, target: &Target) -> Result<Vec<Vec<Units>>, String> {
    let core: Core = target.name.parse()?;
    let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
    write_c(batch, target, dir.path())?;
    let steps = batch.module.entry().nodes.len();
    let main = redsc_rig::unpack(dir.path())?.join("profile.c");
    let image = qemu::build(core, dir.path(), &[dir.path().join("model.c"), main], &["-O2"]);
    let image = image.map_err(|error| match error {
        BuildError::DoesNotFit(message) | BuildError::Failed(message) => message,
    })?;
    write_inputs(batch, dir.path())?;
    let (_, counts) = qemu::run_counting(&image, dir.path(), LIMIT)?;
    if counts.len() != RUNS * (steps + EXTRA) {
        return Err(format!("{} regions were counted instead of {}", counts.len(), RUNS * (steps + EXTRA)));
    }
    let of_run = |step: usize, run: &[Counts]| {
        let count = run[EXTRA + step].without(run[EMPTY]);
        [count.instructions, count.loads, count.stores, count.multiplies].map(|count| count as f64)
    };
    Ok((0..steps).map(|step| counts.chunks(steps + EXTRA).map(|run| of_run(step, run)).collect()).collect())
}

fn write_c(batch: &Batch, target: &Target, dir: &Path) -> Result<(), String> {
    let plan = plan(&batch.module, target, &PlanOptions::default());
    let plan =
        plan.map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    let options = COptions { probe: true, ..COptions::new("model") };
    let artifacts = emit_c(&batch.module, &plan, target, &options).map_err(|diagnostics| {
        diagnostics.iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("\n")
    })?;
    artifacts.iter().try_for_each(|artifact| tools::write(&dir.join(&artifact.name), &artifact.bytes))
}

fn write_inputs(batch: &Batch, dir: &Path) -> Result<(), String> {
    let graph = batch.module.entry();
    let mut bytes = (RUNS as u32).to_le_bytes().to_vec();
    let mut rng = Rng::with_seed(1);
    for _ in 0..RUNS {
        for &input in &graph.inputs {
            bytes.extend_from_slice(contents(graph.ty(input), &mut rng).bytes());
        }
    }
    tools::write(&dir.join("in.bin"), &bytes)
}
