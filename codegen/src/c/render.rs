//! Fills the templates. Templates hold text; everything that needs thought arrives preformatted.

use redsc_ir::Target;
use redsc_ir::plan::{ALIGNMENT, Arena};
use redsc_runtime_c::bundle;
use serde::Serialize;
use tera::{Context, Delimiters, Tera};

use super::constants::section_attribute;
use super::interface::{Interface, Port};
use super::unit::{Unit, arena_macro};
use super::{Optimize, names};
use crate::Artifact;

const TEMPLATES: [(&str, &str); 4] = [
    ("model.c", include_str!("../../templates/model.c")),
    ("model.h", include_str!("../../templates/model.h")),
    ("api.h", include_str!("../../templates/api.h")),
    ("weights.c", include_str!("../../templates/weights.c")),
];

/// What the templates see.
#[derive(Serialize)]
struct View<'a> {
    name: &'a str,
    guard: String,
    title: String,
    version: &'static str,
    target: &'a str,
    /// One line: how large everything is.
    facts: String,
    alignment: usize,
    arena_bytes: usize,
    levels: Option<LevelsView>,
    /// `[n]`: the extent of the array that holds the arena; C has no empty arrays.
    arena_extent: String,
    /// Attribute that puts the arena where it belongs.
    arena_section: Option<String>,
    /// Arenas in further memories.
    other_arenas: Vec<ArenaView>,
    arena_external: bool,
    size: bool,
    trace: bool,
    probe: bool,
    /// Whether a layer is traced.
    has_traces: bool,
    /// Whether anything lives in the arena.
    has_tensors: bool,
    stateful: bool,
    includes: Vec<&'static str>,
    kernels: Vec<String>,
    constants: String,
    declarations: String,
    layers: String,
    regions: Vec<RegionView<'a>>,
    init: &'a str,
    invoke: &'a str,
    inputs: &'a [Port],
    outputs: &'a [Port],
    ports: Vec<&'a Port>,
    aliases: Vec<Alias>,
    prototypes: String,
}

/// What nested networks have in addition.
#[derive(Serialize)]
struct LevelsView {
    count: usize,
    last: usize,
    /// Definition of the table of numbers in which levels differ; empty without any.
    table: String,
    /// What reads the table in `invoke`.
    entry: String,
    /// Arena bytes of each level.
    arena_bytes: String,
}

#[derive(Serialize)]
struct RegionView<'a> {
    number: usize,
    body: &'a str,
}

/// The arena in a memory that is not the first one.
#[derive(Serialize)]
struct ArenaView {
    memory: String,
    /// The macro for addresses in it.
    at: String,
    /// `[n]`: its size.
    extent: String,
    /// Attribute that puts it where it belongs.
    section: Option<String>,
}

impl ArenaView {
    fn of(arena: &Arena) -> Self {
        ArenaView {
            memory: arena.memory.clone(),
            at: arena_macro(&arena.memory),
            extent: format!("[{}]", arena.bytes.max(ALIGNMENT)),
            section: arena.section.as_deref().map(section_attribute),
        }
    }
}

/// A macro and its name in capitals.
#[derive(Serialize)]
struct Alias {
    from: String,
    to: String,
}

/// The bodies of the two functions that do something.
pub(super) struct Statements {
    /// Restores the initial state.
    pub(super) init: String,
    /// Runs the entry graph.
    pub(super) invoke: String,
}

/// The files of a unit.
pub(super) fn files(
    unit: &Unit<'_>,
    interface: &Interface,
    statements: &Statements,
    target: &Target,
) -> Result<Vec<Artifact>, String> {
    let mut view = view(unit, interface, statements, target)?;
    let tera = templates().map_err(|e| e.to_string())?;
    let render = |template: &str, view: &View<'_>| -> Result<String, String> {
        let context = Context::from_serialize(view).map_err(|e| e.to_string())?;
        tera.render(template, &context).map(tidied).map_err(|e| e.to_string())
    };
    view.prototypes = render("api.h", &view)?;
    let stem = &unit.options.stem;
    let mut artifacts = Vec::new();
    let mut push = |name: String, text: String| artifacts.push(Artifact { name, bytes: text.into_bytes() });
    push(format!("{stem}.h"), render("model.h", &view)?);
    if unit.options.weights_separate {
        view.constants = unit.constants.definitions("const");
        push(format!("{stem}_weights.c"), render("weights.c", &view)?);
        view.constants = view.declarations.clone() + "\n";
    }
    push(format!("{stem}.c"), render("model.c", &view)?);
    artifacts.reverse();
    Ok(artifacts)
}

