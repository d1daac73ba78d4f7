//! The house rules: layers, fences, sizes, words. The tables they are checked against stand in `src/lib.rs`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the steps that tests share stop at the first surprise")]

#[path = "architecture/fences.rs"]
mod fences;
#[path = "architecture/house.rs"]
mod house;
#[path = "architecture/paths.rs"]
mod paths;
#[path = "architecture/tokens.rs"]
mod tokens;

use house::{House, files, read};
use paths::Source;
use std::collections::{BTreeMap, BTreeSet};

/// No source is longer.
const LONGEST: usize = 600;

/// Files that may be longer, and why. A row that is not needed any more fails.
const LONGER: &[(&str, &str)] =
    &[("tests/metrics_bad_servers.rs", "one table of servers that misbehave, and what is said of each")];

/// Files that are written by a test, and the test that fails where they are stale (`UPDATE=1 cargo test --test NAME`).
const GENERATED: &[(&str, &str)] =
    &[("docs/format.md", "reference"), ("docs/keys.md", "reference"), ("docs/rules.md", "rules")];

/// Words that say nothing about what a module holds.
const EMPTY_WORDS: [&str; 8] = ["util", "utils", "helper", "helpers", "common", "misc", "shared", "stuff"];

fn house() -> House {
    House::new(&read("src/lib.rs"))
}

fn sources() -> Vec<Source> {
    files("src", "rs").iter().map(|path| Source::new(path, &read(path))).collect()
}

fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_module_stands_in_one_layer() {
    let lib = Source::new("src/lib.rs", &read("src/lib.rs"));
    let declared: BTreeSet<String> =
        lib.tokens.windows(2).filter(|pair| pair[0].text == "mod").map(|pair| pair[1].text.clone()).collect();
    let layered: BTreeSet<String> = house().layers.into_keys().collect();
    assert_eq!(declared, layered);
    let of_files: BTreeSet<String> = sources().iter().filter_map(Source::module).collect();
    assert_eq!(of_files, layered, "files outside the layers");
}

#[test]
fn each_layer_names_only_lower_ones() {
    let house = house();
    none(&sources().iter().flat_map(|source| fences::layers(source, &house)).collect::<Vec<_>>());
}

#[test]
fn each_dependency_stays_behind_its_fence() {
    let house = house();
    none(&sources().iter().flat_map(|source| fences::fences(source, &house)).collect::<Vec<_>>());
}

#[test]
fn petgraph_is_in_no_public_signature() {
    let graph = sources().into_iter().filter(|source| source.module().as_deref() == Some("graph"));
    none(&graph.flat_map(|source| fences::public_signatures(&source, "petgraph")).collect::<Vec<_>>());
}

#[test]
fn every_dependency_has_a_fence_and_every_fence_holds_something() {
    let manifest: toml::Table = toml::from_str(&read("Cargo.toml")).unwrap();
    let dependencies: BTreeSet<String> = manifest["dependencies"].as_table().unwrap().keys().cloned().collect();
    let fences = house().fences;
    assert_eq!(dependencies, fences.keys().cloned().collect(), "the table in src/lib.rs and Cargo.toml differ");
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources() {
        for named in source.named.iter().filter(|named| !named.test) {
            let module = source.module().unwrap_or_default();
            used.entry(named.parts[0].clone()).or_default().insert(module);
        }
    }
    let mut wrong = Vec::new();
    for (dependency, only) in &fences {
        match (used.get(&dependency.replace('-', "_")), only) {
            (None, _) => wrong.push(format!("nothing uses `{dependency}`")),
            (Some(modules), Some(only)) => wrong.extend(
                only.iter()
                    .filter(|module| !modules.contains(*module))
                    .map(|module| format!("`{module}` may use `{dependency}` and does not")),
            ),
            _ => {}
        }
    }
    none(&wrong);
}

#[test]
fn no_file_is_too_long() {
    let mut lengths: Vec<(usize, String)> = ["src", "tests", "benches"]
        .iter()
        .flat_map(|folder| files(folder, "rs"))
        .map(|path| (read(&path).lines().count(), path))
        .collect();
    lengths.sort();
    println!("{} files, median {} lines", lengths.len(), lengths[lengths.len() / 2].0);
    let excused = |path: &str| LONGER.iter().any(|(longer, _)| *longer == path);
    let mut wrong: Vec<String> = lengths
        .iter()
        .filter(|(length, path)| (*length > LONGEST) != excused(path))
        .map(|(length, path)| format!("{path}: {length} lines; the end is {LONGEST}, or a row with a reason less"))
        .collect();
    for (path, reason) in LONGER {
        if !lengths.iter().any(|(_, known)| known == path) || reason.len() < 20 {
            wrong.push(format!("{path}: not there, or no reason"));
        }
    }
    none(&wrong);
}

#[test]
fn every_file_says_what_it_is_and_every_layer_what_it_must_not_know() {
    let mut wrong = Vec::new();
    for folder in ["src", "tests", "benches"] {
        wrong.extend(files(folder, "rs").into_iter().filter(|path| !read(path).starts_with("//! ")));
    }
    for module in house().layers.keys() {
        let both = [format!("src/{module}.rs"), format!("src/{module}/mod.rs")];
        let path = both.iter().find(|path| house::root().join(path).is_file()).unwrap();
        let text = read(path);
        let head: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("//!")).collect();
        if !head.join(" ").to_lowercase().contains("must not ") {
            wrong.push(format!("{path}: does not say what it must not know"));
        }
    }
    none(&wrong);
}

