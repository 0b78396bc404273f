//! Every recorded model, compiled for a Cortex-M core and run on the emulated core, computes what was recorded, and
//! never needs a larger arena than TensorFlow Lite Micro.
//!
//! Our own models run on all cores, the shared ones on M4 and M55; `REDSC_CORES=m3,m33` chooses for both. At the end a
//! table shows arena, stack and instructions beside the baseline, where there is one.

use std::env;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Trial};
use redsc_tests::baseline::Baseline;
use redsc_tests::golden::{self, Case};
use redsc_tests::model::{self, Problem, Run};
use redsc_tests::qemu::{self, Core};
use redsc_tests::{tools, trials};

/// What trials share.
struct Session {
    baseline: Baseline,
    rows: Mutex<Vec<String>>,
}

impl Session {
    fn check(&self, case: &Case, core: Core) -> Result<(), Problem> {
        let compiled = model::compile(case, core.target())?;
        let sequences = case.sequences()?;
        let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
        let image = compiled.build_for_core(dir.path(), core, &["-O2"])?;
        let run = model::run_on_core(&image, dir.path(), &sequences)?;
        self.rows.lock().unwrap_or_else(PoisonError::into_inner).push(self.row(case, core, &run));
        compiled.check(&run, &sequences)?;
        Ok(self.check_arena(case, core, &run)?)
    }

    fn check_arena(&self, case: &Case, core: Core, run: &Run) -> Result<(), String> {
        match self.baseline.smallest_arena(&case.name, core.target_name()) {
            Some(theirs) if run.arena_bytes > theirs => {
                Err(format!("arena of {} bytes; TFLM needs {theirs}", run.arena_bytes))
            }
            _ => Ok(()),
        }
    }

    fn row(&self, case: &Case, core: Core, run: &Run) -> String {
        let theirs = self.baseline.get(&case.name, core.target_name(), "cmsis", "O2");
        let ours = run.instructions.first().copied().unwrap_or(0);
        let arena = theirs.map_or("-".into(), |row| row.arena.to_string());
        let ratio = theirs.map_or("-".into(), |row| format!("{:.3}", ours as f64 / row.instructions as f64));
        format!(
            "{:4} {:56} {:>8} {arena:>8} {:>6} {ours:>12} {ratio:>7}",
            core.name(),
            case.name,
            run.arena_bytes,
            run.stack_bytes
        )
    }

    fn print_table(&self) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.is_empty() {
            return;
        }
        rows.sort();
        let header = ["core", "model", "arena", "TFLM's", "stack", "instructions", "ratio"];
        let [core, model, arena, tflm, stack, instructions, ratio] = header;
        tools::note(&format!(
            "{core:4} {model:56} {arena:>8} {tflm:>8} {stack:>6} {instructions:>12} {ratio:>7}\n{}",
            rows.join("\n")
        ));
    }
}

fn trials(session: &Arc<Session>, cases: Vec<Case>, cores: &[Core]) -> Vec<Trial> {
    let mut trials = Vec::new();
    for &core in cores {
        for case in cases.clone() {
            let session = Arc::clone(session);
            let name = format!("{}::{}", core.name(), case.name);
            let run = move || trials::outcome(&case, session.check(&case, core));
            trials.push(Trial::ignorable_test(name, run));
        }
    }
    trials
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if !qemu::available() {
        return ExitCode::SUCCESS;
    }
    let chosen = env::var("REDSC_CORES").ok().map(|list| Core::parse_list(&list)).transpose();
    let (chosen, baseline) = match (chosen, Baseline::shared()) {
        (Ok(chosen), Ok(baseline)) => (chosen, baseline),
        (Err(message), _) | (_, Err(message)) => {
            tools::note(&message);
            return ExitCode::FAILURE;
        }
    };
    let session = Arc::new(Session { baseline, rows: Mutex::default() });
    let cores = |default: &[Core]| chosen.clone().unwrap_or_else(|| default.to_vec());
    let mut all = trials(&session, golden::fixtures(), &cores(&Core::ALL));
    all.extend(trials(&session, golden::shared_models(), &cores(&[Core::M4, Core::M55])));
    let conclusion = libtest_mimic::run(&arguments, all);
    session.print_table();
    conclusion.exit_code()
}
