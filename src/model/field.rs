//! What a key of the format may hold, said once: the shape drives reading, forms, pickers, help and schema.

use super::node::{Node, Span, Table, Value};
use super::problem::{Problem, ProblemKind, did_you_mean, quote};
use crate::units::{
    Bytes, Count, Estimate, Multiple, Number, PerSecond, Percent, Quantity, QuantityError, Ratio, Seconds,
};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// The shape of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// A sentence or name.
    Text,
    /// The name an entity is known by.
    Id,
    /// The name of another entity, or of an element.
    Reference(Target),
    /// True or false.
    Boolean,
    /// A quantity; `range` where `{ low, likely, high }` is a way to write it.
    Quantity {
        /// What it is called.
        name: &'static str,
        /// How it is written.
        example: &'static str,
        /// Whether it is a bare number in TOML unless it has a unit.
        bare: bool,
        /// The units it may have, as a regular expression.
        units: &'static str,
    },
    /// A calendar date.
    Date,
    /// One of some words; what each means stands at its position in the second list.
    Choice(&'static [&'static str], &'static [&'static str]),
    /// Values of one shape.
    List(&'static Shape),
    /// A table with known keys.
    Table(&'static [FieldSpec]),
    /// A table with any keys and values of one shape.
    Map(&'static Shape),
    /// A service time: a duration, a range, or `{ mean, cv }`.
    ServiceTime,
}

/// What a reference points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A component.
    Component,
    /// A flow.
    Flow,
    /// A component, or `a -> b`, or a flow.
    Element,
    /// A question of the method; checked where the knowledge is known.
    Question,
    /// A pattern of the catalogue; checked where the knowledge is known.
    Pattern,
    /// A finding id, `CODE@element`.
    Finding,
}

/// One key of an entity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FieldSpec {
    /// The key as it stands in the file.
    pub name: &'static str,
    /// What it may hold.
    pub shape: Shape,
    /// One sentence about it.
    pub doc: &'static str,
}

/// Collects the problems while values get their types.
#[derive(Debug, Default)]
pub struct Reader {
    /// What was found wrong so far.
    pub problems: Vec<Problem>,
}

impl Reader {
    /// Reports that the value is not of the shape.
    pub fn wrong(&mut self, node: &Node, wanted: &str) {
        if !matches!(node.value, Value::Invalid) {
            let message = format!("expected {wanted}, found {}", node.value.called());
            self.problems.push(Problem::error(ProblemKind::WrongType, node.span, message));
        }
    }

    /// The table of a node, its unknown keys reported.
    pub fn table<'a>(&mut self, node: &'a Node, fields: &[FieldSpec], called: &str) -> Option<&'a Table> {
        let Some(table) = node.table() else {
            self.wrong(node, &format!("a table ({called})"));
            return None;
        };
        for entry in &table.entries {
            if !fields.iter().any(|field| field.name == entry.key) {
                let message = format!("{called} has no key {}", quote(&entry.key));
                // A file with hundreds of slips is not mended one by one, and each search takes its time.
                let help = (self.problems.len() < MOST_HELP)
                    .then(|| did_you_mean(&entry.key, fields.iter().map(|field| field.name)))
                    .flatten();
                self.problems.push(Problem::warning(ProblemKind::UnknownKey, entry.key_span, message).with_help(help));
            }
        }
        Some(table)
    }
}

/// From so many problems on, nobody is told any more what an unknown key was meant to be.
const MOST_HELP: usize = 500;

/// A type that a key of the format may have.
pub trait Field: Sized {
    /// What it looks like to people and programs.
    const SHAPE: Shape;
    /// From the tree; problems go to the reader, and what cannot be used is `None`.
    fn read(node: &Node, reader: &mut Reader) -> Option<Self>;
    /// What is said at keys inside it, as words; with no keys, its own value. `None` where nothing is: also for a text
    /// of blanks and for an empty list, which say nothing.
    fn said(&self, keys: &[&str]) -> Option<String>;
}

/// Longer than this is a mistake or an attack, not a sentence.
pub const LONGEST_TEXT: usize = 16 * 1024;

