//! The checker of plans: the files in `data/plan` hold a module and, in comments, a plan and what is wrong with it.
//!
//! `// arena 256` is the size of the arena; `// at 0 16` places what the line defines (`flash` is possible too);
//! `view` makes the node a view; `scratch 64+32` gives it 32 bytes from offset 64; `error: CODE part of the message`
//! is an error that the checker must find on this line.

use std::path::{Path, PathBuf};

use redsc_ir::diag::{Diagnostic, render};
use redsc_ir::kernels::Kernel;
use redsc_ir::plan::{GraphPlan, Place, Scratch, Step};
use redsc_ir::sparse::Format;
use redsc_ir::text::{SourceMap, parse_located};
use redsc_ir::verify::{verify, verify_plan, verify_plan_located};
use redsc_ir::{Graph, GraphId, Module, Plan, ValueId, VarId};

fn files() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/plan");
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    files
}

/// The comment on the line of a byte, without the errors that it announces.
fn comment(text: &str, at: usize) -> &str {
    let line = text[at..].lines().next().unwrap_or("");
    let comment = line.split_once("// ").map_or("", |(_, comment)| comment);
    comment.split("error: ").next().unwrap_or("").trim()
}

/// Words behind a keyword, up to one that is no place.
fn words_after<'t>(comment: &'t str, keyword: &str) -> Vec<&'t str> {
    let words = comment.split_whitespace().skip_while(|word| *word != keyword).skip(1);
    words.take_while(|word| word.starts_with(|c: char| c.is_ascii_digit()) || *word == "flash").collect()
}

fn place(word: &str) -> Place {
    if word == "flash" { Place::Constant } else { Place::Arena { offset: word.parse().unwrap() } }
}

fn plan_of(module: &Module, map: &SourceMap, text: &str) -> Plan {
    let arena = words_after(comment(text, 0), "arena")[0];
    let variable =
        |index| words_after(comment(text, map.variable(VarId::new(index)).unwrap().start), "at")[0].parse();
    let graphs = module.graphs.iter().enumerate();
    Plan {
        graphs: graphs.map(|(index, graph)| graph_plan_of(GraphId::new(index), graph, map, text)).collect(),
        variables: (0..module.variables.len()).map(|index| variable(index).unwrap()).collect(),
        arena_bytes: arena.parse().unwrap(),
        lower_bound: 0,
        arenas: Vec::new(),
    }
}

fn graph_plan_of(id: GraphId, graph: &Graph, map: &SourceMap, text: &str) -> GraphPlan {
    let mut places: Vec<Place> =
        graph.values.iter().map(|v| if v.data.is_some() { Place::Constant } else { Place::Unused }).collect();
    let mut set = |values: &[ValueId], comment: &str| {
        for (value, word) in values.iter().zip(words_after(comment, "at")) {
            places[value.index()] = place(word);
        }
    };
    for index in 0..graph.values.len() {
        let value = ValueId::new(index);
        set(&[value], comment(text, map.value(id, value).unwrap().start));
    }
    let mut steps = Vec::new();
    for (position, node) in graph.nodes.iter().enumerate() {
        let comment = comment(text, map.node(id, position).unwrap().start);
        set(&node.outputs, comment);
        let kernel = if comment.contains("view") { Kernel::View } else { Kernel::Conv2dS8 };
        let scratch = words_after(comment, "scratch").first().map(|word| {
            let (offset, bytes) = word.split_once('+').unwrap();
            Scratch { offset: offset.parse().unwrap(), bytes: bytes.parse().unwrap() }
        });
        steps.push(Step { kernel, scratch, format: Format::Dense });
    }
    GraphPlan { places, steps }
}

/// Line, code and part of the message of each announced error.
fn announced(text: &str) -> Vec<(usize, String, String)> {
    let of_line = |(index, line): (usize, &str)| {
        let errors: Vec<String> = line.split("error: ").skip(1).map(|e| e.trim().to_owned()).collect();
        errors.into_iter().map(move |error| {
            let (code, message) = error.split_once(' ').unwrap_or((&error, ""));
            (index + 1, code.to_owned(), message.to_owned())
        })
    };
    text.lines().enumerate().flat_map(of_line).collect()
}

fn line_of(error: &Diagnostic, text: &str) -> usize {
    let at = error.span.as_ref().map_or_else(|| text.find("module \"").unwrap(), |span| span.start);
    text[..at].matches('\n').count() + 1
}

#[test]
fn the_checker_finds_what_is_wrong_and_nothing_else() {
    let mut problems = Vec::new();
    for path in files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let (module, map) = parse_located(&text, &|_| None).unwrap_or_else(|errors| {
            panic!("{}\n{}", path.display(), render(&errors, "text", Some(&text), false))
        });
        verify(&module).unwrap_or_else(|errors| panic!("{}: {errors:?}", path.display()));
        let plan = plan_of(&module, &map, &text);
        let mut errors = verify_plan_located(&module, &plan, &map).err().unwrap_or_default();
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
fn plans_of_other_modules_are_refused() {
    let text = std::fs::read_to_string(files().first().unwrap()).unwrap();
    let (module, map) = parse_located(&text, &|_| None).unwrap();
    let codes = |plan: &Plan| -> Vec<&str> {
        verify_plan(&module, plan).err().unwrap_or_default().iter().map(|e| e.code).collect()
    };
    assert_eq!(codes(&Plan::default()), ["E0301", "E0301"]);
    let mut plan = plan_of(&module, &map, &text);
    plan.graphs[0].places.pop();
    plan.graphs[0].steps.pop();
    assert_eq!(codes(&plan), ["E0301", "E0301"]);
}
