//! Elements of lists and of `{ … }`: put in, taken out, moved, with the commas and lines around them.

use super::draft::Lines;
use super::literal::key as key_of;
use super::splice::Plan;
use crate::document::source_map::SourceMap;
use crate::model::{Entry, Node, Table, Value};
use std::ops::Range;

/// `key = value` at the end of an inline table. Nothing where the table is not closed.
pub(crate) fn insert_entry(text: &str, node: &Node, table: &Table, key: &str, value: &str) -> Option<Plan> {
    let entry = format!("{} = {value}", key_of(key));
    let close = closing(text, node, '}')?;
    match table.entries.iter().map(end_of).max() {
        None => Some(Plan::replace(node.span.start + 1..close, format!(" {entry} "))),
        Some(last) => append(text, last, close, &entry),
    }
}

/// An element after the last one that ends at `last`, in a list or table that closes at `close`.
fn append(text: &str, last: usize, close: usize, element: &str) -> Option<Plan> {
    let tail = text.get(last..close)?;
    if !tail.contains('\n') {
        return Some(Plan::insert(last, format!(", {element}")));
    }
    let comma = comma_in(text, last, close);
    let indentation = text.indentation(last);
    let at = text.next_line(comma.map_or(last, |comma| comma + 1));
    let end = text.line_end();
    if at > close {
        return Some(Plan::insert(last, format!(", {element}")));
    }
    let mut plan = Plan::default();
    if comma.is_none() {
        plan.and(last..last, ",");
    }
    let own_comma = if comma.is_some() { "," } else { "" };
    plan.and(at..at, format!("{indentation}{element}{own_comma}{end}"));
    Some(plan)
}

/// Where the closing bracket of a value stands, if it is closed.
fn closing(text: &str, node: &Node, bracket: char) -> Option<usize> {
    text.get(node.span.range())?.ends_with(bracket).then(|| node.span.end - 1)
}

/// The first comma between two places that is not in a comment.
fn comma_in(text: &str, from: usize, to: usize) -> Option<usize> {
    let mut in_comment = false;
    text.get(from..to)?.char_indices().find_map(|(offset, c)| {
        match c {
            '#' => in_comment = true,
            '\n' => in_comment = false,
            ',' if !in_comment => return Some(from + offset),
            _ => {}
        }
        None
    })
}

/// Where the value of an entry ends, its dotted parts included.
fn end_of(entry: &Entry) -> usize {
    fn end(node: &Node) -> usize {
        match &node.value {
            Value::Table(table) if table.form != crate::model::TableForm::Inline => {
                table.entries.iter().map(|entry| end(&entry.node)).max().unwrap_or(node.span.end)
            }
            _ => node.span.end,
        }
    }
    end(&entry.node)
}

/// The bytes of every `key = value` of an inline table, in the order of the text.
fn entries(map: &SourceMap, table: &Table, found: &mut Vec<(Range<usize>, usize)>, owner: Option<usize>) {
    for (position, entry) in table.entries.iter().enumerate() {
        let owner = owner.unwrap_or(position);
        match &entry.node.value {
            Value::Table(inner) if inner.form != crate::model::TableForm::Inline => {
                entries(map, inner, found, Some(owner));
            }
            _ => {
                let start = entry.key_span.start;
                let start = map.tree.dotted.get(&start).copied().unwrap_or(start);
                found.push((start..entry.node.span.end, owner));
            }
        }
    }
}

/// Takes a key out of an inline table, with its comma.
pub(crate) fn remove_entry(text: &str, map: &SourceMap, node: &Node, table: &Table, key: &str) -> Option<Plan> {
    let position = table.entries.iter().position(|entry| entry.key == key)?;
    let mut all = Vec::new();
    entries(map, table, &mut all, None);
    all.sort_by_key(|(range, _)| range.start);
    let mine: Vec<usize> = all.iter().enumerate().filter(|(_, (_, o))| *o == position).map(|(i, _)| i).collect();
    let ranges: Vec<Range<usize>> = all.into_iter().map(|(range, _)| range).collect();
    match mine.as_slice() {
        [only] => remove_from(text, node, &ranges, *only, '}'),
        _ => None,
    }
}

/// Takes an element out of a list, with its comma, and with its line where it has one of its own.
pub(crate) fn remove_item(text: &str, node: &Node, items: &[Node], position: usize) -> Option<Plan> {
    let ranges: Vec<Range<usize>> = items.iter().map(|item| item.span.range()).collect();
    remove_from(text, node, &ranges, position, ']')
}

