//! Renamings, recognised: the same content under another id, and what referred to the old name refers to the new one.
//!
//! Where in doubt it is none: then one entity went and another came. Must not compare more pairs than a person could
//! have made; reviews of thousands of new names are two different reviews.

use super::Side;
use super::matching::entities;
use super::names::{Names, Spot, of_table};
use super::value::{is_hollow, meaning, shape_of};
use crate::document::SourceMap;
use crate::model::{Element, EntityKind, Node, Shape, Table, Target, Value};
use std::collections::{HashMap, HashSet, VecDeque};

/// Kinds with ids that others refer to; those first that the others' contents depend on.
const KINDS: [EntityKind; 6] = [
    EntityKind::Component,
    EntityKind::Flow,
    EntityKind::Slo,
    EntityKind::Hotspot,
    EntityKind::Decision,
    EntityKind::Action,
];

/// From so many pairs on only equal contents are recognised.
const MOST_PAIRS: usize = 4_000;
/// An entity of fewer keys, its id apart, is like many others.
const TELLING: usize = 2;

/// The names that changed from one review to the other.
pub(super) fn recognise(before: Side<'_>, after: Side<'_>) -> Names {
    let mut names = Names::of(before.review);
    let none = Names::none();
    let mut mentions: Option<(Mentions, Mentions)> = None;
    for kind in KINDS {
        let (old, new) = (Ids::of(before.source, kind), Ids::of(after.source, kind));
        let (gone, came) = (old.only_here(&new), new.only_here(&old));
        if gone.is_empty() || came.is_empty() {
            continue;
        }
        let (said, says) = mentions.get_or_insert_with(|| (Mentions::of(before), Mentions::of(after)));
        let verdict = |old: &str, new: &str| Verdict {
            before: said.count(kind, old),
            early: said.count(kind, new),
            left: says.count(kind, old),
            moved: says.count(kind, new),
        };
        let mut open: HashMap<String, VecDeque<usize>> = HashMap::new();
        for (place, (_, table)) in came.iter().enumerate() {
            open.entry(content(kind, table, &none).join("\n")).or_default().push_back(place);
        }
        let mut taken = HashSet::new();
        let mut rest = Vec::new();
        let mut found = Vec::new();
        for (id, table) in &gone {
            let said = content(kind, table, &names);
            let telling = said.len() >= TELLING;
            let places = open.get_mut(&said.join("\n"));
            let fits = |place: &usize| verdict(id, came[*place].0).equal_content(telling);
            let place = places.and_then(|places| places.iter().position(fits).and_then(|at| places.remove(at)));
            match place {
                Some(place) => {
                    taken.insert(place);
                    found.push((*id, came[place].0));
                }
                None => rest.push((*id, said)),
            }
        }
        let others: Vec<(usize, &str)> =
            (0..came.len()).filter(|p| !taken.contains(p)).map(|p| (p, came[p].0)).collect();
        if rest.len() * others.len() <= MOST_PAIRS {
            let contents: Vec<HashSet<String>> =
                others.iter().map(|(p, _)| content(kind, came[*p].1, &none).into_iter().collect()).collect();
            let mut free = vec![true; others.len()];
            for (id, said) in &rest {
                let alike = |place: usize| {
                    let shared = said.iter().filter(|key| contents[place].contains(*key)).count();
                    let most = said.len().max(contents[place].len());
                    (shared * 2 >= most && shared > 0).then_some(shared)
                };
                let best = (0..others.len())
                    .filter(|place| free[*place] && verdict(id, others[*place].1).references_moved())
                    .filter_map(|place| Some((alike(place)?, std::cmp::Reverse(place))))
                    .max();
                if let Some((_, std::cmp::Reverse(place))) = best {
                    free[place] = false;
                    found.push((id, others[place].1));
                }
            }
        }
        for (old, new) in found {
            names.add(kind, old, new);
        }
    }
    names
}

/// How often the two names are referred to, before and after.
struct Verdict {
    /// References to the old name, before.
    before: usize,
    /// References to the new name, before: it was meant already.
    early: usize,
    /// References to the old name that are left.
    left: usize,
    /// References to the new name, after.
    moved: usize,
}

impl Verdict {
    fn references_moved(&self) -> bool {
        self.early == 0 && self.before > 0 && self.moved > self.left
    }

    /// Where the contents are equal, nothing may speak against it; contents that are like many others need references.
    fn equal_content(&self, telling: bool) -> bool {
        self.references_moved() || (telling && self.early == 0 && self.left == 0)
    }
}

/// The entities of a kind by their ids.
struct Ids<'a> {
    all: Vec<(&'a str, &'a Table)>,
    counts: HashMap<&'a str, usize>,
}

