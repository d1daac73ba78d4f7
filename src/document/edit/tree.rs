//! Trees as values: what an edit should lead to, and whether it did.

use crate::model::{Entry, Node, Span, Table, TableForm, Value};

/// Whether two values say the same, wherever and however they are written.
///
/// What holds nothing (an empty list or table) is the same as nothing; keys may stand in any order.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Table(a), Value::Table(b)) => same_table(a, b),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(&a.value, &b.value))
        }
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        (Value::Table(_) | Value::Array(_) | Value::Float(_), _) => false,
        (a, b) => a == b,
    }
}

fn same_table(a: &Table, b: &Table) -> bool {
    // Tables mostly keep their order: look at the same place first.
    let other = |place: usize, entry: &Entry| match b.entries.get(place) {
        Some(same) if same.key == entry.key => Some(&same.node),
        _ => b.get(&entry.key),
    };
    let solid = |table: &Table| table.entries.iter().filter(|entry| !hollow(&entry.node.value)).count();
    solid(a) == solid(b)
        && a.entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| !hollow(&entry.node.value))
            .all(|(place, entry)| other(place, entry).is_some_and(|other| same(&entry.node.value, &other.value)))
}

fn hollow(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Table(table) => table.entries.iter().all(|entry| hollow(&entry.node.value)),
        _ => false,
    }
}

/// Whether two files say the same.
pub(crate) fn same_root(a: &Table, b: &Table) -> bool {
    same_table(a, b)
}

/// The value at a path; a number is a position in an array.
pub(crate) fn at<'a>(root: &'a Table, path: &[String]) -> Option<&'a Node> {
    let (first, rest) = path.split_first()?;
    let mut node = root.get(first)?;
    for key in rest {
        node = child(node, key)?;
    }
    Some(node)
}

/// The value at one key or position of a value.
pub(crate) fn child<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    match &node.value {
        Value::Table(table) => table.get(key),
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        _ => None,
    }
}

fn at_mut<'a>(root: &'a mut Table, path: &[String], make: bool) -> Option<&'a mut Node> {
    let (first, rest) = path.split_first()?;
    let mut node = entry_mut(root, first, make)?;
    for key in rest {
        node = match &mut node.value {
            Value::Table(table) => entry_mut(table, key, make)?,
            Value::Array(items) => items.get_mut(key.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(node)
}

fn entry_mut<'a>(table: &'a mut Table, key: &str, make: bool) -> Option<&'a mut Node> {
    let position = table.entries.iter().position(|entry| entry.key == *key);
    let position = match position {
        Some(position) => position,
        None if make => {
            let node = Node { span: Span::default(), value: Value::Table(Table::default()) };
            table.entries.push(Entry { key: key.into(), key_span: Span::default(), node });
            table.entries.len() - 1
        }
        None => return None,
    };
    table.entries.get_mut(position).map(|entry| &mut entry.node)
}

/// Puts a value at a path, with the tables on the way.
pub(crate) fn put(root: &mut Table, path: &[String], value: Value) {
    if let Some(node) = at_mut(root, path, true) {
        node.value = value;
    }
}

/// Takes the value at a path away.
pub(crate) fn take(root: &mut Table, path: &[String]) {
    let Some((last, parent)) = path.split_last() else { return };
    if parent.is_empty() {
        root.entries.retain(|entry| entry.key != *last);
        return;
    }
    match at_mut(root, parent, false).map(|node| &mut node.value) {
        Some(Value::Table(table)) => table.entries.retain(|entry| entry.key != *last),
        Some(Value::Array(items)) => {
            if let Some(position) = last.parse().ok().filter(|position: &usize| *position < items.len()) {
                items.remove(position);
            }
        }
        _ => {}
    }
}

/// The array at a path, made where there is none.
pub(crate) fn array_mut<'a>(root: &'a mut Table, path: &[String]) -> Option<&'a mut Vec<Node>> {
    let node = at_mut(root, path, true)?;
    if matches!(&node.value, Value::Table(table) if table.entries.is_empty() && table.form == TableForm::Implied) {
        node.value = Value::Array(Vec::new());
    }
    match &mut node.value {
        Value::Array(items) => Some(items),
        _ => None,
    }
}
