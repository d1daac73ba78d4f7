//! One value set or taken away: the smallest change of the text that does it.

use super::blocks;
use super::draft::{Lines, is_comment};
use super::error::EditError;
use super::list;
use super::literal::key as key_of;
use super::path::Place;
use super::splice::Plan;
use crate::document::source_map::SourceMap;
use crate::document::tree::{Block, Statement};
use crate::model::{Entry, Node, Span, Table, TableForm, Value};

/// How a value can be set.
pub(crate) enum Setting {
    /// By this plan.
    Plan(Plan),
    /// Only after what stands there in lines of its own has been taken away.
    UnsetFirst,
}

/// A value at a place, given as TOML.
pub(crate) fn set(text: &str, map: &SourceMap, place: &Place, literal: &str) -> Result<Setting, EditError> {
    if let Some(node) = place.node(map) {
        return Ok(if stands_in_one_piece(node) {
            Setting::Plan(Plan::replace(node.span.range(), literal))
        } else {
            Setting::UnsetFirst
        });
    }
    let (depth, node) = place.deepest(map);
    let rest: Vec<String> = place.keys[depth..].to_vec();
    let Some((first, inner)) = rest.split_first() else { return Err(EditError::Tangled) };
    let value = inner.iter().rev().fold(literal.to_owned(), |value, key| format!("{{ {} = {value} }}", key_of(key)));
    let table = match node {
        None => &map.tree.root,
        Some(Node { value: Value::Table(table), .. }) => table,
        Some(_) => return Err(EditError::NoValue(rest.join("."))),
    };
    if depth == 0 {
        let lines = format!("[{first}]\n{}\n", inner_line(inner, literal));
        return Ok(Setting::Plan(blocks::insert_block(text, blocks::place_for(text, map, place.kind), &lines)));
    }
    let plan = match (table.form, node) {
        (TableForm::Inline, Some(node)) => list::insert_entry(text, node, table, first, &value),
        (TableForm::Header, Some(node)) => {
            let block = map.tree.blocks.iter().find(|block| block.header == Some(node.span));
            block.map(|block| insert_line(text, map, block, &key_of(first), &value))
        }
        (TableForm::Dotted, Some(_)) => insert_dotted(text, map, table, first, &value),
        (TableForm::Implied, Some(_)) => {
            let path = place.steps(map, depth);
            let name: Vec<String> = path.iter().map(|(key, _)| key_of(key)).collect();
            let lines = format!("[{}]\n{} = {value}\n", name.join("."), key_of(first));
            let below = blocks::below(map, &path);
            let above = below.first().map(|position| blocks::attached_start(text, &map.tree.blocks[*position]));
            above.map(|at| blocks::insert_block(text, at, &lines))
        }
        _ => None,
    };
    plan.map(Setting::Plan).ok_or(EditError::Tangled)
}

/// The line of a new table: `cache = { ttl = … }` below `[component]`.
fn inner_line(keys: &[String], literal: &str) -> String {
    let Some((first, rest)) = keys.split_first() else { return String::new() };
    let value = rest.iter().rev().fold(literal.to_owned(), |value, key| format!("{{ {} = {value} }}", key_of(key)));
    format!("{} = {value}", key_of(first))
}

fn stands_in_one_piece(node: &Node) -> bool {
    match &node.value {
        Value::Table(table) => table.form == TableForm::Inline,
        Value::Array(items) => !items.iter().any(|item| matches!(item.table(), Some(t) if t.form == TableForm::Header)),
        _ => true,
    }
}

/// A new line at the end of a block's own lines, in the style of the last ones.
fn insert_line(text: &str, map: &SourceMap, block: &Block, key: &str, value: &str) -> Plan {
    let statements = blocks::statements(map, block);
    let Some(last) = statements.last() else {
        let after = block.header.map_or(block.start, |header| header.end);
        return line_after(text, after, "", &format!("{key} = {value}"));
    };
    let indentation = text.indentation(last.start);
    let line = match aligned(text, statements) {
        Some(column) if key.chars().count() < column => format!("{key:<column$}= {value}"),
        _ => format!("{key} = {value}"),
    };
    line_after(text, last.value.end, indentation, &line)
}

/// The column of the `=` signs behind the indentation, where the last lines keep one.
fn aligned(text: &str, statements: &[Statement]) -> Option<usize> {
    let equals = |statement: &Statement| {
        let between = text.get(statement.key_end..statement.value.start)?;
        let spaces = between.find('=')?;
        Some((text.get(statement.start..statement.key_end)?.chars().count() + spaces, spaces > 1))
    };
    let mut lines = statements.iter().rev().filter_map(equals);
    let (column, padded) = lines.next()?;
    match lines.next() {
        Some((other, other_padded)) => (other == column && (padded || other_padded)).then_some(column),
        None => padded.then_some(column),
    }
}

