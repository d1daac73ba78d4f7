//! What fills up and in which order, how far each flow goes, and what the room had guessed.

use super::{Subject, percent, times};
use crate::capacity::{Capacity, Resource, ResourceKind};
use crate::model::{Hotspot, Review};
use crate::units::{PerSecond, Quantity, significant};
use serde::Serialize;
use std::collections::HashSet;
use std::fmt::Write as _;

/// More rows than this hide the ones that matter.
const MOST_ROWS: usize = 20;

/// A limited thing, in the order in which they fill.
#[derive(Debug, Clone, Serialize)]
pub struct Bottleneck {
    /// `orders-db`, or `api -> orders-db`.
    pub resource: String,
    /// `workers`, `processors`, `connections`, `rate limit`.
    pub kind: &'static str,
    /// How much there is.
    pub capacity: String,
    /// Utilisation at today's load; computed.
    pub today: String,
    /// The multiple of today's load at which it is full; computed.
    pub full_at: String,
    /// Own work or waiting, where it is among the first to fill.
    pub because: Option<String>,
    /// What was guessed for this place.
    pub guesses: Option<String>,
}

/// A predicted bottleneck beside the computed one.
#[derive(Debug, Clone, Serialize)]
pub struct Guess {
    /// The hotspot's id.
    pub id: String,
    /// Where.
    pub at: String,
    /// Why it is expected.
    pub kind: Option<&'static str>,
    /// Whether it is the room's own guess, made before the computed answer was shown.
    pub guess: bool,
    /// The guessed range of load.
    pub load: Option<String>,
    /// How many people said so.
    pub votes: Option<String>,
    /// Where the computation has the first limit of this place; `null` where it cannot say.
    pub computed: Option<String>,
    /// Its position in the computed order.
    pub place: Option<usize>,
    /// What would show it filling.
    pub signal: Option<String>,
    /// What is done about it.
    pub mitigation: Option<String>,
}

/// How far a flow goes.
#[derive(Debug, Clone, Serialize)]
pub struct Envelope {
    /// The flow.
    pub flow: String,
    /// The sentence.
    pub sentence: String,
}

pub(super) fn bottlenecks(subject: &Subject<'_>) -> (Vec<Bottleneck>, usize) {
    let capacity = &subject.analysis.capacity;
    let because = |position: usize| {
        capacity.saturations.iter().find(|saturation| saturation.resource == position).map(|s| s.because.clone())
    };
    let rows = capacity.resources.iter().enumerate().take(MOST_ROWS).map(|(position, resource)| {
        let name = resource.name();
        let guesses: Vec<String> = subject
            .review
            .hotspots
            .iter()
            .filter(|hotspot| same_place(hotspot.at(), &name))
            .map(|hotspot| {
                let load = load(hotspot).unwrap_or_else(|| "no range".to_owned());
                let votes = hotspot.votes.map(|votes| format!(", {votes} votes")).unwrap_or_default();
                if hotspot.guess == Some(true) { format!("{load} g{votes}") } else { load + &votes }
            })
            .collect();
        Bottleneck {
            kind: resource.kind.called(),
            capacity: amount(resource),
            today: percent(resource.utilisation.likely / capacity.load.max(f64::MIN_POSITIVE)),
            full_at: times(&resource.saturates_at),
            because: because(position),
            guesses: (!guesses.is_empty()).then(|| guesses.join("; ")),
            resource: name,
        }
    });
    (rows.collect(), capacity.resources.len().saturating_sub(MOST_ROWS))
}

fn same_place(at: &str, name: &str) -> bool {
    at.split_whitespace().eq(name.split_whitespace()) || at.replace(' ', "") == name.replace(' ', "")
}

/// How much there is of a limited thing, with its unit.
pub(in crate::report) fn amount(resource: &Resource) -> String {
    match resource.kind {
        ResourceKind::RateLimit => PerSecond::new(resource.capacity.likely).to_string(),
        _ => significant(resource.capacity.likely, 4),
    }
}

