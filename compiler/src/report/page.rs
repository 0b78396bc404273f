//! The report as one self-contained HTML page: facts, the arena over time, operators, the graph.

use layout::backends::svg::SVGWriter;
use layout::core::base::Orientation;
use layout::core::color::Color;
use layout::core::geometry::Point;
use layout::core::style::StyleAttr;
use layout::std_shapes::shapes::{Arrow, Element, ShapeKind};
use layout::topo::layout::VisualGraph;
use redsc_ir::{Graph, Module};
use serde::Serialize;
use tera::{Context, Tera};

use super::facts::{Block, BlockKind, Report};
use super::text::{grouped, type_of};

const TEMPLATE: &str = include_str!("../../templates/inspect.html");

/// What the template shows.
#[derive(Serialize)]
struct Page {
    name: String,
    target: String,
    facts: Vec<Fact>,
    arena: Picture,
    columns: Vec<&'static str>,
    rows: Vec<Row>,
    graph: String,
}

#[derive(Serialize)]
struct Fact {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Row {
    cells: Vec<Cell>,
    share: u64,
}

#[derive(Serialize)]
struct Cell {
    text: String,
    number: bool,
}

/// The arena over time, in pixels.
#[derive(Serialize)]
struct Picture {
    width: usize,
    height: usize,
    ticks: Vec<Tick>,
    rects: Vec<Rect>,
    labels: Vec<Label>,
}

#[derive(Serialize)]
struct Tick {
    x1: usize,
    x2: usize,
    y: f64,
    label: String,
}

#[derive(Serialize)]
struct Rect {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    fill: &'static str,
    title: String,
}

#[derive(Serialize)]
struct Label {
    x: f64,
    y: f64,
    text: String,
}

/// The page; the error is a mistake in the template.
pub fn html(module: &Module, report: &Report) -> Result<String, String> {
    let page = Page {
        name: report.name.clone(),
        target: report.target.clone(),
        facts: facts(report),
        arena: picture(report),
        columns: vec![
            "#",
            "operator",
            "result",
            "quantization",
            "MACs",
            "instructions",
            "%",
            "constants",
            "kernel",
            "from",
        ],
        rows: rows(report),
        graph: graph_svg(module.entry()),
    };
    let mut tera = Tera::default();
    tera.set_delimiters(tera::Delimiters {
        variable_start: "[[".into(),
        variable_end: "]]".into(),
        ..Default::default()
    })
    .map_err(|e| e.to_string())?;
    tera.add_raw_template("inspect.html", TEMPLATE).map_err(|e| e.to_string())?;
    let mut context = Context::new();
    context.insert("page", &page);
    tera.render("inspect.html", &context).map_err(|e| e.to_string())
}

fn facts(report: &Report) -> Vec<Fact> {
    let fact = |name, value| Fact { name, value };
    vec![
        fact("operators", report.operators.len().to_string()),
        fact("MACs", grouped(report.macs)),
        fact("instructions", report.cost.map_or("unknown".into(), |cost| grouped(cost.instructions))),
        fact("constants", format!("{} B", grouped(report.constant_bytes as u64))),
        fact("arena", format!("{} B", grouped(report.arena_bytes as u64))),
        fact("lower bound of the arena", format!("{} B", grouped(report.arena_lower_bound as u64))),
        fact("state", format!("{} B", grouped(report.variable_bytes as u64))),
    ]
}

fn rows(report: &Report) -> Vec<Row> {
    let weight = |o: &super::facts::Operator| o.cost.map_or(o.macs, |cost| cost.instructions);
    let most = report.operators.iter().map(weight).max().unwrap_or(0).max(1);
    let text = |text: String| Cell { text, number: false };
    let number = |number: u64| Cell { text: grouped(number), number: true };
    let row = |o: &super::facts::Operator| Row {
        cells: vec![
            number(o.index as u64),
            text(o.operator.into()),
            text(o.outputs.iter().map(type_of).collect::<Vec<_>>().join(", ")),
            text(o.outputs.first().map(|t| t.quantization.clone()).unwrap_or_default()),
            number(o.macs),
            Cell { text: o.cost.map(|cost| grouped(cost.instructions)).unwrap_or_default(), number: true },
            Cell { text: o.percent.map(|percent| format!("{percent:.1}")).unwrap_or_default(), number: true },
            number(o.constant_bytes as u64),
            text(if o.kernel.is_empty() { "view".into() } else { o.kernel.into() }),
            text(o.location.clone()),
        ],
        share: weight(o).saturating_mul(120) / most,
    };
    report.operators.iter().map(row).collect()
}

/// Left margin, height of the plot and space for labels, in pixels.
const MARGIN: f64 = 70.0;
const PLOT: f64 = 360.0;
const FOOT: f64 = 24.0;

fn picture(report: &Report) -> Picture {
    let steps = report.operators.len().max(1);
    let column = (1080.0 / steps as f64).clamp(8.0, 60.0);
    let scale = PLOT / report.arena_bytes.max(1) as f64;
    let width = (MARGIN + column * steps as f64) as usize + 10;
    let rect = |block: &Block| Rect {
        x: MARGIN + column * block.first as f64,
        y: PLOT - scale * (block.offset + block.bytes) as f64 + 8.0,
        width: column * (block.last - block.first + 1) as f64,
        height: (scale * block.bytes as f64).max(1.0),
        fill: colour(block.kind),
        title: format!(
            "{}: {} bytes at {}, operators {} to {}",
            block.name,
            grouped(block.bytes as u64),
            grouped(block.offset as u64),
            block.first,
            block.last
        ),
    };
    let tick = |quarter: usize| Tick {
        x1: MARGIN as usize,
        x2: width,
        y: PLOT - PLOT * quarter as f64 / 4.0 + 8.0,
        label: format!("{} B", grouped((report.arena_bytes * quarter / 4) as u64)),
    };
    let every = (40.0 / column).ceil() as usize;
    let label = |step: usize| Label {
        x: MARGIN + column * (step as f64 + 0.2),
        y: PLOT + FOOT,
        text: step.to_string(),
    };
    Picture {
        width,
        height: (PLOT + FOOT + 12.0) as usize,
        ticks: (0..=4).map(tick).collect(),
        rects: report.arena.iter().map(rect).collect(),
        labels: (0..steps).step_by(every.max(1)).map(label).collect(),
    }
}

fn colour(kind: BlockKind) -> &'static str {
    match kind {
        BlockKind::Interface => "#2a9d8f",
        BlockKind::Tensor => "#4c7fc9",
        BlockKind::Variable => "#8e6bbf",
        BlockKind::Scratch => "#e0a458",
    }
}

