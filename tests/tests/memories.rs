//! Several memories: what a target file says of them ends up in the plan and in the C, and the C computes the same.

use redsc::driver::Options;
use redsc_ir::plan::Arena;
use redsc_ir::verify::verify_plan;
use redsc_ir::{Module, Plan, Target};
use redsc_passes::{Arenas, PlanOptions, plan};
use redsc_tests::golden;
use redsc_tests::model::{self, Problem};
use redsc_tests::qemu::{self, Core};
use redsc_tests::random::stack_of_seed;
use redsc_tests::{cc, tools};

/// Cortex-M4 with so many bytes in a fast and in a slow memory; constants may go to two memories as well.
fn board(fast: usize, slow: usize) -> Target {
    let [fast, slow] = [fast, slow].map(|bytes| bytes.to_string());
    let text = r#"
        name = "board"
        summary = "two of each"
        features = ["dsp", "fpu"]
        cflags = ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"]
        memory = [
            { name = "slow", kind = "ram", bytes = SLOW, cost = 4, section = ".bss.slow" },
            { name = "fast", kind = "ram", bytes = FAST, section = ".bss.fast" },
            { name = "tight", kind = "flash", bytes = 2048, section = ".rodata.tight" },
            { name = "wide", kind = "flash", bytes = 4194304, cost = 3 },
        ]
    "#;
    Target::from_toml(&text.replace("SLOW", &slow).replace("FAST", &fast)).unwrap()
}

fn planned(module: &Module, target: &Target) -> Result<Plan, String> {
    let options = PlanOptions { memory_nodes: 2000, arenas: Arenas::PerMemory, ..PlanOptions::default() };
    plan(module, target, &options).map_err(|errors| format!("{}: {}", errors[0].code, errors[0].message))
}

#[test]
fn plans_of_random_stacks_pass_the_checker() {
    let mut spread = 0;
    for seed in 0..120 {
        let module = stack_of_seed(seed);
        let Ok(whole) = planned(&module, &board(1 << 20, 1 << 20)) else { continue };
        assert!(whole.arenas.len() <= 1, "everything fits the fast memory");
        let target = board(whole.arena_bytes / 2, 1 << 20);
        let plan = planned(&module, &target).unwrap();
        verify_plan(&module, &plan).unwrap_or_else(|e| panic!("{seed}: {e:?}"));
        let names: Vec<&str> = plan.arenas.iter().map(|arena| arena.memory.as_str()).collect();
        assert!(names.ends_with(&["slow"]), "{names:?}");
        spread += usize::from(names == ["fast", "slow"]);
    }
    assert!(spread > 40, "only {spread} plans use both memories");
}

#[test]
fn too_little_memory_is_an_error() {
    let message = planned(&stack_of_seed(1), &board(64, 64)).unwrap_err();
    assert!(message.starts_with("E0506: "), "{message}");
}

#[test]
fn the_checker_finds_wrong_parts() {
    let module = stack_of_seed(3);
    let whole = planned(&module, &board(1 << 20, 0)).unwrap();
    let part =
        |begin, bytes, capacity| Arena { memory: "m".into(), begin, bytes, capacity, ..Arena::default() };
    let messages = |arenas: Vec<Arena>| -> Vec<String> {
        let plan = Plan { arenas, ..whole.clone() };
        let errors = verify_plan(&module, &plan).err().unwrap_or_default();
        errors.into_iter().map(|error| format!("{} {}", error.code, error.message)).collect()
    };
    let bytes = whole.arena_bytes;
    assert_eq!(messages(vec![part(0, bytes, bytes)]), [""; 0]);
    assert!(messages(vec![part(0, bytes, bytes - 1)])[0].contains("do not fit `m`"));
    assert!(messages(vec![part(16, bytes, bytes)])[0].contains("begins at 16, not at 0"));
    assert!(messages(vec![part(0, bytes - 1, bytes)])[0].contains("the parts of the arena have"));
    let halves = vec![part(0, 16, 16), part(16, bytes - 16, bytes)];
    assert!(messages(halves).iter().all(|m| m.starts_with("E0302") && m.contains("leave the part")));
}

#[test]
fn memories_that_cannot_be_told_apart_are_refused() {
    let refused = |memories: &str| {
        let text = format!("name = \"b\"\nsummary = \"\"\nmemory = [{memories}]");
        Target::from_toml(&text).unwrap_err().to_string()
    };
    let memory = |name: &str, section: &str| {
        format!("{{ name = \"{name}\", kind = \"ram\", bytes = 1, section = \"{section}\" }}")
    };
    assert!(refused(&memory("DTCM", ".a")).contains("no name of a memory"));
    assert!(refused(&memory("dtcm", "a\\\"b")).contains("no section name"));
    assert!(refused(&[memory("a", ".a"), memory("a", ".b")].join(", ")).contains("two memories"));
    assert!(refused(&[memory("a", ".a"), memory("b", ".a")].join(", ")).contains("share a section"));
}

#[test]
fn recorded_models_compute_the_same_in_several_memories() -> Result<(), Problem> {
    if !qemu::available() || !cc::available() {
        return Ok(());
    }
    for case in golden::fixtures().into_iter().filter(|case| case.required) {
        let (fast, slow) = (512, 1 << 20);
        let options = Options { target: board(fast, slow), ..Options::default() };
        let compiled = match model::compile_module(model::load(&case)?, &options) {
            Err(Problem::Unsupported(_)) => continue,
            compiled => compiled?,
        };
        let sequences = case.sequences()?;
        let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
        let image = compiled.build_for_core(dir.path(), Core::M4, &["-O2"])?;
        let run = model::run_on_core(&image, dir.path(), &sequences)?;
        compiled.check(&run, &sequences)?;
        tools::note(&format!("{}: {} bytes", case.name, run.arena_bytes));
    }
    Ok(())
}
