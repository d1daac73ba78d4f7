//! The whole review, and how it is read from the tree of values.

use super::entities::{
    Action, Answer, Call, Component, Decision, Dependency, Failure, Flow, Growth, Head, Hotspot, LoadTest, Measure,
    Meeting, Migration, Parked, PrometheusSettings, Slo, Tenancy, Triage,
};
use super::field::{Field, Reader};
use super::kind::{EntityKind, EntityRef};
use super::names::Element;
use super::node::{Node, Table, Value};
use super::problem::{Problem, ProblemKind, did_you_mean, quote};
use std::collections::HashMap;

/// Everything a review file says. Entities stand in file order; what is absent is unknown.
///
/// Invariant: position `i` of a list is `EntityRef { kind, index: i }` of the file, unreadable entries included as
/// empty ones.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Review {
    /// The format the file says it has.
    pub format: Option<i64>,
    /// Files whose tables are appended.
    pub include: Vec<String>,
    /// `[review]`.
    pub head: Head,
    /// `[growth]`.
    pub growth: Growth,
    /// `[tenancy]`, where many customers share the system.
    pub tenancy: Option<Tenancy>,
    /// `[prometheus]`.
    pub prometheus: Option<PrometheusSettings>,
    /// `[migration]`.
    pub migration: Option<Migration>,
    /// `[[slo]]`.
    pub slos: Vec<Slo>,
    /// `[[component]]`.
    pub components: Vec<Component>,
    /// `[[dependency]]`.
    pub dependencies: Vec<Dependency>,
    /// `[[flow]]`.
    pub flows: Vec<Flow>,
    /// `[[hotspot]]`.
    pub hotspots: Vec<Hotspot>,
    /// `[[failure]]`.
    pub failures: Vec<Failure>,
    /// `[[measure]]`.
    pub measures: Vec<Measure>,
    /// `[[load_test]]`.
    pub load_tests: Vec<LoadTest>,
    /// `[[answer]]`.
    pub answers: Vec<Answer>,
    /// `[[decision]]`.
    pub decisions: Vec<Decision>,
    /// `[[triage]]`.
    pub triage: Vec<Triage>,
    /// `[[action]]`.
    pub actions: Vec<Action>,
    /// `[[parked]]`.
    pub parked: Vec<Parked>,
    /// `[[meeting]]`.
    pub meetings: Vec<Meeting>,
}

const TOP_KEYS: [&str; 2] = ["format", "include"];
/// The format this program reads.
const FORMAT: i64 = 1;

impl Review {
    /// From the tree of a file. Never fails: what cannot be read becomes a problem and is left out.
    pub fn read(root: &Table, reader: &mut Reader) -> Self {
        for entry in &root.entries {
            if EntityKind::of_table(&entry.key).is_none() && !TOP_KEYS.contains(&entry.key.as_str()) {
                let names = EntityKind::ALL.iter().map(|kind| kind.table()).chain(TOP_KEYS);
                let message = format!("the format has no table or key {}", quote(&entry.key));
                reader.problems.push(
                    Problem::warning(ProblemKind::UnknownKey, entry.key_span, message)
                        .with_help(did_you_mean(&entry.key, names)),
                );
            }
        }
        let mut review = Self {
            format: read_format(root, reader),
            include: root.get("include").and_then(|node| Vec::read(node, reader)).unwrap_or_default(),
            ..Self::default()
        };
        for kind in EntityKind::ALL {
            let Some(node) = root.get(kind.table()) else { continue };
            match kind {
                EntityKind::Head => review.head = one(node, reader).unwrap_or_default(),
                EntityKind::Growth => review.growth = one(node, reader).unwrap_or_default(),
                EntityKind::Tenancy => review.tenancy = one(node, reader),
                EntityKind::Prometheus => review.prometheus = one(node, reader),
                EntityKind::Migration => review.migration = one(node, reader),
                EntityKind::Slo => review.slos = many(node, reader),
                EntityKind::Component => review.components = many(node, reader),
                EntityKind::Dependency => review.dependencies = many(node, reader),
                EntityKind::Flow => review.flows = many(node, reader),
                EntityKind::Hotspot => review.hotspots = many(node, reader),
                EntityKind::Failure => review.failures = many(node, reader),
                EntityKind::Measure => review.measures = many(node, reader),
                EntityKind::LoadTest => review.load_tests = many(node, reader),
                EntityKind::Answer => review.answers = many(node, reader),
                EntityKind::Decision => review.decisions = many(node, reader),
                EntityKind::Triage => review.triage = many(node, reader),
                EntityKind::Action => review.actions = many(node, reader),
                EntityKind::Parked => review.parked = many(node, reader),
                EntityKind::Meeting => review.meetings = many(node, reader),
            }
        }
        review
    }

    /// How many entities of a kind there are.
    pub fn count(&self, kind: EntityKind) -> usize {
        match kind {
            EntityKind::Head | EntityKind::Growth => 1,
            EntityKind::Tenancy => usize::from(self.tenancy.is_some()),
            EntityKind::Prometheus => usize::from(self.prometheus.is_some()),
            EntityKind::Migration => usize::from(self.migration.is_some()),
            EntityKind::Slo => self.slos.len(),
            EntityKind::Component => self.components.len(),
            EntityKind::Dependency => self.dependencies.len(),
            EntityKind::Flow => self.flows.len(),
            EntityKind::Hotspot => self.hotspots.len(),
            EntityKind::Failure => self.failures.len(),
            EntityKind::Measure => self.measures.len(),
            EntityKind::LoadTest => self.load_tests.len(),
            EntityKind::Answer => self.answers.len(),
            EntityKind::Decision => self.decisions.len(),
            EntityKind::Triage => self.triage.len(),
            EntityKind::Action => self.actions.len(),
            EntityKind::Parked => self.parked.len(),
            EntityKind::Meeting => self.meetings.len(),
        }
    }

