//! How the room that is left moved: what saturates first, when each limit is full, how far each flow goes.

use super::Side;
use super::figures::{Direction, Known, Moved, direction, same_span};
use super::findings::says_the_same;
use super::names::Names;
use crate::analysis::{Analysis, PromiseState};
use crate::capacity::{Capacity, ResourceKind};
use crate::model::Element;
use crate::units::Span;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The headroom of both reviews.
#[derive(Debug, Clone, PartialEq)]
pub struct Headroom {
    /// The promise lines.
    pub promise: Moved<String>,
    /// Whether they differ by more than names.
    pub promise_moved: bool,
    /// Whether the promise got better.
    pub direction: Option<Direction>,
    /// What is full first, at any load.
    pub first: Moved<Option<First>>,
    /// The limits whose load moved, came or went: those that are full first now in front.
    pub resources: Vec<ResourceMove>,
    /// Limits that are full at the same load as before.
    pub unmoved: usize,
    /// The flows that go further or less far, or came or went.
    pub flows: Vec<FlowMove>,
}

/// What is full first.
#[derive(Debug, Clone, PartialEq)]
pub struct First {
    /// The component or dependency.
    pub element: Element,
    /// Which of its limits.
    pub kind: ResourceKind,
    /// The multiple of today's load.
    pub at_load: Span,
}

/// A limit before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceMove {
    /// The component or dependency, by its later name.
    pub element: Element,
    /// Which of its limits.
    pub kind: ResourceKind,
    /// The multiple of today's load at which it is full; infinite where no load fills it.
    pub saturates_at: Moved<Known<Span>>,
    /// Whether that is better.
    pub direction: Option<Direction>,
}

/// How far a flow goes, before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowMove {
    /// The flow, by its later name.
    pub flow: String,
    /// The multiple of today's load up to which nothing on its way is full.
    pub sustains: Moved<Known<Span>>,
    /// Whether that is better.
    pub direction: Option<Direction>,
}

impl Headroom {
    /// Whether anything moved.
    pub fn is_same(&self) -> bool {
        self.resources.is_empty() && self.flows.is_empty() && !self.promise_moved && !self.first_moved()
    }

    /// Whether something else is full first, or the same at another load.
    pub fn first_moved(&self) -> bool {
        match (&self.first.before, &self.first.after) {
            (Some(a), Some(b)) => (&a.element, a.kind) != (&b.element, b.kind) || !same_span(a.at_load, b.at_load),
            (a, b) => a.is_some() || b.is_some(),
        }
    }

    pub(super) fn of(before: Side<'_>, after: Side<'_>, names: &Names) -> Self {
        let (a, b) = (before.analysis, after.analysis);
        let (resources, unmoved) = resources(before, after, names);
        let first = Moved { before: first(&a.capacity, names), after: first(&b.capacity, &Names::none()) };
        let rank = |state: &PromiseState| match state {
            PromiseState::Saturates { .. } => Some(0),
            PromiseState::Holds { .. } => Some(1),
            PromiseState::Unknown { .. } => None,
        };
        let direction = match (rank(&a.promise.state), rank(&b.promise.state)) {
            (Some(0), Some(1)) => Some(Direction::Better),
            (Some(1), Some(0)) => Some(Direction::Worse),
            (Some(_), Some(_)) => {
                first.before.as_ref().zip(first.after.as_ref()).and_then(|(a, b)| direction(a.at_load, b.at_load, true))
            }
            _ => None,
        };
        Self {
            promise_moved: promise_moved(a, b, names),
            promise: Moved { before: a.promise.sentence.clone(), after: b.promise.sentence.clone() },
            direction,
            first,
            resources,
            unmoved,
            flows: flows(before, after, names),
        }
    }
}

fn promise_moved(before: &Analysis, after: &Analysis, names: &Names) -> bool {
    if says_the_same(&before.promise.sentence, &after.promise.sentence, &names.words()) {
        return false;
    }
    let is_unknown = |analysis: &Analysis| matches!(analysis.promise.state, PromiseState::Unknown { .. });
    let wanted = |analysis: &Analysis, names: &Names| -> HashSet<(Element, String)> {
        let decisive = analysis.capacity.missing.iter().filter(|missing| missing.decisive);
        decisive.map(|missing| (names.element(&missing.element), missing.key.clone())).collect()
    };
    // The sentence names the first of what is missing, in the order of the file: all of it counts.
    let same = is_unknown(before) && is_unknown(after) && wanted(before, names) == wanted(after, &Names::none());
    !same
}

