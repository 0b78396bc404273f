//! Cuts C files into items (functions, types, macros, enumerations) and finds those that others need.
//!
//! This is no C parser: it knows the layout of our own files. Items stand apart by blank lines at brace level 0, and
//! a comment directly above an item belongs to it. A macro that is called at the start of a line, outside of any function,
//! may define whatever its arguments name.

use std::collections::{HashMap, HashSet};

/// A piece of a file: a comment, an item, or an item with the comment above it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// The file it comes from.
    pub(crate) file: &'static str,
    /// Its lines.
    pub(crate) text: String,
    /// What it defines; nothing if it is a comment.
    defines: Vec<String>,
    /// All identifiers outside of comments.
    mentions: HashSet<String>,
}

/// Cuts a file into items.
pub(crate) fn split(file: &'static str, text: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut lines: Vec<&str> = Vec::new();
    let (mut braces, mut conditions) = (0, 0);
    for line in text.lines() {
        if line.trim().is_empty() && braces == 0 && conditions == 0 {
            items.extend(item(file, &lines));
            lines.clear();
            continue;
        }
        lines.push(line);
        braces += line.matches('{').count() as i32 - line.matches('}').count() as i32;
        conditions += i32::from(line.starts_with("#if")) - i32::from(line.starts_with("#endif"));
    }
    items.extend(item(file, &lines));
    items
}

/// The items that `roots` need, directly or not, in their order. Comments on a whole file stay with what is left of it.
pub(crate) fn reachable(items: Vec<Item>, roots: &[&str]) -> Vec<Item> {
    let mut definitions: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, item) in items.iter().enumerate() {
        for name in &item.defines {
            definitions.entry(name).or_default().push(index);
        }
    }
    let mut needed = vec![false; items.len()];
    let mut names: Vec<&str> = roots.to_vec();
    while let Some(name) = names.pop() {
        for &index in definitions.get(name).into_iter().flatten() {
            if !needed[index] {
                needed[index] = true;
                names.extend(items[index].mentions.iter().map(String::as_str));
            }
        }
    }
    let files: HashSet<&str> =
        items.iter().zip(&needed).filter(|(_, needed)| **needed).map(|(i, _)| i.file).collect();
    let is_kept =
        |(item, needed): &(Item, bool)| *needed || (item.defines.is_empty() && files.contains(item.file));
    items.into_iter().zip(needed).filter(is_kept).map(|(item, _)| item).collect()
}

fn item(file: &'static str, lines: &[&str]) -> Option<Item> {
    if lines.is_empty() {
        return None;
    }
    let text = lines.join("\n") + "\n";
    let code = without_comments(&text);
    let mentions = identifiers(&code).map(str::to_owned).collect();
    let mut defines = definitions(&code);
    defines.extend(macro_calls(&code));
    Some(Item { file, defines, mentions, text })
}

fn without_comments(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        code.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    code + rest
}

fn identifiers(code: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    code.split(move |c| !is_part(c))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}

/// What the arguments of macros name that are called outside of functions.
fn macro_calls(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut open = 0;
    for line in code.lines() {
        let is_call = line.split_once('(').is_some_and(|(name, _)| {
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        });
        if open > 0 || is_call {
            names.extend(identifiers(line).map(str::to_owned));
            open += line.matches('(').count() as i32 - line.matches(')').count() as i32;
        }
    }
    names
}

/// What the code of one item defines.
fn definitions(code: &str) -> Vec<String> {
    let macros = code.lines().filter_map(|line| line.strip_prefix("#define "));
    let macros: Vec<String> = macros.filter_map(|rest| identifiers(rest).next().map(str::to_owned)).collect();
    if !macros.is_empty() {
        return macros;
    }
    let head = code.split('{').next().unwrap_or(code).trim();
    if head.is_empty() {
        return Vec::new();
    }
    let inside = code.split_once('{').and_then(|(_, rest)| rest.rsplit_once('}'));
    match (head.split_whitespace().next(), inside) {
        (Some("enum"), Some((constants, _))) => constants
            .split(',')
            .filter_map(|constant| identifiers(constant).next().map(str::to_owned))
            .collect(),
        (Some("typedef"), Some((_, tail))) => identifiers(tail).map(str::to_owned).collect(),
        (Some("typedef"), None) => identifiers(head).last().map(str::to_owned).into_iter().collect(),
        _ => {
            // A function's name stands before its parameters, a table's before its extent.
            let declarator = without_attributes(head);
            let end = declarator.find(['(', '[', '=', ';']).unwrap_or(declarator.len());
            identifiers(&declarator[..end]).last().map(str::to_owned).into_iter().collect()
        }
    }
}

/// The head of a definition without `__attribute__((…))`.
fn without_attributes(head: &str) -> String {
    let mut plain = String::new();
    let mut rest = head;
    while let Some((before, after)) = rest.split_once("__attribute__((") {
        plain.push_str(before);
        rest = after.split_once("))").map_or("", |(_, after)| after);
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "/* The file. */

#define TWICE(x) ((x) + (x))

/* A type. */
typedef struct pair {
    int a;

    int b;
} pair_t;

enum { RED, GREEN };

static const int table[2] __attribute__((aligned(4))) = {1, 2};

/* Mentions the unused `other`. */
static __attribute__((noinline)) int first(const pair_t *p)
{
    return TWICE(p->a) + table[RED];
}

static int other(void)
{
    return 0;
}
";

    #[test]
    fn definitions_are_found() {
        let items = split("f", TEXT);
        let defines: Vec<&[String]> = items.iter().map(|item| item.defines.as_slice()).collect();
        let expected: [&[&str]; 7] =
            [&[], &["TWICE"], &["pair_t"], &["RED", "GREEN"], &["table"], &["first"], &["other"]];
        assert_eq!(defines, expected);
    }

    #[test]
    fn macros_define_what_their_arguments_name() {
        let text = "#define MAKE(name, body) static int name(void) { return body; }\nMAKE(one, 1)\nMAKE(two,\n     TWICE(1))\n";
        let kept = reachable(split("f", text), &["two"]);
        assert_eq!(kept.len(), 1);
        assert!(kept[0].defines.contains(&"MAKE".to_owned()) && kept[0].defines.contains(&"one".to_owned()));
        assert_eq!(reachable(split("f", "MAKE(one, 1)\n"), &["one"]).len(), 1);
        assert!(reachable(split("f", "MAKE(one, 1)\n"), &["three"]).is_empty());
    }

    #[test]
    fn what_nothing_needs_is_dropped() {
        let kept = reachable(split("f", TEXT), &["first"]);
        assert_eq!(kept.len(), 6);
        assert!(kept.iter().all(|item| !item.text.contains("int other")));
        assert!(reachable(split("f", TEXT), &["none"]).is_empty());
    }
}
