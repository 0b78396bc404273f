//! Contents of constants: spelled out, in the side file, or made up.

use std::collections::HashMap;
use std::ops::Range;

use super::Parser;
use super::stream::Fallible;
use crate::data::Data;
use crate::diag::Diagnostic;
use crate::text::MADE_UP_BYTES;
use crate::text::literal::{Random, push_element};
use crate::text::token::Token;
use crate::types::TensorType;

/// The side file, and how much data the text may still ask for without spelling it out.
pub(super) struct SideFile {
    bytes: Option<Vec<u8>>,
    ranges: HashMap<(usize, usize), Data>,
    budget: usize,
}

impl Default for SideFile {
    fn default() -> Self {
        SideFile { bytes: None, ranges: HashMap::new(), budget: MADE_UP_BYTES }
    }
}

impl SideFile {
    /// The side file of that name.
    pub(super) fn named(name: &str, bytes: Option<Vec<u8>>, span: &Range<usize>) -> Fallible<Self> {
        let Some(bytes) = bytes else {
            return Err(Diagnostic::new("E0104", format!("the side file `{name}` cannot be read"))
                .span(span.clone())
                .help("it belongs beside the text")
                .into());
        };
        // Ranges may overlap, but not so often that they multiply the file.
        let budget = MADE_UP_BYTES + bytes.len();
        Ok(SideFile { bytes: Some(bytes), budget, ..SideFile::default() })
    }

    fn spend(&mut self, bytes: usize, span: &Range<usize>) -> Fallible<()> {
        let Some(rest) = self.budget.checked_sub(bytes) else {
            let message = format!("{bytes} bytes are more than the reader makes up or repeats");
            return Err(Diagnostic::new("E0105", message)
                .span(span.clone())
                .help(format!("all such constants of a text together may take {MADE_UP_BYTES} bytes"))
                .into());
        };
        self.budget = rest;
        Ok(())
    }

    /// Bytes of the file; equal ranges share their storage.
    fn range(&mut self, offset: usize, length: usize, span: &Range<usize>) -> Fallible<Data> {
        if let Some(data) = self.ranges.get(&(offset, length)) {
            return Ok(data.clone());
        }
        let failed = |message: String| Diagnostic::new("E0104", message).span(span.clone());
        let file = self.bytes.as_ref().ok_or_else(|| {
            failed("the text names no side file".into())
                .help("write `weights \"FILE\"` after the module's name")
        })?;
        let data = offset.checked_add(length).and_then(|end| file.get(offset..end)).map(Data::from_bytes);
        let data = data.ok_or_else(|| failed(format!("the side file has only {} bytes", file.len())))?;
        self.spend(length, span)?;
        self.ranges.insert((offset, length), data.clone());
        Ok(data)
    }
}

impl Parser<'_> {
    /// `[1, 2]`, `@weights[0, 8]`, `zeros`, `splat(3)` or `random(seed 7, density 0.5)`
    pub(super) fn contents(&mut self, ty: &TensorType) -> Fallible<Data> {
        match (self.stream.peek(), self.stream.peek_word()) {
            (Some(Token::BracketOpen), _) => self.elements(ty),
            (Some(Token::Weights), _) => self.reference(),
            (_, Some("zeros")) => self.zeros(ty),
            (_, Some("splat")) => self.splat(ty),
            (_, Some("random")) => self.random(ty),
            _ => Err(self.stream.unexpected("contents: a list, `@weights[…]`, `zeros`, `splat` or `random`")),
        }
    }

    fn elements(&mut self, ty: &TensorType) -> Fallible<Data> {
        let mut bytes = Vec::new();
        self.stream.expect(Token::BracketOpen)?;
        self.separated(Token::BracketClose, |parser| parser.element(ty, &mut bytes))?;
        Ok(Data::from_bytes(bytes))
    }

    fn element(&mut self, ty: &TensorType, out: &mut Vec<u8>) -> Fallible<()> {
        let span = self.stream.span();
        let number = self.stream.expect_number()?;
        push_element(ty.elem, number, out).map_err(|e| Diagnostic::new("E0102", e).span(span).into())
    }

    /// `@weights[OFFSET, BYTES]`, with an optional CRC-32 of the bytes in hexadecimal.
    fn reference(&mut self) -> Fallible<Data> {
        let span = self.stream.span();
        self.stream.expect(Token::Weights)?;
        self.stream.expect(Token::BracketOpen)?;
        let offset = self.integer()?;
        self.stream.expect(Token::Comma)?;
        let length = self.integer()?;
        let checksum = if self.stream.eat(Token::Comma) { Some(self.required_name()?) } else { None };
        let data = self.side_file.range(offset, length, &span)?;
        self.stream.expect(Token::BracketClose)?;
        let actual = format!("{:08x}", crc32fast::hash(data.bytes()));
        if checksum.is_some_and(|expected| expected != actual) {
            return Err(Diagnostic::new("E0104", format!("the checksum of these bytes is {actual}"))
                .span(span)
                .help("the side file does not belong to this text")
                .into());
        }
        Ok(data)
    }

    fn zeros(&mut self, ty: &TensorType) -> Fallible<Data> {
        self.side_file.spend(ty.bytes(), &self.stream.span())?;
        self.stream.expect_word("zeros")?;
        Ok(Data::from_bytes(vec![0; ty.bytes()]))
    }

    fn splat(&mut self, ty: &TensorType) -> Fallible<Data> {
        self.side_file.spend(ty.bytes(), &self.stream.span())?;
        self.stream.expect_word("splat")?;
        self.stream.expect(Token::ParenOpen)?;
        let mut element = Vec::new();
        self.element(ty, &mut element)?;
        self.stream.expect(Token::ParenClose)?;
        Ok(Data::from_bytes(element.repeat(ty.elements())))
    }

    /// `random(seed 7, density 0.5, min -3, max 3)`; all but the seed may be left out.
    fn random(&mut self, ty: &TensorType) -> Fallible<Data> {
        self.side_file.spend(ty.bytes(), &self.stream.span())?;
        self.stream.expect_word("random")?;
        self.stream.expect(Token::ParenOpen)?;
        let mut random = Random { seed: 0, density: 1.0, min: None, max: None };
        self.separated(Token::ParenClose, |parser| parser.random_setting(&mut random))?;
        Ok(random.fill(ty.elem, ty.elements()))
    }

    fn random_setting(&mut self, random: &mut Random) -> Fallible<()> {
        match self.stream.peek_word() {
            Some("seed") => {
                self.stream.expect_word("seed")?;
                random.seed = self.integer()?;
            }
            Some("density") => {
                self.stream.expect_word("density")?;
                random.density = f64::from(self.float()?);
            }
            Some("min") => {
                self.stream.expect_word("min")?;
                random.min = Some(f64::from(self.float()?));
            }
            Some("max") => {
                self.stream.expect_word("max")?;
                random.max = Some(f64::from(self.float()?));
            }
            _ => return Err(self.stream.unexpected("`seed`, `density`, `min` or `max`")),
        }
        Ok(())
    }
}
