//! Text to modules: a predictive parser with one token of lookahead that carries on at the next statement after an
//! error.

mod contents;
mod stream;

use std::collections::HashMap;
use std::ops::Range;

use contents::SideFile;
use stream::{Fallible, Stream};

use super::literal::float32;
use super::source_map::{GraphSpans, SourceMap};
use super::token::{Token, unescape};
use crate::diag::Diagnostic;
use crate::entity::{GraphId, ValueId, VarId};
use crate::graph::{Graph, Module, Node, Variable};
use crate::ops::{AttrMap, AttrValue, Op};
use crate::quant::Quant;
use crate::types::{ElemType, Shape, TensorType};

/// After so many errors the rest of the text is not read.
const MOST_ERRORS: usize = 50;

/// Deepest nesting of lists in attributes; operators need one level.
const DEEPEST_LIST: usize = 4;

type WeightsOf<'w> = &'w dyn Fn(&str) -> Option<Vec<u8>>;

/// See [`super::parse_located`].
pub(super) fn parse(text: &str, weights: WeightsOf<'_>) -> Result<(Module, SourceMap), Vec<Diagnostic>> {
    let mut parser = Parser {
        stream: Stream::new(text),
        side_file: SideFile::default(),
        module: Module::default(),
        map: SourceMap::default(),
        diagnostics: Vec::new(),
    };
    if let Err(diagnostic) = parser.header(weights) {
        parser.report(*diagnostic);
        parser.skip_to_item();
    }
    parser.items();
    if parser.diagnostics.is_empty() { Ok((parser.module, parser.map)) } else { Err(parser.diagnostics) }
}

struct Parser<'t> {
    stream: Stream<'t>,
    side_file: SideFile,
    module: Module,
    map: SourceMap,
    diagnostics: Vec<Diagnostic>,
}

/// A graph under construction and the names of its values.
#[derive(Default)]
struct Scope<'t> {
    graph: Graph,
    spans: GraphSpans,
    names: HashMap<&'t str, ValueId>,
}

/// What stands before `=` in a statement.
struct Target<'t> {
    sigil: &'t str,
    name: String,
    span: Range<usize>,
}

