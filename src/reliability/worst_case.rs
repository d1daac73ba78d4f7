//! The longest a flow may take by its own policies, and which call's term of it is the largest.
//!
//! A call with a timeout lasts at most `(pool wait + timeout) × attempts + backoff`, whatever happens behind it: the
//! timeout caps everything below. A call without one lasts as long as its callee: network + own service time + the
//! callee's own calls, and nobody has said where that ends. Queue waits in front of workers are left out: they are limits
//! of overload, not of one call. Steps of a visit add up, the calls of a group
//! count by the longest, a call that is made `count` times counts so often. Calls that are only made sometimes count,
//! because the worst case is when they are. In seconds; service times are means, and 0 where they are not said.
//!
//! A second figure, `by_leaves`, is what is left when only those hang that wait for nobody: a call then lasts no longer
//! than its timeout and no longer than its callee's own calls. One connection in front of many flows has one timeout, which
//! the most patient of them needs; the others are held by the timeouts behind it.
//!
//! One pass a flow from the last callees back to the entry. Must not know objectives.

use super::policy::{longest_wait, retries, timeout, waits_between, waits_of};
use crate::graph::{FlowExpansion, MadeCall, Step};
use crate::model::{Call, Component, ComponentKind, Review};
use crate::units::{Quantity, Span};

/// The longest of one call of a flow, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CallLimit {
    /// One call, with all its attempts and the waits between them.
    pub once: Span,
    /// As often as one visit of the caller makes it.
    pub all: Span,
    /// The same by timeouts, attempts and backoff alone: without pool waits, round trips and work.
    pub by_policy: Span,
    /// The same when only components that wait for nobody hang: never more than `by_policy`.
    pub by_leaves: Span,
    /// Whether the caller's own timeout ends it. Otherwise `once` is what is known of the callee: a lower bound.
    pub limited: bool,
}

/// The longest of one visit of a component in a flow.
#[derive(Debug, Clone, PartialEq)]
pub struct VisitLimit {
    /// Its calls, in seconds; own service time is counted with the call that asks for it.
    pub seconds: Span,
    /// The same by timeouts, attempts and backoff alone.
    pub by_policy: Span,
    /// The same when only components that wait for nobody hang.
    pub by_leaves: Span,
    /// Whether a call that has no timeout, but should, is part of it: then `seconds` is a lower bound.
    pub endless: bool,
    /// The call with the largest term: a position in [`FlowExpansion::calls`].
    pub largest: Option<usize>,
}

/// The longest a flow may take by its own policies.
#[derive(Debug, Clone, PartialEq)]
pub struct WorstCase {
    /// From the request to the answer, in seconds. A lower bound where `without_timeout` is not empty.
    pub seconds: Span,
    /// The same by timeouts, attempts and backoff alone: without pool waits, round trips and work.
    pub by_policy: Span,
    /// The same when only components that wait for nobody hang: never more than `by_policy`.
    pub by_leaves: Span,
    /// The calls without a timeout that nothing above them ends: positions in [`FlowExpansion::calls`].
    pub without_timeout: Vec<usize>,
    /// The way to the largest term, from the entry: positions in [`FlowExpansion::calls`]; the last is the term.
    pub largest: Vec<usize>,
    /// By position in [`FlowExpansion::calls`]; `None` where nobody waits, or the call is never made.
    pub calls: Vec<Option<CallLimit>>,
    /// By position in [`FlowExpansion::components`].
    pub visits: Vec<VisitLimit>,
}

impl WorstCase {
    /// Whether every wait has an end.
    pub fn is_bounded(&self) -> bool {
        self.without_timeout.is_empty() && self.seconds.likely.is_finite()
    }
}

/// Whether a call is made at all by what the file says: neither 0 times nor with a probability of 0.
pub(super) fn is_ever_made(call: &Call) -> bool {
    call.count.is_none_or(|count| count.high().value() > 0.0)
        && call.probability.is_none_or(|probability| probability.high().value() > 0.0)
}

/// The own service time of one visit that this call asks for, in seconds; `None` where it is not said. A client's own
/// time is not the system's.
pub(super) fn own_time(call: &Call, callee: &Component) -> Option<Span> {
    call.service_time.as_ref().map(|time| Span::of(&time.mean)).or_else(|| stated(callee))
}

pub(super) fn stated(component: &Component) -> Option<Span> {
    match &component.service_time {
        Some(time) => Some(Span::of(&time.mean)),
        None if component.kind == Some(ComponentKind::Client) => Some(Span::ZERO),
        None => None,
    }
}

/// Whether a caller needs no timeout of its own: how long a browser or a partner waits is not ours to say, and a call
/// that never leaves the process ends with the callee.
pub fn needs_no_timeout(review: &Review, made: &MadeCall) -> bool {
    let caller = review.components[made.from.0].kind;
    let network = made.dependency.and_then(|index| review.dependencies[index.0].network.as_ref());
    matches!(caller, Some(ComponentKind::Client | ComponentKind::External))
        || network.is_some_and(|network| network.high().value() == 0.0)
}

/// How often one visit makes a call at the worst: the count, and never less than once.
pub(super) fn repeated(call: &Call) -> Span {
    call.count.as_ref().map_or(Span::ONE, Span::of).larger(Span::ONE)
}

