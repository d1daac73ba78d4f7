//! What a person types into a cell, as TOML; and TOML as what stands in a cell.

use super::fits::fits;
use crate::document::syntax;
use crate::model::{Entry, Node, Shape, Table, TableForm, Value, as_id, is_id, quote};
use jiff::civil::Date;
use std::fmt::Write;

/// The TOML for what was typed as the value of a shape.
///
/// Accepts the short forms of a cell (`250ms`, `4ms..6ms..12ms`, `yes`, `a, b`, `6ms cv 1.5`) and any TOML value that
/// fits the shape.
///
/// # Errors
/// What a value of the shape looks like, in one sentence.
pub fn literal(shape: Shape, input: &str) -> Result<String, String> {
    let typed = input.trim();
    if typed.is_empty() {
        return Err("nothing was typed; delete the value to make it unknown".to_owned());
    }
    let toml = short_form(shape, typed)?;
    let Some(node) = value_of(&toml) else { return Err(unreadable(shape)) };
    fits(shape, &node)?;
    Ok(toml)
}

fn unreadable(shape: Shape) -> String {
    match shape {
        Shape::Table(fields) => {
            let example = fields.first().map_or("key", |field| field.name);
            format!("a table is written {{ {example} = … }}")
        }
        Shape::Map(_) => "a table is written { name = value, other = value }".to_owned(),
        Shape::List(Shape::Table(_)) => "a list of tables is written [ { … }, { … } ]".to_owned(),
        Shape::List(_) => "a list is written a, b, c or [\"a\", \"b\"]".to_owned(),
        Shape::ServiceTime => "a service time is written 6ms, 4ms..6ms..12ms or 6ms cv 1.5".to_owned(),
        Shape::Quantity { name, example, .. } => format!("a {name} is written {example}"),
        _ => "this is not a value".to_owned(),
    }
}

fn short_form(shape: Shape, typed: &str) -> Result<String, String> {
    match shape {
        Shape::Text | Shape::Reference(_) => Ok(as_text(typed)),
        Shape::Id => {
            let toml = as_text(typed);
            let id = value_of(&toml).and_then(|node| node.text().map(str::to_owned)).unwrap_or_default();
            if is_id(&id) {
                return Ok(toml);
            }
            let better = as_id(&id);
            let help = if is_id(&better) { format!("; did you mean `{better}`?") } else { String::new() };
            Err(format!("{} is not an id: small letters, digits and dashes{help}", quote(&id)))
        }
        Shape::Boolean => match typed.to_lowercase().as_str() {
            "true" | "yes" | "y" | "on" => Ok("true".to_owned()),
            "false" | "no" | "n" | "off" => Ok("false".to_owned()),
            _ => Err("type yes or no".to_owned()),
        },
        Shape::Date => {
            let bare = typed.trim_matches(['"', '\'']);
            let date: Date = bare.parse().map_err(|_| "a date is written 2026-11-23".to_owned())?;
            Ok(if bare == typed { date.to_string() } else { typed.to_owned() })
        }
        Shape::Choice(words, _) => {
            let text = value_of(typed).and_then(|node| node.text().map(str::to_owned));
            let text = text.unwrap_or_else(|| typed.to_owned());
            let lower = text.to_lowercase().replace([' ', '_'], "-");
            let word = words.iter().find(|word| **word == lower);
            Ok(word.map_or_else(|| quoted(&text), |word| quoted(word)))
        }
        Shape::Quantity { bare, .. } => Ok(quantity(typed, bare)),
        Shape::ServiceTime => Ok(service_time(typed)),
        Shape::List(inner) => list(*inner, typed),
        Shape::Table(_) | Shape::Map(_) => {
            Ok(if typed.starts_with('{') { typed.to_owned() } else { format!("{{ {typed} }}") })
        }
    }
}

/// A text as typed, or as TOML where it was typed as TOML.
fn as_text(typed: &str) -> String {
    let is_toml = typed.starts_with(['"', '\'']) && value_of(typed).is_some_and(|node| node.text().is_some());
    if is_toml { typed.to_owned() } else { quoted(typed) }
}

fn quantity(typed: &str, bare: bool) -> String {
    if typed.starts_with(['{', '"', '\'']) {
        return typed.to_owned();
    }
    let ends: Vec<&str> = typed.split("..").map(str::trim).collect();
    let end = |text: &str| number(text, bare);
    match ends.as_slice() {
        [low, high] => format!("{{ low = {}, high = {} }}", end(low), end(high)),
        [low, likely, high] => format!("{{ low = {}, likely = {}, high = {} }}", end(low), end(likely), end(high)),
        _ => end(typed),
    }
}

fn number(text: &str, bare: bool) -> String {
    let is_number = value_of(text).is_some_and(|node| match node.value {
        Value::Integer(_) => true,
        Value::Float(number) => number.is_finite(),
        _ => false,
    });
    match text.parse::<f64>() {
        // A bare number where a unit is needed stays bare, so that the model says that the unit is missing.
        _ if is_number => text.to_owned(),
        Ok(number) if bare && number.is_finite() => number.to_string(),
        _ => quoted(text),
    }
}

fn service_time(typed: &str) -> String {
    match typed.split_once("cv") {
        Some((mean, cv)) if !typed.starts_with('{') => {
            let cv = cv.trim_start_matches([' ', '=']);
            format!("{{ mean = {}, cv = {} }}", quantity(mean.trim_end_matches([' ', ',']), false), quantity(cv, true))
        }
        _ => quantity(typed, false),
    }
}