#[test]
fn no_module_is_a_drawer() {
    let mut wrong = Vec::new();
    for source in sources() {
        let words = source.path.trim_end_matches(".rs").split('/');
        wrong.extend(words.filter(|word| EMPTY_WORDS.contains(word)).map(|word| format!("{}: {word}", source.path)));
        for pair in source.tokens.windows(2) {
            if pair[0].text == "mod" && EMPTY_WORDS.contains(&pair[1].text.as_str()) {
                wrong.push(format!("{}:{}: mod {}", source.path, pair[0].line, pair[1].text));
            }
        }
    }
    none(&wrong);
}

#[test]
fn what_a_test_writes_says_so_and_the_test_is_there() {
    let mut wrong = Vec::new();
    for (path, test) in GENERATED {
        let command = format!("UPDATE=1 cargo test --test {test}");
        if !read(path).contains(&command) {
            wrong.push(format!("{path}: does not say `{command}`"));
        }
        if !read(&format!("tests/{test}.rs")).contains(path) {
            wrong.push(format!("tests/{test}.rs does not know {path}"));
        }
    }
    none(&wrong);
}

/// The checks themselves: each planted fault is found, each twin without it is not.
#[test]
fn planted_faults_are_found() {
    let house = house();
    let cases: &[(&str, &str, usize)] = &[
        ("src/model/x.rs", "use crate::units::Seconds;", 0),
        ("src/model/x.rs", "use crate::{units::Seconds, graph::SystemGraph};", 1),
        ("src/model/x.rs", "fn f() { crate::rules::run() }", 1),
        ("src/model/x.rs", "// crate::rules::run\nconst A: &str = \"crate::rules::run\";", 0),
        ("src/graph/layout/x.rs", "use super::super::super::document::parse;", 1),
        ("src/graph/x.rs", "use crate::document::parse;", 1),
        ("src/graph/x.rs", "use crate::*;", 1),
        ("src/graph/x.rs", "use crate as all;", 1),
        ("src/report/x.rs", "use crate::workbench::Workbench;", 1),
        ("src/workbench/x.rs", "use crate::report::markdown;", 0),
        ("src/workbench/x.rs", "use ratatui::Frame;", 1),
        ("src/tui/x.rs", "use ratatui::Frame;", 0),
        ("src/rules/x.rs", "fn f() { let a = std::fs::read(\"a\"); }", 1),
        ("src/rules/x.rs", "use std::{collections::HashMap, fs};", 1),
        ("src/rules/x.rs", "#[cfg(test)] mod tests { use std::fs; }", 0),
        ("src/rules/x.rs", "fn f(p: &Path) -> bool { p.exists() }", 1),
        ("src/analysis/x.rs", "fn f() { let now = jiff::Timestamp::now(); }", 1),
        ("src/metrics/x.rs", "fn f() { let now = std::time::SystemTime::now(); }", 0),
        ("src/metrics/x.rs", "fn f() { println!(\"{}\", 1); }", 1),
        ("src/rules/engine.rs", "use std::thread; fn f() { std::thread::yield_now() }", 0),
        ("src/rules/engine.rs", "use std::fs;", 1),
        ("src/rules/x.rs", "use std::thread;", 1),
        ("src/simulated_source/x.rs", "use std::net::TcpListener; fn f() { std::thread::yield_now() }", 0),
        ("src/simulated_source/x.rs", "fn f() { let now = std::time::SystemTime::now(); }", 0),
        ("src/simulated_source/x.rs", "use std::{fs, env, process::Command};", 3),
        ("src/simulated_source/x.rs", "fn f() { std::io::stdout(); println!() }", 2),
        (
            "src/simulated_source/x.rs",
            "use crate::report::markdown; use crate::tui::Options; use tokio::net::TcpListener;",
            3,
        ),
        ("src/report/x.rs", "use std::net::TcpListener;", 1),
        ("src/report/x.rs", "use crate::simulated_source::SimulatedSource;", 1),
        ("src/cli/x.rs", "fn f() { println!(\"{}\", 1); todo!() }", 1),
        ("src/cli/x.rs", "#[allow(dead_code)] fn f() {}", 1),
        ("src/cli/x.rs", "#[expect(dead_code, reason = \"shown\")] fn f() {}", 0),
        ("src/capacity/x.rs", "#[tokio::main] async fn f() {}", 1),
    ];
    for (path, text, wanted) in cases {
        let source = Source::new(path, text);
        let found = [fences::layers(&source, &house), fences::fences(&source, &house)].concat();
        assert_eq!(found.len(), *wanted, "{path}: {text}: {found:?}");
    }
    for (text, wanted) in [
        ("use petgraph::graph::NodeIndex; pub struct A { inner: NodeIndex, pub(crate) b: NodeIndex }", 0),
        ("use petgraph::graph::NodeIndex; pub struct A { pub inner: NodeIndex }", 1),
        ("use petgraph::graph::NodeIndex; pub fn f(a: u8, b: &[NodeIndex]) -> u8 { 1 }", 1),
        ("pub fn f() -> petgraph::Graph<u8, u8> { petgraph::Graph::new() }", 1),
        ("pub fn f() -> u8 { petgraph::Graph::new(); 1 }", 0),
        ("use petgraph::Graph; pub struct A(Graph<u8, u8>);", 0),
        ("pub use petgraph::{Direction, Graph};", 1),
    ] {
        let found = fences::public_signatures(&Source::new("src/graph/x.rs", text), "petgraph");
        assert_eq!(!found.is_empty(), wanted > 0, "{text}: {found:?}");
    }
}
