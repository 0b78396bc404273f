//! The token stream: one token of lookahead, and the wording of what was expected.

use std::ops::Range;

use logos::{Lexer, Logos};

use super::Token;
use crate::diag::Diagnostic;

/// What a parsing function returns; the error leaves the statement.
pub(super) type Fallible<T> = Result<T, Box<Diagnostic>>;

/// Tokens of a text with the next one in view.
pub(super) struct Stream<'t> {
    text: &'t str,
    lexer: Lexer<'t, Token>,
    next: Option<Result<Token, ()>>,
    span: Range<usize>,
    last_end: usize,
}

impl<'t> Stream<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let mut stream = Stream { text, lexer: Token::lexer(text), next: None, span: 0..0, last_end: 0 };
        stream.advance();
        stream
    }

    fn advance(&mut self) {
        self.last_end = self.span.end;
        self.next = self.lexer.next();
        self.span = self.lexer.span();
    }

    /// Ends the text here.
    pub(super) fn stop(&mut self) {
        self.lexer = Token::lexer("");
        self.next = None;
    }

    /// The next token; `None` at the end of the text.
    pub(super) fn peek(&self) -> Option<Token> {
        // What is no token at all is passed on as a token that no rule takes at the start of anything.
        self.next.map(|token| token.unwrap_or(Token::Unknown))
    }

    /// The next token if it is a word.
    pub(super) fn peek_word(&self) -> Option<&'t str> {
        (self.peek() == Some(Token::Word)).then(|| self.slice())
    }

    /// Where the next token stands.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Where the token before the next one ended.
    pub(super) fn last_end(&self) -> usize {
        self.last_end
    }

    fn slice(&self) -> &'t str {
        &self.text[self.span.clone()]
    }

    /// Takes the next token if it is `token`.
    pub(super) fn eat(&mut self, token: Token) -> bool {
        let found = self.peek() == Some(token);
        if found {
            self.advance();
        }
        found
    }

    /// Takes the next token if it is that word.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.peek_word() == Some(word);
        if found {
            self.advance();
        }
        found
    }

    /// The text of the next token, which must be `token`.
    pub(super) fn expect(&mut self, token: Token) -> Fallible<&'t str> {
        if self.peek() != Some(token) {
            return Err(self.unexpected(token.describe()));
        }
        let text = self.slice();
        self.advance();
        Ok(text)
    }

    /// Takes `first`, or complains that neither of the two is there.
    pub(super) fn expect_either(&mut self, first: Token, second: Token) -> Fallible<()> {
        if self.eat(first) {
            return Ok(());
        }
        Err(self.unexpected(&format!("{} or {}", first.describe(), second.describe())))
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Fallible<()> {
        if self.eat_word(word) { Ok(()) } else { Err(self.unexpected(&format!("`{word}`"))) }
    }

    /// The text of an integer or float token.
    pub(super) fn expect_number(&mut self) -> Fallible<&'t str> {
        match self.peek() {
            Some(token @ (Token::Integer | Token::Float)) => self.expect(token),
            _ => Err(self.unexpected("a number")),
        }
    }

    /// The complaint that something else stands here.
    pub(super) fn unexpected(&self, expected: &str) -> Box<Diagnostic> {
        let found = match self.peek() {
            None => "the end of the text".into(),
            Some(Token::Unknown) if self.slice().starts_with('"') => "a string that does not end".into(),
            Some(_) => format!("`{}`", excerpt(self.slice())),
        };
        Diagnostic::new("E0101", format!("expected {expected}, found {found}")).span(self.span.clone()).into()
    }

    /// Skips to a token that starts a line and satisfies `wanted`.
    pub(super) fn skip_to_line(&mut self, wanted: impl Fn(Token, &str) -> bool) {
        while let Some(token) = self.peek() {
            let starts_line = self.text[self.last_end..self.span.start].contains('\n');
            if starts_line && wanted(token, self.slice()) {
                return;
            }
            self.advance();
        }
    }
}

/// The start of a token that may be long.
fn excerpt(token: &str) -> String {
    const MOST: usize = 40;
    if token.chars().count() <= MOST {
        token.into()
    } else {
        token.chars().take(MOST).chain(['…']).collect()
    }
}