fn list(inner: Shape, typed: &str) -> Result<String, String> {
    if typed.starts_with('[') && value_of(typed).is_some() {
        return Ok(typed.to_owned());
    }
    if let Shape::Table(_) | Shape::Map(_) | Shape::List(_) = inner {
        return Ok(format!("[{typed}]"));
    }
    let items: Result<Vec<_>, _> =
        split_commas(typed).into_iter().filter(|item| !item.is_empty()).map(|item| short_form(inner, item)).collect();
    Ok(format!("[{}]", items?.join(", ")))
}

/// The parts between commas that are not in quotes. A part is in quotes where it starts with one.
fn split_commas(typed: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut quote = None;
    for (offset, c) in typed.char_indices() {
        match (quote, c) {
            (None, ',') => {
                parts.push(typed[start..offset].trim());
                start = offset + 1;
            }
            (None, '"' | '\'') if typed[start..offset].trim().is_empty() => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    parts.push(typed[start..].trim());
    parts
}

/// A text as a basic string on one line.
pub(crate) fn quoted(text: &str) -> String {
    let mut toml = String::with_capacity(text.len() + 2);
    toml.push('"');
    for c in text.chars() {
        match c {
            '"' => toml.push_str("\\\""),
            '\\' => toml.push_str("\\\\"),
            '\n' => toml.push_str("\\n"),
            '\r' => toml.push_str("\\r"),
            '\t' => toml.push_str("\\t"),
            c if c.is_control() || crate::model::is_bidirectional_control(c) => {
                // All of these characters have four digits.
                let _ = write!(toml, "\\u{:04X}", u32::from(c));
            }
            c => toml.push(c),
        }
    }
    toml.push('"');
    toml
}

/// A key as it is written.
pub(crate) fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if bare { name.to_owned() } else { quoted(name) }
}

/// What stands before a value that is read alone.
const KEY: &str = "x = ";

/// The value that a text is, if it is one value and nothing else.
pub(crate) fn value_of(toml: &str) -> Option<Node> {
    let (tree, problems) = syntax::read(&format!("{KEY}{toml}"));
    let [entry] = tree.root.entries.as_slice() else { return None };
    let whole = tree.blocks.len() == 1 && entry.node.span.range() == (KEY.len()..KEY.len() + toml.trim_end().len());
    (problems.is_empty() && whole && entry.key == "x").then(|| entry.node.clone())
}

/// What stands in a cell for a TOML value: the inverse of [`literal`].
pub fn plain(shape: Shape, toml: &str) -> String {
    let toml = toml.trim();
    let Some(node) = value_of(toml) else { return toml.to_owned() };
    let raw = |node: &Node| raw_of(toml, node).unwrap_or_default();
    let text = match &node.value {
        Value::Text(text) => text.clone(),
        Value::Table(table) => range(table, &raw).or_else(|| mean(table, &raw)).unwrap_or_else(|| toml.to_owned()),
        Value::Array(items) => {
            let texts: Option<Vec<&str>> =
                items.iter().map(|item| item.text().filter(|text| !text.contains([',', '"', '\'']))).collect();
            match texts {
                Some(texts) if !texts.is_empty() => texts.join(", "),
                _ => toml.to_owned(),
            }
        }
        _ => toml.to_owned(),
    };
    // What would be read back as something else is shown as it stands in the file.
    let back = literal(shape, &text).ok().and_then(|toml| value_of(&toml));
    if back.is_some_and(|back| super::tree::same(&back.value, &node.value)) { text } else { toml.to_owned() }
}

fn unquoted(node: &Node, raw: &str) -> String {
    node.text().map_or_else(|| raw.to_owned(), str::to_owned)
}

fn range<'a>(table: &Table, raw: &impl Fn(&Node) -> &'a str) -> Option<String> {
    let end = |key: &str| table.get(key).map(|node| unquoted(node, raw(node)));
    let known = table.entries.iter().all(|entry| crate::model::RANGE_KEYS.contains(&entry.key.as_str()));
    match (known, end("low"), end("likely"), end("high")) {
        (true, Some(low), Some(likely), Some(high)) => Some(format!("{low}..{likely}..{high}")),
        (true, Some(low), None, Some(high)) => Some(format!("{low}..{high}")),
        _ => None,
    }
}

fn mean<'a>(table: &Table, raw: &impl Fn(&Node) -> &'a str) -> Option<String> {
    let end = |key: &str| {
        let node = table.get(key)?;
        match &node.value {
            Value::Table(inner) => range(inner, raw),
            _ => Some(unquoted(node, raw(node))),
        }
    };
    match (table.entries.len(), end("mean"), end("cv")) {
        (2, Some(mean), Some(cv)) => Some(format!("{mean} cv {cv}")),
        _ => None,
    }
}

/// The TOML of a part of a value that was read alone.
pub(crate) fn raw_of<'a>(toml: &'a str, node: &Node) -> Option<&'a str> {
    toml.get(node.span.start.checked_sub(KEY.len())?..node.span.end.checked_sub(KEY.len())?)
}

/// A value as TOML in one piece, also where it stands in lines of its own.
pub(crate) fn written(text: &str, node: &Node) -> String {
    match &node.value {
        Value::Table(table) if table.form != TableForm::Inline => {
            let entry = |entry: &Entry| format!("{} = {}", key(&entry.key), written(text, &entry.node));
            let entries: Vec<_> = table.entries.iter().map(entry).collect();
            if entries.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", entries.join(", ")) }
        }
        Value::Array(items) if items.iter().any(|item| item.table().is_some_and(|t| t.form == TableForm::Header)) => {
            let items: Vec<_> = items.iter().map(|item| written(text, item)).collect();
            format!("[{}]", items.join(", "))
        }
        _ => text.get(node.span.range()).unwrap_or_default().to_owned(),
    }
}
