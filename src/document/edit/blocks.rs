//! Headers with the lines that belong to them: where a block begins, ends, and goes.

use super::draft::{Lines, is_blank, is_comment, is_heading};
use super::splice::Plan;
use crate::document::source_map::SourceMap;
use crate::document::tree::{Block, Statement, Step};
use crate::model::EntityKind;
use std::ops::Range;

/// The statements of a block.
pub(crate) fn statements<'a>(map: &'a SourceMap, block: &Block) -> &'a [Statement] {
    let all = &map.tree.statements;
    let from = all.partition_point(|statement| statement.start < block.start);
    let to = all.partition_point(|statement| statement.start < block.end);
    &all[from..to]
}

/// Where a block with the comment lines directly above its header starts.
pub(crate) fn attached_start(text: &str, block: &Block) -> usize {
    let mut start = text.line_start(block.start);
    while start > 0 {
        let above = text.line_start(start - 1);
        let line = &text[above..start];
        if !is_comment(line) || is_heading(line) {
            break;
        }
        start = above;
    }
    start
}

/// Where what a block says ends: after its last line with anything but comments, and the comments directly below.
pub(crate) fn content_end(text: &str, map: &SourceMap, block: &Block) -> usize {
    let last = statements(map, block).last().map(|statement| statement.value.end);
    let floor = last.or(block.header.map(|header| header.end)).unwrap_or(block.start).min(block.end);
    let mut end = if floor == 0 && block.header.is_none() { 0 } else { text.next_line(floor) };
    let mut line = end;
    let mut comments = None;
    // Comments between two lines with content are inside; those after the last line belong to it up to a blank line.
    while line < block.end {
        let next = text.next_line(line);
        let content = &text[line..next];
        if is_comment(content) {
            comments = comments.or(Some(line));
        } else if is_blank(content) {
            if comments.is_some_and(|first| first == end) {
                end = line;
            }
            comments = Some(usize::MAX);
        } else {
            end = next;
            comments = None;
        }
        line = next;
    }
    if line >= text.len() && comments.is_some_and(|first| first == end) {
        end = line;
    }
    end.min(block.end)
}

/// The positions of the blocks that lie at or below a path.
pub(crate) fn below(map: &SourceMap, path: &[Step]) -> Vec<usize> {
    let blocks = map.tree.blocks.iter().enumerate();
    blocks.filter(|(_, block)| block.header.is_some() && leads_to(path, &block.path)).map(|(index, _)| index).collect()
}

/// Whether a block lies at or below a path; a path that ends at an array means all of its tables.
fn leads_to(path: &[Step], block: &[Step]) -> bool {
    let Some(((last, index), parents)) = path.split_last() else { return false };
    block.starts_with(parents)
        && block.get(parents.len()).is_some_and(|(key, at)| key == last && (index.is_none() || at == index))
}

/// Takes blocks away, with the comments that belong to them, and one of the gaps around them.
pub(crate) fn remove(text: &str, map: &SourceMap, positions: &[usize]) -> Plan {
    let mut plan = Plan::default();
    let mut rest = positions;
    while let Some(first) = rest.first() {
        let run = rest.iter().zip(*first..).take_while(|(position, expected)| **position == *expected).count();
        plan.and(run_range(text, map, &rest[..run]), "");
        rest = &rest[run..];
    }
    plan
}

/// The bytes of neighbouring blocks, with the gap below them, or above where they are the last.
pub(crate) fn run_range(text: &str, map: &SourceMap, run: &[usize]) -> Range<usize> {
    let blocks = &map.tree.blocks;
    let (Some(first), Some(last)) = (run.first().map(|i| &blocks[*i]), run.last().map(|i| &blocks[*i])) else {
        return 0..0;
    };
    let mut start = attached_start(text, first);
    let end = content_end(text, map, last).max(start);
    let below = skip_blank(text, end);
    let gap_above = blank_above(text, start);
    if below >= text.len() {
        // The last of the file: the gap above goes with it.
        start = gap_above;
        if !text.ends_with('\n') && start > 0 {
            start = text[..start].trim_end_matches(['\r', '\n']).len();
        }
        return start..text.len();
    }
    if gap_above < start || start == 0 { start..below } else { start..end }
}

fn skip_blank(text: &str, mut offset: usize) -> usize {
    while offset < text.len() {
        let next = text.next_line(offset);
        if !is_blank(&text[offset..next]) {
            break;
        }
        offset = next;
    }
    offset
}

fn blank_above(text: &str, mut offset: usize) -> usize {
    while offset > 0 {
        let above = text.line_start(offset - 1);
        if !is_blank(&text[above..offset]) {
            break;
        }
        offset = above;
    }
    offset
}

/// Where a new table of a kind goes: after the last of its kind, or after the kinds that stand before it in a file.
pub(crate) fn place_for(text: &str, map: &SourceMap, kind: EntityKind) -> usize {
    let order = |kind: EntityKind| EntityKind::ALL.iter().position(|other| *other == kind);
    let kind_of = |block: &Block| block.path.first().and_then(|(table, _)| EntityKind::of_table(table));
    let blocks = map.tree.blocks.iter();
    let best = blocks
        .filter_map(|block| Some((order(kind_of(block)?)?, block)))
        .filter(|(place, _)| Some(*place) <= order(kind))
        .max_by_key(|(place, block)| (*place, block.start));
    match best {
        Some((_, block)) => content_end(text, map, block),
        None => map.tree.blocks.first().map_or(0, |top| top_end(text, map, top)),
    }
}

/// The top of the file ends where its statements do, or else above the first header's own comments.
fn top_end(text: &str, map: &SourceMap, top: &Block) -> usize {
    if !statements(map, top).is_empty() {
        return content_end(text, map, top);
    }
    match map.tree.blocks.get(1) {
        Some(block) => attached_start(text, block),
        None => text.len(),
    }
}

/// Puts lines at a place between blocks, a blank line above and, where something follows at once, below.
pub(crate) fn insert_block(text: &str, at: usize, lines: &str) -> Plan {
    let end = text.line_end();
    let mut block = String::new();
    let above = &text[..at];
    if !above.is_empty() {
        if !above.ends_with('\n') {
            block.push_str(end);
        }
        let blank_already = at > 0 && is_blank(&text[text.line_start(at - 1)..at]);
        if !blank_already {
            block.push_str(end);
        }
    }
    block.push_str(&lines.replace('\n', end));
    let below = &text[at..];
    if !below.is_empty() && !is_blank(&text[at..text.next_line(at)]) {
        block.push_str(end);
    }
    Plan::insert(at, block)
}