fn remove_from(text: &str, node: &Node, all: &[Range<usize>], position: usize, bracket: char) -> Option<Plan> {
    let mine = all.get(position)?.clone();
    let close = closing(text, node, bracket)?;
    if let Some(lines) = own_lines(text, node, all, position, close) {
        return Some(Plan::replace(lines, ""));
    }
    let next = all.get(position + 1);
    let previous = position.checked_sub(1).and_then(|position| all.get(position));
    Some(Plan::replace(
        match (previous, next) {
            (_, Some(next)) => mine.start..next.start,
            (Some(previous), None) => previous.end..mine.end,
            (None, None) => {
                let end = comma_in(text, mine.end, close).map_or(mine.end, |comma| comma + 1);
                mine.start..end
            }
        },
        "",
    ))
}

/// The whole lines of an element, where nothing else stands on them.
fn own_lines(text: &str, node: &Node, all: &[Range<usize>], position: usize, close: usize) -> Option<Range<usize>> {
    let mine = all.get(position)?;
    let start = text.line_start(mine.start);
    let comma = comma_in(text, mine.end, all.get(position + 1).map_or(close, |next| next.start));
    let stop = comma.map_or(mine.end, |comma| comma + 1);
    let end = text.next_line(stop);
    let alone = start > node.span.start
        && text[start..mine.start].trim().is_empty()
        && end <= close
        && all.get(position + 1).is_none_or(|next| next.start >= end);
    alone.then_some(start..end)
}

/// An element at a position of a list. Nothing where the list is not closed.
pub(crate) fn insert_item(text: &str, node: &Node, items: &[Node], position: usize, element: &str) -> Option<Plan> {
    let close = closing(text, node, ']')?;
    let ranges: Vec<Range<usize>> = items.iter().map(|item| item.span.range()).collect();
    let Some(last) = ranges.last() else {
        let inside = text.get(node.span.start + 1..close)?;
        return Some(if inside.trim().is_empty() {
            Plan::replace(node.span.start + 1..close, element)
        } else {
            // Only comments: the element goes below them.
            Plan::insert(close, format!("{element}{}", text.line_end()))
        });
    };
    if position >= ranges.len() {
        return append(text, last.end, close, element);
    }
    let next = &ranges[position];
    let Some(lines) = own_lines(text, node, &ranges, position, close) else {
        return Some(Plan::insert(next.start, format!("{element}, ")));
    };
    // Above the comments that stand over the next element, below the line of the one before.
    let at = match position.checked_sub(1).and_then(|before| own_lines(text, node, &ranges, before, close)) {
        Some(before) => before.end,
        None if position == 0 => text.next_line(node.span.start),
        None => lines.start,
    };
    let indentation = text.indentation(next.start);
    Some(Plan::insert(at, format!("{indentation}{element},{}", text.line_end())))
}

/// Moves an element of a list to another position, with its line and comments where every element has its own.
pub(crate) fn move_item(text: &str, node: &Node, items: &[Node], from: usize, to: usize) -> Option<Plan> {
    let close = closing(text, node, ']')?;
    let ranges: Vec<Range<usize>> = items.iter().map(|item| item.span.range()).collect();
    let lines: Option<Vec<Range<usize>>> =
        (0..ranges.len()).map(|position| own_lines(text, node, &ranges, position, close)).collect();
    let (low, high) = (from.min(to), from.max(to));
    ranges.get(high)?;
    let order = |mut all: Vec<String>| {
        let item = all.remove(from - low);
        all.insert(to - low, item);
        all
    };
    let Some(lines) = lines else {
        let slots = &ranges[low..=high];
        let texts = order(slots.iter().map(|slot| text[slot.clone()].to_owned()).collect());
        let mut plan = Plan::default();
        slots.iter().zip(texts).for_each(|(slot, text)| plan.and(slot.clone(), text));
        return Some(plan);
    };
    // A chunk is an element's line with the comment lines over it.
    let first = if low == 0 { text.next_line(node.span.start) } else { lines[low - 1].end };
    let mut start = first;
    let mut chunks = Vec::new();
    for position in low..=high {
        let mut chunk = text[start..lines[position].end].to_owned();
        let until = ranges.get(position + 1).map_or(close, |next| next.start);
        if comma_in(text, ranges[position].end, until).is_none() {
            chunk.insert(ranges[position].end - start, ',');
        }
        chunks.push(chunk);
        start = lines[position].end;
    }
    Some(Plan::replace(first..start, order(chunks).concat()))
}