impl<'a> Ids<'a> {
    fn of(map: &'a SourceMap, kind: EntityKind) -> Self {
        let mut ids = Self { all: Vec::new(), counts: HashMap::new() };
        for (_, node) in entities(map, kind) {
            let Some(table) = node.table() else { continue };
            let Some(id) = table.get("id").and_then(Node::text).filter(|id| !id.is_empty()) else { continue };
            ids.all.push((id, table));
            *ids.counts.entry(id).or_default() += 1;
        }
        ids
    }

    /// Those whose id stands once here and not at all there.
    fn only_here(&self, there: &Self) -> Vec<(&'a str, &'a Table)> {
        let only = |id: &str| self.counts.get(id) == Some(&1) && !there.counts.contains_key(id);
        self.all.iter().filter(|(id, _)| only(id)).copied().collect()
    }
}

/// What an entity says besides its id, key by key.
fn content(kind: EntityKind, table: &Table, names: &Names) -> Vec<String> {
    let spot = Spot::of(kind);
    let mut keys: Vec<String> = table
        .entries
        .iter()
        .filter(|entry| entry.key != "id" && !is_hollow(&entry.node.value))
        .map(|entry| {
            let shape = shape_of(kind.fields(), &entry.key).unwrap_or(Shape::Text);
            format!("{}={}", entry.key, meaning(spot.below(&entry.key), shape, &entry.node, names))
        })
        .collect();
    keys.sort_unstable();
    keys
}

/// How often each name is referred to, by the kind of entity that is meant.
struct Mentions {
    counts: HashMap<(EntityKind, String), usize>,
    components: HashSet<String>,
    flows: HashSet<String>,
}

impl Mentions {
    fn of(side: Side<'_>) -> Self {
        let mut mentions = Self {
            counts: HashMap::new(),
            components: side.review.components.iter().map(|component| component.id().to_owned()).collect(),
            flows: side.review.flows.iter().map(|flow| flow.id().to_owned()).collect(),
        };
        for kind in EntityKind::ALL {
            for (_, node) in entities(side.source, *kind) {
                mentions.walk(Spot::of(*kind), Shape::Table(kind.fields()), node);
            }
        }
        mentions
    }

    fn count(&self, kind: EntityKind, name: &str) -> usize {
        self.counts.get(&(kind, name.to_owned())).copied().unwrap_or_default()
    }

    fn walk(&mut self, spot: Spot<'_>, shape: Shape, node: &Node) {
        match (shape, &node.value) {
            (Shape::Table(fields), Value::Table(table)) => {
                for entry in &table.entries {
                    if let Some(shape) = shape_of(fields, &entry.key) {
                        self.walk(spot.below(&entry.key), shape, &entry.node);
                    }
                }
            }
            (Shape::List(inner), Value::Array(items)) => {
                for item in items {
                    self.walk(spot, *inner, item);
                }
            }
            (Shape::Reference(Target::Component), Value::Text(text)) => self.one(EntityKind::Component, text),
            (Shape::Reference(Target::Flow), Value::Text(text)) => self.one(EntityKind::Flow, text),
            (Shape::Reference(Target::Element), Value::Text(text)) => self.element(text),
            (Shape::Reference(Target::Finding), Value::Text(text)) => self.finding(text),
            (Shape::Text, Value::Text(text)) if spot.names_its_origin() => {
                if text.contains('@') {
                    self.finding(text);
                } else {
                    self.element(text);
                    self.one(EntityKind::Decision, text);
                    self.one(EntityKind::Hotspot, text);
                }
            }
            _ => {}
        }
    }

    fn one(&mut self, kind: EntityKind, name: &str) {
        *self.counts.entry((kind, name.trim().to_owned())).or_default() += 1;
    }

    fn element(&mut self, text: &str) {
        match Element::ends(text) {
            Some((from, to)) => {
                self.one(EntityKind::Component, from);
                self.one(EntityKind::Component, to);
            }
            None if self.components.contains(text.trim()) => self.one(EntityKind::Component, text),
            None if self.flows.contains(text.trim()) => self.one(EntityKind::Flow, text),
            // It leads nowhere: whatever had the name may be meant.
            None => {
                for kind in [EntityKind::Component, EntityKind::Flow, EntityKind::Slo] {
                    self.one(kind, text);
                }
            }
        }
    }

    fn finding(&mut self, text: &str) {
        // The element of a finding may be a triage entry, which is known by a finding.
        let Some((_, mut element)) = text.split_once('@') else { return };
        while let Some((_, kind, id)) = of_table(element) {
            match id.split_once('@').filter(|_| kind == EntityKind::Triage) {
                Some((_, inner)) => element = inner,
                None => return self.one(kind, id),
            }
        }
        let path = match element.split_once(':') {
            Some((flow, path)) => {
                self.one(EntityKind::Flow, flow);
                path
            }
            None => element,
        };
        if path.len() < element.len() || path.contains("->") {
            for part in path.split("->") {
                self.one(EntityKind::Component, part);
            }
        } else {
            self.element(path);
        }
    }
}