/// `the connections of api -> db are all in use`.
pub(super) fn full(resource: &Resource) -> String {
    let (kind, name) = (resource.kind.called(), resource.name());
    match resource.kind {
        ResourceKind::Workers | ResourceKind::Cores => format!("the {kind} of {name} are all busy"),
        ResourceKind::Pool => format!("the {kind} of {name} are all in use"),
        ResourceKind::RateLimit => format!("the {kind} of {name} is used up"),
        ResourceKind::Partition => format!("the {kind} of {name} is full"),
    }
}

fn load(hotspot: &Hotspot) -> Option<String> {
    let load = hotspot.load.as_ref()?;
    match (load.low, load.high) {
        (Some(low), Some(high)) => Some(format!("{low}–{high}")),
        (Some(low), None) => Some(format!("above {low}")),
        (None, Some(high)) => Some(format!("below {high}")),
        (None, None) => None,
    }
}

pub(super) fn guesses(subject: &Subject<'_>) -> Vec<Guess> {
    let capacity = &subject.analysis.capacity;
    let rows = subject.review.hotspots.iter().map(|hotspot| {
        let found =
            capacity.resources.iter().enumerate().find(|(_, resource)| same_place(hotspot.at(), &resource.name()));
        Guess {
            id: hotspot.id().to_owned(),
            at: hotspot.at().to_owned(),
            kind: hotspot.kind.map(crate::model::HotspotKind::word),
            guess: hotspot.guess == Some(true),
            load: load(hotspot),
            votes: hotspot.votes.map(|votes| votes.to_string()),
            computed: found
                .map(|(_, resource)| format!("{} ({})", times(&resource.saturates_at), resource.kind.called())),
            place: found.filter(|(_, resource)| resource.saturates_at.likely.is_finite()).map(|(place, _)| place + 1),
            signal: hotspot.signal.clone(),
            mitigation: hotspot.mitigation.clone(),
        }
    });
    rows.collect()
}

pub(super) fn envelope(review: &Review, capacity: &Capacity) -> Vec<Envelope> {
    let sentences = capacity
        .flows
        .iter()
        .map(|load| Envelope { flow: load.flow.clone(), sentence: sentence(review, capacity, load) });
    sentences.collect()
}

/// How far a flow goes, in one sentence.
pub(in crate::report) fn sentence(review: &Review, capacity: &Capacity, load: &crate::capacity::FlowLoad) -> String {
    let Some(sustains) = &load.sustains_load else {
        return "It cannot be said how far it goes: an input is missing (see what is missing).".to_owned();
    };
    let resource = load.until.and_then(|position| capacity.resources.get(position));
    let missing = match missing_on(review, capacity, &load.flow) {
        0 => String::new(),
        count => format!(" {} on its way can make it less.", super::super::text::counted(count, "missing number")),
    };
    let (true, Some(resource)) = (sustains.likely.is_finite(), resource) else {
        return format!("Nothing that the review knows of limits it.{missing}");
    };
    let rate = match &load.arrival_rate {
        Some(rate) if capacity.load > 0.0 => {
            let today = rate.likely / capacity.load;
            format!(" ({})", PerSecond::new(today * sustains.likely))
        }
        _ => String::new(),
    };
    let mut sentence = format!("Up to {} of today's load{rate} until {}", times(sustains), full(resource));
    if let Some(time) = &load.time_without_queueing {
        let _ = write!(sentence, "; at least {} to the answer", crate::units::Seconds::new(time.likely));
    }
    sentence.push_str("; queueing is not included.");
    sentence + &missing
}

/// How many missing numbers on the way of a flow could make something saturate earlier than computed.
pub(super) fn missing_on(review: &Review, capacity: &Capacity, flow: &str) -> usize {
    let Some(flow) = review.flow(flow) else { return 0 };
    let mut places: HashSet<String> =
        HashSet::from([flow.entry().to_owned(), flow.id().to_owned(), "review".to_owned()]);
    for call in flow.calls.iter().flatten() {
        places.insert(call.to().to_owned());
        places.insert(format!("{}->{}", call.from(), call.to()));
    }
    let decisive = capacity.missing.iter().filter(|missing| missing.decisive);
    decisive.filter(|missing| places.contains(&missing.element.compact())).count()
}
