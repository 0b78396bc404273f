//! Random valid modules: small, but with everything that breaks compilers in them.
//!
//! Odd extents, strides beyond the kernel, one-sided padding, dilation, extreme scales and zero points, diamonds,
//! values that nothing reads, outputs that are inputs, state. Every module has at most [`MOST_NODES`] nodes and
//! [`MOST_ELEMENTS`] elements per tensor, passes the verifier, and runs in the interpreter.
//!
//! A module is a function of a list of numbers ([`Choices`]), where smaller numbers and shorter lists make simpler
//! modules, so `proptest` shrinks a failing module to a small one:
//!
//! ```
//! use proptest::prelude::*;
//! use redsc_tests::random::{inputs, modules};
//!
//! proptest!(|(random in modules())| {
//!     let inputs = inputs(&random.module, 1);
//!     prop_assert_eq!(inputs.len(), random.module.entry().inputs.len());
//! });
//! ```

mod builder;
mod choices;
mod control;
mod layers;
mod math;
mod moves;
mod recurrent;

use proptest::prelude::*;
use redsc_ir::{Data, ElemType, Module, ValueId};

use builder::{Builder, fill};
pub use choices::Choices;

/// Most nodes of a random module.
pub const MOST_NODES: usize = 12;

/// Most elements of a tensor.
pub const MOST_ELEMENTS: usize = 2048;

/// A random module; its debug form is its text.
#[derive(Clone, PartialEq)]
pub struct RandomModule {
    /// The module.
    pub module: Module,
}

impl std::fmt::Debug for RandomModule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let options = redsc_ir::text::PrintOptions { inline_elements: 256, ..Default::default() };
        f.write_str(&redsc_ir::text::print_with(&self.module, &options).text)
    }
}

/// A `proptest` strategy for modules.
pub fn modules() -> impl Strategy<Value = RandomModule> {
    prop::collection::vec(any::<u32>(), 1..400)
        .prop_map(|numbers| RandomModule { module: module(Choices::from_list(numbers)) })
}

/// The module of a seed, for tests that do not need shrinking.
pub fn module_of_seed(seed: u64) -> Module {
    module(Choices::from_seed(seed))
}

/// Contents for the inputs of the entry graph: uniform, sparse or at the ends of the range, depending on the seed.
pub fn inputs(module: &Module, seed: u64) -> Vec<Data> {
    let graph = module.entry();
    let contents = |(index, &input): (usize, &ValueId)| {
        fill(graph.ty(input), &mut Choices::from_seed(seed.wrapping_mul(1009).wrapping_add(index as u64)))
    };
    graph.inputs.iter().enumerate().map(contents).collect()
}

/// A step that may add nodes; nothing changes if it does not fit.
type StepOf = fn(&mut Builder) -> Option<()>;

/// The steps with their weights.
const STEPS: &[(usize, StepOf)] = &[
    (6, layers::conv2d),
    (5, layers::depthwise_conv2d),
    (2, layers::transpose_conv2d),
    (4, layers::fully_connected),
    (1, layers::batch_matmul),
    (4, layers::pool2d),
    (2, recurrent::svdf),
    (2, recurrent::lstm),
    (4, math::binary),
    (2, math::binary_with_constant),
    (1, math::compare),
    (3, math::unary),
    (1, math::leaky_relu),
    (2, math::lut),
    (1, math::select),
    (1, moves::gather),
    (1, moves::scatter),
    (2, math::reduce),
    (2, math::softmax),
    (1, math::log_softmax),
    (2, math::quantize),
    (1, math::dequantize),
    (1, math::cast),
    (2, moves::reshape),
    (2, moves::transpose),
    (3, moves::pad),
    (3, moves::concat),
    (2, moves::split),
    (2, moves::slice),
    (1, moves::resize),
    (2, moves::state),
    (1, control::branch),
    (1, control::counted_loop),
    (1, control::initializer),
];

/// The module that the choices make.
fn module(choices: Choices) -> Module {
    let mut builder = Builder::new(choices);
    let nodes = 1 + builder.choices.below(MOST_NODES);
    // Steps that do not fit cost an attempt, so that the loop ends.
    for _ in 0..4 * nodes {
        if builder.nodes() >= nodes {
            break;
        }
        let step = pick_step(&mut builder.choices);
        builder.attempt(step);
    }
    builder.finish()
}

fn pick_step(choices: &mut Choices) -> StepOf {
    let total: usize = STEPS.iter().map(|(weight, _)| weight).sum();
    let mut left = choices.below(total);
    for &(weight, step) in STEPS {
        if left < weight {
            return step;
        }
        left -= weight;
    }
    STEPS[0].1
}

/// A single 8-bit layer with state, large enough to enter all loops of optimized kernels.
pub fn sequence_of_seed(seed: u64) -> Module {
    let (rank, step): (usize, StepOf) = match seed % 2 {
        0 => (2, recurrent::svdf),
        _ => (3, recurrent::lstm),
    };
    single(Builder::of_sequence(Choices::from_seed(seed), rank), step)
}

/// A single layer on images of 16-bit codes or of real numbers, large enough to enter all loops of optimized kernels.
pub fn wide_layer_of_seed(seed: u64) -> Module {
    const LAYERS: &[StepOf] =
        &[layers::conv2d, layers::depthwise_conv2d, layers::fully_connected, layers::transpose_conv2d];
    let elem = if seed.is_multiple_of(2) { ElemType::I16 } else { ElemType::F32 };
    let step = LAYERS[seed as usize / 2 % LAYERS.len()];
    single(Builder::of_image(Choices::from_seed(seed), elem), step)
}

/// A single 8-bit layer on images, large enough to enter all loops of optimized kernels.
pub fn layer_of_seed(seed: u64) -> Module {
    const LAYERS: &[StepOf] = &[
        layers::conv2d,
        layers::conv2d,
        layers::depthwise_conv2d,
        layers::depthwise_conv2d,
        layers::fully_connected,
        layers::pool2d,
        math::binary,
        math::binary_with_constant,
        math::reduce,
        moves::transpose,
        moves::pad,
        moves::concat,
        moves::slice,
    ];
    single(Builder::of_image(Choices::from_seed(seed), ElemType::I8), LAYERS[seed as usize % LAYERS.len()])
}

/// A module of one step, if one of some attempts fits.
fn single(mut builder: Builder, step: StepOf) -> Module {
    for _ in 0..8 {
        if builder.nodes() > 0 {
            break;
        }
        builder.attempt(step);
    }
    builder.finish()
}

/// Several layers on images, one after the other, now and then with a shortcut: what can run in bands of rows, and what
/// can be written over its own operand.
pub fn stack_of_seed(seed: u64) -> Module {
    const LAYERS: &[StepOf] = &[
        layers::conv2d,
        layers::depthwise_conv2d,
        layers::pool2d,
        layers::conv2d,
        math::unary,
        math::binary,
    ];
    let mut choices = Choices::from_seed(seed);
    let (depth, first) = (choices.between(2, 7), choices.below(LAYERS.len()));
    let mut builder = Builder::of_image(choices, ElemType::I8);
    for attempt in 0..4 * depth {
        if builder.nodes() >= depth {
            break;
        }
        builder.attempt(LAYERS[(first + attempt) % LAYERS.len()]);
        let shortcut = builder.choices.chance(25);
        builder.forget_all_but_last(if shortcut { 2 } else { 1 });
    }
    builder.finish()
}
