//! What is wrong with the content of a file: never an error that stops, always a place and a way on.

use super::node::Span;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gravity {
    /// Something is odd, nothing was left out of the analysis.
    Warning,
    /// Something could not be used; the rest of the file could.
    Error,
}

/// The kind of a problem: stable names for filters and tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// The text is not TOML here.
    Syntax,
    /// Bytes that are not UTF-8.
    Encoding,
    /// The file says a format that this program does not know.
    Format,
    /// A key or table that the format does not have.
    UnknownKey,
    /// A value of the wrong type, or in the wrong form.
    WrongType,
    /// A number outside its range.
    OutOfRange,
    /// A word that is not one of the words allowed.
    UnknownWord,
    /// An id outside `[a-z0-9][a-z0-9-]*`.
    BadId,
    /// A key without which the entity cannot be used.
    MissingKey,
    /// A second entity of one id, or a second key.
    Duplicate,
    /// A reference to something that is not there.
    DanglingReference,
    /// Values that contradict each other.
    Contradiction,
    /// A text with control characters or of absurd length.
    OddText,
}

impl ProblemKind {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Encoding => "encoding",
            Self::Format => "format",
            Self::UnknownKey => "unknown-key",
            Self::WrongType => "wrong-type",
            Self::OutOfRange => "out-of-range",
            Self::UnknownWord => "unknown-word",
            Self::BadId => "bad-id",
            Self::MissingKey => "missing-key",
            Self::Duplicate => "duplicate",
            Self::DanglingReference => "dangling-reference",
            Self::Contradiction => "contradiction",
            Self::OddText => "odd-text",
        }
    }
}

/// One thing that is wrong, where, and what was probably meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// How bad it is.
    pub gravity: Gravity,
    /// What kind it is.
    pub kind: ProblemKind,
    /// One sentence without a full stop. May quote the file, so it is as hostile as the file.
    pub message: String,
    /// What to do about it: usually "did you mean …".
    pub help: Option<String>,
    /// Where it is.
    pub span: Span,
}

impl Problem {
    /// An error.
    pub fn error(kind: ProblemKind, span: Span, message: impl Into<String>) -> Self {
        Self { gravity: Gravity::Error, kind, message: message.into(), help: None, span }
    }

    /// A warning.
    pub fn warning(kind: ProblemKind, span: Span, message: impl Into<String>) -> Self {
        Self { gravity: Gravity::Warning, ..Self::error(kind, span, message) }
    }

    /// The same with a way on.
    #[must_use]
    pub fn with_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }
}

/// A text of the file in backquotes, cut where it is too long to be read in a message.
pub fn quote(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("`{}…` ({} bytes)", &text[..cut], text.len()),
        None => format!("`{text}`"),
    }
}

/// "did you mean …" with the nearest of the names, where one is near.
pub fn did_you_mean<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(typed, names).map(|name| format!("did you mean `{name}`?"))
}

/// The nearest of the names, where one is near enough to be meant.
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A name of absurd length is near nothing, and the distance is quadratic in it.
    if typed.len() > 100 {
        return None;
    }
    let typed = typed.to_lowercase();
    let near_in_length = |name: &&str| name.len().abs_diff(typed.len()) <= (name.len().max(typed.len()) / 3).max(1);
    names
        .into_iter()
        .filter(|name| name.len() <= 100)
        .filter(near_in_length)
        .map(|name| (strsim::damerau_levenshtein(&typed, &name.to_lowercase()), name))
        .filter(|(distance, name)| {
            let length = typed.chars().count().max(name.chars().count());
            *distance <= (length / 3).max(1) && *distance < length
        })
        // Of equally near names the first in the alphabet, in whatever order they come.
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        assert_eq!(nearest("replcas", ["replicas", "regions"]), Some("replicas"));
        assert_eq!(nearest("Databse", ["database", "cache"]), Some("database"));
        assert_eq!(nearest("zebra", ["database", "cache"]), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), ["database"]), None);
    }
}
