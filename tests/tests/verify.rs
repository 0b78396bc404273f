//! The verifier: each rule has a file in `data/verify` whose guilty lines end in `// error: CODE part of the message`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use redsc_ir::diag::{CODES, Diagnostic, explain, render};
use redsc_ir::ops::{ReadVariable, Softmax};
use redsc_ir::text::parse_located;
use redsc_ir::verify::{verify, verify_located};
use redsc_ir::{Data, ElemType, Graph, Module, TensorType, ValueId, VarId};

fn files() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/verify");
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    files
}

/// Line, code and part of the message of each error that the text announces.
fn announced(text: &str) -> Vec<(usize, String, String)> {
    let comment = |(index, line): (usize, &str)| {
        let (_, error) = line.split_once("// error: ")?;
        let (code, message) = error.split_once(' ').unwrap_or((error, ""));
        Some((index + 1, code.to_owned(), message.to_owned()))
    };
    text.lines().enumerate().filter_map(comment).collect()
}

fn errors_of(text: &str) -> Vec<Diagnostic> {
    match parse_located(text, &|_| None) {
        Ok((module, map)) => verify_located(&module, &map).err().unwrap_or_default(),
        Err(errors) => errors,
    }
}

/// The line where an error stands; the first one with `module` if it is about the whole module.
fn line_of(error: &Diagnostic, text: &str) -> usize {
    let at = error.span.as_ref().map_or_else(|| text.find("module \"").unwrap(), |span| span.start);
    text[..at].matches('\n').count() + 1
}

#[test]
fn every_rule_complains_on_the_guilty_line_and_nowhere_else() {
    let mut problems = Vec::new();
    for path in files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut errors = errors_of(&text);
        errors.sort_by_key(|e| line_of(e, &text));
        problems
            .extend(compare(&errors, &announced(&text), &text).map(|p| format!("{}: {p}", path.display())));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// What differs between the errors that were found and those that were announced.
fn compare(errors: &[Diagnostic], announced: &[(usize, String, String)], text: &str) -> Option<String> {
    let found = errors.iter().map(|e| (line_of(e, text), e.code));
    let codes_agree = found.eq(announced.iter().map(|(line, code, _)| (*line, code.as_str())));
    let messages_agree =
        errors.iter().zip(announced).all(|(e, (_, _, part))| e.message.contains(part.as_str()));
    let shown = render(errors, "text", Some(text), false);
    (!codes_agree || !messages_agree).then(|| format!("announced: {announced:?}\nfound:\n{shown}"))
}

#[test]
fn every_rule_of_the_verifier_has_a_file() {
    let texts: Vec<String> = files().iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let tested: BTreeSet<String> =
        texts.iter().flat_map(|text| announced(text)).map(|(_, code, _)| code).collect();
    for (code, meaning) in CODES.iter().filter(|(code, _)| ("E0110".."E0200").contains(code)) {
        assert!(tested.contains(*code), "no file in data/verify shows {code}: {meaning}");
    }
}

fn codes(module: &Module) -> Vec<&'static str> {
    verify(module).err().unwrap_or_default().iter().map(|e| e.code).collect()
}

fn module_of(graph: Graph) -> Module {
    Module { name: "built".into(), graphs: vec![graph], variables: Vec::new() }
}

fn f32x8() -> TensorType {
    TensorType::plain(ElemType::F32, [1, 8])
}

#[test]
fn built_modules_are_checked_for_what_text_cannot_say() {
    let mut graph = Graph::default();
    let x = graph.add_value("x", f32x8());
    let y = graph.add_value("y", f32x8());
    graph.inputs = vec![x, x];
    graph.push(Softmax { beta: 1.0 }.into(), &[x], &[y], "first");
    graph.push(Softmax { beta: 1.0 }.into(), &[x], &[y], "second");
    graph.outputs = vec![y];
    assert_eq!(codes(&module_of(graph)), ["E0110", "E0110"]);

    let mut graph = Graph::default();
    let constant = graph.add_constant("c", f32x8(), Data::from_slice(&[0f32; 8]));
    graph.inputs = vec![constant];
    graph.push(Softmax { beta: 1.0 }.into(), &[ValueId(7)], &[ValueId(8)], "");
    graph.push(ReadVariable { variable: VarId(3) }.into(), &[], &[], "");
    graph.outputs = vec![ValueId(9)];
    assert_eq!(codes(&module_of(graph)), ["E0110", "E0112", "E0112", "E0112", "E0112"]);

    let mut graph = Graph::default();
    let never = graph.add_value("never", f32x8());
    graph.outputs = vec![never];
    assert_eq!(codes(&module_of(graph)), ["E0111"]);
}

#[test]
fn long_chains_of_regions_are_refused_without_deep_recursion() {
    let mut text = String::from("module \"deep\"\ngraph @0() {\n  return\n}\n");
    for index in 1..10_000 {
        let next = index + 1;
        text += &format!(
            "graph @{index}(%0 : f32) {{\n  %1 = const : bool = [1]\n  \
             %2 = if(%1, %0) {{then_graph = @{next}, else_graph = @{next}}} : f32\n  return %2\n}}\n"
        );
    }
    text += "graph @10000(%0 : f32) {\n  return %0\n}\n";
    let errors = errors_of(&text);
    assert!(!errors.is_empty() && errors.iter().all(|e| e.code == "E0114"));
}

#[test]
fn codes_are_unique_and_explained() {
    let unique: BTreeSet<&str> = CODES.iter().map(|(code, _)| *code).collect();
    assert_eq!(unique.len(), CODES.len());
    assert_eq!(explain("E0110"), Some("a value is defined more than once"));
}
