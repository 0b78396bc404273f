//! Nested networks: one function that runs whichever level is selected.
//!
//! A node becomes the same calls at all levels where these differ in numbers alone (extents, distances, places in the
//! arena) and the constants of the smaller levels are the beginnings of those of the full network: then the numbers come
//! from a table, and the constants are shared. Otherwise each level has calls and constants of its own, and a `switch`.
//!
//! Inputs and outputs have one place for the application, that of the smallest level; a level that has planned another
//! one copies them at the beginning and at the end.

use std::fmt::Write;

use redsc_ir::kernels::Kernel;
use redsc_ir::plan::{Level, Place};
use redsc_ir::{GraphId, ValueId};

use super::call::{Arg, Call, Struct, What, initialiser};
use super::constants::Array;
use super::dispatch;
use super::layers::{Param, Shape};
use super::merge::merge;
use super::nested;
use super::site::Site;
use super::unit::{Unit, at};

/// The full network, if all levels are the same network at different widths.
pub(super) fn full(levels: &[Level]) -> Result<&Level, String> {
    let full = levels.last().ok_or("a nested network has at least one level")?;
    for level in levels {
        let module = &level.module;
        if !module.variables.is_empty() || module.graphs.len() != 1 {
            return Err("networks with state or control flow have no nested subnetworks".into());
        }
        let alike = |module: &redsc_ir::Module| -> Vec<_> {
            module.entry().nodes.iter().map(|node| (node.op.mnemonic(), node.location.clone())).collect()
        };
        if alike(module) != alike(&full.module) {
            return Err("the levels are not the same network at different widths".into());
        }
    }
    Ok(full)
}

/// One call at one level.
struct Resolved {
    call: Call,
    params: Vec<Param>,
    values: Vec<Target>,
}

/// What an argument points at.
#[derive(PartialEq)]
enum Target {
    Arena(usize),
    Constant(Array),
    /// The same array at all levels, from an element on that differs.
    ConstantFrom(Array, usize),
    Nothing,
}

impl Target {
    /// What may differ from level to level.
    fn number(&self) -> i64 {
        match self {
            Target::Arena(number) | Target::ConstantFrom(_, number) => *number as i64,
            Target::Constant(_) | Target::Nothing => 0,
        }
    }
}

impl<'a> Unit<'a> {
    /// Makes module and plan those of a level; does nothing for an ordinary network.
    pub(super) fn enter(&mut self, level: usize) {
        if let Some(level) = self.levels.get(level) {
            (self.module, self.plan) = (&level.module, &level.plan);
        }
    }

    /// Makes module and plan those of the full network.
    pub(super) fn enter_full(&mut self) {
        self.enter(self.levels.len().saturating_sub(1));
    }

    /// The statements that run a node at whichever level is selected.
    pub(super) fn statements_of_levels(&mut self, site: &Site<'a>) -> Result<String, String> {
        if self.levels.len() < 2 {
            return self.statements(site);
        }
        let sites = self.sites(site)?;
        let merged = self.merged(&sites)?;
        self.enter_full();
        match merged {
            Some(text) => Ok(text),
            None => self.switch(&sites),
        }
    }

    /// The node at all levels.
    fn sites(&self, full: &Site<'a>) -> Result<Vec<Site<'a>>, String> {
        let at_level = |level: &'a Level| {
            let graph = level.module.entry();
            let node = graph.nodes.get(full.position)?;
            let step = level.plan.graphs.first()?.steps.get(full.position)?;
            Some(Site { module: &level.module, graph, node, step, ..*full })
        };
        let sites: Option<Vec<Site<'a>>> = self.levels.iter().map(at_level).collect();
        sites.ok_or_else(|| "the plan of a level has no step for this node".into())
    }

