//! Patch-wise execution: whatever is split computes the same, and a RAM budget is kept.

use redsc_ir::kernels::Kernel;
use redsc_ir::text::{parse, print};
use redsc_ir::verify::{verify, verify_plan};
use redsc_ir::{Module, Op, Target, analysis};
use redsc_passes::patch::{fit, frontier, split, stages};
use redsc_passes::{PlanOptions, plan};
use redsc_tests::passes::same_behaviour;
use redsc_tests::random::{inputs, stack_of_seed};

const NETWORK: &str = r#"
module "stack"
graph @0 "main"(%0 "image" : 1x24x24x2xi8 q(0.5, 0)) {
  %1 = const : 16x3x3x2xi8 q(0.25, 0) = splat(3)
  %2 = conv2d(%0, %1) {padding = [1, 1, 1, 1], stride = [1, 1], dilation = [1, 1], act = relu, accumulate = centered} : 1x24x24x16xi8 q(1.0, -128)
  %3 = const : 1x3x3x16xi8 q(0.25, 0) = splat(-2)
  %4 = depthwise_conv2d(%2, %3) {padding = [0, 1, 0, 1], stride = [2, 2], dilation = [1, 1], act = none, accumulate = centered} : 1x12x12x16xi8 q(1.0, 4)
  %5 = max_pool2d(%4) {padding = [0, 0, 0, 0], filter = [2, 2], stride = [2, 2], act = none} : 1x6x6x16xi8 q(1.0, 4)
  return %5
}
"#;

fn network() -> Module {
    parse(NETWORK, &|_| None).unwrap()
}

fn arena(module: &Module) -> usize {
    let plan = plan(module, &Target::builtin()[0], &PlanOptions::default()).unwrap();
    verify_plan(module, &plan).unwrap();
    plan.arena_bytes
}

#[test]
fn bands_are_what_they_are_said_to_be() {
    let mut module = network();
    let stage = stages(&module).into_iter().max_by_key(|stage| stage.nodes.len()).unwrap();
    assert_eq!(stage.nodes, 0..3);
    split(&mut module, &stage, 2).unwrap();
    same_behaviour(&network(), &module);
    insta::assert_snapshot!(print(&module).text);
}

#[test]
fn every_split_of_random_stacks_computes_the_same() {
    let mut splits = 0;
    for seed in 0..300 {
        let module = stack_of_seed(seed);
        if redsc_ir::interp::Interpreter::new(&module).invoke(&inputs(&module, 0)).is_err() {
            continue;
        }
        for (index, stage) in stages(&module).into_iter().enumerate() {
            let mut after = module.clone();
            split(&mut after, &stage, 1 + (seed as usize + index) % 4).unwrap();
            verify(&after).unwrap_or_else(|e| panic!("{seed}: {e:?}\n{}", print(&after).text));
            same_behaviour(&module, &after);
            if let Ok(plan) = plan(
                &after,
                Target::named("cortex-m55").unwrap(),
                &PlanOptions { memory_nodes: 1000, ..PlanOptions::default() },
            ) {
                verify_plan(&after, &plan).unwrap_or_else(|e| panic!("{seed}: {e:?}"));
            }
            splits += 1;
        }
    }
    assert!(splits > 100, "only {splits} splits");
}

#[test]
fn slices_of_bands_are_views() {
    let mut module = network();
    let stage = stages(&module).into_iter().find(|stage| stage.nodes == (0..3)).unwrap();
    split(&mut module, &stage, 2).unwrap();
    let plan = plan(&module, &Target::builtin()[0], &PlanOptions::default()).unwrap();
    let slices = module.entry().nodes.iter().zip(&plan.graphs[0].steps);
    let mut slices = slices.filter(|(node, _)| matches!(node.op, Op::Slice(_)));
    assert!(slices.all(|(_, step)| step.kernel == Kernel::View));
}

#[test]
fn budgets_are_met_with_the_least_work() {
    let (target, options) = (&Target::builtin()[0], PlanOptions::default());
    let whole = arena(&network());
    let choices = frontier(&network(), target, &options).unwrap();
    assert!(choices.len() > 2, "{choices:?}");
    assert_eq!((choices[0].arena_bytes, &choices[0].patching), (whole, &None));
    for pair in choices.windows(2) {
        assert!(pair[0].arena_bytes > pair[1].arena_bytes && pair[0].instructions <= pair[1].instructions);
    }
    for choice in &choices {
        let mut module = network();
        fit(&mut module, target, &options, Some(choice.arena_bytes)).unwrap();
        assert!(arena(&module) <= choice.arena_bytes);
        assert!(analysis::macs(&module) <= choice.macs);
        same_behaviour(&network(), &module);
    }
    // A budget that the whole network keeps changes nothing, and one that nothing keeps leads to the smallest arena.
    let mut module = network();
    assert_eq!(fit(&mut module, target, &options, Some(whole)).unwrap(), None);
    assert_eq!(module, network());
    fit(&mut module, target, &options, Some(1)).unwrap();
    assert!(arena(&module) <= choices.last().unwrap().arena_bytes);
}
