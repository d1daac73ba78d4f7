//! One entity compared with another, key by key, by the declarations of its keys.

use super::names::{Names, Spot};
use super::value::{as_written, is_hollow, looks_alike, meaning, meaning_of_unknown, shape_of, shown};
use crate::model::{FieldSpec, Node, Shape, Table, Value};
use crate::units::{Number, Quantity, Seconds};
use std::collections::{BTreeSet, HashMap};

/// A key that says something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// The key for people: `retry.attempts`, `calls[api -> db].count`.
    pub label: String,
    /// The keys and positions that lead to it in the later review, as far as they go there.
    pub keys: Vec<String>,
    /// What it said, as the file has it without quotes; nothing where it said nothing.
    pub before: Option<String>,
    /// What it says now.
    pub after: Option<String>,
}

/// Compares two values and collects what is different.
pub(super) struct Comparer<'a> {
    pub(super) before_text: &'a str,
    pub(super) after_text: &'a str,
    pub(super) names: &'a Names,
    pub(super) none: &'a Names,
    pub(super) found: Vec<FieldChange>,
}

/// Where the comparison is: the label so far, and the keys in the later review.
#[derive(Clone)]
struct Way {
    label: String,
    keys: Vec<String>,
}

impl Way {
    fn key(&self, key: &str) -> Self {
        let label = if self.label.is_empty() { key.to_owned() } else { format!("{}.{key}", self.label) };
        self.and(label, key)
    }

    fn item(&self, name: &str, position: Option<usize>) -> Self {
        let label = format!("{}[{name}]", self.label);
        match position {
            Some(position) => self.and(label, &position.to_string()),
            None => Self { label, keys: self.keys.clone() },
        }
    }

    fn and(&self, label: String, key: &str) -> Self {
        let mut keys = self.keys.clone();
        keys.push(key.to_owned());
        Self { label, keys }
    }
}

