//! C identifiers and text that is safe inside C comments and strings.

/// A C identifier from any text: other characters become `_`, and a leading digit is preceded by one.
pub fn identifier(text: &str) -> String {
    let legal = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let mut name: String = text.chars().map(legal).collect();
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || KEYWORDS.contains(&name.as_str())
    {
        name.insert(0, '_');
    }
    name
}

/// Text for a comment: one line, and nothing that ends it.
pub(super) fn comment(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .replace("*/", "* /")
        .replace("/*", "/ *")
}

/// A C string literal.
pub(super) fn string(text: &str) -> String {
    let mut literal = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => literal.extend(['\\', byte as char]),
            b'?' => literal.push_str("\\?"),
            b' '..=b'~' => literal.push(byte as char),
            _ => literal.push_str(&format!("\\{byte:03o}")),
        }
    }
    literal + "\""
}

const KEYWORDS: &[&str] = &[
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum",
    "extern", "float", "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return",
    "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void",
    "volatile", "while",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_legal() {
        assert_eq!(identifier("kws-dscnn.int8"), "kws_dscnn_int8");
        assert_eq!(identifier("8bit"), "_8bit");
        assert_eq!(identifier("int"), "_int");
        assert_eq!(identifier(""), "_");
    }

    #[test]
    fn comments_and_strings_stay_closed() {
        assert_eq!(comment("a */ b\n/* c"), "a * / b / * c");
        assert_eq!(string("a\"\\\n?"), "\"a\\\"\\\\\\012\\?\"");
    }
}
