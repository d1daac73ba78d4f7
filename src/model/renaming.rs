//! An entity gets another id: what every text that names it becomes. The grammar of names stands here once.
//!
//! Knows no file: the document, the recorded evidence and baselines all ask here.

use super::kind::EntityKind;
use super::names::{Element, matches_part};
use super::review::Review;
use std::collections::{HashMap, HashSet};

/// Kinds that a bare name may mean, the one it means first in front.
const MEANT: [EntityKind; 6] = [
    EntityKind::Component,
    EntityKind::Flow,
    EntityKind::Slo,
    EntityKind::Hotspot,
    EntityKind::Decision,
    EntityKind::Action,
];
/// Kinds that a bare name behind the `@` of a finding may mean.
const FOUND: usize = 3;
/// What may stand behind an element's name where a text names one of its signals: `orders-db-busy`.
const SIGNALS: [&str; 15] = [
    "rate",
    "errors",
    "p50",
    "p90",
    "p95",
    "p99",
    "busy",
    "queue",
    "pool-wait",
    "in-flight",
    "lag",
    "cost",
    "hit-ratio",
    "utilisation",
    "availability",
];

/// Whose id changes, from what, to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renaming {
    /// The kind of the entity.
    pub kind: EntityKind,
    /// Its id before.
    pub old: String,
    /// Its id after.
    pub new: String,
    /// Other kinds with an entity of the old id: a bare name may mean that one.
    others: Vec<EntityKind>,
    /// What bare findings are known to be about, where there are others.
    about: HashMap<String, EntityKind>,
    /// Ids of components and flows that begin with the old one and a dash.
    longer: HashSet<String>,
    /// The other ids of the kind: a pattern that matches one of them is not about this entity alone.
    siblings: Vec<String>,
}

impl Renaming {
    /// In a review as it is before.
    pub fn new(review: &Review, kind: EntityKind, old: &str, new: &str) -> Self {
        let has = |kind: &EntityKind| match kind {
            EntityKind::Component => review.component(old).is_some(),
            EntityKind::Flow => review.flow(old).is_some(),
            EntityKind::Slo => review.slos.iter().any(|slo| slo.id() == old),
            EntityKind::Hotspot => review.hotspots.iter().any(|hotspot| hotspot.id() == old),
            EntityKind::Decision => review.decisions.iter().any(|decision| decision.id() == old),
            EntityKind::Action => review.actions.iter().any(|action| action.id() == old),
            _ => false,
        };
        let ids = review.components.iter().map(super::Component::id).chain(review.flows.iter().map(super::Flow::id));
        let siblings: Box<dyn Iterator<Item = &str>> = match kind {
            EntityKind::Component => Box::new(review.components.iter().map(super::Component::id)),
            EntityKind::Flow => Box::new(review.flows.iter().map(super::Flow::id)),
            EntityKind::Slo => Box::new(review.slos.iter().map(super::Slo::id)),
            _ => Box::new(std::iter::empty()),
        };
        let is_longer = |id: &&str| id.strip_prefix(old).is_some_and(|rest| rest.starts_with('-'));
        Self {
            kind,
            old: old.to_owned(),
            new: new.to_owned(),
            others: MEANT.into_iter().filter(|other| *other != kind && has(other)).collect(),
            about: HashMap::new(),
            longer: ids.filter(is_longer).map(str::to_owned).collect(),
            siblings: siblings.filter(|id| *id != old).map(str::to_owned).collect(),
        }
    }