impl Field for String {
    const SHAPE: Shape = Shape::Text;
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Some(text) = node.text() else {
            reader.wrong(node, "a string");
            return None;
        };
        check_text(text, node.span, reader);
        Some(text.to_owned())
    }
    fn said(&self, _keys: &[&str]) -> Option<String> {
        (!self.trim().is_empty()).then(|| self.clone())
    }
}

/// Warns of texts that a screen or a document cannot show as they are.
fn check_text(text: &str, span: Span, reader: &mut Reader) {
    if text.len() > LONGEST_TEXT {
        let message = format!("a text of {} bytes; only its beginning is shown", text.len());
        reader.problems.push(Problem::warning(ProblemKind::OddText, span, message));
    }
    // Printable ASCII alone, which is most of what is written, holds none and is told quickly.
    let printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if !printable
        && text.chars().any(|c| (c.is_control() && !matches!(c, '\n' | '\t' | '\r')) || is_bidirectional_control(c))
    {
        let message = "the text holds control characters; they are shown as symbols";
        reader.problems.push(Problem::warning(ProblemKind::OddText, span, message));
    }
}

/// Characters that reorder the text around them.
pub fn is_bidirectional_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{061c}')
}

impl Field for bool {
    const SHAPE: Shape = Shape::Boolean;
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        if let Value::Boolean(value) = node.value {
            Some(value)
        } else {
            reader.wrong(node, "true or false");
            None
        }
    }
    fn said(&self, _keys: &[&str]) -> Option<String> {
        Some(self.to_string())
    }
}

impl Field for Date {
    const SHAPE: Shape = Shape::Date;
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Date(date) => Some(*date),
            Value::Text(text) => {
                let date = text.trim().parse().ok();
                if date.is_none() {
                    reader.wrong(node, "a date such as 2026-11-23");
                }
                date
            }
            _ => {
                reader.wrong(node, "a date such as 2026-11-23");
                None
            }
        }
    }
    fn said(&self, _keys: &[&str]) -> Option<String> {
        Some(self.to_string())
    }
}

impl<T: Field> Field for Vec<T> {
    const SHAPE: Shape = Shape::List(&T::SHAPE);
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Some(items) = node.array() else {
            reader.wrong(node, "a list");
            return None;
        };
        Some(items.iter().filter_map(|item| T::read(item, reader)).collect())
    }
    /// The items; of tables, how many there are. A key is asked of every item, and is said where all of them say it.
    fn said(&self, keys: &[&str]) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        if keys.is_empty() && matches!(T::SHAPE, Shape::Table(_)) {
            return Some(self.len().to_string());
        }
        let all: Option<Vec<String>> = self.iter().map(|item| item.said(keys)).collect();
        all.map(|all| all.join(", ")).filter(|all| !all.trim().is_empty())
    }
}

impl<T: Field> Field for BTreeMap<String, T> {
    const SHAPE: Shape = Shape::Map(&T::SHAPE);
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Some(table) = node.table() else {
            reader.wrong(node, "a table");
            return None;
        };
        Some(
            table
                .entries
                .iter()
                .filter_map(|entry| Some((entry.key.to_string(), T::read(&entry.node, reader)?)))
                .collect(),
        )
    }
    fn said(&self, _keys: &[&str]) -> Option<String> {
        (!self.is_empty()).then(|| self.keys().cloned().collect::<Vec<_>>().join(", "))
    }
}

/// A quantity of a single value, without units of its own in an error.
fn read_quantity<Q: Quantity>(node: &Node, reader: &mut Reader) -> Option<Q> {
    let result = match &node.value {
        Value::Text(text) => Q::parse(text).map_err(|error| match error {
            QuantityError::Form(form) => QuantityError::Form(format!("{} is no {}: {form}", quote(text), Q::NAME)),
            range @ QuantityError::Range(_) => range,
        }),
        Value::Integer(number) if Q::BARE || *number == 0 => Q::checked(*number as f64),
        Value::Float(number) if Q::BARE || *number == 0.0 => Q::checked(*number),
        Value::Integer(_) | Value::Float(_) => {
            Err(QuantityError::Form(format!("a {} needs a unit: {}", Q::NAME, Q::EXAMPLE)))
        }
        _ => {
            reader.wrong(node, &format!("a {} ({})", Q::NAME, Q::EXAMPLE));
            return None;
        }
    };
    match result {
        Ok(quantity) => Some(quantity),
        Err(error) => {
            let kind = match error {
                QuantityError::Form(_) => ProblemKind::WrongType,
                QuantityError::Range(_) => ProblemKind::OutOfRange,
            };
            reader.problems.push(Problem::error(kind, node.span, error.to_string()));
            None
        }
    }
}

