//! What one text says otherwise than another: entity by entity, key by key.

use crate::document::edit::tree::{child, same};
use crate::document::source_map::SourceMap;
use crate::model::{EntityKind, EntityRef, Node, Value};
use std::collections::HashMap;

/// An entity by what it is known by, not by its position: its table, its name, and which of that name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Identity {
    pub(super) kind: EntityKind,
    pub(super) name: String,
    pub(super) nth: usize,
}

/// One value that is different: set, unset, or a whole entity (no keys) that came or went.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    pub(super) identity: Identity,
    pub(super) keys: Vec<String>,
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
}

impl Change {
    /// Whether two changes cannot both be made.
    pub(super) fn collides(&self, other: &Self) -> bool {
        let touching = self.keys.starts_with(&other.keys) || other.keys.starts_with(&self.keys);
        let equal = match (&self.after, &other.after) {
            (Some(a), Some(b)) => same(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        self.identity == other.identity && touching && !(equal && self.keys == other.keys)
    }
}

/// Every entity of a text.
pub(super) fn entities(map: &SourceMap) -> HashMap<Identity, EntityRef> {
    let mut all = HashMap::new();
    let mut counts: HashMap<(EntityKind, String), usize> = HashMap::new();
    for kind in EntityKind::ALL {
        let count = match map.root().get(kind.table()).map(|node| &node.value) {
            Some(Value::Array(items)) => items.len(),
            Some(_) => 1,
            None => 0,
        };
        for index in 0..count {
            let entity = EntityRef::new(*kind, index);
            let Some(node) = map.entity(entity) else { continue };
            let name = name_of(*kind, node);
            let nth = counts.entry((*kind, name.clone())).or_default();
            all.insert(Identity { kind: *kind, name, nth: *nth }, entity);
            *nth += 1;
        }
    }
    all
}

/// What tells entities of a kind apart.
fn name_of(kind: EntityKind, node: &Node) -> String {
    let keys: &[&str] = match kind {
        EntityKind::Dependency => &["from", "to"],
        EntityKind::Answer => &["question"],
        EntityKind::Triage => &["finding"],
        EntityKind::Failure => &["at", "when"],
        EntityKind::Measure => &["at", "signal"],
        EntityKind::LoadTest => &["flow", "level"],
        EntityKind::Parked => &["title"],
        EntityKind::Meeting => &["date"],
        kind if kind.many() => &["id"],
        _ => &[],
    };
    let text = |key: &&str| match child(node, key).map(|node| &node.value) {
        Some(Value::Text(text)) => text.clone(),
        Some(Value::Date(date)) => date.to_string(),
        _ => String::new(),
    };
    keys.iter().map(text).collect::<Vec<_>>().join(" -> ")
}

/// What `new` says otherwise than `old`, in the order of the new text, with what is gone at the end.
pub(super) fn changes(old: &SourceMap, new: &SourceMap) -> Vec<Change> {
    let (before, after) = (entities(old), entities(new));
    let mut found = Vec::new();
    let mut order: Vec<_> = after.iter().collect();
    order.sort_by_key(|(_, entity)| **entity);
    for (identity, entity) in order {
        let Some(node) = new.entity(*entity) else { continue };
        match before.get(identity).and_then(|entity| old.entity(*entity)) {
            None => found.push(Change {
                identity: identity.clone(),
                keys: Vec::new(),
                before: None,
                after: Some(node.value.clone()),
            }),
            Some(old) => differ(identity, Some(old), Some(node), &mut Vec::new(), &mut found),
        }
    }
    let mut gone: Vec<_> = before.iter().filter(|(identity, _)| !after.contains_key(identity)).collect();
    gone.sort_by_key(|(_, entity)| **entity);
    for (identity, entity) in gone {
        let before = old.entity(*entity).map(|node| node.value.clone());
        found.push(Change { identity: identity.clone(), keys: Vec::new(), before, after: None });
    }
    found
}

fn differ(
    identity: &Identity,
    old: Option<&Node>,
    new: Option<&Node>,
    keys: &mut Vec<String>,
    found: &mut Vec<Change>,
) {
    if let (Some(Value::Table(a)), Some(Value::Table(b))) = (old.map(|n| &n.value), new.map(|n| &n.value)) {
        let gone = a.entries.iter().filter(|entry| b.get(&entry.key).is_none());
        for entry in b.entries.iter().chain(gone) {
            keys.push(entry.key.to_string());
            differ(identity, a.get(&entry.key), b.get(&entry.key), keys, found);
            keys.pop();
        }
        return;
    }
    let equal = matches!((old, new), (Some(a), Some(b)) if same(&a.value, &b.value));
    if !equal {
        found.push(Change {
            identity: identity.clone(),
            keys: keys.clone(),
            before: old.map(|node| node.value.clone()),
            after: new.map(|node| node.value.clone()),
        });
    }
}
