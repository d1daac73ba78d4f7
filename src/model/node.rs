//! The neutral tree of values that a file is read into before it gets types.
//!
//! Every part knows where it stood in the text. Knows nothing of TOML: the document layer builds it.

use super::key::Key;
use jiff::civil::Date;

/// A half-open range of bytes in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// From its two ends.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// As a range, to slice a text with.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start..self.end
    }

    /// Whether a byte lies in it.
    pub fn contains(self, offset: usize) -> bool {
        (self.start..self.end).contains(&offset)
    }
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where the value stands; for a table with a header, the header.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// What a [`Node`] holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A string, decoded.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction or exponent; may be NaN or infinite as the file may say so.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// A calendar date (of a date-time, its date).
    Date(Date),
    /// Values in order.
    Array(Vec<Node>),
    /// Values by key, in file order.
    Table(Table),
    /// What could not be read; the problem has been reported.
    Invalid,
}

/// Values by key, in file order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// The entries in file order; keys are unique.
    pub entries: Vec<Entry>,
    /// How the table stands in the text.
    pub form: TableForm,
}

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TableForm {
    /// The top of the file, or a table made only by dotted keys or by the headers below it.
    #[default]
    Implied,
    /// `[header]` or `[[header]]`.
    Header,
    /// `{ … }`.
    Inline,
    /// `a.b = …` lines.
    Dotted,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key, decoded; equal keys of a file share their text.
    pub key: Key,
    /// Where the key stands (its first appearance).
    pub key_span: Span,
    /// The value.
    pub node: Node,
}

impl Table {
    /// The entry of a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == *key)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }
}

impl Node {
    /// The table it holds, if it holds one.
    pub fn table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The values it holds, if it is an array.
    pub fn array(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The text it holds, if it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl Value {
    /// What it is called in a message (`a string`).
    pub fn called(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Boolean(_) => "true or false",
            Self::Date(_) => "a date",
            Self::Array(_) => "a list",
            Self::Table(_) => "a table",
            Self::Invalid => "unreadable",
        }
    }
}
