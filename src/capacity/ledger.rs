//! What the review does not say: assumptions that were made, and keys without which something stays unknown.

use super::demand::Demands;
use super::figures::{Assumption, Missing};
use super::gaps::Gaps;
use super::holding::{Holding, stated_at_entry};
use super::{component_element, flow_element, pair_element};
use crate::graph::{ComponentIndex, FlowExpansion, FlowIssue, SystemGraph};
use crate::model::{Component, ComponentKind, Element, Flow, Review};
use crate::units::Quantity;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use std::collections::hash_map::Entry;

/// Both lists, each entry once, in the order in which they were met.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) assumptions: Vec<Assumption>,
    pub(super) missing: Vec<Missing>,
    /// Whether nothing is written down.
    pub(super) is_silent: bool,
    seen: HashSet<(Element, &'static str)>,
    place: HashMap<(Element, &'static str), usize>,
}

impl Ledger {
    pub(super) fn assume(&mut self, element: Element, key: &'static str, text: &str) {
        if self.is_silent {
            return;
        }
        if self.seen.insert((element.clone(), key)) {
            self.assumptions.push(Assumption { element, key: key.to_owned(), text: text.to_owned() });
        }
    }

    /// A missing key; said twice it stays one entry, decisive where one of the two is.
    pub(super) fn lack(&mut self, element: Element, key: &'static str, text: &str, decisive: bool) {
        if self.is_silent {
            return;
        }
        match self.place.entry((element, key)) {
            Entry::Occupied(place) => self.missing[*place.get()].decisive |= decisive,
            Entry::Vacant(place) => {
                let element = place.key().0.clone();
                place.insert(self.missing.len());
                self.missing.push(Missing { element, key: key.to_owned(), text: text.to_owned(), decisive });
            }
        }
    }

    /// What the flows rest on: times, round trips, hit ratios, calls that were left out, retries.
    pub(super) fn of_flows(&mut self, review: &Review, graph: &SystemGraph, holdings: &[Holding]) {
        let mut retries = false;
        for ((flow, expansion), holding) in review.flows.iter().zip(graph.expansions()).zip(holdings) {
            self.issues(flow, expansion);
            self.times(review, graph, expansion, holding);
            for (call, held) in expansion.calls.iter().zip(&holding.calls) {
                let retry = call.dependency.and_then(|d| review.dependencies[d.0].retry.as_ref());
                retries |= retry.and_then(|retry| retry.attempts.as_ref()).is_some_and(|n| n.high().value() > 0.0);
                if call.synchronous && held.gaps.has(Gaps::NETWORK) && !has_network(review, call.dependency) {
                    let text = "the round trip takes no time";
                    self.assume(pair_element(graph, call.from, call.to), Gaps::NETWORK.key(), text);
                }
            }
        }
        if retries {
            self.assume(Element::Review, "dependency.retry", "every call is made once: retries are not counted");
        }
    }

    fn issues(&mut self, flow: &Flow, expansion: &FlowExpansion) {
        let calls = flow.calls.as_deref().unwrap_or_default();
        let element = || flow_element(flow, expansion.flow.0);
        for issue in &expansion.issues {
            match issue {
                FlowIssue::UnknownHitRatio(_, cache) => {
                    let text = "it never hits: every call on a miss is made";
                    self.assume(Element::Component(cache.clone()), Gaps::HIT_RATIO.key(), text);
                }
                FlowIssue::Dangling(_) => {
                    self.lack(element(), "flow.calls", "what its calls to unknown components load", true);
                }
                FlowIssue::Cyclic(call) => {
                    let text = format!("how often its calls go round: {} closes a circle", arrow(calls.get(*call)));
                    self.lack(element(), "flow.calls", &text, true);
                }
                FlowIssue::NeverMade(call) => {
                    let text = format!("{} is never made: nothing visits its caller", arrow(calls.get(*call)));
                    self.assume(element(), "flow.calls", &text);
                }
                FlowIssue::Duplicate | FlowIssue::NoEntry | FlowIssue::NoDependency(_) => {}
            }
        }
    }

    /// Service times that are not said, and whether a limit waits for them: forward from the limits to what they hold.
    fn times(&mut self, review: &Review, graph: &SystemGraph, expansion: &FlowExpansion, holding: &Holding) {
        let mut waited_by_limit: HashSet<ComponentIndex> = HashSet::new();
        let mut unknown: HashMap<ComponentIndex, bool> = HashMap::new();
        for (call, held) in expansion.calls.iter().zip(&holding.calls) {
            let waited = call.synchronous;
            if held.own_gaps.has(Gaps::SERVICE_TIME) {
                *unknown.entry(call.to).or_insert(false) |= waited;
            }
        }
        for visit in &expansion.components {
            let component = &review.components[visit.component.0];
            let is_entry = Some(visit.component) == expansion.entry;
            let limited = component.workers.is_some() || component.cores.is_some();
            let held_above = waited_by_limit.contains(&visit.component);
            let lacks = unknown.get(&visit.component).copied();
            let lacks = lacks.or((is_entry && stated_at_entry(component).is_none()).then_some(true));
            if let Some(waited) = lacks
                && (limited || held_above || waited)
            {
                let element = component_element(graph, visit.component);
                let text = "how long a visit takes, and what waits for it";
                self.lack(element, Gaps::SERVICE_TIME.key(), text, limited || held_above);
            }
            for &index in visit.steps.iter().flat_map(crate::graph::Step::calls) {
                let call = &expansion.calls[index];
                let pool = call.dependency.and_then(|d| review.dependencies[d.0].pool.as_ref());
                let pooled = pool.is_some_and(|pool| pool.size.is_some());
                if call.synchronous && (held_above || component.workers.is_some() || pooled) {
                    waited_by_limit.insert(call.to);
                }
            }
        }
    }

    /// Components on the flows of which nothing says when they are full; decisive where nothing else is limited.
    pub(super) fn of_limits(&mut self, review: &Review, demands: &Demands, nothing_limited: bool) {
        for (position, component) in review.components.iter().enumerate() {
            let Some(key) = limit_key(component) else { continue };
            if demands.components.contains_key(&ComponentIndex(position)) {
                self.lack(Element::Component(component.id().to_owned()), key, "when it is full", nothing_limited);
            }
        }
    }
}

/// The key that would limit a component of which no limit is known; `None` where there is one, or where the kind is
/// one that somebody else scales.
fn limit_key(component: &Component) -> Option<&'static str> {
    if component.workers.is_some() || component.cores.is_some() || component.rate_limit.is_some() {
        return None;
    }
    match component.kind {
        Some(ComponentKind::External | ComponentKind::Model) => Some("component.rate_limit"),
        None
        | Some(
            ComponentKind::Gateway
            | ComponentKind::Service
            | ComponentKind::Worker
            | ComponentKind::Database
            | ComponentKind::Search,
        ) => Some("component.workers"),
        Some(_) => None,
    }
}

fn has_network(review: &Review, dependency: Option<crate::graph::DependencyIndex>) -> bool {
    dependency.is_some_and(|dependency| review.dependencies[dependency.0].network.is_some())
}

fn arrow(call: Option<&crate::model::Call>) -> String {
    call.map_or_else(String::new, |call| format!("{} -> {}", call.from(), call.to()))
}