fn first(capacity: &Capacity, names: &Names) -> Option<First> {
    let first = capacity.saturations.first()?;
    let resource = capacity.resources.get(first.resource)?;
    Some(First { element: names.element(&resource.element), kind: resource.kind, at_load: first.at_load })
}

type Limits<'a> = BTreeMap<(Element, ResourceKind), Vec<Span>>;

fn limits<'a>(capacity: &'a Capacity, names: &Names) -> Limits<'a> {
    let mut limits = Limits::new();
    for resource in &capacity.resources {
        limits.entry((names.element(&resource.element), resource.kind)).or_default().push(resource.saturates_at);
    }
    limits
}

/// Why limits of elements are not computed: the first missing key of each.
fn gaps(capacity: &Capacity, names: &Names) -> HashMap<Element, String> {
    let mut gaps = HashMap::new();
    for missing in &capacity.missing {
        let text = format!("{} of {} is missing", missing.key, missing.element);
        gaps.entry(names.element(&missing.element)).or_insert(text);
    }
    gaps
}

fn resources(before: Side<'_>, after: Side<'_>, names: &Names) -> (Vec<ResourceMove>, usize) {
    let none = Names::none();
    let (old, new) = (limits(&before.analysis.capacity, names), limits(&after.analysis.capacity, &none));
    let old_gaps = gaps(&before.analysis.capacity, names);
    let new_gaps = gaps(&after.analysis.capacity, &none);
    let mut moves = Vec::new();
    let mut unmoved = 0;
    let keys: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
    for key in keys {
        let (a, b) = (old.get(key).map_or(&[][..], Vec::as_slice), new.get(key).map_or(&[][..], Vec::as_slice));
        let known = |spans: &[Span], place: usize, gaps: &HashMap<Element, String>| match spans.get(place) {
            Some(span) => Known::Value(*span),
            None => gaps.get(&key.0).map_or(Known::Absent, |gap| Known::Unknown(gap.clone())),
        };
        for place in 0..a.len().max(b.len()) {
            let (before, after) = (known(a, place, &old_gaps), known(b, place, &new_gaps));
            let both = before.value().zip(after.value());
            if both.is_some_and(|(a, b)| same_span(*a, *b)) {
                unmoved += 1;
                continue;
            }
            let direction = both.and_then(|(a, b)| direction(*a, *b, true));
            let (element, kind) = key.clone();
            moves.push(ResourceMove { element, kind, saturates_at: Moved { before, after }, direction });
        }
    }
    let at = |side: &Known<Span>| side.value().map_or(f64::INFINITY, |span| span.likely);
    moves.sort_by(|a, b| {
        let (x, y) = (&a.saturates_at, &b.saturates_at);
        at(&x.after).min(at(&x.before)).total_cmp(&at(&y.after).min(at(&y.before)))
    });
    (moves, unmoved)
}

fn flows(before: Side<'_>, after: Side<'_>, names: &Names) -> Vec<FlowMove> {
    let none = Names::none();
    let table = |side: Side<'_>, names: &Names| {
        let mut table: HashMap<String, Known<Span>> = HashMap::new();
        for load in &side.analysis.capacity.flows {
            let Element::Flow(flow) = names.element(&Element::Flow(load.flow.clone())) else { continue };
            let known = match (load.sustains_load, load.arrival_rate) {
                (Some(span), _) => Known::Value(span),
                (None, None) => Known::Unknown("its rate is not known".to_owned()),
                (None, Some(_)) => Known::Unknown("a limit on its way is not known".to_owned()),
            };
            table.entry(flow).or_insert(known);
        }
        table
    };
    let (old, new) = (table(before, names), table(after, &none));
    let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let moves = names.into_iter().filter_map(|flow| {
        let known = |table: &HashMap<String, Known<Span>>| table.get(flow).cloned().unwrap_or(Known::Absent);
        let (before, after) = (known(&old), known(&new));
        let both = before.value().zip(after.value());
        let same = match both {
            Some((a, b)) => same_span(*a, *b),
            // The same unknown for another reason is no news.
            None => matches!((&before, &after), (Known::Unknown(_), Known::Unknown(_))),
        };
        let direction = both.and_then(|(a, b)| direction(*a, *b, true));
        (!same).then(|| FlowMove { flow: flow.clone(), sustains: Moved { before, after }, direction })
    });
    moves.collect()
}
