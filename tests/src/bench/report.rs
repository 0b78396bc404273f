//! Benchmark results as text and as CSV.

use std::fmt::Write;

use super::{METRICS, Measurement, Metric, summarize};
use crate::qemu::{Core, Counts};

/// The cores that occur, in their order.
pub fn cores(measurements: &[Measurement]) -> Vec<Core> {
    Core::ALL.into_iter().filter(|core| measurements.iter().any(|m| m.core == *core)).collect()
}

/// One table per core with a line per model, then geometric means and worst models.
pub fn text(measurements: &[Measurement]) -> String {
    let mut out = String::new();
    for core in cores(measurements) {
        table(&mut out, measurements, core);
    }
    out
}

fn table(out: &mut String, measurements: &[Measurement], core: Core) {
    let width = measurements.iter().map(|m| m.model.len()).max().unwrap_or(0).max(14);
    line(out, &format!("{}: ours / TFLM with CMSIS-NN, -O2", core.target_name()));
    let columns = METRICS.map(|metric| format!("{:^29}", metric.name)).join(" ");
    line(out, &format!("{:width$} {columns} {:>7} {:>6} {:>6}", "", "code", "per", "stack"));
    let columns = METRICS.map(|_| format!("{:>11} {:>11} {:>5}", "ours", "theirs", "ratio")).join(" ");
    line(out, &format!("{:width$} {columns} {:>7} {:>6} {:>6}", "model", "/ int8", "MAC", "bytes"));
    for m in measurements.iter().filter(|m| m.core == core) {
        line(out, &format!("{:width$} {}", m.model, cells(m)));
    }
    summary(out, measurements, core, width, "geometric mean", |s| format!("{:.3}", s.mean));
    summary(out, measurements, core, width, "worst", |s| format!("{:.3}", s.worst));
    summary(out, measurements, core, width, "worst model", |s| s.worst_model.clone());
    out.push('\n');
    classes(out, measurements, core, width);
    out.push('\n');
}

/// Instructions by class, and what the cost laws predict.
fn classes(out: &mut String, measurements: &[Measurement], core: Core, width: usize) {
    let head = ["loads", "stores", "multiplies", "predicted", "error"].map(|name| format!("{name:>11}"));
    line(out, &format!("{:width$} {}", "model", head.join(" ")));
    for m in measurements.iter().filter(|m| m.core == core) {
        let predicted = m.predicted.map_or("-".into(), |n| format!("{n:.0}"));
        let error = m.prediction_error().map_or("-".into(), |e| format!("{e:+.2} %"));
        let Counts { loads, stores, multiplies, .. } = m.counts;
        line(
            out,
            &format!(
                "{:width$} {loads:>11} {stores:>11} {multiplies:>11} {predicted:>11} {error:>11}",
                m.model
            ),
        );
    }
}

fn line(out: &mut String, text: &str) {
    out.push_str(text.trim_end());
    out.push('\n');
}

fn cells(m: &Measurement) -> String {
    let mut out = String::new();
    for metric in METRICS {
        let theirs = m.theirs.as_ref().map(metric.of);
        let ours = (metric.of)(&m.ours);
        // Writing to a string cannot fail.
        let _ = write!(out, "{ours:>11} {:>11} {:>5} ", optional(theirs), ratio(m.ratio(metric)));
    }
    let per_mac = (m.macs > 0).then(|| m.ours.instructions as f64 / m.macs as f64);
    let _ = write!(out, "{:>7} {:>6} {:>6}", ratio(int8_code_ratio(m)), ratio(per_mac), m.stack);
    if let Some(deviation) = &m.deviation {
        let _ = write!(out, " WRONG: {deviation}");
    }
    out
}

fn int8_code_ratio(m: &Measurement) -> Option<f64> {
    Some(m.ours.code as f64 / m.theirs_int8_code? as f64)
}

fn optional(number: Option<u64>) -> String {
    number.map_or("-".into(), |n| n.to_string())
}

fn ratio(number: Option<f64>) -> String {
    number.map_or("-".into(), |n| format!("{n:.2}"))
}

fn summary(
    out: &mut String,
    measurements: &[Measurement],
    core: Core,
    width: usize,
    title: &str,
    show: fn(&super::Summary) -> String,
) {
    let cell = |metric: Metric| {
        let text = summarize(measurements, core, metric).map_or("-".into(), |s| show(&s));
        format!("{text:>29}")
    };
    line(out, &format!("{title:width$} {}", METRICS.map(cell).join(" ")));
}

/// All figures, one line per model and core; ratios are ours divided by theirs.
pub fn csv(measurements: &[Measurement]) -> String {
    let mut out = String::from("model,cpu,quantized,macs");
    for Metric { column, .. } in METRICS {
        let _ = write!(out, ",{column},tflm_{column},{column}_ratio");
    }
    out.push_str(",tflm_int8_code,stack,loads,stores,multiplies,predicted,correct\n");
    for m in measurements {
        let _ = write!(out, "{},{},{},{}", m.model, m.core.target_name(), m.quantized, m.macs);
        for metric in METRICS {
            let theirs = m.theirs.as_ref().map(|f| (metric.of)(f).to_string()).unwrap_or_default();
            let ratio = m.ratio(metric).map(|r| format!("{r:.4}")).unwrap_or_default();
            let _ = write!(out, ",{},{theirs},{ratio}", (metric.of)(&m.ours));
        }
        let int8_code = m.theirs_int8_code.map(|n| n.to_string()).unwrap_or_default();
        let predicted = m.predicted.map(|n| format!("{n:.0}")).unwrap_or_default();
        let Counts { loads, stores, multiplies, .. } = m.counts;
        let _ = write!(out, ",{int8_code},{},{loads},{stores},{multiplies},{predicted}", m.stack);
        let _ = writeln!(out, ",{}", m.deviation.is_none());
    }
    out
}
