//! A text while it is edited: its places, the changes made so far, and questions about its lines.

use super::error::EditError;
use super::splice::{Plan, Splice};
use crate::document::lines::LineIndex;
use crate::document::source_map::SourceMap;
use crate::document::syntax;
use crate::model::{Problem, ProblemKind, Table};

/// A text with edits that may still be dropped.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) text: String,
    pub(crate) map: SourceMap,
    pub(crate) splices: Vec<Splice>,
    /// What the values should be in the end.
    pub(crate) expected: Table,
    broken: usize,
    /// What is wrong with the syntax of the text, where it was read since the draft began.
    syntax: Option<Vec<Problem>>,
}

impl Draft {
    pub(crate) fn new(text: &str, map: &SourceMap, problems: &[Problem]) -> Self {
        Self {
            text: text.to_owned(),
            map: map.clone(),
            splices: Vec::new(),
            expected: map.root().clone(),
            broken: broken(problems),
            syntax: None,
        }
    }

    /// The text with the places and syntax problems it was last read with.
    pub(crate) fn finish(self) -> Finished {
        let syntax = self.syntax.map(|problems| (self.map, problems));
        Finished { text: self.text, splices: self.splices, syntax }
    }

    /// Performs a plan; the places are those of the new text then.
    pub(crate) fn apply(&mut self, plan: Plan) -> Result<(), EditError> {
        let Some(mut splices) = plan.perform(&mut self.text) else { return Err(EditError::Tangled) };
        self.splices.append(&mut splices);
        let (tree, problems) = syntax::read(&self.text);
        self.map = SourceMap::new(tree, LineIndex::new(&self.text));
        if broken(&problems) > self.broken {
            let message = problems.iter().find(|problem| is_broken(problem)).map(|problem| problem.message.clone());
            return Err(EditError::Breaks(message.unwrap_or_default()));
        }
        self.syntax = Some(problems);
        Ok(())
    }

    /// Takes the syntax problems that a text has for granted.
    pub(crate) fn tolerate(&mut self, text: &str) {
        self.broken = broken(&syntax::read(text).1);
    }

    /// Whether the text says now what it should.
    pub(crate) fn check(&self) -> Result<(), EditError> {
        if super::tree::same_root(self.map.root(), &self.expected) { Ok(()) } else { Err(EditError::Tangled) }
    }
}

/// A draft that is taken.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) text: String,
    pub(crate) splices: Vec<Splice>,
    /// Its places and what is wrong with its syntax, so that it is not read again.
    pub(crate) syntax: Option<(SourceMap, Vec<Problem>)>,
}

fn is_broken(problem: &Problem) -> bool {
    matches!(problem.kind, ProblemKind::Syntax)
}

fn broken(problems: &[Problem]) -> usize {
    problems.iter().filter(|problem| is_broken(problem)).count()
}

/// Questions about the lines of a text. Offsets may be anywhere in it.
pub(crate) trait Lines {
    /// The first byte of the line of an offset.
    fn line_start(&self, offset: usize) -> usize;
    /// One past the last byte of the line, its line end left out.
    fn line_stop(&self, offset: usize) -> usize;
    /// The first byte of the next line, or the end of the text.
    fn next_line(&self, offset: usize) -> usize;
    /// The blanks at the start of the line of an offset.
    fn indentation(&self, offset: usize) -> &str;
    /// How lines end in this text.
    fn line_end(&self) -> &'static str;
}

impl Lines for str {
    // All of these look at bytes: an offset may lie inside a character, a line feed cannot.
    fn line_start(&self, offset: usize) -> usize {
        let before = &self.as_bytes()[..offset.min(self.len())];
        before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1)
    }

    fn line_stop(&self, offset: usize) -> usize {
        let next = self.next_line(offset);
        let line = &self.as_bytes()[offset.min(next)..next];
        let line = line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
        offset.min(next) + line.len()
    }

    fn next_line(&self, offset: usize) -> usize {
        let rest = &self.as_bytes()[offset.min(self.len())..];
        rest.iter().position(|byte| *byte == b'\n').map_or(self.len(), |newline| offset + newline + 1)
    }

    fn indentation(&self, offset: usize) -> &str {
        let start = self.line_start(offset);
        let line = &self[start..];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    fn line_end(&self) -> &'static str {
        match self.find('\n') {
            Some(newline) if self[..newline].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }
}

/// Whether a line holds only a comment.
pub(crate) fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// Whether a line is empty or blank.
pub(crate) fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

/// Whether a comment is a heading over a part of the file, not a word about the table below it.
pub(crate) fn is_heading(line: &str) -> bool {
    ["──", "══", "━━", "---", "===", "###"].iter().any(|rule| line.contains(rule))
}
