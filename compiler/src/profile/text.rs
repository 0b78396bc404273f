//! The file of laws as text.

use std::fmt::Write;

use redsc_passes::cost::Laws;

/// The text that [`Laws::from_toml`] reads.
pub fn text(laws: &Laws) -> String {
    let mut text = format!(
        "# What one turn of each loop of a kernel costs: instructions, loads, stores, multiplications.\n\
         # Made by `redsc profile --target {}`; docs/cost.md says how.\n\
         target = {:?}\ncompiler = {:?}\n",
        laws.target, laws.target, laws.compiler
    );
    for (name, law) in &laws.laws {
        let _ = write!(
            text,
            "\n[laws.{name:?}]\nshapes = {}\nmean_error = {:.3}\nworst_error = {:.2}\nspread = {:.4}\n\
             [laws.{name:?}.units]\n",
            law.shapes, law.mean_error, law.worst_error, law.spread
        );
        for (feature, unit) in &law.units {
            let cells: Vec<String> =
                unit.iter().map(|cell| format!("{:.3}", (cell * 1e3).round() / 1e3 + 0.0)).collect();
            let _ = writeln!(text, "{feature:?} = [{}]", cells.join(", "));
        }
    }
    text
}
