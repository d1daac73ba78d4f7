//! Which entity of the earlier review is which of the later one.
//!
//! An entity is known by its name (its id, the ends of a dependency, what an answer answers), never by its position.
//! Must not know what the rest of it says, but to tell entities of one name apart.

use super::names::{Names, Spot};
use super::value::{is_hollow, meaning, shape_of};
use crate::document::SourceMap;
use crate::model::{EntityKind, EntityRef, Node, Shape, Value};
use std::collections::{HashMap, VecDeque};

/// The entities of one kind that stand in a file.
pub(super) fn entities(map: &SourceMap, kind: EntityKind) -> Vec<(EntityRef, &Node)> {
    let count = match map.root().get(kind.table()).map(|node| &node.value) {
        Some(Value::Array(items)) if kind.many() => items.len(),
        // Only one may stand there, and one that says nothing is none.
        Some(value) if !is_hollow(value) => 1,
        _ => 0,
    };
    let entity = |index| {
        let entity = EntityRef::new(kind, index);
        let node = map.entity(entity).or_else(|| map.root().get(kind.table()))?;
        Some((entity, node))
    };
    (0..count).filter_map(entity).collect()
}

/// The keys that entities of a kind are known by; where these do not find one, the next ones may.
pub(super) fn known_by(kind: EntityKind) -> &'static [&'static [&'static str]] {
    match kind {
        EntityKind::Dependency => &[&["from", "to"]],
        EntityKind::Answer => &[&["question"]],
        EntityKind::Triage => &[&["finding"]],
        EntityKind::Failure => &[&["at", "when"]],
        EntityKind::Measure => &[&["at", "signal"]],
        EntityKind::LoadTest => &[&["flow", "level", "date"], &["flow", "level"], &["flow"]],
        EntityKind::Parked => &[&["title"]],
        EntityKind::Meeting => &[&["date"]],
        kind if kind.many() => &[&["id"]],
        _ => &[&[]],
    }
}

/// The values of some keys, as they are compared.
fn name(kind: EntityKind, keys: &[&str], node: &Node, names: &Names) -> Vec<String> {
    let value = |key: &&str| {
        let shape = shape_of(kind.fields(), key).unwrap_or(Shape::Text);
        let node = node.table()?.get(key)?;
        Some(meaning(Spot::of(kind).below(key), shape, node, names))
    };
    keys.iter().map(|key| value(key).unwrap_or_default()).collect()
}

/// Pairs the entities of a kind: positions in the two lists. What is in no pair went or came.
pub(super) fn matched(
    kind: EntityKind,
    before: &[(EntityRef, &Node)],
    after: &[(EntityRef, &Node)],
    names: &Names,
) -> Vec<(usize, usize)> {
    let none = Names::none();
    let mut old: Vec<usize> = (0..before.len()).collect();
    let mut new: Vec<usize> = (0..after.len()).collect();
    let mut pairs = Vec::with_capacity(old.len().min(new.len()));
    for keys in known_by(kind) {
        let whole = Shape::Table(kind.fields());
        let old_name = |place: &usize| name(kind, keys, before[*place].1, names);
        let new_name = |place: &usize| name(kind, keys, after[*place].1, &none);
        // Of several with one name, those that say the same go together; then the others in their order.
        if has_twins(&old, old_name) || has_twins(&new, new_name) {
            let said = |place: &usize| (old_name(place), meaning(Spot::of(kind), whole, before[*place].1, names));
            let says = |place: &usize| (new_name(place), meaning(Spot::of(kind), whole, after[*place].1, &none));
            pair(&mut old, &mut new, &mut pairs, said, says);
        }
        pair(&mut old, &mut new, &mut pairs, old_name, new_name);
    }
    pairs
}

fn has_twins(places: &[usize], name: impl Fn(&usize) -> Vec<String>) -> bool {
    let mut seen = std::collections::HashSet::new();
    places.iter().any(|place| !seen.insert(name(place)))
}

fn pair<K: std::hash::Hash + Eq>(
    old: &mut Vec<usize>,
    new: &mut Vec<usize>,
    pairs: &mut Vec<(usize, usize)>,
    old_key: impl Fn(&usize) -> K,
    new_key: impl Fn(&usize) -> K,
) {
    let mut places: HashMap<K, VecDeque<usize>> = HashMap::new();
    for place in &*new {
        places.entry(new_key(place)).or_default().push_back(*place);
    }
    let mut taken = std::collections::HashSet::new();
    old.retain(|place| match places.get_mut(&old_key(place)).and_then(VecDeque::pop_front) {
        Some(other) => {
            pairs.push((*place, other));
            taken.insert(other);
            false
        }
        None => true,
    });
    new.retain(|place| !taken.contains(place));
}

/// What people call an entity: `orders-db`, `api -> db`, `api -> payments slow`; by its place where it has no name.
pub(super) fn called(kind: EntityKind, entity: EntityRef, node: &Node) -> String {
    if !kind.many() {
        return String::new();
    }
    let keys: &[&str] = match kind {
        EntityKind::LoadTest => &["flow", "date"],
        kind => known_by(kind)[0],
    };
    let text = |key: &&str| match &node.table()?.get(key)?.value {
        Value::Text(text) => Some(text.clone()),
        Value::Date(date) => Some(date.to_string()),
        _ => None,
    };
    let parts: Vec<String> = keys.iter().filter_map(text).filter(|text| !text.is_empty()).collect();
    if parts.is_empty() {
        return format!("number {}", entity.index + 1);
    }
    parts.join(if kind == EntityKind::Dependency { " -> " } else { " " })
}
