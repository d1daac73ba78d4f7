//! What one review says otherwise than another, and what follows from that: entities and keys, findings, promises,
//! headroom, costs.
//!
//! By meaning: order, layout and comments do not count, `250ms` is `0.25s`, and what was renamed is the same thing under
//! another name. Pure. Must not know where the two reviews came from, nor how the difference is shown.

mod cost;
mod fields;
mod figures;
mod findings;
mod headroom;
mod matching;
mod names;
mod objectives;
mod reliability;
mod renames;
mod value;

pub use cost::{Cost, CostMove};
pub use fields::FieldChange;
pub use figures::{Direction, Known, Moved};
pub use findings::{Fate, FindingMove, TellingMove};
pub use headroom::{First, FlowMove, Headroom, ResourceMove};
pub use objectives::ObjectiveMove;
pub use reliability::{FlowFigure, FlowFigureMove};

use super::Analysis;
use crate::document::SourceMap;
use crate::model::{EntityKind, EntityRef, Node, Review, Table};
use crate::rules::Severity;
use fields::Comparer;
use findings::Places;
use matching::{called, entities, known_by, matched};
use names::{Names, Spot};

/// One of the two reviews.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// Its text.
    pub text: &'a str,
    /// What it says.
    pub review: &'a Review,
    /// Where it says so.
    pub source: &'a SourceMap,
    /// What follows from it. Both sides are analysed for the same day.
    pub analysis: &'a Analysis,
}

/// Whether an entity came, went, or says something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is there with other values, or under another name.
    Changed,
}

impl Turn {
    /// The word in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// An entity that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityChange {
    /// Its table.
    pub kind: EntityKind,
    /// What it is called now; of what is gone, what it was called. Empty where there is only one of its kind.
    pub name: String,
    /// What it was called, where it was renamed.
    pub was: Option<String>,
    /// Where it stands in the earlier review.
    pub before: Option<EntityRef>,
    /// Where it stands in the later one.
    pub after: Option<EntityRef>,
    /// The keys that say something else; of what came or went, all but its name.
    pub fields: Vec<FieldChange>,
}

impl EntityChange {
    /// What became of it.
    pub fn turn(&self) -> Turn {
        match (self.before, self.after) {
            (None, _) => Turn::Added,
            (_, None) => Turn::Removed,
            _ => Turn::Changed,
        }
    }
}

/// Everything that is different.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Keys outside of all tables (`format`, `include`, and what the format does not have).
    pub file: Vec<FieldChange>,
    /// Entities by kind: what came and what changed in the order of the later review, then what went.
    pub entities: Vec<EntityChange>,
    /// Findings: new, changed, fixed, what hurts most first.
    pub findings: Vec<FindingMove>,
    /// What the rules can tell of only one of the two.
    pub telling: Vec<TellingMove>,
    /// Rules that did not answer for one of the two: nothing is said about their findings.
    pub silent_rules: Vec<&'static str>,
    /// SLOs that promise something else.
    pub objectives: Vec<ObjectiveMove>,
    /// What the flows can promise: attainable availability and worst case, where they moved.
    pub reliability: Vec<FlowFigureMove>,
    /// Headroom.
    pub headroom: Headroom,
    /// Costs.
    pub cost: CostMove,
}

impl Difference {
    /// Whether the two say the same.
    pub fn is_empty(&self) -> bool {
        self.file.is_empty() && self.entities.is_empty() && self.has_no_consequence()
    }

    /// Whether nothing that follows from the reviews moved.
    pub fn has_no_consequence(&self) -> bool {
        self.findings.is_empty()
            && self.telling.is_empty()
            && self.objectives.is_empty()
            && self.reliability.is_empty()
            && self.headroom.is_same()
            && self.cost.is_same()
    }

    /// New findings of at least a severity that count.
    pub fn new_findings(&self, least: Severity) -> impl Iterator<Item = &FindingMove> {
        let is_new =
            move |finding: &&FindingMove| finding.fate == Fate::New && finding.counts && finding.severity >= least;
        self.findings.iter().filter(is_new)
    }

    /// How many entities came, went, changed.
    pub fn count(&self, turn: Turn) -> usize {
        self.entities.iter().filter(|change| change.turn() == turn).count()
    }
}