    /// With what findings are about, by their ids: it decides where a component, a flow and an SLO share the old id.
    #[must_use]
    pub fn knowing<'a>(mut self, findings: impl IntoIterator<Item = (&'a str, &'a Element)>) -> Self {
        if self.others.is_empty() {
            return self;
        }
        let kind = |element: &Element| match element {
            Element::Component(id) if *id == self.old => Some(EntityKind::Component),
            Element::Flow(id) if *id == self.old => Some(EntityKind::Flow),
            Element::Slo(id) if *id == self.old => Some(EntityKind::Slo),
            _ => None,
        };
        let about = findings.into_iter().filter_map(|(id, element)| Some((id.to_owned(), kind(element)?)));
        self.about = about.collect();
        self
    }

    /// The way back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self { old: self.new.clone(), new: self.old.clone(), about: HashMap::new(), ..self.clone() }
    }

    /// What `api`, `checkout` or `api -> db` becomes, where it names the entity.
    pub fn element(&self, text: &str) -> Option<String> {
        if text.contains("->") {
            return self.path(text);
        }
        let meant = matches!(self.kind, EntityKind::Component | EntityKind::Flow) && self.is_first_of(2);
        if meant { self.swap(text) } else { None }
    }

    /// What a finding's id becomes, `CODE@element`: `a`, `a->b`, `flow:a->…->b`, `table.id`, with `*` where it has one.
    pub fn finding(&self, text: &str) -> Option<String> {
        let start = innermost(text);
        let (outer, rest) = text.split_at(start);
        let (code, element) = rest.split_once('@')?;
        Some(format!("{outer}{code}@{}", self.found(rest, element)?))
    }

    fn found(&self, id: &str, element: &str) -> Option<String> {
        if let Some((flow, path)) = element.split_once(':') {
            let new_flow = (self.kind == EntityKind::Flow).then(|| self.swap(flow)).flatten();
            let new_path = self.path(path);
            let changed = new_flow.is_some() || new_path.is_some();
            let (flow, path) = (new_flow.as_deref().unwrap_or(flow), new_path.as_deref().unwrap_or(path));
            return changed.then(|| format!("{flow}:{path}"));
        }
        if element.contains("->") {
            return self.path(element);
        }
        if let Some((table, id)) = element.split_once('.') {
            let mine = EntityKind::of_table(table.trim()) == Some(self.kind);
            return mine.then(|| self.swap(id)).flatten().map(|id| format!("{table}.{id}"));
        }
        let mine = match self.about.get(id.trim()) {
            Some(kind) => *kind == self.kind,
            None => self.is_first_of(FOUND),
        };
        if mine { self.swap(element) } else { None }
    }

    /// What a text becomes that may name an entity or a finding, alone or behind what kind of thing it is:
    /// `pay-later`, `flow:checkout`, `card:api->payments:slow`. A sentence stays as it is.
    pub fn name(&self, text: &str) -> Option<String> {
        if text.contains('@') {
            return self.finding(text);
        }
        let parts: Vec<&str> = text.split(':').collect();
        let scheme = if parts.len() > 1 { EntityKind::of_table(parts[0].trim()) } else { None };
        let leads_a_path = scheme.is_none() && parts.get(1).is_some_and(|part| part.contains("->"));
        let mut changed = false;
        let mut new = Vec::new();
        for (place, part) in parts.iter().enumerate() {
            let renamed = match scheme {
                Some(kind) if place == 1 && !part.contains("->") => {
                    if kind == self.kind {
                        self.swap(part)
                    } else {
                        None
                    }
                }
                _ if place == 0 && leads_a_path && self.kind == EntityKind::Flow => self.swap(part),
                _ => self.bare(part),
            };
            changed |= renamed.is_some();
            new.push(renamed.unwrap_or_else(|| (*part).to_owned()));
        }
        changed.then(|| new.join(":"))
    }

    /// What a text becomes that may name an element or one of its signals: `orders-db`, `orders-db-busy`, `api p99`.
    pub fn signal(&self, text: &str) -> Option<String> {
        if let Some(name) = self.name(text) {
            return Some(name);
        }
        let meant = matches!(self.kind, EntityKind::Component | EntityKind::Flow) && self.is_first_of(2);
        if !meant || self.longer.contains(text.trim()) {
            return None;
        }
        let rest = text.strip_prefix(&self.old)?;
        let signal = rest.strip_prefix(['-', '.', ' ', '_', '/'])?;
        SIGNALS.contains(&signal).then(|| format!("{}{rest}", self.new))
    }

    /// A part of a text: an element, `table.id`, or a bare name that means the entity.
    fn bare(&self, part: &str) -> Option<String> {
        if part.contains("->") {
            return self.path(part);
        }
        if let Some((table, id)) = part.split_once('.') {
            let mine = EntityKind::of_table(table.trim()) == Some(self.kind);
            return mine.then(|| self.swap(id)).flatten().map(|id| format!("{table}.{id}"));
        }
        if MEANT.contains(&self.kind) && self.is_first_of(MEANT.len()) { self.swap(part) } else { None }
    }

    /// Components with arrows between.
    fn path(&self, text: &str) -> Option<String> {
        if self.kind != EntityKind::Component {
            return None;
        }
        let mut changed = false;
        let parts = text.split("->").map(|part| {
            let new = self.swap(part);
            changed |= new.is_some();
            new.unwrap_or_else(|| part.to_owned())
        });
        let parts: Vec<String> = parts.collect();
        changed.then(|| parts.join("->"))
    }

    /// The new id where a text is the old one, or a pattern of it that would match nothing any more; the blanks around
    /// it kept.
    fn swap(&self, text: &str) -> Option<String> {
        let pattern = text.trim();
        if pattern.contains('*') {
            let lost = matches_part(pattern, &self.old) && !matches_part(pattern, &self.new);
            let alone = lost && !self.siblings.iter().any(|id| matches_part(pattern, id));
            return alone.then(|| text.replacen(pattern, &self.new, 1));
        }
        (text.trim() == self.old && !self.old.is_empty()).then(|| text.replacen(&self.old, &self.new, 1))
    }

    /// Whether the bare old id means this entity, among the first kinds it may mean.
    fn is_first_of(&self, kinds: usize) -> bool {
        let first = MEANT[..kinds].iter().find(|kind| **kind == self.kind || self.others.contains(kind));
        first == Some(&self.kind)
    }
}

/// Where the innermost finding of an id begins: `KP901@triage.KP203@api` is about a finding itself.
fn innermost(text: &str) -> usize {
    let mut start = 0;
    while let Some(at) = text[start..].find('@').map(|at| start + at + 1) {
        let blanks = text[at..].len() - text[at..].trim_start().len();
        let Some(inner) = text[at + blanks..].strip_prefix("triage.").filter(|inner| inner.contains('@')) else {
            break;
        };
        start = text.len() - inner.len();
    }
    start
}