impl<'t> Parser<'t> {
    fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MOST_ERRORS {
            self.diagnostics.push(diagnostic);
        }
        if self.diagnostics.len() == MOST_ERRORS {
            self.stream.stop();
        }
    }

    /// `module "name" weights "file"`
    fn header(&mut self, weights: WeightsOf<'_>) -> Fallible<()> {
        self.stream.expect_word("module")?;
        self.module.name = self.optional_name()?;
        if self.stream.eat_word("weights") {
            let span = self.stream.span();
            let name = unescape_at(self.stream.expect(Token::String)?, &span)?;
            self.side_file = SideFile::named(&name, weights(&name), &span)?;
        }
        Ok(())
    }

    fn items(&mut self) {
        while self.stream.peek().is_some() {
            let item = match self.stream.peek_word() {
                Some("var") => self.variable(),
                Some("graph") => self.graph(),
                _ => Err(self.stream.unexpected("`var` or `graph`")),
            };
            if let Err(diagnostic) = item {
                self.report(*diagnostic);
                self.skip_to_item();
            }
        }
    }

    fn skip_to_item(&mut self) {
        self.stream.skip_to_line(|token, word| token == Token::Word && matches!(word, "var" | "graph"));
    }

    /// `var $0 "name" : TYPE = zeros`
    fn variable(&mut self) -> Fallible<()> {
        self.stream.expect_word("var")?;
        let span = self.stream.span();
        let sigil = self.stream.expect(Token::Variable)?;
        self.expect_number(&sigil[1..], self.module.variables.len(), "variable", &span);
        let name = self.optional_name()?;
        self.stream.expect(Token::Colon)?;
        let ty = self.tensor_type()?;
        self.stream.expect(Token::Equals)?;
        let init = if self.stream.eat_word("zeros") { None } else { Some(self.contents(&ty)?) };
        self.module.variables.push(Variable { name, ty, init });
        self.map.variables.push(span);
        Ok(())
    }

    /// Complains if a graph or a variable does not carry its position as its number.
    fn expect_number(&mut self, digits: &str, position: usize, what: &str, span: &Range<usize>) {
        if digits.parse() == Ok(position) {
            return;
        }
        let message = format!("this is {what} {position}, not {digits}");
        self.report(
            Diagnostic::new("E0106", message)
                .span(span.clone())
                .help("graphs and variables are numbered from 0 in the order of the text"),
        );
    }

    /// `graph @0 "name"(INPUTS) { STATEMENTS return OUTPUTS }`
    fn graph(&mut self) -> Fallible<()> {
        self.stream.expect_word("graph")?;
        let mut scope = Scope::default();
        scope.spans.header = self.stream.span();
        let sigil = self.stream.expect(Token::Graph)?;
        let header = scope.spans.header.clone();
        self.expect_number(&sigil[1..], self.module.graphs.len(), "graph", &header);
        scope.graph.name = self.optional_name()?;
        self.graph_inputs(&mut scope)?;
        self.stream.expect(Token::BraceOpen)?;
        self.statements(&mut scope);
        self.module.graphs.push(scope.graph);
        self.map.graphs.push(scope.spans);
        self.stream.expect(Token::BraceClose)?;
        Ok(())
    }

    fn graph_inputs(&mut self, scope: &mut Scope<'t>) -> Fallible<()> {
        self.stream.expect(Token::ParenOpen)?;
        self.separated(Token::ParenClose, |parser| {
            let target = parser.target()?;
            parser.stream.expect(Token::Colon)?;
            let ty = parser.tensor_type()?;
            let id = parser.define(scope, &target, ty);
            scope.graph.inputs.push(id);
            Ok(())
        })
    }

    /// Statements up to the closing brace, which stays.
    fn statements(&mut self, scope: &mut Scope<'t>) {
        let mut returned = false;
        while !self.at_graph_end() {
            if returned {
                let diagnostic = self.stream.unexpected("`}` after `return`");
                self.report(*diagnostic);
            }
            returned |= self.stream.peek_word() == Some("return");
            if let Err(diagnostic) = self.statement(scope) {
                self.report(*diagnostic);
                self.stream
                    .skip_to_line(|token, _| matches!(token, Token::Value | Token::Word | Token::BraceClose));
            }
        }
        if !returned {
            let diagnostic = self.stream.unexpected("`return`");
            self.report(*diagnostic);
        }
    }

    fn at_graph_end(&self) -> bool {
        matches!(self.stream.peek(), None | Some(Token::BraceClose))
            || matches!(self.stream.peek_word(), Some("graph" | "var"))
    }

    fn statement(&mut self, scope: &mut Scope<'t>) -> Fallible<()> {
        if self.stream.peek_word() == Some("return") {
            return self.return_statement(scope);
        }
        let targets = self.targets()?;
        let result = if self.stream.peek_word() == Some("const") {
            self.constant(scope, &targets)
        } else {
            self.node(scope, &targets)
        };
        // A broken definition still defines its names, so that their uses are not reported as well.
        if result.is_err() {
            for target in &targets {
                if !scope.names.contains_key(target.sigil) {
                    self.define(scope, target, TensorType::plain(ElemType::I8, []));
                }
            }
        }
        result
    }

    /// `return %1, %2`
    fn return_statement(&mut self, scope: &mut Scope<'t>) -> Fallible<()> {
        scope.spans.outputs = self.stream.span();
        self.stream.expect_word("return")?;
        if self.stream.peek() != Some(Token::Value) {
            return Ok(());
        }
        loop {
            let id = self.value_use(scope)?;
            scope.graph.outputs.extend(id);
            if !self.stream.eat(Token::Comma) {
                return Ok(());
            }
        }
    }

    /// `%5 "a", %6 "b" =`; nothing for a node without results.
    fn targets(&mut self) -> Fallible<Vec<Target<'t>>> {
        let mut targets = Vec::new();
        if self.stream.peek() != Some(Token::Value) {
            return Ok(targets);
        }
        loop {
            targets.push(self.target()?);
            if !self.stream.eat(Token::Comma) {
                self.stream.expect(Token::Equals)?;
                return Ok(targets);
            }
        }
    }

    fn target(&mut self) -> Fallible<Target<'t>> {
        let span = self.stream.span();
        let sigil = self.stream.expect(Token::Value)?;
        Ok(Target { sigil, name: self.optional_name()?, span })
    }

    /// `const : TYPE = CONTENTS`
    fn constant(&mut self, scope: &mut Scope<'t>, targets: &[Target<'t>]) -> Fallible<()> {
        let span = self.stream.span();
        self.stream.expect_word("const")?;
        let [target] = targets else {
            return Err(Diagnostic::new("E0101", "`const` defines exactly one value").span(span).into());
        };
        self.stream.expect(Token::Colon)?;
        let ty = self.tensor_type()?;
        self.stream.expect(Token::Equals)?;
        let data = self.contents(&ty)?;
        let id = self.define(scope, target, ty);
        scope.graph.values[id.index()].data = Some(data);
        Ok(())
    }

    /// `conv2d(%0, %1, _) {stride = [1, 1]} : TYPES loc "CONV_2D #0"`
    fn node(&mut self, scope: &mut Scope<'t>, targets: &[Target<'t>]) -> Fallible<()> {
        let start = targets.first().map_or(self.stream.span(), |t| t.span.clone()).start;
        let op_span = self.stream.span();
        let mnemonic = self.stream.expect(Token::Word)?;
        let inputs = self.operands(scope)?;
        let span = start..self.stream.last_end();
        let attributes = self.attributes()?;
        let op = Op::build(mnemonic, attributes).map_err(|e| Diagnostic::new("E0103", e).span(op_span))?;
        let types = self.result_types()?;
        let location = if self.stream.eat_word("loc") { self.required_name()? } else { String::new() };
        if types.len() != targets.len() {
            let message = format!("{} results have {} types", targets.len(), types.len());
            return Err(Diagnostic::new("E0101", message).span(span).into());
        }
        let outputs = targets.iter().zip(types).map(|(target, ty)| self.define(scope, target, ty)).collect();
        scope.graph.nodes.push(Node { op, inputs, outputs, location });
        scope.spans.nodes.push(span);
        Ok(())
    }

    fn operands(&mut self, scope: &mut Scope<'t>) -> Fallible<Vec<Option<ValueId>>> {
        let mut inputs = Vec::new();
        self.stream.expect(Token::ParenOpen)?;
        self.separated(Token::ParenClose, |parser| {
            let absent = parser.stream.eat_word("_");
            inputs.push(if absent { None } else { parser.value_use(scope)? });
            Ok(())
        })?;
        Ok(inputs)
    }

    fn result_types(&mut self) -> Fallible<Vec<TensorType>> {
        let mut types = Vec::new();
        if self.stream.eat(Token::Colon) {
            types.push(self.tensor_type()?);
            while self.stream.eat(Token::Comma) {
                types.push(self.tensor_type()?);
            }
        }
        Ok(types)
    }

    /// Enters a value under its name.
    fn define(&mut self, scope: &mut Scope<'t>, target: &Target<'t>, ty: TensorType) -> ValueId {
        let id = scope.graph.add_value(target.name.clone(), ty);
        scope.spans.values.push(target.span.clone());
        if scope.names.insert(target.sigil, id).is_some() {
            let message = format!("`{}` is defined more than once", target.sigil);
            self.report(Diagnostic::new("E0110", message).span(target.span.clone()));
        }
        id
    }

    /// A value that was defined above; an unknown one is reported and the parser goes on.
    fn value_use(&mut self, scope: &Scope<'t>) -> Fallible<Option<ValueId>> {
        let span = self.stream.span();
        let sigil = self.stream.expect(Token::Value)?;
        let id = scope.names.get(sigil).copied();
        if id.is_none() {
            let message = format!("`{sigil}` is used before it is defined");
            self.report(Diagnostic::new("E0111", message).span(span));
        }
        Ok(id)
    }

    /// `1x8x8x3xi8 q(0.5, 3)`; a scalar is its element type alone.
    fn tensor_type(&mut self) -> Fallible<TensorType> {
        let span = self.stream.span();
        let text = match self.stream.peek() {
            Some(Token::Shape) => self.stream.expect(Token::Shape)?,
            Some(Token::Word) => self.stream.expect(Token::Word)?,
            _ => return Err(self.stream.unexpected("a type such as `1x8xi8`")),
        };
        let (dims, elem) = text.rsplit_once('x').unwrap_or(("", text));
        let Some(elem) = ElemType::from_name(elem) else {
            let known: Vec<&str> = ElemType::ALL.iter().map(|e| e.name()).collect();
            return Err(Diagnostic::new("E0102", format!("there is no element type `{elem}`"))
                .span(span)
                .help(format!("element types: {}", known.join(", ")))
                .into());
        };
        let dims: Result<Vec<usize>, _> = dims.split('x').filter(|d| !d.is_empty()).map(str::parse).collect();
        let dims = dims.map_err(|_| Diagnostic::new("E0102", "an extent is too large").span(span))?;
        let quant = if self.stream.eat_word("q") { self.quant()? } else { Quant::None };
        Ok(TensorType { elem, shape: Shape(dims), quant })
    }

    /// `(0.5, 3)` or `(axis 0, [0.1, 0.2], [0, 0])`; one zero point stands for all.
    fn quant(&mut self) -> Fallible<Quant> {
        self.stream.expect(Token::ParenOpen)?;
        let quant = if self.stream.eat_word("axis") {
            let axis = self.integer()?;
            self.stream.expect(Token::Comma)?;
            let scales = self.list(Self::float)?;
            self.stream.expect(Token::Comma)?;
            let zero_points = match self.stream.peek() {
                Some(Token::Integer) => vec![self.integer()?; scales.len()],
                _ => self.list(Self::integer)?,
            };
            Quant::PerAxis { axis, scales, zero_points }
        } else {
            let scale = self.float()?;
            self.stream.expect(Token::Comma)?;
            Quant::PerTensor { scale, zero_point: self.integer()? }
        };
        self.stream.expect(Token::ParenClose)?;
        Ok(quant)
    }

    /// `{name = value, …}`, or nothing.
    fn attributes(&mut self) -> Fallible<AttrMap> {
        let mut attributes = AttrMap::default();
        if !self.stream.eat(Token::BraceOpen) {
            return Ok(attributes);
        }
        self.separated(Token::BraceClose, |parser| {
            let span = parser.stream.span();
            let name = parser.stream.expect(Token::Word)?;
            parser.stream.expect(Token::Equals)?;
            let value = parser.attribute(0)?;
            if attributes.0.insert(name.into(), value).is_some() {
                let message = format!("attribute `{name}` is given more than once");
                return Err(Diagnostic::new("E0103", message).span(span).into());
            }
            Ok(())
        })?;
        Ok(attributes)
    }

    fn attribute(&mut self, depth: usize) -> Fallible<AttrValue> {
        match self.stream.peek() {
            Some(Token::Integer) => self.integer().map(AttrValue::Int),
            Some(Token::Float) => self.float().map(AttrValue::Float),
            Some(Token::Word) => Ok(AttrValue::Word(self.stream.expect(Token::Word)?.into())),
            Some(Token::Variable) => Ok(AttrValue::Var(VarId(self.sigil(Token::Variable)?))),
            Some(Token::Graph) => Ok(AttrValue::Graph(GraphId(self.sigil(Token::Graph)?))),
            Some(Token::BracketOpen) if depth < DEEPEST_LIST => {
                self.list(|parser| parser.attribute(depth + 1)).map(AttrValue::List)
            }
            _ => Err(self.stream.unexpected("an attribute: a number, a word, `$0`, `@0` or a list")),
        }
    }

    /// The number of `$2` or `@1`.
    fn sigil(&mut self, token: Token) -> Fallible<u32> {
        let span = self.stream.span();
        let text = self.stream.expect(token)?;
        text[1..]
            .parse()
            .map_err(|_| Diagnostic::new("E0102", format!("`{text}` is too large")).span(span).into())
    }

    fn integer<T: std::str::FromStr>(&mut self) -> Fallible<T> {
        let span = self.stream.span();
        let text = self.stream.expect(Token::Integer)?;
        let failed = |_| Diagnostic::new("E0102", format!("`{text}` does not fit here")).span(span).into();
        text.parse().map_err(failed)
    }

    fn float(&mut self) -> Fallible<f32> {
        let span = self.stream.span();
        let text = self.stream.expect_number()?;
        float32(text).map_err(|e| Diagnostic::new("E0102", e).span(span).into())
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Fallible<T>) -> Fallible<Vec<T>> {
        let mut items = Vec::new();
        self.stream.expect(Token::BracketOpen)?;
        self.separated(Token::BracketClose, |parser| {
            items.push(item(parser)?);
            Ok(())
        })?;
        Ok(items)
    }

    /// Items with commas between them up to the closing token, which is taken; there may be none.
    fn separated(&mut self, close: Token, mut item: impl FnMut(&mut Self) -> Fallible<()>) -> Fallible<()> {
        if self.stream.eat(close) {
            return Ok(());
        }
        loop {
            item(self)?;
            if self.stream.eat(close) {
                return Ok(());
            }
            self.stream.expect_either(Token::Comma, close)?;
        }
    }

    fn optional_name(&mut self) -> Fallible<String> {
        if self.stream.peek() == Some(Token::String) { self.required_name() } else { Ok(String::new()) }
    }

    fn required_name(&mut self) -> Fallible<String> {
        let span = self.stream.span();
        unescape_at(self.stream.expect(Token::String)?, &span)
    }
}

fn unescape_at(quoted: &str, span: &Range<usize>) -> Fallible<String> {
    unescape(quoted).map_err(|e| Diagnostic::new("E0102", e).span(span.clone()).into())
}
