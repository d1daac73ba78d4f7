//! An id and every reference to it, changed together.

use super::draft::Draft;
use super::error::EditError;
use super::literal::quoted;
use super::splice::Plan;
use super::tree;
use crate::model::{EntityKind, Node, Renaming, Shape, Span, Table, Target, Value, is_id, quote};
use std::collections::HashSet;

/// A text that changes: where it stands, its path, and what it becomes.
struct Change {
    span: Span,
    path: Vec<String>,
    text: String,
}

/// Renames. Nothing else in the file changes.
pub(crate) fn rename(draft: &mut Draft, renaming: &Renaming) -> Result<(), EditError> {
    let Renaming { kind, old, new, .. } = renaming;
    let map = draft.map.clone();
    let root = map.root();
    if !ids(root, *kind).contains(old.as_str()) {
        return Err(EditError::NoEntity(*kind));
    }
    if !is_id(new) {
        return Err(EditError::Invalid(format!("{} is not an id: small letters, digits and dashes", quote(new))));
    }
    if ids(root, *kind).contains(new.as_str()) {
        return Err(EditError::Taken { kind: *kind, id: new.clone() });
    }
    if let Some(other) = confused_with(*kind).filter(|other| ids(root, *other).contains(new.as_str())) {
        return Err(EditError::Invalid(format!(
            "there is a {} {} already: places that name one of the two could mean either",
            other.called(),
            quote(new)
        )));
    }
    let mut changes = Vec::new();
    for table in EntityKind::ALL {
        let Some(node) = root.get(table.table()) else { continue };
        let shape = Shape::Table(table.fields());
        let mut path = vec![table.table().to_owned()];
        match node.array() {
            Some(items) => {
                for (index, item) in items.iter().enumerate() {
                    path.push(index.to_string());
                    walk(renaming, *table, shape, item, &mut path, &mut changes);
                    path.pop();
                }
            }
            None => walk(renaming, *table, shape, node, &mut path, &mut changes),
        }
    }
    let mut plan = Plan::default();
    for change in changes {
        let literal = draft.text.get(change.span.range()).is_some_and(|raw| raw.starts_with('\''));
        let simple = literal && !change.text.contains(|c: char| c == '\'' || c.is_control());
        let toml = if simple { format!("'{}'", change.text) } else { quoted(&change.text) };
        plan.and(change.span.range(), toml);
        tree::put(&mut draft.expected, &change.path, Value::Text(change.text));
    }
    draft.apply(plan)
}

fn ids(root: &Table, kind: EntityKind) -> HashSet<&str> {
    let items = root.get(kind.table()).and_then(Node::array).unwrap_or_default();
    items.iter().filter_map(|item| item.table()?.get("id")?.text()).collect()
}

/// The kind whose ids stand in the same places, alone.
fn confused_with(kind: EntityKind) -> Option<EntityKind> {
    match kind {
        EntityKind::Component => Some(EntityKind::Flow),
        EntityKind::Flow => Some(EntityKind::Component),
        _ => None,
    }
}

fn walk(
    renaming: &Renaming,
    table: EntityKind,
    shape: Shape,
    node: &Node,
    path: &mut Vec<String>,
    changes: &mut Vec<Change>,
) {
    match (shape, &node.value) {
        (Shape::Table(fields), Value::Table(values)) => {
            for entry in &values.entries {
                if let Some(field) = fields.iter().find(|field| field.name == entry.key) {
                    path.push(entry.key.to_string());
                    walk(renaming, table, field.shape, &entry.node, path, changes);
                    path.pop();
                }
            }
        }
        (Shape::List(inner), Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                walk(renaming, table, *inner, item, path, changes);
                path.pop();
            }
        }
        (shape, Value::Text(text)) => {
            if let Some(text) = changed(renaming, table, shape, path, text) {
                changes.push(Change { span: node.span, path: path.clone(), text });
            }
        }
        _ => {}
    }
}

/// What a text becomes, where it names what is renamed.
fn changed(renaming: &Renaming, table: EntityKind, shape: Shape, path: &[String], text: &str) -> Option<String> {
    let exact = || (text == renaming.old).then(|| renaming.new.clone());
    match shape {
        Shape::Id => (table == renaming.kind && path.len() == 3).then(exact).flatten(),
        Shape::Reference(Target::Component) => (renaming.kind == EntityKind::Component).then(exact).flatten(),
        Shape::Reference(Target::Flow) => (renaming.kind == EntityKind::Flow).then(exact).flatten(),
        Shape::Reference(Target::Element) => renaming.element(text),
        // A question may be asked about an element, as a rule is: `question@element`.
        Shape::Reference(Target::Finding | Target::Question) => renaming.finding(text),
        Shape::Text => {
            let keys: Vec<&str> = path.iter().skip(1).map(String::as_str).filter(|key| !is_position(key)).collect();
            match (table, keys.as_slice()) {
                (EntityKind::Action | EntityKind::Parked, ["from"])
                | (EntityKind::Meeting, [.., "at"])
                | (EntityKind::Answer, ["evidence"]) => renaming.name(text),
                (EntityKind::Decision, ["measure" | "trigger", ..]) | (EntityKind::Hotspot, ["signal"]) => {
                    renaming.signal(text)
                }
                (EntityKind::Dependency, ["fallback"]) => renaming.element(text),
                // Who says nothing is deployed alone, under its own id: a unit may have the name of a component.
                (EntityKind::Component, ["deploys_with"]) => {
                    (renaming.kind == EntityKind::Component).then(exact).flatten()
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn is_position(key: &str) -> bool {
    key.bytes().all(|byte| byte.is_ascii_digit())
}
