//! Benchmark results as a picture: for each core and metric, one bar per model, from 0 to beyond TFLM's 1.

use std::error::Error;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::{METRICS, Measurement, Metric, report, summarize};
use crate::qemu::Core;

const ROW_HEIGHT: u32 = 16;
const LABELS_WIDTH: u32 = 260;
const PANEL_WIDTH: u32 = 260;
const TITLE_HEIGHT: u32 = 28;
const AXIS_HEIGHT: u32 = 24;
const GAP: u32 = 12;
/// Bars end here; a longer one says so by reaching the border.
const LONGEST: f64 = 1.25;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws the quantized models that have a baseline; `None` if there are none.
///
/// # Errors
/// If the plotting library fails.
pub fn svg(measurements: &[Measurement]) -> Result<Option<String>, Box<dyn Error>> {
    let counted: Vec<Measurement> =
        measurements.iter().filter(|m| m.quantized && m.theirs.is_some()).cloned().collect();
    let cores = report::cores(&counted);
    if cores.is_empty() {
        return Ok(None);
    }
    let heights: Vec<u32> = cores.iter().map(|core| height(&counted, *core)).collect();
    let width = LABELS_WIDTH + PANEL_WIDTH * METRICS.len() as u32;
    let mut picture = String::new();
    {
        let mut rest =
            SVGBackend::with_string(&mut picture, (width, heights.iter().sum())).into_drawing_area();
        rest.fill(&WHITE)?;
        for (core, height) in cores.into_iter().zip(heights) {
            let (area, below) = rest.split_vertically(height);
            draw_core(&area, &counted, core)?;
            rest = below;
        }
    }
    Ok(Some(picture))
}

fn of_core(measurements: &[Measurement], core: Core) -> Vec<&Measurement> {
    measurements.iter().filter(|m| m.core == core).collect()
}

fn height(measurements: &[Measurement], core: Core) -> u32 {
    TITLE_HEIGHT + AXIS_HEIGHT + GAP + ROW_HEIGHT * of_core(measurements, core).len() as u32
}

fn draw_core(area: &Area<'_>, measurements: &[Measurement], core: Core) -> Result<(), Box<dyn Error>> {
    let models = of_core(measurements, core);
    let (labels, panels) = area.split_horizontally(LABELS_WIDTH);
    let title = ("sans-serif", 15).into_font();
    labels.draw(&Text::new(format!("{}: ours / TFLM + CMSIS-NN", core.target_name()), (8, 8), title))?;
    for (row, m) in models.iter().enumerate() {
        let y = (TITLE_HEIGHT + row as u32 * ROW_HEIGHT + 2) as i32;
        labels.draw(&Text::new(m.model.clone(), (8, y), ("sans-serif", 11).into_font()))?;
    }
    for (panel, metric) in panels.split_evenly((1, METRICS.len())).iter().zip(METRICS) {
        let mean = summarize(measurements, core, metric).map_or(f64::NAN, |s| s.mean);
        draw_panel(panel, &models, metric, mean)?;
    }
    Ok(())
}

fn draw_panel(
    area: &Area<'_>,
    models: &[&Measurement],
    metric: Metric,
    mean: f64,
) -> Result<(), Box<dyn Error>> {
    let (title, plot) = area.split_vertically(TITLE_HEIGHT);
    let caption = format!("{}, mean {mean:.2}", metric.name);
    title.draw(&Text::new(caption, (8, 10), ("sans-serif", 13).into_font()))?;
    let rows = models.len() as f64;
    let mut chart = ChartBuilder::on(&plot)
        .x_label_area_size(AXIS_HEIGHT)
        .margin_bottom(GAP)
        .margin_right(14)
        .build_cartesian_2d(0.0..LONGEST, rows..0.0)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .x_labels(6)
        .x_label_style(("sans-serif", 11))
        .draw()?;
    let bars = models.iter().enumerate().filter_map(|(row, m)| {
        let ratio = m.ratio(metric)?;
        let color = if ratio <= 1.0 { RGBColor(66, 133, 120) } else { RGBColor(190, 80, 60) };
        let corners = [(0.0, row as f64 + 0.15), (ratio.min(LONGEST), row as f64 + 0.85)];
        Some(Rectangle::new(corners, color.filled()))
    });
    chart.draw_series(bars)?;
    chart.draw_series(LineSeries::new([(1.0, 0.0), (1.0, rows)], BLACK))?;
    chart.draw_series(LineSeries::new([(mean, 0.0), (mean, rows)], BLUE.stroke_width(2)))?;
    Ok(())
}
