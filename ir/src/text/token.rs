//! The lexer of the textual form, and the spelling of strings.

use logos::Logos;

/// One token; its text is the slice of the source that it spans.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq)]
#[logos(skip r"[ \t\r\n]+")]
#[logos(skip(r"//[^\n]*", allow_greedy = true))]
pub enum Token {
    /// `(`
    #[token("(")]
    ParenOpen,
    /// `)`
    #[token(")")]
    ParenClose,
    /// `[`
    #[token("[")]
    BracketOpen,
    /// `]`
    #[token("]")]
    BracketClose,
    /// `{`
    #[token("{")]
    BraceOpen,
    /// `}`
    #[token("}")]
    BraceClose,
    /// `,`
    #[token(",")]
    Comma,
    /// `:`
    #[token(":")]
    Colon,
    /// `=`
    #[token("=")]
    Equals,
    /// `@weights`
    #[token("@weights")]
    Weights,
    /// `%7`, `%name`
    #[regex("%[0-9A-Za-z_]+")]
    Value,
    /// `@1`
    #[regex("@[0-9]+")]
    Graph,
    /// `$2`
    #[regex(r"\$[0-9]+")]
    Variable,
    /// `conv2d`, `true`, `_`
    #[regex("[A-Za-z_][A-Za-z0-9_]*")]
    Word,
    /// `-12`
    #[regex("-?[0-9]+")]
    Integer,
    /// `0.5`, `1e-7`, `-inf`, `nan`, `nan(7fc00001)`
    #[regex(r"-?[0-9]+\.[0-9]+([eE][+-]?[0-9]+)?")]
    #[regex(r"-?[0-9]+[eE][+-]?[0-9]+")]
    #[regex(r"-?inf|nan(\([0-9a-f]+\))?", priority = 10)]
    Float,
    /// `1x8x8x3xi8`: extents and element type of a tensor that is not a scalar
    #[regex("([0-9]+x)+[a-z]+[0-9]*")]
    Shape,
    /// `"name"`
    #[regex(r#""([^"\\\n]|\\[^\n])*""#)]
    String,
    /// Anything else; the lexer never makes it, the parser's stream does.
    Unknown,
}

impl Token {
    /// How messages call the token.
    pub fn describe(self) -> &'static str {
        match self {
            Token::ParenOpen => "`(`",
            Token::ParenClose => "`)`",
            Token::BracketOpen => "`[`",
            Token::BracketClose => "`]`",
            Token::BraceOpen => "`{`",
            Token::BraceClose => "`}`",
            Token::Comma => "`,`",
            Token::Colon => "`:`",
            Token::Equals => "`=`",
            Token::Weights => "`@weights`",
            Token::Value => "a value such as `%7`",
            Token::Graph => "a graph such as `@1`",
            Token::Variable => "a variable such as `$2`",
            Token::Word => "a word",
            Token::Integer => "an integer",
            Token::Float => "a number",
            Token::Shape => "a type such as `1x8xi8`",
            Token::String => "a string",
            Token::Unknown => "something else",
        }
    }
}

/// The characters that a string token stands for, quotes included in `quoted`; or what is wrong with an escape.
pub fn unescape(quoted: &str) -> Result<String, String> {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or("");
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let (character, used) = escape_sequence(&rest[at + 1..])?;
        out.push(character);
        rest = &rest[at + 1 + used..];
    }
    out.push_str(rest);
    Ok(out)
}

/// The character that an escape (after its backslash) stands for, and the length of the escape in bytes.
fn escape_sequence(text: &str) -> Result<(char, usize), String> {
    match text.chars().next() {
        Some('n') => Ok(('\n', 1)),
        Some('r') => Ok(('\r', 1)),
        Some('t') => Ok(('\t', 1)),
        Some(plain @ ('"' | '\\')) => Ok((plain, 1)),
        Some('u') => unicode_escape(text).ok_or_else(|| "expected `\\u{HEX}` with a valid code point".into()),
        Some(other) => Err(format!("there is no escape `\\{other}`")),
        None => Err("the string ends in a backslash".into()),
    }
}

fn unicode_escape(text: &str) -> Option<(char, usize)> {
    let (hex, _) = text.strip_prefix("u{")?.split_once('}')?;
    let character = char::from_u32(u32::from_str_radix(hex, 16).ok()?)?;
    Some((character, hex.len() + 3))
}

/// A string token that stands for `text`.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
