//! Names that changed between two reviews, and every text that refers to one, translated into the later name.
//!
//! The places that refer are those that the declarations of the keys call references. Must not know how a renaming is
//! recognised.

use crate::model::{Element, EntityKind, Review, Shape, Target};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Where a value stands: the table of its entity, its key, and how deep.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot<'a> {
    pub(super) kind: EntityKind,
    pub(super) key: &'a str,
    depth: usize,
}

impl<'a> Spot<'a> {
    /// The entity itself.
    pub(super) fn of(kind: EntityKind) -> Self {
        Self { kind, key: "", depth: 0 }
    }

    /// A key of it.
    pub(super) fn below(self, key: &'a str) -> Self {
        Self { kind: self.kind, key, depth: self.depth + 1 }
    }

    /// Texts that say where something comes from name elements, findings or decisions, as a sentence may.
    pub(super) fn names_its_origin(self) -> bool {
        match self.kind {
            EntityKind::Action | EntityKind::Parked => self.key == "from",
            EntityKind::Meeting => self.key == "at",
            _ => false,
        }
    }

    pub(super) fn is_own_id(self, shape: Shape) -> bool {
        shape == Shape::Id && self.depth == 1 && self.key == "id"
    }
}

/// Findings about triage entries of findings about …: deeper ones are left as they are.
const DEEPEST: usize = 4;

/// Old names with their new ones, by the kind of entity they are of.
#[derive(Debug, Default)]
pub(super) struct Names {
    renamed: HashMap<EntityKind, HashMap<String, String>>,
    /// Where a name could mean several things, it means the component.
    components: HashSet<String>,
}

impl Names {
    /// No name changed yet in a review.
    pub(super) fn of(review: &Review) -> Self {
        let components = review.components.iter().map(|component| component.id().to_owned()).collect();
        Self { renamed: HashMap::new(), components }
    }

    /// No name at all: for the later review.
    pub(super) fn none() -> Self {
        Self::default()
    }

    pub(super) fn add(&mut self, kind: EntityKind, old: &str, new: &str) {
        self.renamed.entry(kind).or_default().insert(old.to_owned(), new.to_owned());
    }

    /// The later name.
    pub(super) fn name<'a>(&'a self, kind: EntityKind, old: &'a str) -> &'a str {
        self.renamed.get(&kind).and_then(|map| map.get(old)).map_or(old, String::as_str)
    }

    /// Every old name that has a new one, whatever it is of.
    pub(super) fn words(&self) -> HashMap<&str, &str> {
        self.renamed.values().flatten().map(|(old, new)| (old.as_str(), new.as_str())).collect()
    }

