//! Each pass on texts of its own: `data/passes/PASS/CASE.reds` becomes `CASE.snap` beside it. All passes on random modules.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use redsc_ir::interp::Interpreter;
use redsc_ir::kernels::Kernel;
use redsc_ir::ops::Operands;
use redsc_ir::plan::{GraphPlan, Scratch, Step};
use redsc_ir::sparse::Format;
use redsc_ir::verify::verify_plan;
use redsc_ir::{Data, ElemType, Graph, Module, Node, Plan, Target};
use redsc_passes::PASSES;
use redsc_passes::memory::overlap::{overlap, scratch_overlap};
use redsc_passes::memory::{Layout, Need, lay_out};
use redsc_passes::select_kernels::select_kernel;
use redsc_passes::select_kernels::sparse::SparseOptions;
use redsc_passes::table::default_pipeline;
use redsc_tests::passes::{check_pass, run, same_behaviour};
use redsc_tests::random::{inputs, modules};

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/passes")
}

fn sorted_entries(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap_or_else(|e| panic!("{}: {e}", directory.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn stem(path: &Path) -> &str {
    path.file_stem().and_then(|stem| stem.to_str()).unwrap()
}

#[test]
fn texts_become_their_snapshots() {
    for directory in sorted_entries(&directory()) {
        let pass = stem(&directory).to_owned();
        for path in
            sorted_entries(&directory).iter().filter(|path| path.extension().is_some_and(|e| e == "reds"))
        {
            let text = std::fs::read_to_string(path).unwrap();
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path(&directory);
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings.set_description(format!("{pass}/{}", stem(path)));
            settings.bind(|| insta::assert_snapshot!(stem(path), check_pass(&pass, &text)));
        }
    }
}

#[test]
fn every_pass_has_texts() {
    let tested: Vec<String> = sorted_entries(&directory()).iter().map(|path| stem(path).to_owned()).collect();
    let mut passes: Vec<&str> = PASSES.iter().map(|pass| pass.name).collect();
    passes.sort_unstable();
    assert_eq!(passes, tested);
}

/// Scales may be so extreme that the interpreter refuses them.
fn is_computable(module: &Module) -> bool {
    Interpreter::new(module).invoke(&inputs(module, 0)).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_default_pipeline_keeps_random_modules_alike(random in modules()) {
        prop_assume!(is_computable(&random.module));
        let mut module = random.module.clone();
        run(&default_pipeline(), &mut module);
        same_behaviour(&random.module, &module);
    }

    #[test]
    fn each_pass_alone_keeps_random_modules_alike(random in modules(), pass in 0..PASSES.len()) {
        prop_assume!(is_computable(&random.module));
        let mut module = random.module.clone();
        run(&[PASSES[pass].name], &mut module);
        same_behaviour(&random.module, &module);
    }

    #[test]
    fn dead_channels_go_without_a_trace(random in modules(), holes in any::<u64>()) {
        let before = with_holes(random.module, holes);
        prop_assume!(is_computable(&before));
        let mut after = before.clone();
        run(&["eliminate-dead-channels"], &mut after);
        same_behaviour(&before, &after);
        run(&default_pipeline(), &mut after);
        same_behaviour(&before, &after);
    }

    #[test]
    fn plans_of_random_modules_pass_the_checker(random in modules()) {
        let mut module = random.module;
        expect_valid_plan(&module)?;
        run(&default_pipeline(), &mut module);
        expect_valid_plan(&module)?;
    }
}

/// Sets about a third of the rows and of the columns of all 8-bit weights to zero.
fn with_holes(mut module: Module, seed: u64) -> Module {
    let is_hole = |index: usize, salt: u64| {
        let mixed = (seed ^ salt).wrapping_add(index as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 40).is_multiple_of(3)
    };
    for value in module.graphs.iter_mut().flat_map(|graph| &mut graph.values) {
        let (ElemType::I8, 2.., Some(data)) = (value.ty.elem, value.ty.shape.rank(), &value.data) else {
            continue;
        };
        let (rows, columns) = (value.ty.shape[0], value.ty.shape[value.ty.shape.rank() - 1]);
        let mut bytes = data.bytes().to_vec();
        let row_bytes = (bytes.len() / rows).max(1);
        for (at, byte) in bytes.iter_mut().enumerate() {
            if is_hole(at / row_bytes, 1) || is_hole(at % columns, 2) {
                *byte = 0;
            }
        }
        value.data = Some(Data::from_bytes(bytes));
    }
    module
}

fn expect_valid_plan(module: &Module) -> Result<(), TestCaseError> {
    for target in ["generic", "cortex-m4", "cortex-m55"] {
        let target = Target::named(target).unwrap();
        let steps: Vec<Vec<(Kernel, Need)>> = module
            .graphs
            .iter()
            .map(|graph| {
                graph.nodes.iter().enumerate().map(|(n, node)| step(module, graph, node, target, n)).collect()
            })
            .collect();
        let needs: Vec<Vec<Need>> =
            steps.iter().map(|steps| steps.iter().map(|step| step.1).collect()).collect();
        let layout = lay_out(module, &needs, 10_000);
        prop_assert!(layout.lower_bound <= layout.arena_bytes);
        if let Err(diagnostics) = verify_plan(module, &plan_of(layout, &steps)) {
            return Err(TestCaseError::fail(format!("{diagnostics:#?}")));
        }
    }
    Ok(())
}

/// The kernel of a node, or any if there is none, with what it allows and some scratch memory.
fn step(module: &Module, graph: &Graph, node: &Node, target: &Target, n: usize) -> (Kernel, Need) {
    let operands = Operands { module, graph, node };
    let choice = select_kernel(&operands, target, &SparseOptions::default());
    let (kernel, scratch) =
        choice.map_or((Kernel::Inline, 0), |choice| (choice.kernel, choice.scratch_bytes));
    let scratch_bytes = if kernel.widens_first() { scratch } else { n % 3 * 40 };
    let scratch_overlap = scratch_overlap(&operands, kernel, scratch_bytes);
    (kernel, Need { scratch_bytes, overlap: overlap(&operands, kernel.access()), scratch_overlap })
}

fn plan_of(layout: Layout, steps: &[Vec<(Kernel, Need)>]) -> Plan {
    let graphs = layout.graphs.into_iter().zip(steps).map(|(graph, chosen)| {
        let steps = graph.views.iter().zip(&graph.scratch).zip(chosen);
        let step = |((&is_view, &offset), &(kernel, Need { scratch_bytes: bytes, .. }))| Step {
            kernel: if is_view { Kernel::View } else { kernel },
            scratch: (bytes > 0).then_some(Scratch { offset, bytes }),
            format: Format::Dense,
        };
        GraphPlan { steps: steps.map(step).collect(), places: graph.places }
    });
    Plan {
        graphs: graphs.collect(),
        variables: layout.variables,
        arena_bytes: layout.arena_bytes,
        lower_bound: layout.lower_bound,
        arenas: layout.arenas,
    }
}