impl Comparer<'_> {
    /// All keys of an entity. `without` are those by which it was found, which need not be said.
    pub(super) fn entity(&mut self, spot: Spot<'_>, before: &Node, after: &Node, without: &[&str]) {
        let way = Way { label: String::new(), keys: Vec::new() };
        match (before.table(), after.table()) {
            (Some(a), Some(b)) => self.tables(spot, Some(spot.kind.fields()), a, b, without, &way),
            _ => self.value(spot, None, Some(before), Some(after), &Way { label: "the whole entry".to_owned(), ..way }),
        }
    }

    /// Keys at the top of the file.
    pub(super) fn top(&mut self, spot: Spot<'_>, key: &str, before: Option<&Node>, after: Option<&Node>) {
        let way = Way { label: key.to_owned(), keys: vec![key.to_owned()] };
        self.value(spot, None, before, after, &way);
    }

    fn tables(
        &mut self,
        spot: Spot<'_>,
        fields: Option<&[FieldSpec]>,
        a: &Table,
        b: &Table,
        without: &[&str],
        way: &Way,
    ) {
        let declared = fields.unwrap_or_default().iter().map(|field| field.name);
        let others: BTreeSet<&str> = a
            .entries
            .iter()
            .chain(&b.entries)
            .map(|entry| entry.key.as_str())
            .filter(|key| !fields.unwrap_or_default().iter().any(|field| field.name == *key))
            .collect();
        for key in declared.chain(others).filter(|key| !without.contains(key)) {
            let (before, after) = (a.get(key), b.get(key));
            if before.is_some() || after.is_some() {
                let shape = fields.and_then(|fields| shape_of(fields, key));
                self.value(spot.below(key), shape, before, after, &way.key(key));
            }
        }
    }

    fn value(&mut self, spot: Spot<'_>, shape: Option<Shape>, before: Option<&Node>, after: Option<&Node>, way: &Way) {
        let before = before.filter(|node| !is_hollow(&node.value));
        let after = after.filter(|node| !is_hollow(&node.value));
        let (Some(a), Some(b)) = (before, after) else {
            if before.is_some() || after.is_some() {
                self.say(before, after, way);
            }
            return;
        };
        match (shape, &a.value, &b.value) {
            (Some(Shape::Table(fields)), Value::Table(a), Value::Table(b)) => {
                self.tables(spot, Some(fields), a, b, &[], way);
            }
            (Some(Shape::Map(inner)), Value::Table(a), Value::Table(b)) => {
                let keys: BTreeSet<&str> = a.entries.iter().chain(&b.entries).map(|entry| entry.key.as_str()).collect();
                for key in keys {
                    self.value(spot.below(key), Some(*inner), a.get(key), b.get(key), &way.key(key));
                }
            }
            (None, Value::Table(a), Value::Table(b)) => self.tables(spot, None, a, b, &[], way),
            (Some(Shape::List(Shape::Table(fields))), Value::Array(a), Value::Array(b)) => {
                self.items(spot, fields, a, b, way);
            }
            (Some(Shape::ServiceTime), Value::Table(a), Value::Table(b))
                if a.get("mean").is_some() && b.get("mean").is_some() =>
            {
                for key in ["mean", "cv"] {
                    // A mean or its variation alone is read as a service time is.
                    self.value(spot.below(key), part_of_time(key), a.get(key), b.get(key), &way.key(key));
                }
            }
            _ if self.meaning(spot, shape, a, self.names) != self.meaning(spot, shape, b, self.none) => {
                self.say(before, after, way);
            }
            _ => {}
        }
    }

    #[expect(clippy::unused_self, reason = "reads as the other steps of the comparison do")]
    fn meaning(&self, spot: Spot<'_>, shape: Option<Shape>, node: &Node, names: &Names) -> String {
        match shape {
            Some(shape) => meaning(spot, shape, node, names),
            None => meaning_of_unknown(spot, node, names),
        }
    }

    fn say(&mut self, before: Option<&Node>, after: Option<&Node>, way: &Way) {
        let mut texts =
            (before.map(|node| shown(self.before_text, node)), after.map(|node| shown(self.after_text, node)));
        if let (Some(a), Some(b)) = (&texts.0, &texts.1)
            && looks_alike(a, b)
        {
            let raw = |text: &str, node: Option<&Node>| node.map(|node| escaped(as_written(text, node)));
            texts = (raw(self.before_text, before), raw(self.after_text, after));
        }
        let (before, after) = texts;
        self.found.push(FieldChange { label: way.label.clone(), keys: way.keys.clone(), before, after });
    }

    /// Lists of tables: items that say the same go together, then those of one name, then what is left, in order.
    fn items(&mut self, spot: Spot<'_>, fields: &'static [FieldSpec], a: &[Node], b: &[Node], way: &Way) {
        let shape = Shape::Table(fields);
        let keys = natural(fields);
        let old_name = |node: &Node| item_name(spot, fields, keys, node, self.names, None);
        let new_name = |node: &Node| item_name(spot, fields, keys, node, self.none, None);
        let mut pairs: Vec<Option<usize>> = vec![None; a.len()];
        let mut taken = vec![false; b.len()];
        let old_meaning = |node: &Node| meaning(spot, shape, node, self.names);
        let new_meaning = |node: &Node| meaning(spot, shape, node, self.none);
        pair(a, b, &mut pairs, &mut taken, old_meaning, new_meaning);
        pair(a, b, &mut pairs, &mut taken, old_name, new_name);
        if keys.is_empty() || way.label != "calls" {
            pair(a, b, &mut pairs, &mut taken, |_| String::new(), |_| String::new());
        }
        let mut counts: HashMap<String, usize> = HashMap::new();
        let mut labelled = |name: String| {
            let nth = counts.entry(name.clone()).or_default();
            *nth += 1;
            if *nth > 1 { format!("{name} #{nth}") } else { name }
        };
        let new_label = |node| labelled(item_name(spot, fields, keys, node, self.none, Some(self.after_text)));
        let new_labels: Vec<String> = b.iter().map(new_label).collect();
        let old_label = |node| item_name(spot, fields, keys, node, self.names, Some(self.before_text));
        let old_labels: Vec<String> = a.iter().map(old_label).collect();
        for (place, node) in a.iter().enumerate() {
            if let Some(other) = pairs[place] {
                let way = way.item(&new_labels[other], Some(other));
                match (node.table(), b[other].table()) {
                    (Some(a), Some(b)) => self.tables(spot, Some(fields), a, b, &[], &way),
                    _ => self.value(spot, Some(shape), Some(node), Some(&b[other]), &way),
                }
            }
        }
        for (place, label) in old_labels.iter().enumerate().filter(|(place, _)| pairs[*place].is_none()) {
            self.say(Some(&a[place]), None, &way.item(label, None));
        }
        for (place, label) in new_labels.iter().enumerate().filter(|(place, _)| !taken[*place]) {
            self.say(None, Some(&b[place]), &way.item(label, Some(place)));
        }
        if way.label == "calls" {
            self.order_of_calls(a, b, &pairs, &new_labels, way);
        }
    }

    /// The calls of one caller are made in their order; calls of different callers stand in any.
    fn order_of_calls(&mut self, a: &[Node], b: &[Node], pairs: &[Option<usize>], labels: &[String], way: &Way) {
        let caller =
            |node: &Node| node.table().and_then(|call| call.get("from")?.text()).unwrap_or_default().to_owned();
        let mut now: HashMap<String, Vec<usize>> = HashMap::new();
        let kept = pairs.iter().enumerate().filter_map(|(place, other)| Some((place, (*other)?)));
        for (_, other) in kept.filter(|(place, _)| *place < a.len()) {
            now.entry(caller(&b[other])).or_default().push(other);
        }
        let mut callers: Vec<_> = now.into_iter().filter(|(_, order)| !order.is_sorted()).collect();
        callers.sort();
        for (from, order) in callers {
            let listed =
                |order: &[usize]| order.iter().map(|call| labels[*call].as_str()).collect::<Vec<_>>().join(", ");
            let mut sorted = order.clone();
            sorted.sort_unstable();
            self.found.push(FieldChange {
                label: format!("{}: order of the calls of {from}", way.label),
                keys: way.keys.clone(),
                before: Some(listed(&order)),
                after: Some(listed(&sorted)),
            });
        }
    }
}

