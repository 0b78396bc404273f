//! Standalone C: one file that needs nothing but a C99 compiler, and its header.
//!
//! `unit` walks the graphs and collects constants, layer functions and calls; one module per operator family says
//! which kernel calls, with which parameters, a node becomes; `templates/` holds the text around them.
//!
//! # State
//!
//! `NAME_init` restores the initial contents of all variables. `NAME_invoke` does so itself if it was never called,
//! so that a network that is invoked without initialisation starts in the right state.

mod binary;
mod call;
mod constants;
mod control;
mod conv;
mod dispatch;
mod elements;
mod families;
mod interface;
mod layers;
mod levels;
mod linear;
mod literals;
mod mac;
mod merge;
mod movement;
mod names;
mod nested;
mod normalize;
mod packed;
mod pick;
mod pool;
mod quantize;
mod recurrent;
mod reduce;
mod render;
mod resize;
mod site;
mod sparse;
mod unary;
mod unit;

use redsc_ir::plan::Level;
use redsc_ir::target::MemoryKind;
use redsc_ir::{Diagnostic, GraphId, Module, Plan, Target};

use crate::Artifact;
use render::Statements;
use unit::Unit;

pub use names::identifier;

/// What the C looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct COptions {
    /// Prefix of everything that the C exports: a C identifier.
    pub name: String,
    /// Stem of the file names, e.g. `model` for `model.c` and `model.h`.
    pub stem: String,
    /// What matters most.
    pub optimize: Optimize,
    /// Puts the constants into `STEM_weights.c`.
    pub weights_separate: bool,
    /// Adds a hook that is called after each layer.
    pub trace: bool,
    /// Calls `NAME_probe`, which the application defines, with the number of each layer of the entry graph behind it.
    pub probe: bool,
    /// Lets the application provide the arena.
    pub arena_external: bool,
}

/// What matters most in generated code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Optimize {
    /// As fast as possible: a function for each set of parameters.
    #[default]
    Speed,
    /// Layers of a kernel with shared inner loops share a function if they run the same code in it.
    Balanced,
    /// As little code as possible: a function for each kernel, loops not unrolled.
    Size,
}

impl COptions {
    /// The usual options for a network of that name.
    pub fn new(name: &str) -> Self {
        COptions {
            name: identifier(name),
            stem: name.into(),
            optimize: Optimize::default(),
            weights_separate: false,
            trace: false,
            probe: false,
            arena_external: false,
        }
    }
}

/// The C files of a planned module.
///
/// # Errors
/// All nodes that have no C, each with operator and location.
pub fn emit_c(
    module: &Module,
    plan: &Plan,
    target: &Target,
    options: &COptions,
) -> Result<Vec<Artifact>, Vec<Diagnostic>> {
    files(Unit::new(module, plan, options), target)
}

/// The C files of a nested network: its levels from the smallest to the full one.
///
/// # Errors
/// As [`emit_c`]; networks with state or control flow, and levels that are not the same network at different widths.
pub fn emit_nested_c(
    levels: &[Level],
    target: &Target,
    options: &COptions,
) -> Result<Vec<Artifact>, Vec<Diagnostic>> {
    let full = levels::full(levels).map_err(|message| vec![fault("E0401", message)])?;
    if options.trace || options.probe {
        return Err(vec![fault(
            "E0401",
            "layers of nested subnetworks are not traced; trace a level".into(),
        )]);
    }
    let unit = Unit { levels, ..Unit::separate(&full.module, &full.plan, options) };
    files(unit, target)
}

fn files(mut unit: Unit<'_>, target: &Target) -> Result<Vec<Artifact>, Vec<Diagnostic>> {
    let interface = interface::Interface::of(&mut unit);
    let invoke = unit.body(GraphId(0));
    let invoke = levels::with_ports(&mut unit, invoke);
    let statements = Statements { init: unit.init(), invoke };
    if !unit.errors.is_empty() {
        return Err(unit.errors);
    }
    unit.constants.spread(&target.memories(MemoryKind::Flash)).map_err(|bytes| {
        let name = &target.name;
        let message = format!("{bytes} bytes of constants do not fit the memories of `{name}` any more");
        let help = "name a larger memory of kind `flash` in the target file, or none".into();
        vec![Diagnostic { help, ..fault("E0506", message) }]
    })?;
    render::files(&unit, &interface, &statements, target).map_err(|message| vec![fault("E0402", message)])
}

fn fault(code: &'static str, message: String) -> Diagnostic {
    Diagnostic { code, message, location: String::new(), span: None, help: String::new() }
}
