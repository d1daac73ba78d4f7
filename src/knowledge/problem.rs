//! What is wrong with a knowledge file, and the nearest name that would have been right.
//!
//! Knows nothing of screens: a problem is data, and its `Display` is one line.

use std::fmt;

/// Something in a knowledge file that was ignored, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnowledgeProblem {
    /// The file, as the caller named it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong and what was done about it.
    pub message: String,
    /// The nearest valid name.
    pub suggestion: Option<String>,
}

impl fmt::Display for KnowledgeProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.file, self.line, self.message)?;
        match &self.suggestion {
            Some(name) => write!(out, "; did you mean `{name}`?"),
            None => Ok(()),
        }
    }
}

/// A message quotes no more than this of a name.
const LONGEST_NAME: usize = 80;

/// The candidate most like `name` and not `name` itself, if any is alike enough to be a slip of the fingers.
pub(super) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    crate::model::nearest(name, candidates.filter(|candidate| *candidate != name)).map(str::to_owned)
}

/// More problems than this go without a suggestion: looking for one costs time for each name there is.
const MOST_SUGGESTIONS: usize = 25;

/// [`nearest`], unless `problems` is so long already that nobody will read this one.
pub(super) fn suggest<'a>(
    problems: &[KnowledgeProblem],
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<String> {
    if problems.len() < MOST_SUGGESTIONS { nearest(name, candidates) } else { None }
}

/// `text`, shortened and without control characters, for a message.
pub(super) fn quoted(text: &str) -> String {
    let clean: String = text.chars().filter(|sign| !sign.is_control()).take(LONGEST_NAME).collect();
    format!("`{clean}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_slip_and_not_the_stranger() {
        let names = ["text", "why", "class"];
        assert_eq!(nearest("txet", names.into_iter()), Some("text".to_owned()));
        assert_eq!(nearest("clas", names.into_iter()), Some("class".to_owned()));
        assert_eq!(nearest("zebra", names.into_iter()), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), names.into_iter()), None);
    }
}
