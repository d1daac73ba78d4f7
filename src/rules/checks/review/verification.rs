//! What an entry of the ledger is about, whether the rules still find it, and what has been tried since.

use crate::model::{ComponentName, Element, EntityKind, FlowName, Review, Triage};
use crate::rules::context::Context;
use crate::rules::registry;
use crate::rules::triage::Pattern;
use foldhash::HashMap;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// Everything found, cut once, to be compared with many entries.
#[derive(Debug)]
pub(super) struct Found<'a> {
    context: &'a Context<'a>,
    cut: BTreeMap<&'a str, Vec<(&'a str, Pattern)>>,
}

impl<'a> Found<'a> {
    /// What was found up to this stage. Ids are only cut where an entry has a `*`.
    pub(super) fn new(context: &'a Context<'a>, any_wild: bool) -> Self {
        let mut cut: BTreeMap<&str, Vec<(&str, Pattern)>> = BTreeMap::new();
        if any_wild {
            for id in context.found.keys() {
                let code = id.split('@').next().unwrap_or_default();
                cut.entry(code).or_default().push((id, Pattern::cut(id)));
            }
            for ids in cut.values_mut() {
                ids.sort_unstable_by_key(|(id, _)| *id);
            }
        }
        Self { context, cut }
    }

    /// For the entries of the ledger.
    pub(super) fn for_triage(context: &'a Context<'a>) -> Self {
        Self::new(context, context.review.triage.iter().any(|entry| entry.finding().contains('*')))
    }

    /// The ids that a pattern matches, in order.
    pub(super) fn matching(&self, pattern: &Pattern) -> Vec<&'a str> {
        if !pattern.is_wild() {
            return self.context.found.get_key_value(&pattern.id()).map(|(id, _)| id.as_str()).into_iter().collect();
        }
        let wild_code = pattern.code().contains('*');
        let of_code = self.cut.get(pattern.code()).filter(|_| !wild_code);
        let all = self.cut.values().filter(|_| wild_code);
        let candidates = of_code.into_iter().chain(all).flatten();
        candidates.filter(|(_, id)| pattern.matches(id)).map(|(id, _)| *id).collect()
    }

    /// Whether a pattern matches anything.
    pub(super) fn is_answered(&self, pattern: &Pattern) -> bool {
        if pattern.is_wild() {
            !self.matching(pattern).is_empty()
        } else {
            self.context.found.contains_key(&pattern.id())
        }
    }
}

/// Whether the rule of an entry ran; an entry for no rule at all is judged, one with `*` in the code if all ran.
pub(super) fn is_judged(context: &Context<'_>, pattern: &Pattern) -> bool {
    if pattern.code().contains('*') {
        return context.ran.len() == registry::all().len();
    }
    context.ran.contains(pattern.code()) || registry::find(pattern.code()).is_none()
}

/// Whether an entry has run out.
pub(super) fn is_over(context: &Context<'_>, entry: &Triage) -> bool {
    entry.expires.is_some_and(|day| day < context.today)
}

/// The element of the system that an id is about; none for what is not part of it, or not there.
pub(super) fn element_of(context: &Context<'_>, id: &str) -> Option<Element> {
    let (_, text) = id.split_once('@')?;
    if let Some((flow, _)) = text.split_once(':') {
        let flow = flow.trim();
        return context.graph.flow(flow).map(|_| Element::Flow(flow.to_owned()));
    }
    let id = text.trim().to_owned();
    let meant = match Element::ends(text) {
        Some((from, to)) => vec![Element::Dependency(from.to_owned(), to.to_owned())],
        None => vec![Element::Component(id.clone()), Element::Flow(id.clone()), Element::Slo(id)],
    };
    meant.into_iter().find(|element| context.entity(element).is_some())
}

/// When an element was last tried or measured, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proof {
    pub(super) date: Date,
    pub(super) what: String,
}

/// The newest proof of everything that has one.
#[derive(Debug, Default)]
pub(super) struct Proofs {
    of: HashMap<String, Proof>,
}