/// Compares two reviews. Time is in proportion to their size.
pub fn difference(before: Side<'_>, after: Side<'_>) -> Difference {
    let none = Names::none();
    let names = renames::recognise(before, after);
    let mut places = Places::new();
    let mut changes = Vec::new();
    let mut objectives = Vec::new();
    for kind in EntityKind::ALL {
        let (old, new) = (entities(before.source, *kind), entities(after.source, *kind));
        let pairs = matched(*kind, &old, &new, &names);
        let mut of_new = vec![None; new.len()];
        let mut kept = vec![false; old.len()];
        for (a, b) in pairs {
            of_new[b] = Some(a);
            kept[a] = true;
            places.insert(old[a].0, new[b].0);
        }
        for (place, (entity, node)) in new.iter().enumerate() {
            let name = called(*kind, *entity, node);
            match of_new[place].map(|old_place| old[old_place]) {
                None => changes.push(EntityChange {
                    name,
                    after: Some(*entity),
                    ..alone(before, after, &names, &none, *kind, None, Some(node))
                }),
                Some((old_entity, old_node)) => {
                    let mut comparer = Comparer {
                        before_text: before.text,
                        after_text: after.text,
                        names: &names,
                        none: &none,
                        found: Vec::new(),
                    };
                    comparer.entity(Spot::of(*kind), old_node, node, &[]);
                    let old_name = called(*kind, old_entity, old_node);
                    let id = |node: &Node| node.table().and_then(|table| table.get("id")?.text()).map(str::to_owned);
                    let was = (kind.many() && id(old_node) != id(node)).then_some(old_name);
                    if was.is_some() || !comparer.found.is_empty() {
                        changes.push(EntityChange {
                            kind: *kind,
                            name,
                            was,
                            before: Some(old_entity),
                            after: Some(*entity),
                            fields: comparer.found,
                        });
                    }
                }
            }
            if *kind == EntityKind::Slo
                && let Some(slo) = after.review.slos.get(entity.index)
            {
                let old = of_new[place].and_then(|old_place| before.review.slos.get(old[old_place].0.index));
                match old {
                    Some(old) => objectives.extend(objectives::moved(slo.id(), old, slo)),
                    None => objectives.push(objectives::alone(slo.id(), slo, true)),
                }
            }
        }
        for (entity, node) in old.iter().zip(&kept).filter(|(_, kept)| !**kept).map(|(entity, _)| entity) {
            changes.push(EntityChange {
                name: called(*kind, *entity, node),
                before: Some(*entity),
                ..alone(before, after, &names, &none, *kind, Some(node), None)
            });
            if *kind == EntityKind::Slo
                && let Some(slo) = before.review.slos.get(entity.index)
            {
                objectives.push(objectives::alone(slo.id(), slo, false));
            }
        }
    }
    let mut silent: Vec<&'static str> =
        before.analysis.failed_rules.iter().chain(&after.analysis.failed_rules).map(|rule| rule.code).collect();
    silent.sort_unstable();
    silent.dedup();
    Difference {
        file: file(before, after, &names, &none),
        entities: changes,
        findings: findings::moved(before, after, &names, &places),
        telling: findings::telling(before, after, &names, &places),
        silent_rules: silent,
        objectives,
        reliability: reliability::moved(before, after, &names),
        headroom: Headroom::of(before, after, &names),
        cost: CostMove::of(before, after, &names),
    }
}

/// What an entity that came or went says, but for what it is known by.
fn alone(
    before: Side<'_>,
    after: Side<'_>,
    names: &Names,
    none: &Names,
    kind: EntityKind,
    old: Option<&Node>,
    new: Option<&Node>,
) -> EntityChange {
    let empty = Node { span: crate::model::Span::default(), value: crate::model::Value::Table(Table::default()) };
    let mut comparer = Comparer { before_text: before.text, after_text: after.text, names, none, found: Vec::new() };
    comparer.entity(Spot::of(kind), old.unwrap_or(&empty), new.unwrap_or(&empty), known_by(kind)[0]);
    EntityChange { kind, name: String::new(), was: None, before: None, after: None, fields: comparer.found }
}

/// What stands outside of all tables that the format has.
fn file(before: Side<'_>, after: Side<'_>, names: &Names, none: &Names) -> Vec<FieldChange> {
    let (a, b) = (before.source.root(), after.source.root());
    let mut keys: Vec<&str> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for entry in b.entries.iter().chain(&a.entries) {
        if EntityKind::of_table(&entry.key).is_none() && seen.insert(entry.key.as_str()) {
            keys.push(&entry.key);
        }
    }
    let mut comparer = Comparer { before_text: before.text, after_text: after.text, names, none, found: Vec::new() };
    for key in keys {
        comparer.top(Spot::of(EntityKind::Head), key, a.get(key), b.get(key));
    }
    comparer.found
}
