//! The promise: if load doubles, what saturates first, and what do we do about it?

use super::remedy;
use crate::capacity::{Capacity, Missing, Resource, ResourceKind, Span};
use crate::model::{Element, Review};
use crate::units::significant;

/// The multiple of today's load that the promise is about.
pub(super) const DOUBLE: f64 = 2.0;
/// What rounding may add to a multiple that is exactly twice.
const ROUNDING: f64 = 1e-9;
/// How long a name may be in a sentence.
const LONGEST_NAME: usize = 44;

/// What the promise line says.
#[derive(Debug, Clone, PartialEq)]
pub enum PromiseState {
    /// The resource at this position of [`Capacity::resources`] is full at or below twice today's load.
    Saturates {
        /// Position in [`Capacity::resources`].
        resource: usize,
        /// The multiple of today's load.
        at_load: f64,
    },
    /// Twice today's load fits; this is what fills next, if anything does.
    Holds {
        /// Position in [`Capacity::resources`] and the multiple.
        next: Option<(usize, f64)>,
    },
    /// It cannot be computed; these keys are missing.
    Unknown {
        /// The keys (`flow.rate`).
        missing: Vec<String>,
    },
}

/// The line that is always on screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Promise {
    /// What it says, as a value.
    pub state: PromiseState,
    /// One sentence: "If load doubles: …".
    pub sentence: String,
    /// What to do about it, in one sentence.
    pub remedy: String,
}

impl Promise {
    /// From the computed capacity, at whatever load that is: the multiples in it are of today's load.
    ///
    /// What is known to be full at twice the load is said even where other inputs are missing, since they can only add
    /// load or time. That nothing saturates is said only where no missing input could change it.
    pub fn of(review: &Review, capacity: &Capacity) -> Self {
        let first = capacity.saturations.first();
        if let Some(first) = first.filter(|first| within_double(first.at_load.likely))
            && let Some(resource) = capacity.resources.get(first.resource)
        {
            return Self {
                state: PromiseState::Saturates { resource: first.resource, at_load: first.at_load.likely },
                sentence: saturates(resource),
                remedy: remedy::of(review, capacity, first),
            };
        }
        let decisive: Vec<&Missing> = capacity.missing.iter().filter(|missing| missing.decisive).collect();
        if capacity.resources.is_empty() || !decisive.is_empty() {
            return Self::unknown(capacity, &decisive);
        }
        // With ranges the one that may be full first is not always the one that likely is.
        let next = capacity.saturations.iter().min_by(|a, b| {
            let doubtful = |at: &Span| within_double(at.low);
            let (a, b) = (&a.at_load, &b.at_load);
            doubtful(b).cmp(&doubtful(a)).then(a.likely.total_cmp(&b.likely))
        });
        let Some((next, resource)) = next.and_then(|next| Some((next, capacity.resources.get(next.resource)?))) else {
            return Self {
                state: PromiseState::Holds { next: None },
                sentence: "If load doubles, nothing saturates: no limit is in sight.".to_owned(),
                remedy: "Nothing to do for twice the load.".to_owned(),
            };
        };
        let name = named(resource);
        let are = if is_one(resource.kind) { "is" } else { "are" };
        let at = multiple(resource.saturates_at);
        let state = PromiseState::Holds { next: Some((next.resource, next.at_load.likely)) };
        if within_double(next.at_load.low) {
            return Self {
                state,
                sentence: format!("If load doubles, it may not hold: {name} {are} next, at {at}."),
                remedy: remedy::of(review, capacity, next),
            };
        }
        Self {
            state,
            sentence: format!("If load doubles, nothing saturates: {name} {are} next, at {at}."),
            remedy: format!("Nothing to do for twice the load; watch {name}, {} full today.", today(resource)),
        }
    }

