//! The tree of a file while it is built, and where its lines stand.

use crate::model::{Entry, Key, Node, Problem, ProblemKind, Span, Table, TableForm, Value, quote};
use std::collections::HashMap;

/// More keys than this in one table are an attack: each is looked for among the others.
const MOST_KEYS: usize = 2_000;

/// What a text says as a tree, and where its lines with headers and keys stand.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree {
    /// The values.
    pub(super) root: Table,
    /// The top of the file, then every header with the lines below it, in the order of the text.
    pub(super) blocks: Vec<Block>,
    /// Every `key = value` line that is not inside a value, in the order of the text.
    pub(super) statements: Vec<Statement>,
    /// Of dotted keys inside inline tables: where the last key stands, and where the first one does.
    pub(super) dotted: HashMap<usize, usize>,
}

/// A key on the way to a table, with the position where the key holds an array of tables.
pub(super) type Step = (Key, Option<usize>);

/// A header and the lines up to the next one.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// Where the header stands; nothing for the top of the file.
    pub(super) header: Option<Span>,
    /// Which table it opens; empty for the top of the file and where the header could not be read.
    pub(super) path: Vec<Step>,
    /// The first byte: that of the header, or 0.
    pub(super) start: usize,
    /// One past the last byte: where the next header starts, or the length of the text.
    pub(super) end: usize,
}

/// One `key = value` outside of values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Statement {
    /// Where its first key starts.
    pub(super) start: usize,
    /// Where its last key ends.
    pub(super) key_end: usize,
    /// Where its value stands.
    pub(super) value: Span,
}

pub(super) fn has_header(node: &Node) -> bool {
    node.table().is_some_and(|table| table.form == TableForm::Header)
}

/// The table at a path of keys, made where it is not there; of an array, its last table.
pub(super) fn descend<'a>(
    root: &'a mut Table,
    keys: &[(Key, Span)],
    problems: &mut Vec<Problem>,
) -> Option<&'a mut Table> {
    let mut table = root;
    for (key, span) in keys {
        let position = match table.entries.iter().position(|entry| entry.key == *key) {
            Some(position) => position,
            None if is_full(table, *span, problems) => return None,
            None => {
                let node = Node { span: *span, value: Value::Table(Table::default()) };
                table.entries.push(Entry { key: key.clone(), key_span: *span, node });
                table.entries.len() - 1
            }
        };
        let node = &mut table.entries[position].node;
        let value = match &mut node.value {
            Value::Array(items) => &mut items.last_mut()?.value,
            value => value,
        };
        let Value::Table(inner) = value else {
            let message = format!("{} is a value, not a table", quote(key));
            problems.push(Problem::error(ProblemKind::Duplicate, *span, message));
            return None;
        };
        table = inner;
    }
    Some(table)
}

/// The path of the table that a header has just opened: of every array on the way, its last table.
pub(super) fn path_of(root: &Table, keys: &[(Key, Span)]) -> Vec<Step> {
    let mut table = Some(root);
    let step = |(key, _): &(Key, Span)| {
        let node = table.and_then(|table| table.get(key));
        let (index, inner) = match node.map(|node| &node.value) {
            Some(Value::Array(items)) => (items.len().checked_sub(1), items.last().and_then(Node::table)),
            Some(Value::Table(inner)) => (None, Some(inner)),
            _ => (None, None),
        };
        table = inner;
        (key.clone(), index)
    };
    keys.iter().map(step).collect()
}

pub(super) fn insert_at(table: &mut Table, mut keys: Vec<(Key, Span)>, node: Node, problems: &mut Vec<Problem>) {
    let Some((last, span)) = keys.pop() else { return };
    let dotted = !keys.is_empty();
    let Some(table) = descend(table, &keys, problems) else { return };
    if dotted && table.form == TableForm::Implied {
        table.form = TableForm::Dotted;
    }
    if table.entry(&last).is_some() {
        let message = format!("{} stands twice in this table; the first is used", quote(&last));
        problems.push(Problem::error(ProblemKind::Duplicate, span, message));
        return;
    }
    if !is_full(table, span, problems) {
        table.entries.push(Entry { key: last, key_span: span, node });
    }
}

/// Whether a table takes no more keys; said once.
pub(super) fn is_full(table: &Table, span: Span, problems: &mut Vec<Problem>) -> bool {
    if table.entries.len() < MOST_KEYS {
        return false;
    }
    let message = format!("more than {MOST_KEYS} keys in one table; the rest are left out");
    if !problems.iter().any(|problem| problem.message == message) {
        problems.push(Problem::error(ProblemKind::Syntax, span, message));
    }
    true
}