impl Proofs {
    /// Drills, tried failures, load tests and measurements of a review.
    pub(super) fn new(context: &Context<'_>) -> Self {
        let mut proofs = Self::default();
        let Review { components, failures, load_tests, .. } = context.review;
        for component in components {
            let drill = component.recovery.as_ref().and_then(|recovery| recovery.last_drill);
            proofs.add(component.id(), drill, "the last drill");
        }
        for failure in failures {
            let place = Element::ends(failure.at()).map(|(from, to)| format!("{from}->{to}"));
            let place = place.unwrap_or_else(|| failure.at().trim().to_owned());
            proofs.add(&place, failure.tested, "the last trial of its failure");
        }
        for test in load_tests {
            let flow = test.flow.as_ref().map_or("", |flow| flow.as_str());
            proofs.add(flow, test.date, &format!("the last load test of {flow}"));
        }
        for measurement in context.evidence.measurements.iter().filter(|measurement| measurement.value.is_some()) {
            proofs.add(&measurement.element.compact(), day_of(measurement.at), "the last measurement");
        }
        proofs
    }

    fn add(&mut self, place: &str, date: Option<Date>, what: &str) {
        let Some(date) = date.filter(|_| !place.is_empty()) else { return };
        let proof = Proof { date, what: what.to_owned() };
        let newest = self.of.entry(place.to_owned()).or_insert_with(|| proof.clone());
        if newest.date < date {
            *newest = proof;
        }
    }

    /// The newest proof about an element: of itself, of what it calls, or of a flow through it.
    pub(super) fn newest(&self, context: &Context<'_>, element: &Element) -> Option<&Proof> {
        if self.of.is_empty() {
            return None;
        }
        let mut places = vec![element.compact()];
        match element {
            Element::Dependency(_, to) => places.push(to.clone()),
            Element::Slo(id) => {
                let slo = context.review.slos.iter().find(|slo| slo.id() == id)?;
                let about = slo.flow.as_ref().map(FlowName::as_str);
                let about = about.or_else(|| slo.component.as_ref().map(ComponentName::as_str));
                places.extend(about.map(str::to_owned));
            }
            _ => {}
        }
        let flows = context.flows_through(element);
        places.extend(flows.iter().map(|view| view.flow.id().to_owned()));
        places.iter().filter_map(|place| self.of.get(place)).max_by_key(|proof| proof.date)
    }

    /// The key that would prove something about an element.
    pub(super) fn missing(element: &Element) -> &'static str {
        match element {
            Element::Dependency(..) => "failure.tested",
            Element::Flow(_) | Element::Path(..) | Element::Slo(_) => "load_test.date",
            _ => "component.recovery.last_drill",
        }
    }
}

/// The day of a moment in seconds of the epoch, in UTC.
pub(super) fn day_of(at: f64) -> Option<Date> {
    if !at.is_finite() || at <= 0.0 {
        return None;
    }
    let moment = Timestamp::from_second(at as i64).ok()?;
    Some(moment.to_zoned(TimeZone::UTC).date())
}

/// What is known about an entry that says that its finding is mended, where that is to be doubted or believed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verification {
    /// It is still found, under these ids.
    StillFound(Vec<String>),
    /// It is gone, and the newest proof is older than the change.
    OlderThanChange(Date, Proof),
    /// It is gone, and this key would tell whether the fix was ever tried.
    Unproven(Element, &'static str),
    /// It is gone, and was tried after the change.
    Verified(Proof),
    /// It cannot be judged here: another rule speaks about it, or its element is no part of the system.
    Beyond,
}

/// What is known about a mitigated entry.
pub(super) fn verification(context: &Context<'_>, found: &Found<'_>, proofs: &Proofs, entry: &Triage) -> Verification {
    let pattern = Pattern::new(entry.finding());
    if is_over(context, entry) || !is_judged(context, &pattern) || !entry.finding().contains('@') {
        return Verification::Beyond;
    }
    let still = found.matching(&pattern);
    if !still.is_empty() {
        return Verification::StillFound(still.into_iter().map(str::to_owned).collect());
    }
    if pattern.is_wild() || registry::find(pattern.code()).is_none() {
        return Verification::Beyond;
    }
    let Some(element) = element_of(context, entry.finding()) else { return Verification::Beyond };
    let Some(change) = entry.date else {
        let triage = Element::Other(EntityKind::Triage.table(), entry.finding().to_owned());
        return Verification::Unproven(triage, "triage.date");
    };
    match proofs.newest(context, &element) {
        None => Verification::Unproven(element.clone(), Proofs::missing(&element)),
        Some(proof) if proof.date < change => Verification::OlderThanChange(change, proof.clone()),
        Some(proof) => Verification::Verified(proof.clone()),
    }
}
