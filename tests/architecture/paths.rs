//! The paths that a source names (`crate::model::Review`), with groups taken apart and `super` followed to the root.

use super::tokens::{Token, closing, tokens};

/// A path as a source names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its parts; the first is `crate` where it leads into the crate by any way.
    pub parts: Vec<String>,
    /// The line, from 1.
    pub line: usize,
    /// Whether it stands in an item that is only compiled for tests.
    pub test: bool,
    /// Whether it is part of a `use`.
    pub imported: bool,
}

/// One source of the crate.
#[derive(Debug)]
pub struct Source {
    /// Its path from the root of the repository, `src/graph/reach.rs`.
    pub path: String,
    /// Its tokens.
    pub tokens: Vec<Token>,
    /// The paths it names.
    pub named: Vec<Named>,
}

impl Source {
    /// Reads a source.
    pub fn new(path: &str, text: &str) -> Self {
        let mut tokens = tokens(text);
        if path.ends_with("/tests.rs") || path.contains("/tests/") {
            for token in &mut tokens {
                token.test = true;
            }
        }
        let named = named(&tokens, module_of(path).len());
        Self { path: path.to_owned(), tokens, named }
    }

    /// The top module that it belongs to; none for the root of the crate and for the program.
    pub fn module(&self) -> Option<String> {
        module_of(&self.path).into_iter().next()
    }
}

fn module_of(path: &str) -> Vec<String> {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
    let mut parts: Vec<String> = inside.split('/').map(str::to_owned).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

fn named(tokens: &[Token], depth_of_file: usize) -> Vec<Named> {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let mut found = Vec::new();
    let mut inline: Vec<usize> = Vec::new();
    let mut imported = false;
    let mut at = 0;
    while at < tokens.len() {
        inline.retain(|end| at < *end);
        match text(at) {
            "use" => imported = true,
            ";" => imported = false,
            "mod" if text(at + 2) == "{" => inline.push(closing(tokens, at + 2)),
            _ => {}
        }
        let leading = at >= 1 && text(at - 1) == "::";
        let continued = leading && at >= 2 && (tokens[at - 2].name && text(at - 2) != "use" || text(at - 2) == ">");
        let method = at >= 1 && text(at - 1) == "." && (at < 2 || text(at - 2) != ".");
        if !tokens[at].name || continued || method || matches!(text(at), "use" | "as" | "in" | "return") {
            at += 1;
            continue;
        }
        let mut paths = Vec::new();
        let end = follow(tokens, at, &mut Vec::new(), &mut paths);
        for (parts, line) in paths {
            let parts = to_root(parts, depth_of_file + inline.len());
            found.push(Named { parts, line, test: tokens[at].test, imported });
        }
        at = end;
    }
    found
}

/// Follows a path from its first name; groups become several. Answers with the place behind it.
fn follow(tokens: &[Token], mut at: usize, before: &mut Vec<String>, found: &mut Vec<(Vec<String>, usize)>) -> usize {
    let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.text == text);
    let length = before.len();
    let line = tokens[at].line;
    loop {
        before.push(tokens[at].text.clone());
        at += 1;
        if !is(at, "::") {
            break;
        }
        if is(at + 1, "{") {
            let end = closing(tokens, at + 1);
            let mut inner = at + 2;
            while inner + 1 < end {
                // `{a, b::{c}, *}`; what follows `as` is a new name, not a path.
                if tokens[inner].name && !is(inner - 1, "as") && !is(inner, "as") {
                    inner = follow(tokens, inner, before, found);
                } else {
                    if is(inner, "*") {
                        found.push(([before.as_slice(), &["*".to_owned()]].concat(), tokens[inner].line));
                    }
                    inner += 1;
                }
            }
            before.truncate(length);
            return end;
        }
        if is(at + 1, "*") {
            before.push("*".to_owned());
            at += 2;
            break;
        }
        if !tokens.get(at + 1).is_some_and(|token| token.name) {
            break;
        }
        at += 1;
    }
    found.push((before.clone(), line));
    before.truncate(length);
    at
}

/// `super::super::model` becomes `crate::model` where it leads out of the top module.
fn to_root(parts: Vec<String>, depth: usize) -> Vec<String> {
    let behind = if parts.first().is_some_and(|part| part == "self") { &parts[1..] } else { &parts[..] };
    let ups = behind.iter().take_while(|part| *part == "super").count();
    if (ups > 0 || behind.len() < parts.len()) && ups >= depth {
        return [&["crate".to_owned()], &behind[ups..]].concat();
    }
    parts
}

#[test]
fn paths_are_found_in_groups_in_bodies_and_behind_super() {
    let source = "use crate::{model::{self, Review as R}, graph}; use ::toml::Value; use {std::fs, tokio::time as t};
        mod inner { use super::super::super::rules::Rule; }
        fn f(a: &super::super::units::Seconds) -> Vec<petgraph::Graph> { self.crate_thing(); x.y::<crate::tui::T>(); super::near::g() }";
    let source = Source::new("src/a/b.rs", source);
    let paths: Vec<String> = source.named.iter().map(|named| named.parts.join("::")).collect();
    for wanted in [
        "crate::model::self",
        "crate::model::Review",
        "crate::graph",
        "toml::Value",
        "std::fs",
        "tokio::time",
        "crate::rules::Rule",
        "crate::units::Seconds",
        "petgraph::Graph",
        "crate::tui::T",
        "super::near::g",
    ] {
        assert!(paths.iter().any(|path| path == wanted), "{wanted}: {paths:?}");
    }
    assert!(!paths.iter().any(|path| path.starts_with("crate::near")), "{paths:?}");
}
