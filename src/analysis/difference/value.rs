//! What a value means, whatever way it is written, and how it is shown.
//!
//! Must not know which entity it belongs to but for the names in it.

use super::names::{Names, Spot};
use crate::model::{
    Field, FieldSpec, Node, RANGE_KEYS, Reader, ServiceTime, Shape, Table, Value, is_bidirectional_control,
};
use crate::units::{Bytes, Count, Estimate, Multiple, Number, PerSecond, Percent, Quantity, Ratio, Seconds, Span};
use jiff::civil::Date;
use std::fmt::Write as _;

/// Whether a value holds nothing, which is the same as not being there.
pub(super) fn is_hollow(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Table(table) => table.entries.iter().all(|entry| is_hollow(&entry.node.value)),
        _ => false,
    }
}

/// A value as a text that is equal for two values exactly where they say the same.
///
/// Quantities are numbers of their base unit to fourteen digits: `250ms` and `0.25s` differ by no more than rounding.
/// What cannot be read as its shape stands for itself. Names are translated.
pub(super) fn meaning(spot: Spot<'_>, shape: Shape, node: &Node, names: &Names) -> String {
    let mut out = String::new();
    mean(spot, Some(shape), node, names, &mut out);
    out
}

/// The same for a key that the format does not have.
pub(super) fn meaning_of_unknown(spot: Spot<'_>, node: &Node, names: &Names) -> String {
    let mut out = String::new();
    mean(spot, None, node, names, &mut out);
    out
}

fn mean(spot: Spot<'_>, shape: Option<Shape>, node: &Node, names: &Names, out: &mut String) {
    match (shape, &node.value) {
        (Some(Shape::Quantity { name, .. }), _) => match span_of(name, node) {
            Some(span) => number(span, out),
            None => raw(&node.value, out),
        },
        (Some(Shape::ServiceTime), _) => match quiet::<ServiceTime>(node) {
            Some(time) => {
                number(Span::of(&time.mean), out);
                if let Some(cv) = &time.cv {
                    out.push_str("cv");
                    number(Span::of(cv), out);
                }
            }
            None => raw(&node.value, out),
        },
        (Some(Shape::Date), _) => match quiet::<Date>(node) {
            Some(date) => _ = write!(out, "{date}"),
            None => raw(&node.value, out),
        },
        (Some(Shape::Table(fields)), Value::Table(table)) => {
            let shape = |key: &str| shape_of(fields, key);
            mean_table(spot, table, &shape, names, out);
        }
        (Some(Shape::Map(inner)), Value::Table(table)) => mean_table(spot, table, &|_| Some(*inner), names, out),
        (Some(Shape::List(inner)), Value::Array(items)) => {
            let mut texts: Vec<String> = items.iter().map(|item| meaning(spot, *inner, item, names)).collect();
            if !matches!(inner, Shape::Table(_)) {
                texts.sort_unstable();
            }
            _ = write!(out, "[{}]", texts.join(","));
        }
        (None, Value::Table(table)) => mean_table(spot, table, &|_| None, names, out),
        (None, Value::Array(items)) => {
            out.push('[');
            for item in items {
                mean(spot, None, item, names, out);
                out.push(',');
            }
            out.push(']');
        }
        (Some(shape), Value::Text(text)) => _ = write!(out, "{:?}", names.text(spot, shape, text)),
        (_, value) => raw(value, out),
    }
}

fn mean_table(spot: Spot<'_>, table: &Table, shape: &dyn Fn(&str) -> Option<Shape>, names: &Names, out: &mut String) {
    let mut entries: Vec<(&str, &Node)> = table
        .entries
        .iter()
        .filter(|entry| !is_hollow(&entry.node.value))
        .map(|entry| (entry.key.as_str(), &entry.node))
        .collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    out.push('{');
    for (key, node) in entries {
        _ = write!(out, "{key:?}=");
        mean(spot.below(key), shape(key), node, names, out);
        out.push(',');
    }
    out.push('}');
}