/// The keys of a range.
pub const RANGE_KEYS: [&str; 3] = ["low", "likely", "high"];

fn read_estimate<Q: Quantity>(node: &Node, reader: &mut Reader) -> Option<Estimate<Q>> {
    let Value::Table(table) = &node.value else {
        return read_quantity(node, reader).map(Estimate::exactly);
    };
    for entry in &table.entries {
        if !RANGE_KEYS.contains(&entry.key.as_str()) {
            reader.problems.push(
                Problem::warning(
                    ProblemKind::UnknownKey,
                    entry.key_span,
                    format!("a range has no key {}", quote(&entry.key)),
                )
                .with_help(did_you_mean(&entry.key, RANGE_KEYS)),
            );
        }
    }
    let mut end = |key: &str| table.get(key).map(|node| read_quantity::<Q>(node, reader));
    let (low, likely, high) = (end("low"), end("likely"), end("high"));
    match (low, likely, high) {
        (Some(low), likely, Some(high)) => {
            let estimate = Estimate::between(low?, likely.flatten(), high?);
            if estimate.is_none() {
                let message = "a range has its low end below its likely value below its high end";
                reader.problems.push(Problem::error(ProblemKind::Contradiction, node.span, message));
            }
            estimate
        }
        // With one end missing the likely value alone is still knowledge.
        (_, Some(likely), _) => likely.map(Estimate::exactly),
        _ => {
            let message = format!("a range of a {} needs `low` and `high`", Q::NAME);
            reader.problems.push(Problem::error(ProblemKind::MissingKey, node.span, message));
            None
        }
    }
}

macro_rules! quantities {
    ($($name:ident),*) => { $(
        impl Field for Estimate<$name> {
            const SHAPE: Shape = Shape::Quantity { name: $name::NAME, example: $name::EXAMPLE, bare: $name::BARE, units: $name::UNITS };
            fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
                read_estimate(node, reader)
            }
            fn said(&self, _keys: &[&str]) -> Option<String> {
                Some(self.to_string())
            }
        }
    )* };
}
quantities!(Seconds, PerSecond, Ratio, Percent, Bytes, Count, Number, Multiple);

const SERVICE_TIME_KEYS: [&str; 2] = ["mean", "cv"];

/// Busy time of one visit with how much it varies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ServiceTime {
    /// The mean.
    pub mean: Estimate<Seconds>,
    /// Coefficient of variation (standard deviation ÷ mean); 1 is exponential.
    pub cv: Option<Estimate<Number>>,
}

impl Field for ServiceTime {
    const SHAPE: Shape = Shape::ServiceTime;
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Some(table) = node.table().filter(|table| table.get("mean").is_some() || table.get("cv").is_some()) else {
            return read_estimate(node, reader).map(|mean| Self { mean, cv: None });
        };
        for entry in &table.entries {
            if !SERVICE_TIME_KEYS.contains(&entry.key.as_str()) {
                let message = format!("a service time has no key {}", quote(&entry.key));
                reader.problems.push(
                    Problem::warning(ProblemKind::UnknownKey, entry.key_span, message)
                        .with_help(did_you_mean(&entry.key, SERVICE_TIME_KEYS)),
                );
            }
        }
        let cv = table.get("cv").and_then(|node| read_estimate(node, reader));
        let Some(mean) = table.get("mean") else {
            let message = "a service time needs its `mean`";
            reader.problems.push(Problem::error(ProblemKind::MissingKey, node.span, message));
            return None;
        };
        Some(Self { mean: read_estimate(mean, reader)?, cv })
    }
    fn said(&self, _keys: &[&str]) -> Option<String> {
        Some(self.mean.to_string())
    }
}