/// The graph as SVG: one box per operator, one arrow per tensor.
fn graph_svg(graph: &Graph) -> String {
    let mut picture = VisualGraph::new(Orientation::TopToBottom);
    let boxed = |label: &str, fill: &str| {
        let style = StyleAttr::new(Color::fast("dimgray"), 1, Some(Color::fast(fill)), 4, 13);
        Element::create(ShapeKind::new_box(label), style, Orientation::TopToBottom, Point::new(200.0, 44.0))
    };
    let mut producers = vec![None; graph.values.len()];
    for &input in &graph.inputs {
        let label = format!("input {}x{}", graph.ty(input).shape, graph.ty(input).elem);
        producers[input.index()] = Some(picture.add_node(boxed(&label, "palegreen")));
    }
    for (index, node) in graph.nodes.iter().enumerate() {
        let result = node.outputs.first().map(|&id| format!("{}x{}", graph.ty(id).shape, graph.ty(id).elem));
        let label = format!("{index}: {}\n{}", node.op.mnemonic(), result.unwrap_or_default());
        let handle = picture.add_node(boxed(&label, "lightblue"));
        for operand in node.operands() {
            if let Some(producer) = producers[operand.index()] {
                picture.add_edge(Arrow::simple(""), producer, handle);
            }
        }
        for output in &node.outputs {
            producers[output.index()] = Some(handle);
        }
    }
    let mut svg = SVGWriter::new();
    picture.do_it(false, false, false, &mut svg);
    svg.finalize()
}