/// A line below the line of an offset, and below the comments that go on with that line.
fn line_after(text: &str, offset: usize, indentation: &str, line: &str) -> Plan {
    let end = text.line_end();
    let depth = indentation.len();
    let mut at = text.next_line(offset);
    if at == offset || !text[..at].ends_with('\n') {
        return Plan::insert(text.len(), format!("{end}{indentation}{line}"));
    }
    while at < text.len() && is_comment(&text[at..text.next_line(at)]) && text.indentation(at).len() > depth {
        let next = text.next_line(at);
        if !text[at..next].ends_with('\n') {
            return Plan::insert(text.len(), format!("{end}{indentation}{line}"));
        }
        at = next;
    }
    Plan::insert(at, format!("{indentation}{line}{end}"))
}

/// `cache.ttl = …` below the last `cache.… = …`.
fn insert_dotted(text: &str, map: &SourceMap, table: &Table, key: &str, value: &str) -> Option<Plan> {
    let (entry, statement) =
        table.entries.iter().rev().find_map(|entry| Some((entry, statement_of(map, entry.node.span)?)))?;
    let prefix = text.get(statement.start..entry.key_span.start)?;
    let line = format!("{prefix}{} = {value}", key_of(key));
    Some(line_after(text, statement.value.end, text.indentation(statement.start), &line))
}

/// The statement whose value stands at a place.
fn statement_of(map: &SourceMap, span: Span) -> Option<Statement> {
    let all = &map.tree.statements;
    let from = all.partition_point(|statement| statement.value.start < span.start);
    all.get(from).copied().filter(|statement| statement.value == span)
}

/// Takes the value at a place away.
pub(crate) fn unset(text: &str, map: &SourceMap, place: &Place) -> Result<Plan, EditError> {
    let Some(node) = place.node(map) else { return Err(EditError::NoValue(place.keys.join("."))) };
    let Some((last, parent_keys)) = place.keys.split_last() else { return Err(EditError::Tangled) };
    let parent = Place { kind: place.kind, keys: parent_keys.to_vec() };
    match parent.node(map).map(|node| (node, &node.value)) {
        Some((parent_node, Value::Array(items))) if stands_in_one_piece(parent_node) => {
            let position = last.parse().ok().filter(|position: &usize| *position < items.len());
            position
                .and_then(|position| list::remove_item(text, parent_node, items, position))
                .ok_or(EditError::Tangled)
        }
        Some((parent_node, Value::Table(table))) if table.form == TableForm::Inline => {
            // A table emptied by this goes too, unless it is an element of a list or the entity itself.
            let of_a_list = parent_keys.last().is_some_and(|key| key.parse::<usize>().is_ok());
            if table.entries.len() == 1 && !of_a_list && parent_keys.len() > place.entity_depth() {
                return unset(text, map, &parent);
            }
            list::remove_entry(text, map, parent_node, table, last).ok_or(EditError::Tangled)
        }
        _ => {
            let mut plan = Plan::default();
            let mut ranges = Vec::new();
            lines_of(text, map, node, &mut ranges);
            let steps = place.steps(map, place.keys.len());
            let positions = blocks::below(map, &steps);
            if !positions.is_empty() {
                plan = blocks::remove(text, map, &positions);
                let blocks: Vec<_> = positions.iter().map(|i| &map.tree.blocks[*i]).collect();
                ranges.retain(|range: &std::ops::Range<usize>| {
                    !blocks.iter().any(|block| block.start <= range.start && range.start < block.end)
                });
            }
            if ranges.is_empty() && positions.is_empty() {
                return Err(EditError::Tangled);
            }
            for range in ranges {
                plan.and(range, "");
            }
            Ok(plan)
        }
    }
}

/// The lines outside of any inner header that say a value.
fn lines_of(text: &str, map: &SourceMap, node: &Node, ranges: &mut Vec<std::ops::Range<usize>>) {
    match &node.value {
        Value::Table(table) if table.form != TableForm::Inline => {
            for Entry { node, .. } in &table.entries {
                lines_of(text, map, node, ranges);
            }
        }
        _ => {
            if let Some(statement) = statement_of(map, node.span) {
                ranges.push(line_of(text, &statement));
            }
        }
    }
}

/// The bytes of a statement with its trailing comment and its line end.
fn line_of(text: &str, statement: &Statement) -> std::ops::Range<usize> {
    let start = text.line_start(statement.start);
    let end = text.next_line(statement.value.end);
    if !text[start..statement.start].trim().is_empty() {
        return statement.start..text.line_stop(statement.value.end);
    }
    if end == text.len() && !text.ends_with('\n') && start > 0 {
        // The last line of a file that does not end in a line end: the one above it must not get one.
        let above = text[..start].strip_suffix('\n').map_or(start, |above| above.trim_end_matches('\r').len());
        return above..end;
    }
    start..end
}
