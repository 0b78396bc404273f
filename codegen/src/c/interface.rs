//! Inputs and outputs as the C interface shows them.

use redsc_ir::kernels::Kernel;
use redsc_ir::plan::Place;
use redsc_ir::{GraphId, Quant, TensorType, ValueId};
use serde::Serialize;

use super::unit::{Unit, type_text};
use super::{literals, names};

/// All inputs and outputs.
pub(super) struct Interface {
    pub(super) inputs: Vec<Port>,
    pub(super) outputs: Vec<Port>,
}

/// One input or output.
#[derive(Serialize)]
pub(super) struct Port {
    index: usize,
    /// `input` or `output`.
    role: &'static str,
    /// What its macros begin with, e.g. `model_INPUT_0`.
    #[serde(rename = "macro")]
    macro_name: String,
    /// What it is, for people.
    title: String,
    /// Where it is.
    pointer: String,
    c_type: &'static str,
    bytes: usize,
    elements: usize,
    rank: usize,
    /// Extents, e.g. `{1, 8, 8, 3}`.
    shape: String,
    quant: Option<PortQuant>,
}

/// The quantization of a port with one scale.
#[derive(Serialize)]
struct PortQuant {
    scale: String,
    zero_point: i32,
    least: i32,
    most: i32,
    /// Distances of `least` and `most` from the zero point.
    least_steps: i32,
    most_steps: i32,
}

impl Port {
    /// Whether it lives in the arena; outputs may be constants.
    pub(super) fn is_in_arena(&self) -> bool {
        self.pointer.starts_with("AT")
    }

    /// The macros that the header defines for it.
    pub(super) fn macros(&self) -> impl Iterator<Item = String> + '_ {
        let quantized: &[&str] = if self.quant.is_some() { &["SCALE", "ZERO_POINT"] } else { &[] };
        let plain = ["TYPE", "RANK", "SHAPE", "ELEMENTS", "BYTES"].iter();
        plain.chain(quantized).map(|suffix| format!("{}_{suffix}", self.macro_name))
    }
}

impl Interface {
    /// The interface of the entry graph; what the plan misses is reported to the unit.
    pub(super) fn of(unit: &mut Unit<'_>) -> Self {
        unit.enter(0);
        let graph = unit.module.entry();
        let inputs =
            graph.inputs.iter().enumerate().map(|(i, &value)| port(unit, i, value, "input")).collect();
        let outputs =
            graph.outputs.iter().enumerate().map(|(i, &value)| port(unit, i, value, "output")).collect();
        let interface = Interface { inputs, outputs };
        unit.enter_full();
        interface
    }
}

fn port(unit: &mut Unit<'_>, index: usize, value: ValueId, role: &'static str) -> Port {
    let found = unit.module.entry().value(value);
    let ty = &found.ty;
    let pointer = unit.value_at(GraphId(0), value, 0, role, &index.to_string()).unwrap_or_else(|message| {
        unit.error(&message, &format!("{role} {index}"));
        String::new()
    });
    let name = if found.name.is_empty() { String::new() } else { format!(" `{}`", found.name) };
    let fate = match role {
        "input" if is_kept(unit, value) => "; keeps its contents",
        "input" => "; may be overwritten by invoke",
        _ => "",
    };
    let (upper, prefix) = (role.to_uppercase(), &unit.options.name);
    let extents: Vec<String> = ty.shape.iter().map(usize::to_string).collect();
    Port {
        index,
        role,
        macro_name: format!("{prefix}_{upper}_{index}"),
        title: names::comment(&format!("The {role} {index}{name}: {}{fate}.", type_text(ty))),
        pointer,
        c_type: ty.elem.c_name(),
        bytes: ty.bytes(),
        elements: ty.elements(),
        rank: ty.shape.rank(),
        shape: format!("{{{}}}", if extents.is_empty() { "1".into() } else { extents.join(", ") }),
        quant: quant(ty),
    }
}

fn quant(ty: &TensorType) -> Option<PortQuant> {
    let (least, most) = ty.elem.quantized_range()?;
    match ty.quant {
        Quant::PerTensor { scale, zero_point } => {
            let [least_steps, most_steps] = [least, most].map(|x| x.saturating_sub(zero_point));
            Some(PortQuant {
                scale: literals::float(scale),
                zero_point,
                least,
                most,
                least_steps,
                most_steps,
            })
        }
        Quant::None | Quant::PerAxis { .. } => None,
    }
}

/// Whether nothing that is written during an invocation overlaps an input.
fn is_kept(unit: &Unit<'_>, input: ValueId) -> bool {
    if !unit.levels.is_empty() {
        return false;
    }
    let Some(Place::Arena { offset }) = unit.place(GraphId(0), input) else { return false };
    let range = offset..offset + unit.module.entry().ty(input).bytes();
    let clear = |offset: usize, bytes: usize| offset + bytes <= range.start || range.end <= offset;
    unit.plan.graphs.iter().zip(&unit.module.graphs).enumerate().all(|(g, (plan, graph))| {
        let scratch = plan.steps.iter().filter_map(|step| step.scratch);
        let computed = graph.nodes.iter().zip(&plan.steps).filter(|(_, step)| step.kernel != Kernel::View);
        let written = computed.flat_map(|(node, _)| &node.outputs);
        let entered = if g == 0 { &[] } else { graph.inputs.as_slice() };
        scratch.into_iter().all(|s| clear(s.offset, s.bytes))
            && written.chain(entered).all(|&value| match plan.places.get(value.index()) {
                Some(Place::Arena { offset }) => clear(*offset, graph.ty(value).bytes()),
                Some(Place::Constant | Place::Unused) | None => true,
            })
    })
}