    fn unknown(capacity: &Capacity, decisive: &[&Missing]) -> Self {
        let mut missing: Vec<String> = Vec::new();
        for key in decisive.iter().map(|missing| &missing.key) {
            if !missing.contains(key) {
                missing.push(key.clone());
            }
        }
        let sentence = match decisive {
            [] => "If load doubles: unknown — nothing on a flow has a limit.".to_owned(),
            [only] => format!("If load doubles: unknown — needs {}.", wanted(only)),
            [first, second] => format!("If load doubles: unknown — needs {}, {}.", wanted(first), wanted(second)),
            [first, second, rest @ ..] => {
                format!("If load doubles: unknown — needs {}, {} (+{}).", wanted(first), wanted(second), rest.len())
            }
        };
        let known = capacity.saturations.first().and_then(|first| {
            let resource = capacity.resources.get(first.resource)?;
            let verb = if is_one(resource.kind) { "fills" } else { "fill" };
            Some(format!(" Of what is known, {} {verb} first, at {}.", named(resource), multiple(first.at_load)))
        });
        let remedy = match decisive.first() {
            Some(first) => format!("Find out {}: {}.{}", wanted(first), first.text, known.unwrap_or_default()),
            None => "Say what limits the components on the flows: workers, pools, rate limits.".to_owned(),
        };
        Self { state: PromiseState::Unknown { missing }, sentence, remedy }
    }
}

fn saturates(resource: &Resource) -> String {
    let name = named(resource);
    let one = is_one(resource.kind);
    if resource.saturates_at.likely <= 1.0 {
        let are = if one { "is" } else { "are" };
        if resource.capacity.likely == 0.0 {
            let none = if one { "it allows nothing" } else { "there are none" };
            return format!("If load doubles: {name} {are} full already: {none}.");
        }
        return format!("If load doubles: {name} {are} full already, today at {}.", today(resource));
    }
    let verb = if one { "saturates" } else { "saturate" };
    let at = multiple(resource.saturates_at);
    format!("If load doubles: {name} {verb} first, at {at} today (today {}).", today(resource))
}

/// `connections of checkout-api -> payments`, cut where it is longer than a line has room for.
pub(super) fn named(resource: &Resource) -> String {
    format!("{} of {}", resource.kind.called(), short(&resource.element))
}

pub(super) fn is_one(kind: ResourceKind) -> bool {
    matches!(kind, ResourceKind::RateLimit | ResourceKind::Partition)
}

fn wanted(missing: &Missing) -> String {
    match missing.element {
        Element::Review => missing.key.clone(),
        ref element => format!("{} of {}", missing.key, short(element)),
    }
}

/// The name of an element with at most [`LONGEST_NAME`] characters.
pub(super) fn short(element: &Element) -> String {
    let cut = |text: &str, most: usize| {
        if text.chars().count() <= most {
            text.to_owned()
        } else {
            let kept: String = text.chars().take(most.saturating_sub(1)).collect();
            format!("{kept}…")
        }
    };
    let whole = element.to_string();
    if whole.chars().count() <= LONGEST_NAME {
        return whole;
    }
    match element {
        Element::Dependency(from, to) => {
            let each = (LONGEST_NAME - 4) / 2;
            format!("{} -> {}", cut(from, each), cut(to, each))
        }
        _ => cut(&whole, LONGEST_NAME),
    }
}

/// The utilisation at today's load, as a percentage.
fn today(resource: &Resource) -> String {
    let share = 100.0 / resource.saturates_at.likely;
    if share.is_finite() { format!("{} %", significant(share, 2)) } else { "more than can be counted".to_owned() }
}

/// `1.4×`, or `1.2–1.6×` where the inputs leave a range.
pub(super) fn multiple(at: Span) -> String {
    let (low, high) = (factor(at.low), factor(at.high));
    if low == high { format!("{}×", factor(at.likely)) } else { format!("{low}–{high}×") }
}

/// Two digits, and more where two would say "1" or "2" of what is not: on which side it lies is what the promise is about.
fn factor(value: f64) -> String {
    if !value.is_finite() {
        return "∞".to_owned();
    }
    let misleads = |text: &str| {
        [1.0, DOUBLE].iter().any(|edge| text.parse() == Ok(*edge) && (value - edge).abs() > edge * ROUNDING)
    };
    let exact = (2..=4).map(|digits| significant(value, digits)).find(|text| !misleads(text));
    exact.unwrap_or_else(|| significant(value, 5))
}

pub(super) fn within_double(at: f64) -> bool {
    at <= DOUBLE * (1.0 + ROUNDING)
}
