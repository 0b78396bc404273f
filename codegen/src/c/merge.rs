//! Texts of several levels as one: where only numbers differ, they are read from a table by level.

use std::fmt::Write;

/// The numbers in which levels differ, each column once.
#[derive(Default)]
pub(super) struct Numbers {
    /// By column and level.
    columns: Vec<Vec<i64>>,
}

impl Numbers {
    /// The C expression of a number that may differ from level to level.
    pub(super) fn expression(&mut self, by_level: Vec<i64>) -> String {
        if by_level.windows(2).all(|pair| pair[0] == pair[1]) {
            return by_level.first().map(i64::to_string).unwrap_or_default();
        }
        let column = self.columns.iter().position(|known| *known == by_level).unwrap_or_else(|| {
            self.columns.push(by_level);
            self.columns.len() - 1
        });
        format!("n[{column}]")
    }

    /// The definition of the table, one row per level; nothing if levels do not differ.
    pub(super) fn table(&self, levels: usize) -> String {
        if self.columns.is_empty() {
            return String::new();
        }
        let row = |level: usize| {
            let numbers: Vec<String> = self.columns.iter().map(|column| column[level].to_string()).collect();
            super::literals::wrap(numbers.iter().map(|number| format!("{number},")), 8)
        };
        let mut text =
            String::from("\n/* What differs from level to level: places, extents, distances. */\n");
        let c_type = self.c_type();
        let _ = writeln!(text, "static const {c_type} numbers[{levels}][{}] = {{", self.columns.len());
        for level in 0..levels {
            let _ = writeln!(text, "    {{\n{}\n    }},", row(level));
        }
        text + "};\n"
    }

    /// What binds the level, and its row, at the start of `invoke`.
    pub(super) fn entry(&self, body: &str) -> String {
        let mut text = String::new();
        let by_level = body.contains("switch (level)");
        if by_level || !self.columns.is_empty() {
            text += "    const uint8_t level = selected;\n";
        }
        if !self.columns.is_empty() {
            let _ = writeln!(text, "    const {} *const n = numbers[level];", self.c_type());
        }
        text
    }

    /// The smallest type of the table's elements.
    fn c_type(&self) -> &'static str {
        let fits = self.columns.iter().flatten().all(|&number| u16::try_from(number).is_ok());
        if fits { "uint16_t" } else { "int32_t" }
    }
}

/// A text whose numbers may differ: the parts between them, and the numbers of each text, by place. `None` if the texts
/// differ in more than that.
pub(super) fn merge(texts: &[&str]) -> Option<Merged> {
    let split: Vec<(Vec<String>, Vec<i64>)> = texts.iter().map(|text| split(text)).collect();
    let (between, first) = split.first()?;
    if split.iter().any(|(parts, _)| parts != between) {
        return None;
    }
    let by_text = |place: usize| split.iter().map(|(_, numbers)| numbers[place]).collect();
    Some(Merged { between: between.clone(), numbers: (0..first.len()).map(by_text).collect() })
}

/// Texts that differ in numbers alone.
pub(super) struct Merged {
    between: Vec<String>,
    numbers: Vec<Vec<i64>>,
}

impl Merged {
    /// The text, its numbers replaced by what `write` makes of them.
    pub(super) fn text(self, mut write: impl FnMut(Vec<i64>) -> String) -> String {
        let mut text = String::new();
        let mut numbers = self.numbers.into_iter();
        for part in &self.between {
            text += part;
            if let Some(numbers) = numbers.next() {
                text += &write(numbers);
            }
        }
        text
    }
}

/// The whole numbers of a text that stand alone, and the parts around them: one more.
fn split(text: &str) -> (Vec<String>, Vec<i64>) {
    let (mut parts, mut numbers) = (vec![String::new()], Vec::new());
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    for word in text.split_inclusive(|c: char| !is_word(c)) {
        let body = word.trim_end_matches(|c: char| !is_word(c));
        match body.parse::<i64>() {
            Ok(number) if body.bytes().all(|b| b.is_ascii_digit()) => {
                let negative = parts.last().is_some_and(|part| part.ends_with('-'));
                if let Some(part) = parts.last_mut().filter(|_| negative) {
                    part.pop();
                }
                numbers.push(if negative { -number } else { number });
                parts.push(word[body.len()..].to_owned());
            }
            _ => parts.last_mut().into_iter().for_each(|part| part.push_str(word)),
        }
    }
    (parts, numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_differ_are_found() {
        let merged = merge(&["{.a1 = -3, .b = 0.5f, .c = {1, 2}}", "{.a1 = -3, .b = 0.5f, .c = {1, 4}}"]);
        let mut numbers = Numbers::default();
        let text = merged.unwrap().text(|by_level| numbers.expression(by_level));
        assert_eq!(text, "{.a1 = -3, .b = 0.5f, .c = {1, n[0]}}");
        assert_eq!(numbers.columns, [[2, 4]]);
        assert!(merge(&[".b = 0.5f", ".b = 0.25f"]).is_none());
        assert!(merge(&["a(1)", "a(1, 2)"]).is_none());
    }
}
