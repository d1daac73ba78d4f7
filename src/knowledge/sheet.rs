//! One knowledge file as rows with line numbers, not yet typed.
//!
//! Knows TOML and lines; knows nothing of what a row means. Broken TOML yields what could be read around it.

use super::problem::KnowledgeProblem;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

/// More syntax errors than this in one file are not listed.
const MOST_SYNTAX_ERRORS: usize = 20;

/// A row and the lines it came from.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) fields: Table,
    pub(super) file: Arc<str>,
    pub(super) line: usize,
    /// Line of each key.
    pub(super) keys: BTreeMap<String, usize>,
    /// Whether a mistake in it concerns the reader: false for the rows of the embedded files once released.
    pub(super) reportable: bool,
}

/// A file: its top-level keys and its arrays of tables.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) header: Row,
    pub(super) groups: BTreeMap<String, Vec<Row>>,
}

struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect())
    }

    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|newline| *newline < offset) + 1
    }
}

impl Sheet {
    /// Reads one file; whatever cannot be read becomes a problem.
    pub(super) fn parse(file: &str, text: &str, reportable: bool, problems: &mut Vec<KnowledgeProblem>) -> Self {
        let lines = Lines::of(text);
        let name: Arc<str> = Arc::from(file);
        let mut report = |span: Range<usize>, message: String| {
            problems.push(KnowledgeProblem {
                file: file.to_owned(),
                line: lines.at(span.start),
                message,
                suggestion: None,
            });
        };
        let (root, errors) = DeTable::parse_recoverable(text);
        for error in errors.iter().take(MOST_SYNTAX_ERRORS) {
            report(error.span().unwrap_or(0..0), format!("this is not valid TOML: {}", error.message()));
        }
        let empty =
            |line| Row { fields: Table::new(), file: Arc::clone(&name), line, keys: BTreeMap::new(), reportable };
        let mut sheet = Self { header: empty(1), groups: BTreeMap::new() };
        for (key, value) in root.into_inner() {
            let key_line = lines.at(key.span().start);
            let span = value.span();
            match value.into_inner() {
                DeValue::Array(rows) if !rows.is_empty() && rows.iter().all(|row| row.get_ref().is_table()) => {
                    let group = sheet.groups.entry(key.get_ref().to_string()).or_default();
                    for row in rows {
                        let span = row.span();
                        let mut read = empty(lines.at(span.start));
                        if let DeValue::Table(fields) = row.into_inner() {
                            fill(&mut read, fields, &lines, &mut report);
                        }
                        group.push(read);
                    }
                }
                other => insert(&mut sheet.header, key.get_ref(), key_line, Spanned::new(span, other), &mut report),
            }
        }
        sheet
    }
}

fn fill(row: &mut Row, fields: DeTable<'_>, lines: &Lines, report: &mut impl FnMut(Range<usize>, String)) {
    for (key, value) in fields {
        insert(row, key.get_ref(), lines.at(key.span().start), value, report);
    }
}

fn insert(
    row: &mut Row,
    key: &str,
    line: usize,
    value: Spanned<DeValue<'_>>,
    report: &mut impl FnMut(Range<usize>, String),
) {
    let span = value.span();
    match Value::deserialize(value.into_deserializer()) {
        Ok(value) => {
            row.fields.insert(key.to_owned(), value);
            row.keys.insert(key.to_owned(), line);
        }
        Err(error) => report(span, format!("`{key}` cannot be read: {}", error.message())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_carry_their_lines() {
        let mut problems = Vec::new();
        let sheet = Sheet::parse(
            "x.toml",
            "id = \"x\"\n\n[[item]]\nid = \"a\"\n\n[[item]]\nid = \"b\"\ntext = \"t\"\n",
            true,
            &mut problems,
        );
        assert!(problems.is_empty());
        let items = &sheet.groups["item"];
        assert_eq!((items[0].line, items[1].line), (3, 6));
        assert_eq!(items[1].keys["text"], 8);
        assert_eq!(sheet.header.keys["id"], 1);
    }

    #[test]
    fn a_broken_line_costs_itself_only() {
        let mut problems = Vec::new();
        let sheet = Sheet::parse(
            "x.toml",
            "id = \"x\"\n[[item]]\nid = \"a\"\ntext = \n[[item]]\nid = \"b\"\n",
            true,
            &mut problems,
        );
        assert_eq!(problems[0].line, 4);
        assert_eq!(sheet.groups["item"].len(), 2);
    }
}