    /// One set of calls for all levels; `None` if they differ in more than numbers.
    fn merged(&mut self, sites: &[Site<'a>]) -> Result<Option<String>, String> {
        let mut sharing = nested::calls(sites).map(Vec::into_iter);
        let mut levels = Vec::with_capacity(sites.len());
        for (level, site) in sites.iter().enumerate() {
            self.enter(level);
            let calls = match (site.step.kernel, &mut sharing) {
                (Kernel::View, _) => Vec::new(),
                (_, Some(calls)) => calls.next().into_iter().collect(),
                (_, None) => dispatch::calls(site)?,
            };
            levels
                .push(calls.into_iter().map(|call| self.resolve(site, call)).collect::<Result<Vec<_>, _>>()?);
        }
        self.enter_full();
        let count = levels[0].len();
        if levels.iter().any(|calls| calls.len() != count) {
            return Ok(None);
        }
        let (mut text, full) = (String::new(), &sites[sites.len() - 1]);
        for index in 0..count {
            let calls: Vec<&Resolved> = levels.iter().map(|calls| &calls[index]).collect();
            match self.merged_call(full, &calls) {
                Some(call) => text += &call,
                None => return Ok(None),
            }
        }
        Ok(Some(text))
    }

    fn resolve(&self, site: &Site<'_>, call: Call) -> Result<Resolved, String> {
        let params = call.args.iter().map(|arg| self.param(site, arg)).collect::<Result<_, _>>()?;
        let values = call.args.iter().map(|arg| self.target(site, arg)).collect::<Result<_, _>>()?;
        Ok(Resolved { call, params, values })
    }

    fn target(&self, site: &Site<'_>, arg: &Arg) -> Result<Target, String> {
        let value = |id: Option<ValueId>, offset: usize| {
            let id = id.ok_or_else(|| format!("{} is missing", arg.name))?;
            let found = site.graph.value(id);
            match (&found.data, self.place(site.id, id)) {
                (Some(data), _) => {
                    let bytes = data.bytes().get(offset..).unwrap_or_default();
                    let data = redsc_ir::Data::from_bytes(bytes);
                    Ok(Target::Constant(Array { elem: found.ty.elem, data }))
                }
                (None, Some(Place::Arena { offset: base })) => Ok(Target::Arena(base + offset)),
                (None, _) => Err(format!("the plan has no place for {id}")),
            }
        };
        match &arg.what {
            What::Operand { index, offset } => value(site.node.input(*index), *offset),
            What::Result { index, offset } => value(site.node.outputs.get(*index).copied(), *offset),
            What::Constant(array) => Ok(Target::Constant(array.clone())),
            What::ConstantFrom(array, element) => Ok(Target::ConstantFrom(array.clone(), *element)),
            What::Variable(id) => Err(format!("{id} is state")),
            What::Scratch => {
                Ok(site.step.scratch.map_or(Target::Nothing, |scratch| Target::Arena(scratch.offset)))
            }
            What::Nothing => Ok(Target::Nothing),
        }
    }

    /// The statement of one call; nothing is added to the file unless there is one.
    fn merged_call(&mut self, full: &Site<'_>, levels: &[&Resolved]) -> Option<String> {
        let last = *levels.last()?;
        let same = |level: &&Resolved| {
            level.call.kernel == last.call.kernel
                && level.call.params.c_type == last.call.params.c_type
                && level.params == last.params
        };
        let shared =
            |index: usize| levels.iter().all(|level| is_shared(&level.values[index], &last.values[index]));
        let fields: Vec<String> = levels.iter().map(|level| level.call.params.fields()).collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let fields = merge(&fields)?;
        if !levels.iter().all(same) || !(0..last.values.len()).all(shared) {
            return None;
        }
        let mut arguments = Vec::new();
        for (index, value) in last.values.iter().enumerate() {
            let by_level = levels.iter().map(|level| level.values[index].number()).collect();
            let label = last.call.args[index].name;
            match value {
                Target::Arena(_) => arguments.push(format!("AT({})", self.numbers.expression(by_level))),
                Target::Constant(array) => {
                    arguments.push(self.constant(array.clone(), &full.label(), label));
                }
                Target::ConstantFrom(array, _) => {
                    let name = self.constant(array.clone(), &full.label(), label);
                    arguments.push(format!("{name} + {}", self.numbers.expression(by_level)));
                }
                Target::Nothing => {}
            }
        }
        let mut params = last.params.clone();
        let mut numbers: Vec<String> = Vec::new();
        let fields = fields.text(|by_level| {
            let expression = self.numbers.expression(by_level);
            if !expression.starts_with('n') {
                return expression;
            }
            let number = numbers.iter().position(|known| *known == expression).unwrap_or_else(|| {
                params.push(Param::Number(format!("n{}", numbers.len())));
                numbers.push(expression);
                numbers.len() - 1
            });
            format!("n{number}")
        });
        arguments.extend(numbers);
        let constants = Struct::verbatim(last.call.params.c_type, initialiser(&fields));
        let shape = Shape { kernel: last.call.kernel, params, constants };
        let function = self.layers.intern(shape, full.node.op.mnemonic(), &full.label()).function;
        Some(format!("    {function}({});\n", arguments.join(", ")))
    }

    /// Each level's own calls.
    fn switch(&mut self, sites: &[Site<'a>]) -> Result<String, String> {
        let mut text = String::from("    switch (level) {\n");
        for (level, site) in sites.iter().enumerate() {
            self.enter(level);
            let statements = self.statements(site)?;
            let _ = match level + 1 == sites.len() {
                true => writeln!(text, "    default:"),
                false => writeln!(text, "    case {level}:"),
            };
            text += &statements;
            text += "        break;\n";
        }
        self.enter_full();
        Ok(text + "    }\n")
    }
}

/// Whether a level can use the argument of the full network: anything in the arena has a place by level, constants have
/// to begin like those of the full network.
fn is_shared(level: &Target, full: &Target) -> bool {
    match (level, full) {
        (Target::Arena(_), Target::Arena(_)) | (Target::Nothing, Target::Nothing) => true,
        (Target::Constant(level), Target::Constant(full)) => {
            level.elem == full.elem && full.data.bytes().starts_with(level.data.bytes())
        }
        (Target::ConstantFrom(level, _), Target::ConstantFrom(full, _)) => level == full,
        _ => false,
    }
}

/// A copy between the application's place of a tensor and that of the level.
struct Move {
    /// By level.
    offsets: Vec<usize>,
    /// The application's place.
    port: usize,
    bytes: usize,
}

impl Move {
    /// Whether this copy, to the level or back, destroys what `later` still reads.
    fn destroys(&self, later: &Move, inwards: bool) -> bool {
        let apart = |a: usize, b: usize| a + self.bytes <= b || b + later.bytes <= a;
        let pairs = self.offsets.iter().zip(&later.offsets);
        pairs.into_iter().any(|(&own, &other)| match inwards {
            true => own != self.port && !apart(own, later.port),
            false => own != self.port && !apart(self.port, other),
        })
    }

    fn is_needed(&self) -> bool {
        self.offsets.iter().any(|&offset| offset != self.port)
    }
}

/// The body of `invoke`, with copies of inputs before it and of outputs behind it.
pub(super) fn with_ports(unit: &mut Unit<'_>, body: String) -> String {
    if unit.levels.len() < 2 {
        return body;
    }
    let before = copies(unit, true);
    let after = copies(unit, false);
    before + &body + &after
}

fn copies(unit: &mut Unit<'_>, inwards: bool) -> String {
    let entry = unit.levels[0].module.entry();
    let count = if inwards { entry.inputs.len() } else { entry.outputs.len() };
    let moves: Vec<Move> = (0..count).filter_map(|port| port_move(unit.levels, port, inwards)).collect();
    for (index, first) in moves.iter().enumerate() {
        if moves[index + 1..].iter().any(|later| first.destroys(later, inwards)) {
            unit.error("inputs or outputs of different levels lie in each other's way", "");
        }
    }
    let mut text = String::new();
    for port in moves.iter().filter(|port| port.is_needed()) {
        let own = unit.numbers.expression(port.offsets.iter().map(|&offset| offset as i64).collect());
        let (own_at, port_at) = (format!("AT({own})"), at(port.port));
        let (to, from) = if inwards { (&own_at, &port_at) } else { (&port_at, &own_at) };
        let _ = writeln!(text, "    if ({own} != {}) {{", port.port);
        let _ = writeln!(text, "        memmove({to}, {from}, {});\n    }}", port.bytes);
    }
    text
}

/// Where an input or output lies; `None` for a constant.
fn port_move(levels: &[Level], port: usize, inwards: bool) -> Option<Move> {
    let place = |level: &Level| {
        let entry = level.module.entry();
        let ports = if inwards { &entry.inputs } else { &entry.outputs };
        match level.plan.graphs.get(GraphId(0).index())?.places.get(ports.get(port)?.index())? {
            Place::Arena { offset } => Some((*offset, entry.ty(ports[port]).bytes())),
            Place::Constant | Place::Unused => None,
        }
    };
    let places: Vec<(usize, usize)> = levels.iter().map(place).collect::<Option<_>>()?;
    let &(port, bytes) = places.first()?;
    Some(Move { offsets: places.into_iter().map(|(offset, _)| offset).collect(), port, bytes })
}
