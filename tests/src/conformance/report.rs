//! The table of results: a page for people, and what must not get worse.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Outcome;

/// The results of one test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The interpreter's result.
    pub interpreter: Outcome,
    /// The result of compiled C.
    pub c: Outcome,
}

/// Results by set and test.
pub type Table = BTreeMap<String, BTreeMap<String, Row>>;

impl Row {
    /// Whether both engines pass.
    pub fn passes(&self) -> bool {
        self.interpreter == Outcome::Pass && self.c == Outcome::Pass
    }

    fn reason(&self) -> String {
        let of = |outcome: &Outcome| match outcome {
            Outcome::Pass => None,
            Outcome::Fail(text) | Outcome::Unsupported(text) => Some(text.clone()),
        };
        of(&self.interpreter).or_else(|| of(&self.c)).unwrap_or_default()
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::Fail(_) => "fail",
        Outcome::Unsupported(_) => "unsupported",
    }
}

/// Writes the sets as Markdown.
pub fn page(table: &Table) -> String {
    let mut page = String::new();
    let _ = writeln!(page, "| set | tests | pass | unsupported | fail |\n| --- | --- | --- | --- | --- |");
    for (set, rows) in table {
        let passes = rows.values().filter(|row| row.passes()).count();
        let unsupported = rows.values().filter(|row| !row.passes() && !fails(row)).count();
        let _ = writeln!(
            page,
            "| {set} | {} | {passes} | {unsupported} | {} |",
            rows.len(),
            rows.len() - passes - unsupported
        );
    }
    for (set, rows) in table {
        let _ =
            writeln!(page, "\n## {set}\n\n| test | interpreter | C | why not |\n| --- | --- | --- | --- |");
        for (name, row) in rows {
            let reason: String = row.reason().replace('|', "\\|").chars().take(160).collect();
            let _ = writeln!(page, "| {name} | {} | {} | {reason} |", word(&row.interpreter), word(&row.c));
        }
    }
    page
}

fn fails(row: &Row) -> bool {
    [&row.interpreter, &row.c].iter().any(|outcome| matches!(outcome, Outcome::Fail(_)))
}

/// The tests that a page says pass, by set.
pub fn passing(page: &str) -> BTreeMap<String, Vec<String>> {
    let mut sets: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut set = String::new();
    for line in page.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            set = name.to_owned();
        }
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        if let [name, "pass", "pass", ..] = cells[..] {
            sets.entry(set.clone()).or_default().push(name.to_owned());
        }
    }
    sets
}