/// Texts that look the same are told apart by what a screen would not show.
fn escaped(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_ascii_graphic() || c == ' ' || c.is_alphanumeric() {
                c.to_string()
            } else {
                c.escape_default().to_string()
            }
        })
        .collect()
}

fn part_of_time(key: &str) -> Option<Shape> {
    let of = |name| Some(Shape::Quantity { name, example: "", bare: false, units: "" });
    if key == "cv" { of(Number::NAME) } else { of(Seconds::NAME) }
}

/// The keys that tell the items of a list apart.
fn natural(fields: &[FieldSpec]) -> &'static [&'static str] {
    const KEYS: [&[&str]; 5] = [&["from", "to"], &["name"], &["by"], &["rate"], &["at"]];
    let has = |key: &str| fields.iter().any(|field| field.name == key);
    KEYS.into_iter().find(|keys| keys.iter().all(|key| has(key))).unwrap_or_default()
}

/// The name of an item: to be found by, or, with the text it stands in, to be shown.
fn item_name(
    spot: Spot<'_>,
    fields: &[FieldSpec],
    keys: &[&str],
    node: &Node,
    names: &Names,
    text: Option<&str>,
) -> String {
    let Some(table) = node.table() else { return String::new() };
    let mut parts = Vec::new();
    for key in keys {
        let Some(value) = table.get(key) else { continue };
        let shape = shape_of(fields, key).unwrap_or(Shape::Text);
        parts.push(match (value.text(), text) {
            (Some(name), _) if !matches!(shape, Shape::Quantity { .. }) => {
                names.text(spot.below(key), shape, name).into_owned()
            }
            (_, Some(text)) => shown(text, value),
            _ => meaning(spot.below(key), shape, value, names),
        });
    }
    parts.join(" -> ")
}

/// Pairs what is left on both sides and has the same name, in order.
fn pair(
    a: &[Node],
    b: &[Node],
    pairs: &mut [Option<usize>],
    taken: &mut [bool],
    old: impl Fn(&Node) -> String,
    new: impl Fn(&Node) -> String,
) {
    let mut places: HashMap<String, std::collections::VecDeque<usize>> = HashMap::new();
    for (place, node) in b.iter().enumerate().filter(|(place, _)| !taken[*place]) {
        places.entry(new(node)).or_default().push_back(place);
    }
    for (place, node) in a.iter().enumerate() {
        if pairs[place].is_none()
            && let Some(other) = places.get_mut(&old(node)).and_then(std::collections::VecDeque::pop_front)
        {
            pairs[place] = Some(other);
            taken[other] = true;
        }
    }
}
