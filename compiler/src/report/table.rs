//! Tables for the terminal.

use comfy_table::{CellAlignment, Table, presets};

/// A table with a header line and left-aligned columns.
pub fn plain(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    build(header, rows).trim_fmt()
}

/// A table whose columns at `numeric` are right-aligned.
pub fn with_numbers(
    header: &[&str],
    numeric: &[usize],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let mut table = build(header, rows);
    for &index in numeric {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

fn build(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header.to_vec()).add_rows(rows);
    table
}
