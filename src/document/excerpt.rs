//! Lines of a file around something that stands in it, safe to print.
//!
//! Must not know what is said about them. Work is in proportion to what is shown, however long a line is.

use super::source_map::SourceMap;
use crate::model::{Span, visible};
use std::collections::BTreeMap;
use std::ops::Range;

/// So many characters of a line are shown before and after the start of the place.
const BEFORE: usize = 20;
const AFTER: usize = 70;
/// More lines than this are not an excerpt.
const MOST_LINES: usize = 4;

/// A line of a file as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExcerptLine {
    /// From 1.
    pub number: usize,
    /// Its text, visible, cut around the place.
    pub text: String,
    /// The bytes of `text` to be marked.
    pub marked: Option<Range<usize>>,
}

/// The line of a place, marked, and the lines of what stands beside it, in the order of the file.
pub fn excerpt(text: &str, map: &SourceMap, marked: Span, beside: &[Span]) -> Vec<ExcerptLine> {
    let mut lines = BTreeMap::new();
    let mut first = |span: Span, mark: bool| {
        let number = map.lines().line_of(span.start.min(text.len()));
        if lines.len() < MOST_LINES {
            lines.entry(number).or_insert_with(|| line(text, map, span, mark));
        }
    };
    first(marked, true);
    for span in beside {
        first(*span, false);
    }
    lines.into_values().collect()
}

fn line(text: &str, map: &SourceMap, span: Span, mark: bool) -> ExcerptLine {
    let start = floor(text, span.start);
    let number = map.lines().line_of(start);
    let range = map.lines().line_range(number);
    let (from, to) = (floor(text, range.start.min(start)), floor(text, range.end.max(start)));
    let mut before: Vec<char> = text[from..start].chars().rev().take(BEFORE + 1).collect();
    let cut = before.len() > BEFORE;
    before.truncate(BEFORE);
    let mut shown = if cut { "…".to_owned() } else { String::new() };
    shown.extend(before.iter().rev());
    let mut shown = visible(&shown).into_owned();
    let at = shown.len();
    let rest = text[start..to].trim_end_matches(['\n', '\r']);
    let end = rest.char_indices().nth(AFTER).map_or(rest.len(), |(end, _)| end);
    let inside = floor(text, span.end.max(start)).min(start + end);
    shown.push_str(&visible(&text[start..inside]));
    let marked = mark.then(|| at..shown.len().max(at + 1));
    shown.push_str(&visible(&text[inside..start + end]));
    if end < rest.len() {
        shown.push('…');
    }
    let marked = marked.map(|marked| marked.start..marked.end.min(shown.len()));
    ExcerptLine { number: number + 1, text: shown, marked }
}

fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("# {}\nx = \"{}\u{1b}é\"\n", "a".repeat(300), "b".repeat(300));
        let (_, map, _) = crate::document::parse(&text);
        let place = text.find('é').unwrap();
        let lines = excerpt(&text, &map, Span::new(place, place + 2), &[Span::new(2, 5), Span::new(999, 1_000)]);
        assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(lines[1].text, format!("…{}␛é\"", "b".repeat(19)));
        assert_eq!(lines[1].marked.clone().map(|marked| &lines[1].text[marked]), Some("é"));
        assert!(lines[0].text.ends_with('…') && lines[0].marked.is_none());
    }
}