    /// What an entity says at a key (`cache.ttl`), as words; `None` where it says nothing there.
    pub fn said(&self, entity: EntityRef, keys: &[&str]) -> Option<String> {
        let at = entity.index;
        match entity.kind {
            EntityKind::Head => self.head.said(keys),
            EntityKind::Growth => self.growth.said(keys),
            EntityKind::Tenancy => self.tenancy.as_ref()?.said(keys),
            EntityKind::Prometheus => self.prometheus.as_ref()?.said(keys),
            EntityKind::Migration => self.migration.as_ref()?.said(keys),
            EntityKind::Slo => self.slos.get(at)?.said(keys),
            EntityKind::Component => self.components.get(at)?.said(keys),
            EntityKind::Dependency => self.dependencies.get(at)?.said(keys),
            EntityKind::Flow => self.flows.get(at)?.said(keys),
            EntityKind::Hotspot => self.hotspots.get(at)?.said(keys),
            EntityKind::Failure => self.failures.get(at)?.said(keys),
            EntityKind::Measure => self.measures.get(at)?.said(keys),
            EntityKind::LoadTest => self.load_tests.get(at)?.said(keys),
            EntityKind::Answer => self.answers.get(at)?.said(keys),
            EntityKind::Decision => self.decisions.get(at)?.said(keys),
            EntityKind::Triage => self.triage.get(at)?.said(keys),
            EntityKind::Action => self.actions.get(at)?.said(keys),
            EntityKind::Parked => self.parked.get(at)?.said(keys),
            EntityKind::Meeting => self.meetings.get(at)?.said(keys),
        }
    }

    /// The component of an id (the first, where a broken file has two).
    pub fn component(&self, id: &str) -> Option<&Component> {
        self.components.iter().find(|component| component.id() == id)
    }

    /// The flow of an id.
    pub fn flow(&self, id: &str) -> Option<&Flow> {
        self.flows.iter().find(|flow| flow.id() == id)
    }

    /// The dependency between two components.
    pub fn dependency(&self, from: &str, to: &str) -> Option<&Dependency> {
        self.dependencies.iter().find(|dependency| dependency.from() == from && dependency.to() == to)
    }

    /// Components by id, for loops over large reviews.
    pub fn component_index(&self) -> HashMap<&str, usize> {
        let mut index = HashMap::new();
        for (position, component) in self.components.iter().enumerate() {
            index.entry(component.id()).or_insert(position);
        }
        index
    }

    /// The element that a name such as `api`, `checkout` or `api -> db` points to.
    ///
    /// A component goes before a flow of the same name.
    pub fn element(&self, name: &str) -> Option<Element> {
        if let Some((from, to)) = Element::ends(name) {
            return self.dependency(from, to).map(|_| Element::Dependency(from.to_owned(), to.to_owned()));
        }
        let name = name.trim();
        if self.component(name).is_some() {
            Some(Element::Component(name.to_owned()))
        } else if self.flow(name).is_some() {
            Some(Element::Flow(name.to_owned()))
        } else {
            None
        }
    }
}

fn read_format(root: &Table, reader: &mut Reader) -> Option<i64> {
    let node = root.get("format")?;
    let Value::Integer(format) = node.value else {
        reader.wrong(node, "a whole number");
        return None;
    };
    if format != FORMAT {
        let message = format!("the file says format {format}; this program reads format {FORMAT}");
        reader.problems.push(Problem::error(ProblemKind::Format, node.span, message));
    }
    Some(format)
}

fn one<T: Field>(node: &Node, reader: &mut Reader) -> Option<T> {
    T::read(node, reader)
}

fn many<T: Field + Default>(node: &Node, reader: &mut Reader) -> Vec<T> {
    match &node.value {
        Value::Array(items) => items.iter().map(|item| T::read(item, reader).unwrap_or_default()).collect(),
        // `[component]` where `[[component]]` is meant: used as the only one, and said.
        Value::Table(_) => {
            let message = "this table may stand several times: write it with two brackets, `[[…]]`";
            reader.problems.push(Problem::error(ProblemKind::WrongType, node.span, message));
            T::read(node, reader).into_iter().collect()
        }
        _ => {
            reader.wrong(node, "tables (`[[…]]`)");
            Vec::new()
        }
    }
}

macro_rules! text_of {
    ($type:ident: $($field:ident),+) => {
        impl $type {
            $(
                #[doc = concat!("`", stringify!($field), "`, empty where it is missing.")]
                pub fn $field(&self) -> &str {
                    self.$field.as_ref().map_or("", |name| name.as_str())
                }
            )+
        }
    };
}
text_of!(Component: id);
text_of!(Slo: id);
text_of!(Flow: id, entry);
text_of!(Dependency: from, to);
text_of!(Call: from, to);
text_of!(Hotspot: id, at);
text_of!(Failure: at);
text_of!(Measure: at);
text_of!(Answer: question);
text_of!(Decision: id);
text_of!(Triage: finding);
text_of!(Action: id);