/// What stands for itself.
fn raw(value: &Value, out: &mut String) {
    match value {
        Value::Text(text) => _ = write!(out, "{text:?}"),
        Value::Integer(number) => self::number(Span::exactly(*number as f64), out),
        Value::Float(number) => self::number(Span::exactly(*number), out),
        Value::Boolean(value) => _ = write!(out, "{value}"),
        Value::Date(date) => _ = write!(out, "{date}"),
        Value::Invalid => out.push('?'),
        Value::Array(items) => {
            out.push('[');
            for item in items {
                raw(&item.value, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Table(table) => {
            let mut texts: Vec<String> = Vec::with_capacity(table.entries.len());
            for entry in &table.entries {
                let mut text = format!("{:?}=", entry.key);
                raw(&entry.node.value, &mut text);
                texts.push(text);
            }
            texts.sort_unstable();
            _ = write!(out, "{{{}}}", texts.join(","));
        }
    }
}

/// Fourteen digits: more than anybody writes, fewer than arithmetic on units leaves exact.
fn number(span: Span, out: &mut String) {
    // A negative zero is a zero.
    let one = |value: f64| format!("{:.13e}", value + 0.0);
    if span.is_range() {
        _ = write!(out, "{}..{}..{}", one(span.low), one(span.likely), one(span.high));
    } else {
        out.push_str(&one(span.likely));
    }
}

/// Reads without complaining: what is wrong is among the problems of the file already.
fn quiet<T: Field>(node: &Node) -> Option<T> {
    T::read(node, &mut Reader::default())
}

/// The number that a node states, in the base unit of a quantity of this name.
pub(super) fn span_of(name: &str, node: &Node) -> Option<Span> {
    fn read<Q: Quantity>(node: &Node) -> Option<Span>
    where
        Estimate<Q>: Field,
    {
        quiet::<Estimate<Q>>(node).map(|estimate| Span::of(&estimate))
    }
    match name {
        Seconds::NAME => read::<Seconds>(node),
        PerSecond::NAME => read::<PerSecond>(node),
        Ratio::NAME => read::<Ratio>(node),
        Percent::NAME => read::<Percent>(node),
        Bytes::NAME => read::<Bytes>(node),
        Count::NAME => read::<Count>(node),
        Number::NAME => read::<Number>(node),
        Multiple::NAME => read::<Multiple>(node),
        _ => None,
    }
}

/// The shape of a key among the keys of a table.
pub(super) fn shape_of(fields: &[FieldSpec], key: &str) -> Option<Shape> {
    fields.iter().find(|field| field.name == key).map(|field| field.shape)
}

/// A value as people read it: without the quotes of texts, ranges as `4ms..6ms..12ms`.
pub(super) fn shown(text: &str, node: &Node) -> String {
    let mut out = String::new();
    show(text, node, true, &mut out);
    out
}

fn show(text: &str, node: &Node, outermost: bool, out: &mut String) {
    match &node.value {
        Value::Text(value) => out.push_str(value),
        Value::Table(table) => {
            if let Some(range) = range(text, table) {
                out.push_str(&range);
                return;
            }
            out.push_str(if outermost { "" } else { "{ " });
            for (place, entry) in table.entries.iter().filter(|entry| !is_hollow(&entry.node.value)).enumerate() {
                out.push_str(if place > 0 { ", " } else { "" });
                _ = write!(out, "{} = ", entry.key);
                show(text, &entry.node, false, out);
            }
            out.push_str(if outermost { "" } else { " }" });
        }
        Value::Array(items) => {
            out.push_str(if outermost { "" } else { "[" });
            for (place, item) in items.iter().enumerate() {
                out.push_str(if place > 0 { ", " } else { "" });
                show(text, item, false, out);
            }
            out.push_str(if outermost { "" } else { "]" });
        }
        Value::Invalid => out.push_str("(unreadable)"),
        _ => out.push_str(as_written(text, node)),
    }
}

fn range(text: &str, table: &Table) -> Option<String> {
    if table.entries.is_empty() || !table.entries.iter().all(|entry| RANGE_KEYS.contains(&entry.key.as_str())) {
        return None;
    }
    let ends: Vec<String> = RANGE_KEYS.iter().filter_map(|key| Some(shown(text, table.get(key)?))).collect();
    (ends.len() > 1).then(|| ends.join(".."))
}

/// A value exactly as it stands in the file.
pub(super) fn as_written<'a>(text: &'a str, node: &Node) -> &'a str {
    text.get(node.span.range()).unwrap_or_default().trim()
}

/// Whether two texts look the same on a screen although they differ.
pub(super) fn looks_alike(a: &str, b: &str) -> bool {
    let seen = |text: &str| -> String {
        text.chars().filter(|c| !c.is_whitespace() && !c.is_control() && !is_bidirectional_control(*c)).collect()
    };
    a == b || seen(a) == seen(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EntityKind;

    #[test]
    fn every_quantity_of_the_format_has_a_number() {
        fn walk(shape: Shape, found: &mut Vec<&'static str>) {
            match shape {
                Shape::Quantity { name, .. } => found.push(name),
                Shape::List(inner) | Shape::Map(inner) => walk(*inner, found),
                Shape::Table(fields) => fields.iter().for_each(|field| walk(field.shape, found)),
                _ => {}
            }
        }
        let mut names = Vec::new();
        for kind in EntityKind::ALL {
            walk(Shape::Table(kind.fields()), &mut names);
        }
        assert!(names.len() > 40);
        let zero = Node { span: crate::model::Span::default(), value: Value::Text("1".into()) };
        let one = |unit: &str| Node { span: zero.span, value: Value::Text(format!("1{unit}")) };
        for name in names {
            let known = ["", "s", "/s", "%", "B"].iter().any(|unit| span_of(name, &one(unit)).is_some());
            assert!(known, "no number for a {name}");
        }
    }
}
