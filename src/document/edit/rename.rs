//! An id and every reference to it, changed together.

use super::draft::Draft;
use super::error::EditError;
use super::literal::quoted;
use super::splice::Plan;
use super::tree;
use crate::model::{Element, EntityKind, Node, Shape, Span, Table, Target, Value, is_id};
use std::collections::HashSet;

/// Whose id changes, from what, to what.
struct Renaming<'a> {
    kind: EntityKind,
    old: &'a str,
    new: &'a str,
    /// Ids of components: where a name could mean several things, it means the component.
    components: HashSet<&'a str>,
}

/// A text that changes: where it stands, its path, and what it becomes.
struct Change {
    span: Span,
    path: Vec<String>,
    text: String,
}

/// Renames. Nothing else in the file changes.
pub(crate) fn rename(draft: &mut Draft, kind: EntityKind, old: &str, new: &str) -> Result<(), EditError> {
    let map = draft.map.clone();
    let root = map.root();
    let renaming = Renaming { kind, old, new, components: ids(root, EntityKind::Component) };
    if !ids(root, kind).contains(old) {
        return Err(EditError::NoEntity(kind));
    }
    if !is_id(new) {
        return Err(EditError::Invalid(format!(
            "{} is not an id: small letters, digits and dashes",
            crate::model::quote(new)
        )));
    }
    if ids(root, kind).contains(new) {
        return Err(EditError::Taken { kind, id: new.to_owned() });
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
                    renaming.walk(*table, shape, item, &mut path, &mut changes);
                    path.pop();
                }
            }
            None => renaming.walk(*table, shape, node, &mut path, &mut changes),
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

impl Renaming<'_> {
    fn walk(&self, table: EntityKind, shape: Shape, node: &Node, path: &mut Vec<String>, changes: &mut Vec<Change>) {
        match (shape, &node.value) {
            (Shape::Table(fields), Value::Table(values)) => {
                for entry in &values.entries {
                    if let Some(field) = fields.iter().find(|field| field.name == entry.key) {
                        path.push(entry.key.clone());
                        self.walk(table, field.shape, &entry.node, path, changes);
                        path.pop();
                    }
                }
            }
            (Shape::List(inner), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    path.push(index.to_string());
                    self.walk(table, *inner, item, path, changes);
                    path.pop();
                }
            }
            (shape, Value::Text(text)) => {
                if let Some(text) = self.changed(table, shape, path, text) {
                    changes.push(Change { span: node.span, path: path.clone(), text });
                }
            }
            _ => {}
        }
    }

    /// What a text becomes, where it names what is renamed.
    fn changed(&self, table: EntityKind, shape: Shape, path: &[String], text: &str) -> Option<String> {
        let exact = || (text == self.old).then(|| self.new.to_owned());
        match shape {
            Shape::Id => (table == self.kind && path.len() == 3).then(exact).flatten(),
            Shape::Reference(Target::Component) => (self.kind == EntityKind::Component).then(exact).flatten(),
            Shape::Reference(Target::Flow) => (self.kind == EntityKind::Flow).then(exact).flatten(),
            Shape::Reference(Target::Element) => self.element(text),
            Shape::Reference(Target::Finding) => self.finding(text),
            // Places that name where something comes from, as a sentence may, too: a whole name counts.
            Shape::Text => {
                let last = path.last().map(String::as_str);
                let names = match table {
                    EntityKind::Action | EntityKind::Parked => last == Some("from"),
                    EntityKind::Meeting => last == Some("at"),
                    _ => false,
                };
                if !names {
                    return None;
                }
                let is_source = matches!(self.kind, EntityKind::Decision | EntityKind::Hotspot);
                self.finding(text).or_else(|| self.element(text)).or_else(|| is_source.then(exact).flatten())
            }
            _ => None,
        }
    }

    /// `api`, `checkout` or `api -> db`.
    fn element(&self, text: &str) -> Option<String> {
        if let Some((from, to)) = Element::ends(text) {
            if self.kind != EntityKind::Component || (from != self.old && to != self.old) {
                return None;
            }
            let (from, to) = (self.component(from), self.component(to));
            return Some(if text.contains(" -> ") { format!("{from} -> {to}") } else { format!("{from}->{to}") });
        }
        let meant = self.kind == EntityKind::Component || (self.kind == EntityKind::Flow && !self.shadowed());
        (meant && text.trim() == self.old).then(|| self.new.to_owned())
    }

    /// `CODE@element`, where the element is `a`, `a->b`, `flow:a->…->b` or `table.id`.
    fn finding(&self, text: &str) -> Option<String> {
        let (code, element) = text.split_once('@')?;
        let (flow, path) = match element.split_once(':') {
            Some((flow, path)) => (Some(flow), path),
            None => (None, element),
        };
        let path = if flow.is_some() || path.contains("->") {
            let parts: Vec<&str> = path.split("->").map(|part| self.component(part)).collect();
            parts.join("->")
        } else if let Some((table, id)) = path.split_once('.') {
            let mine = EntityKind::of_table(table) == Some(self.kind) && id == self.old;
            if mine { format!("{table}.{}", self.new) } else { path.to_owned() }
        } else {
            let meant = match self.kind {
                EntityKind::Component => true,
                EntityKind::Flow | EntityKind::Slo => !self.shadowed(),
                _ => false,
            };
            if meant && path == self.old { self.new.to_owned() } else { path.to_owned() }
        };
        let flow = flow.map(|flow| if self.kind == EntityKind::Flow && flow == self.old { self.new } else { flow });
        let new = match flow {
            Some(flow) => format!("{code}@{flow}:{path}"),
            None => format!("{code}@{path}"),
        };
        (new != text).then_some(new)
    }

    fn component<'s>(&'s self, name: &'s str) -> &'s str {
        if self.kind == EntityKind::Component && name == self.old { self.new } else { name }
    }

    /// Whether a component of the same name takes the meaning of the old name.
    fn shadowed(&self) -> bool {
        self.components.contains(self.old)
    }
}