/// Without the runs of blank lines that optional parts leave behind.
fn tidied(mut text: String) -> String {
    while text.contains("\n\n\n") {
        text = text.replace("\n\n\n", "\n\n");
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

fn templates() -> tera::TeraResult<Tera> {
    let mut tera = Tera::new();
    tera.set_delimiters(Delimiters {
        variable_start: "[[".into(),
        variable_end: "]]".into(),
        ..Delimiters::default()
    })?;
    tera.autoescape_on(Vec::<&str>::new());
    tera.add_raw_templates(TEMPLATES)?;
    Ok(tera)
}

fn view<'a>(
    unit: &'a Unit<'a>,
    interface: &'a Interface,
    statements: &'a Statements,
    target: &'a Target,
) -> Result<View<'a>, String> {
    let options = unit.options;
    let needs = unit.layers.needs();
    let mut bundle = bundle(needs.iter().map(|(file, name)| (*file, name.as_str())))?;
    bundle.system_includes.extend(["stddef.h", "stdint.h", "string.h"]);
    if unit.constants.need_math() || unit.layers.need_math() {
        bundle.system_includes.push("math.h");
    }
    bundle.system_includes.sort_unstable();
    bundle.system_includes.dedup();
    let ports: Vec<&Port> = interface.inputs.iter().chain(&interface.outputs).collect();
    let levels = unit.levels.iter().map(|level| level.plan.arena_bytes);
    let arena_bytes = levels.chain([unit.plan.arena_bytes]).max().unwrap_or(0);
    let first = unit.plan.arenas.first();
    let first_bytes = first.map_or(arena_bytes, |arena| arena.bytes);
    let bodies = unit.regions.iter().map(|region| &region.body);
    let bodies: Vec<&String> = bodies.chain([&statements.init, &statements.invoke]).collect();
    let mentions = |what: &str| bodies.iter().any(|body| body.contains(what));
    Ok(View {
        name: &options.name,
        guard: format!("{}_H", options.name.to_uppercase()),
        title: names::comment(if unit.module.name.is_empty() { &options.name } else { &unit.module.name }),
        version: env!("CARGO_PKG_VERSION"),
        target: &target.name,
        facts: format!("{} bytes of constants, {arena_bytes} bytes of work memory", unit.constants.bytes()),
        alignment: ALIGNMENT,
        arena_bytes,
        levels: (!unit.levels.is_empty()).then(|| levels_view(unit, &statements.invoke)),
        arena_extent: format!("[{}]", first_bytes.max(ALIGNMENT)),
        arena_section: first.and_then(|arena| arena.section.as_deref()).map(section_attribute),
        other_arenas: unit.plan.arenas.iter().skip(1).map(ArenaView::of).collect(),
        arena_external: options.arena_external,
        size: options.optimize == Optimize::Size,
        trace: options.trace,
        probe: options.probe,
        has_traces: mentions("trace("),
        has_tensors: mentions("AT(") || ports.iter().any(|port| port.is_in_arena()),
        stateful: unit.is_stateful(),
        includes: bundle.system_includes,
        kernels: bundle.files.into_iter().map(|(_, text)| text).collect(),
        constants: unit.constants.definitions("static const"),
        declarations: unit.constants.declarations(),
        layers: unit.layers.definitions(),
        regions: regions(unit),
        init: &statements.init,
        invoke: &statements.invoke,
        inputs: &interface.inputs,
        outputs: &interface.outputs,
        aliases: aliases(&options.name, &ports),
        ports,
        prototypes: String::new(),
    })
}

fn levels_view(unit: &Unit<'_>, invoke: &str) -> LevelsView {
    let bytes: Vec<String> = unit.levels.iter().map(|level| level.plan.arena_bytes.to_string()).collect();
    LevelsView {
        count: unit.levels.len(),
        last: unit.levels.len() - 1,
        table: unit.numbers.table(unit.levels.len()),
        entry: unit.numbers.entry(invoke),
        arena_bytes: bytes.join(", "),
    }
}

fn regions<'a>(unit: &'a Unit<'_>) -> Vec<RegionView<'a>> {
    unit.regions.iter().map(|r| RegionView { number: r.id.index(), body: &r.body }).collect()
}

/// All macros of the header in capitals, unless they are already.
fn aliases(name: &str, ports: &[&Port]) -> Vec<Alias> {
    let capitals = name.to_uppercase();
    if capitals == name {
        return Vec::new();
    }
    let mut macros: Vec<String> =
        ["ARENA_BYTES", "INPUT_COUNT", "OUTPUT_COUNT"].iter().map(|m| format!("{name}_{m}")).collect();
    macros.extend(ports.iter().flat_map(|port| port.macros()));
    macros.into_iter().map(|from| Alias { to: capitals.clone() + &from[name.len()..], from }).collect()
}
