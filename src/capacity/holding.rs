//! How long a visit of a flow holds its worker: own service time, and the calls it waits for.
//!
//! One pass per flow from the last callees back to the entry, in the order that [`FlowExpansion`] guarantees.

use super::Span;
use super::gaps::Gaps;
use crate::graph::{ComponentIndex, FlowExpansion, FlowIssue, Step};
use crate::model::{Component, ComponentKind, Review};
use std::collections::HashSet;

/// A call as its caller sees it, in seconds, for one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    /// The callee's own service time for this call; 0 where it is not known, then `own_gaps` says so.
    pub(super) own: Span,
    /// What of `own` is not known.
    pub(super) own_gaps: Gaps,
    /// The round trip; 0 where it is not known.
    pub(super) network: Span,
    /// The whole: round trip, own service time, and what the callee waits for.
    pub(super) whole: Span,
    /// What of the whole is not known.
    pub(super) gaps: Gaps,
}

/// What a visit waits for, in seconds, for one visit.
#[derive(Debug, Clone)]
pub(super) struct Wait {
    /// All of it.
    pub(super) total: Span,
    /// The likely part by direct callee, round trips included; adds up to `total.likely`.
    pub(super) by: Vec<(ComponentIndex, f64)>,
    /// What of it is not known.
    pub(super) gaps: Gaps,
    /// Whether the number of visits rests on an assumption.
    pub(super) visit_gaps: Gaps,
}

/// The holding times of one flow.
#[derive(Debug, Clone)]
pub(super) struct Holding {
    /// By position in [`FlowExpansion::components`].
    pub(super) waits: Vec<Wait>,
    /// By position in [`FlowExpansion::calls`].
    pub(super) calls: Vec<Held>,
    /// Own service time of the entry.
    pub(super) entry: Span,
    /// What of it is not known.
    pub(super) entry_gaps: Gaps,
    /// Mean time to the answer without waiting in queues; `None` where nothing of it is known.
    pub(super) answer: Option<Span>,
}

/// A component's stated own service time. A client's own time is not the system's: it counts as none.
pub(super) fn stated(component: &Component) -> Option<Span> {
    match &component.service_time {
        Some(time) => Some(Span::of(&time.mean)),
        None if component.kind == Some(ComponentKind::Client) => Some(Span::ZERO),
        None => None,
    }
}

/// The same for the component that a flow enters by: a partner's system that asks is as little ours as a client.
pub(super) fn stated_at_entry(component: &Component) -> Option<Span> {
    let asks = component.kind == Some(ComponentKind::External);
    stated(component).or_else(|| asks.then_some(Span::ZERO))
}

fn or_gap(stated: Option<Span>, gap: Gaps) -> (Span, Gaps) {
    stated.map_or((Span::ZERO, gap), |span| (span, Gaps::default()))
}

impl Holding {
    pub(super) fn of(review: &Review, flow: &FlowExpansion) -> Self {
        let stated_calls = review.flows[flow.flow.0].calls.as_deref().unwrap_or_default();
        let mut calls = Vec::with_capacity(flow.calls.len());
        for call in &flow.calls {
            let special = stated_calls[call.call].service_time.as_ref().map(|time| Span::of(&time.mean));
            let usual = || stated(&review.components[call.to.0]);
            let (own, own_gaps) = or_gap(special.or_else(usual), Gaps::SERVICE_TIME);
            let stated_network = call.dependency.and_then(|d| review.dependencies[d.0].network.as_ref());
            let (network, network_gaps) = or_gap(stated_network.map(Span::of), Gaps::NETWORK);
            calls.push(Held { own, own_gaps, network, whole: own + network, gaps: own_gaps | network_gaps });
        }
        let mut waits: Vec<Wait> = flow
            .components
            .iter()
            .map(|_| Wait { total: Span::ZERO, by: Vec::new(), gaps: Gaps::default(), visit_gaps: Gaps::default() })
            .collect();
        // Callees stand behind their callers, so that from the end on every callee's wait is complete before it is read.
        for position in (0..flow.components.len()).rev() {
            let mut wait = waits[position].clone();
            for step in &flow.components[position].steps {
                let mut together = Span::ZERO;
                let mut longest: Option<(ComponentIndex, f64)> = None;
                for &index in step.calls().iter().filter(|index| flow.calls[**index].synchronous) {
                    let call = &flow.calls[index];
                    let Some(below) = flow.place(call.to).map(|place| &waits[place]) else { continue };
                    let held = &mut calls[index];
                    held.whole = held.whole + below.total;
                    held.gaps |= below.gaps;
                    let time = call.per_visit * held.whole;
                    together = together.larger(time);
                    wait.gaps |= held.gaps;
                    if longest.is_none_or(|(_, most)| time.likely > most) {
                        longest = Some((call.to, time.likely));
                    }
                }
                wait.total = wait.total + together;
                wait.by.extend(longest);
            }
            waits[position] = wait;
        }
        let (entry, entry_gaps) = flow.entry.map_or((Span::ZERO, Gaps::default()), |entry| {
            or_gap(stated_at_entry(&review.components[entry.0]), Gaps::SERVICE_TIME)
        });
        mark_visits(flow, &mut waits);
        let answer = waits.first().map(|wait| (entry + wait.total, wait.gaps | entry_gaps));
        let known = |(time, gaps): &(Span, Gaps)| time.high > 0.0 || !gaps.has(Gaps::SERVICE_TIME);
        Self { waits, calls, entry, entry_gaps, answer: answer.filter(known).map(|(time, _)| time) }
    }
}

/// Behind a call whose share is assumed, every number of visits is assumed.
fn mark_visits(flow: &FlowExpansion, waits: &mut [Wait]) {
    let assumed: HashSet<usize> = flow
        .issues
        .iter()
        .filter_map(|issue| if let FlowIssue::UnknownHitRatio(call, _) = issue { Some(*call) } else { None })
        .collect();
    for position in 0..flow.components.len() {
        let from = waits[position].visit_gaps;
        for &index in flow.components[position].steps.iter().flat_map(Step::calls) {
            let call = &flow.calls[index];
            let own = if assumed.contains(&call.call) { Gaps::HIT_RATIO } else { Gaps::default() };
            if let Some(place) = flow.place(call.to) {
                waits[place].visit_gaps |= from | own;
            }
        }
    }
}