/// The worst case of a flow; `None` where it enters nowhere.
pub(super) fn of_flow(review: &Review, expansion: &FlowExpansion) -> Option<WorstCase> {
    let entry = expansion.entry?;
    let stated_calls = review.flows[expansion.flow.0].calls.as_deref().unwrap_or_default();
    let mut calls: Vec<Option<CallLimit>> = vec![None; expansion.calls.len()];
    let nothing =
        VisitLimit { seconds: Span::ZERO, by_policy: Span::ZERO, by_leaves: Span::ZERO, endless: false, largest: None };
    let mut visits: Vec<VisitLimit> = vec![nothing; expansion.components.len()];
    // Callees stand behind their callers, so that from the end on every callee is complete before it is read.
    for position in (0..visits.len()).rev() {
        let mut limit = visits[position].clone();
        let mut most = f64::NEG_INFINITY;
        for step in &expansion.components[position].steps {
            let mut together = (Span::ZERO, Span::ZERO, Span::ZERO);
            for &index in step.calls() {
                let made = &expansion.calls[index];
                let call = &stated_calls[made.call];
                let Some(callee) = expansion.place(made.to).filter(|_| made.synchronous && is_ever_made(call)) else {
                    continue;
                };
                let one = one_call(review, made, call, &visits[callee]);
                limit.endless |= !one.limited && (visits[callee].endless || !needs_no_timeout(review, made));
                let (all, by_policy, by_leaves) = together;
                together = (all.larger(one.all), by_policy.larger(one.by_policy), by_leaves.larger(one.by_leaves));
                if one.all.likely > most {
                    most = one.all.likely;
                    limit.largest = Some(index);
                }
                calls[index] = Some(one);
            }
            limit.seconds = limit.seconds + together.0;
            limit.by_policy = limit.by_policy + together.1;
            limit.by_leaves = limit.by_leaves + together.2;
        }
        visits[position] = limit;
    }
    let own = stated(&review.components[entry.0]).unwrap_or(Span::ZERO);
    let first = visits.first()?;
    let (seconds, by_policy, by_leaves) = (first.seconds + own, first.by_policy, first.by_leaves);
    let mut worst =
        WorstCase { seconds, by_policy, by_leaves, without_timeout: Vec::new(), largest: Vec::new(), calls, visits };
    worst.without_timeout = without_timeout(review, expansion, &worst);
    worst.largest = way_to_largest(expansion, &worst);
    Some(worst)
}

fn one_call(review: &Review, made: &MadeCall, call: &Call, callee: &VisitLimit) -> CallLimit {
    let dependency = made.dependency.map(|index| &review.dependencies[index.0]);
    let attempts = Span::ONE + dependency.map_or(Span::ZERO, retries);
    let backoff = dependency.and_then(|all| all.retry.as_ref()).map_or(Span::ZERO, waits_between);
    let timeout = dependency.and_then(timeout);
    let each = timeout.unwrap_or(callee.by_policy);
    let limited = dependency.and_then(longest_wait);
    let once = limited.unwrap_or_else(|| {
        let network = dependency.and_then(|dependency| dependency.network.as_ref()).map_or(Span::ZERO, Span::of);
        let own = own_time(call, &review.components[made.to.0]).unwrap_or(Span::ZERO);
        (network + own + callee.seconds) * attempts + dependency.map_or(Span::ZERO, waits_of)
    });
    let times = repeated(call);
    let by_policy = (each * attempts + backoff) * times;
    let below = if callee.largest.is_some() && !callee.endless { callee.by_leaves } else { Span::UNBOUNDED };
    let by_leaves = (timeout.map_or(callee.by_leaves, |timeout| timeout.smaller(below)) * attempts + backoff) * times;
    CallLimit { once, all: once * times, by_policy, by_leaves, limited: timeout.is_some() }
}

/// The calls that should have a timeout, have none, and are not below one that has.
fn without_timeout(review: &Review, expansion: &FlowExpansion, worst: &WorstCase) -> Vec<usize> {
    let mut open = vec![false; expansion.components.len()];
    if let Some(first) = open.first_mut() {
        *first = true;
    }
    let mut found = Vec::new();
    for position in 0..expansion.components.len() {
        if !open[position] {
            continue;
        }
        for &index in expansion.components[position].steps.iter().flat_map(Step::calls) {
            let made = &expansion.calls[index];
            if worst.calls[index].is_none_or(|call| call.limited) {
                continue;
            }
            if !needs_no_timeout(review, made) {
                found.push(index);
            }
            if let Some(callee) = expansion.place(made.to) {
                open[callee] = true;
            }
        }
    }
    found
}

fn way_to_largest(expansion: &FlowExpansion, worst: &WorstCase) -> Vec<usize> {
    let mut way = Vec::new();
    let mut position = 0;
    while let Some(index) = worst.visits.get(position).and_then(|visit| visit.largest) {
        way.push(index);
        let limited = worst.calls[index].is_none_or(|call| call.limited);
        // Callees stand behind their callers: the way ends.
        match expansion.place(expansion.calls[index].to).filter(|_| !limited) {
            Some(callee) => position = callee,
            None => break,
        }
    }
    way
}
