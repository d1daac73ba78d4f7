//! A problem as text for people: the line it is on with the place marked, in the manner of compilers.
//!
//! The only file that knows `annotate-snippets`.

use super::source_map::SourceMap;
use crate::model::{Gravity, Problem, visible};
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// So many characters of a line are shown before and after the start of the place.
const BEFORE: usize = 40;
const AFTER: usize = 80;
/// More of a message than this is not a message.
const LONGEST_MESSAGE: usize = 400;

/// A problem with its place, its line and what to do about it. Ends without a line end.
///
/// Long lines are cut around the place; nothing of the file reaches a terminal as a command. `color` adds the escapes
/// of the program's own.
pub fn render_problem(path: &str, text: &str, map: &SourceMap, problem: &Problem, color: bool) -> String {
    let position = map.position(text, problem.span.start);
    let excerpt = excerpt(text, map, problem);
    let level = match problem.gravity {
        Gravity::Error => Level::ERROR,
        Gravity::Warning => Level::WARNING,
    };
    let title = level.primary_title(cut(&problem.message)).id(problem.kind.name());
    let path = visible(path);
    let annotation = AnnotationKind::Primary.span(excerpt.marked);
    let snippet = Snippet::source(excerpt.line).line_start(position.line).path(&*path).annotation(annotation);
    let mut group = title.element(snippet);
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(cut(help)));
    }
    let renderer = if color { Renderer::styled().hyperlink(false) } else { Renderer::plain() };
    with_column(&renderer.render(&[group]), &format!("{path}:{}:", position.line), position.column)
}

/// The column in the line of the file; the renderer only knows the part of it that it was given.
fn with_column(rendered: &str, place: &str, column: usize) -> String {
    let Some(at) = rendered.find('\n').and_then(|line| Some(line + rendered[line..].find(place)? + place.len())) else {
        return rendered.to_owned();
    };
    let rest = rendered[at..].trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{}{column}{rest}", &rendered[..at])
}

fn cut(message: &str) -> String {
    let message = visible(message);
    match message.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.into_owned(),
    }
}

struct Excerpt {
    line: String,
    marked: std::ops::Range<usize>,
}

/// The part of the line around the place, safe to print, and where the place is in it.
fn excerpt(text: &str, map: &SourceMap, problem: &Problem) -> Excerpt {
    let start = floor(text, problem.span.start);
    let range = map.lines().line_range(map.lines().line_of(start));
    let line_start = floor(text, range.start.min(start));
    let line_end = floor(text, range.end.max(start));
    let before: Vec<char> = text[line_start..start].chars().rev().take(BEFORE + 1).collect();
    let before_cut = before.len() > BEFORE;
    let mut line = String::new();
    if before_cut {
        line.push('…');
    }
    before.iter().take(BEFORE).rev().for_each(|c| line.push(*c));
    let from = visible(&line).len();
    let rest = text[start..line_end].trim_end_matches(['\n', '\r']);
    let end = rest.char_indices().nth(AFTER).map_or(rest.len(), |(end, _)| end);
    let span_end = floor(text, problem.span.end.max(start)).min(start + end);
    let inside = visible(&text[start..span_end]).len();
    line.push_str(&rest[..end]);
    if end < rest.len() {
        line.push('…');
    }
    Excerpt { line: visible(&line).into_owned(), marked: from..from + inside }
}

fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}