    /// A text of the earlier review as the later one says it.
    pub(super) fn text<'a>(&'a self, spot: Spot<'_>, shape: Shape, text: &'a str) -> Cow<'a, str> {
        match shape {
            // Edges have one way to be written, whatever was renamed.
            Shape::Reference(Target::Element) => self.element_text(text),
            Shape::Reference(Target::Finding) => self.finding(text),
            Shape::Id if spot.is_own_id(shape) => Cow::Borrowed(self.name(spot.kind, text)),
            Shape::Reference(Target::Component) => Cow::Borrowed(self.name(EntityKind::Component, text)),
            Shape::Reference(Target::Flow) => Cow::Borrowed(self.name(EntityKind::Flow, text)),
            Shape::Text if spot.names_its_origin() => {
                if text.contains('@') {
                    return self.finding(text);
                }
                let element = self.element_text(text);
                if element != text {
                    return element;
                }
                let decision = self.name(EntityKind::Decision, text);
                Cow::Borrowed(if decision == text { self.name(EntityKind::Hotspot, text) } else { decision })
            }
            _ => Cow::Borrowed(text),
        }
    }

    /// `api`, `checkout`, `api -> db`.
    fn element_text<'a>(&'a self, text: &'a str) -> Cow<'a, str> {
        match Element::ends(text) {
            Some((from, to)) => {
                let (from, to) = (self.name(EntityKind::Component, from), self.name(EntityKind::Component, to));
                Cow::Owned(format!("{from} -> {to}"))
            }
            None => Cow::Borrowed(self.bare(text.trim())),
        }
    }

    /// A name alone: a component's, else a flow's, else an SLO's.
    fn bare<'a>(&'a self, name: &'a str) -> &'a str {
        if self.components.contains(name) {
            return self.name(EntityKind::Component, name);
        }
        let flow = self.name(EntityKind::Flow, name);
        if flow == name { self.name(EntityKind::Slo, name) } else { flow }
    }

    /// `CODE@element`, where the element is `a`, `a->b`, `flow:a->…->b` or `table.id`.
    pub(super) fn finding<'a>(&'a self, text: &'a str) -> Cow<'a, str> {
        self.nested(text, DEEPEST)
    }

    /// A finding may be about a triage entry, and that about a finding: `levels` are left.
    fn nested<'a>(&'a self, text: &'a str, levels: usize) -> Cow<'a, str> {
        let Some((code, element)) = text.split_once('@').filter(|_| levels > 0) else { return Cow::Borrowed(text) };
        Cow::Owned(format!("{code}@{}", self.compact(element, levels - 1)))
    }

    fn compact(&self, element: &str, levels: usize) -> String {
        if let Some((table, kind, id)) = of_table(element) {
            return format!("{table}.{}", self.other(kind, id, levels));
        }
        let component = |name: &str| self.name(EntityKind::Component, name).to_owned();
        let (flow, path) = match element.split_once(':') {
            Some((flow, path)) => (Some(self.name(EntityKind::Flow, flow)), path),
            None => (None, element),
        };
        let path = if flow.is_some() || path.contains("->") {
            path.split("->").map(|part| component(part.trim())).collect::<Vec<_>>().join("->")
        } else {
            self.bare(path).to_owned()
        };
        match flow {
            Some(flow) => format!("{flow}:{path}"),
            None => path,
        }
    }

    /// What an entity is known by, where that is no element of the system.
    fn other(&self, kind: EntityKind, id: &str, levels: usize) -> String {
        match kind {
            EntityKind::Triage => self.nested(id, levels).into_owned(),
            kind => self.name(kind, id).to_owned(),
        }
    }

    /// An element of the earlier review as the later one names it.
    pub(super) fn element(&self, element: &Element) -> Element {
        let component = |name: &String| self.name(EntityKind::Component, name).to_owned();
        match element {
            Element::Review => Element::Review,
            Element::Component(id) => Element::Component(component(id)),
            Element::Dependency(from, to) => Element::Dependency(component(from), component(to)),
            Element::Flow(id) => Element::Flow(self.name(EntityKind::Flow, id).to_owned()),
            Element::Path(flow, path) => {
                Element::Path(self.name(EntityKind::Flow, flow).to_owned(), path.iter().map(component).collect())
            }
            Element::Slo(id) => Element::Slo(self.name(EntityKind::Slo, id).to_owned()),
            Element::Other(table, id) => {
                let name = EntityKind::of_table(table).map_or_else(|| id.clone(), |kind| self.other(kind, id, DEEPEST));
                Element::Other(table, name)
            }
        }
    }
}

/// `table.id`, where that is a table of the format.
pub(super) fn of_table(element: &str) -> Option<(&str, EntityKind, &str)> {
    let (table, id) = element.split_once('.')?;
    Some((table, EntityKind::of_table(table)?, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_that_refers_gets_the_later_name() {
        let (review, ..) = crate::document::parse(
            "[[component]]\nid = \"a\"\n[[component]]\nid = \"b\"\n[[flow]]\nid = \"a\"\n[[flow]]\nid = \"f\"\n",
        );
        let mut names = Names::of(&review);
        names.add(EntityKind::Component, "a", "b");
        names.add(EntityKind::Component, "b", "a");
        names.add(EntityKind::Flow, "f", "g");
        let spot = Spot::of(EntityKind::Triage).below("finding");
        let finding = |text: &str| names.text(spot, Shape::Reference(Target::Finding), text).into_owned();
        assert_eq!(finding("KP203@a->b"), "KP203@b->a");
        assert_eq!(finding("KP201@f:a->…->b"), "KP201@g:b->…->a");
        assert_eq!(finding("KP101@f"), "KP101@g");
        assert_eq!(finding("KP902@triage.KP201@f:a->…->b"), "KP902@triage.KP201@g:b->…->a");
        assert_eq!(finding("KP101@a"), "KP101@b", "a component goes before a flow of its name");
        let element = |text: &str| names.text(spot, Shape::Reference(Target::Element), text).into_owned();
        assert_eq!([element("a->b"), element("f"), element("x")], ["b -> a", "g", "x"]);
    }
}
