//! The references that are written from declarations: the format in docs/format.md, the keys in docs/keys.md.
//!
//! `UPDATE=1 cargo test --test reference` writes them; without it, stale ones fail.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "the steps that tests share stop at the first surprise")]

use kneepoint::model::{EntityKind, FieldSpec, Shape, Target};
use kneepoint::workbench::{COMMANDS, Scope};
use std::fmt::Write;
use std::path::Path;

/// Where the generated part of a document begins; the rest of the line says by what it is written.
const BEGIN: &str = "<!-- generated: ";
const END: &str = "<!-- /generated -->";

fn check(document: &str, generated: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
    let old = std::fs::read_to_string(&path).unwrap();
    let begin = old.find(BEGIN).map(|at| at + old[at..].find('\n').unwrap() + 1).expect("a mark where it begins");
    let end = begin + old[begin..].find(END).expect("a mark where it ends");
    let new = format!("{}\n{}\n{}", &old[..begin], generated.trim(), &old[end..]);
    if old != new && std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &new).unwrap();
    }
    let now = std::fs::read_to_string(&path).unwrap();
    assert!(now == new, "{document} is stale: UPDATE=1 cargo test --test reference");
}

/// What a value of a shape is called in the tables.
fn holds(shape: Shape) -> String {
    match shape {
        Shape::Text => "text".to_owned(),
        Shape::Id => "id".to_owned(),
        Shape::Boolean => "`true` or `false`".to_owned(),
        Shape::Date => "date".to_owned(),
        Shape::ServiceTime => "duration or range, or `{ mean, cv }`".to_owned(),
        Shape::Quantity { name, .. } => format!("{name} or range"),
        Shape::Choice(words, _) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" · "),
        Shape::Reference(target) => match target {
            Target::Component => "id of a component",
            Target::Flow => "id of a flow",
            Target::Element => "element",
            Target::Question => "id of a question",
            Target::Pattern => "id of a pattern",
            Target::Finding => "finding, `CODE@element`",
        }
        .to_owned(),
        Shape::Table(_) => "table, below".to_owned(),
        Shape::List(Shape::Table(_)) => "list of tables, below".to_owned(),
        Shape::List(item) => format!("list of: {}", holds(*item)),
        Shape::Map(item) => format!("table of your own keys, each: {}", holds(*item)),
    }
}

fn inner(shape: Shape) -> Option<&'static [FieldSpec]> {
    match shape {
        Shape::Table(fields) => Some(fields),
        Shape::List(item) => inner(*item),
        _ => None,
    }
}

/// One table of keys, and one behind it for each key that is a table itself.
fn table(name: &str, fields: &'static [FieldSpec], text: &mut String) {
    writeln!(text, "| Key | Holds | |\n|---|---|---|").unwrap();
    for field in fields {
        let doc = field.doc.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
        writeln!(text, "| `{}` | {} | {doc} |", field.name, holds(field.shape).replace('|', "\\|")).unwrap();
    }
    for field in fields {
        if let Some(fields) = inner(field.shape) {
            let name = format!("{name}.{}", field.name);
            writeln!(text, "\n`{name}`:\n").unwrap();
            table(&name, fields, text);
        }
    }
}

#[test]
fn the_format_is_as_declared() {
    let mut text = String::new();
    for kind in EntityKind::ALL {
        let brackets = if kind.many() { ("[[", "]]") } else { ("[", "]") };
        let often = if kind.many() { ", any number of them" } else { "" };
        writeln!(text, "### `{}{}{}`\n\n{}{often}.\n", brackets.0, kind.table(), brackets.1, sentence(kind.called()))
            .unwrap();
        table(kind.table(), kind.fields(), &mut text);
        text.push('\n');
    }
    check("docs/format.md", &text);
    let document = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/format.md")).unwrap();
    for name in text.lines().filter_map(|line| line.split_once(" or range")?.0.split(' ').next_back()) {
        assert!(document.contains(&format!("\n| {name} | ")), "no word on how a {name} is written");
    }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[test]
fn the_keys_are_as_in_the_table_of_commands() {
    let mut text = String::new();
    for (title, scope) in [
        ("Everywhere", Scope::Everywhere),
        ("In tables, forms and lists", Scope::Sheet),
        ("On the graph", Scope::Graph),
        ("In texts", Scope::Text),
    ] {
        let commands: Vec<_> = COMMANDS.iter().filter(|spec| spec.scope == scope).collect();
        if commands.is_empty() {
            continue;
        }
        writeln!(text, "## {title}\n\n| Keys | Command | |\n|---|---|---|").unwrap();
        for spec in commands {
            let keys: Vec<String> = spec.keys.iter().map(|key| format!("<kbd>{}</kbd>", escaped(key))).collect();
            writeln!(text, "| {} | `{}` | {} |", keys.join(" "), spec.name, spec.doc.replace('|', "\\|")).unwrap();
        }
        text.push('\n');
    }
    assert_eq!(text.matches("| <kbd>").count(), COMMANDS.len(), "a command of a scope that has no title here");
    check("docs/keys.md", &text);
}

fn escaped(key: &str) -> String {
    key.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('|', "\\|")
}

/// Every complete review that the reference shows can be read as it stands.
#[test]
fn the_examples_in_the_format_are_clean() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/format.md")).unwrap();
    let blocks: Vec<&str> =
        text.split("```toml\n").skip(1).map(|block| block.split("```").next().unwrap_or_default()).collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        let (_, _, problems) = kneepoint::document::parse(block);
        assert!(problems.is_empty(), "{problems:?}");
    }
}
