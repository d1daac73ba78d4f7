//! How long a flow takes when nothing ever waits: service times and round trips.
//!
//! Own service time and network of every call that is waited for, × count × probability × miss ratio. Of a group
//! the member with the largest mean counts; the mean of the longest is never less (Jensen). What is not said counts
//! as 0, and an unknown hit ratio as always hit: a lower bound, in seconds.
//!
//! Must not know objectives.

use super::worst_case::{is_ever_made, stated};
use crate::graph::{ComponentIndex, FlowExpansion, FlowIndex, MadeCall, SystemGraph, caches_missed};
use crate::model::{Call, Component, ComponentKind, Review, ServiceTime};
use crate::units::{Estimate, Quantity, Span};

/// The time to the answer without any waiting.
#[derive(Debug, Clone, PartialEq)]
pub struct Minimum {
    /// The mean, in seconds; what is not known counts as 0, so no less can it be.
    pub mean: Span,
    /// Components of the answer whose service time the review does not say.
    pub without_service_time: Vec<ComponentIndex>,
    /// Whether a round trip of the answer is not said.
    pub without_network: bool,
}

/// Which end of the ranges is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Everything as short as it may be.
    Low,
    /// As it likely is.
    Likely,
    /// Everything as long as it may be.
    High,
}

impl End {
    /// This end of a range, in the base unit.
    pub fn of<Q: Quantity>(self, estimate: &Estimate<Q>) -> f64 {
        match self {
            Self::Low => estimate.low().value(),
            Self::Likely => estimate.likely().value(),
            Self::High => estimate.high().value(),
        }
    }

    /// The other end, for what makes it shorter by being more.
    fn opposite(self) -> Self {
        match self {
            Self::Low => Self::High,
            Self::Likely => Self::Likely,
            Self::High => Self::Low,
        }
    }
}

/// Mean and standard deviation of a time, in seconds; `assumed` where a variation was not said.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Time {
    pub(super) mean: f64,
    pub(super) deviation: f64,
    pub(super) assumed: bool,
}

impl Time {
    /// One after the other.
    fn then(self, other: Self) -> Self {
        Self {
            mean: self.mean + other.mean,
            deviation: self.deviation + other.deviation,
            assumed: self.assumed || other.assumed,
        }
    }

    /// So many times; a part of a time is made by that share of the requests.
    fn times(self, count: f64) -> Self {
        if count <= 0.0 || self.mean == 0.0 && self.deviation == 0.0 {
            return Self { mean: 0.0, deviation: 0.0, assumed: self.assumed && count > 0.0 };
        }
        let whole = count.floor();
        let part = count - whole;
        let all = Self { mean: self.mean * whole, deviation: self.deviation * whole, assumed: self.assumed };
        if part > 0.0 { all.then(self.sometimes(part)) } else { all }
    }

    /// Only for a share of the requests: a mixture with 0.
    fn sometimes(self, share: f64) -> Self {
        if share >= 1.0 {
            return self;
        }
        let mean = self.mean * share;
        let square = share * (self.deviation * self.deviation + self.mean * self.mean);
        let variance = square - mean * mean;
        // What is too large to be a number proves nothing.
        let deviation = if variance.is_finite() { variance.max(0.0).sqrt() } else { f64::INFINITY };
        Self { mean, deviation, assumed: self.assumed }
    }
}

pub(super) fn own(service_time: Option<&ServiceTime>, end: End) -> Time {
    let Some(time) = service_time else { return Time::default() };
    let mean = end.of(&time.mean);
    // The likely variation at every end: more of it makes the tail longer and the bound looser.
    let cv = time.cv.as_ref().map(|cv| cv.likely().value());
    Time { mean, deviation: mean * cv.unwrap_or(1.0), assumed: cv.is_none() && mean > 0.0 }
}

pub(super) fn service_time<'a>(call: &'a Call, callee: &'a Component) -> Option<&'a ServiceTime> {
    call.service_time.as_ref().or(callee.service_time.as_ref())
}

pub(super) fn network(review: &Review, made: &MadeCall, end: End) -> f64 {
    let stated = made.dependency.and_then(|index| review.dependencies[index.0].network.as_ref());
    stated.map_or(0.0, |network| end.of(network))
}

/// The share of a caller's visits that make a call: its probability and the misses of its cache.
pub(super) fn made_share(review: &Review, graph: &SystemGraph, flow: FlowIndex, call: &Call, end: End) -> f64 {
    let probability = call.probability.as_ref().map_or(1.0, |probability| end.of(probability));
    let missed = caches_missed(&review.flows[flow.0], call).into_iter().map(|cache| {
        let component = graph.component(cache).map(|index| &review.components[index.0]);
        let policy = component.and_then(|component| component.cache.as_ref());
        let hits = policy.and_then(|policy| policy.hit_ratio.as_ref());
        hits.map_or(0.0, |hits| 1.0 - end.opposite().of(hits))
    });
    probability * missed.product::<f64>()
}

/// What a visit takes after its own work, and which calls make up its longest way.
pub(super) struct Passage {
    pub(super) visits: Vec<Time>,
    /// By position in the expansion's calls: whether it is waited for and the longest of its group.
    pub(super) chosen: Vec<bool>,
}

pub(super) fn passage(review: &Review, graph: &SystemGraph, expansion: &FlowExpansion, end: End) -> Passage {
    let stated_calls = review.flows[expansion.flow.0].calls.as_deref().unwrap_or_default();
    let mut passage = Passage {
        visits: vec![Time::default(); expansion.components.len()],
        chosen: vec![false; expansion.calls.len()],
    };
    for position in (0..expansion.components.len()).rev() {
        let mut visit = Time::default();
        for step in &expansion.components[position].steps {
            let mut longest: Option<(usize, Time)> = None;
            for &index in step.calls() {
                let made = &expansion.calls[index];
                let call = &stated_calls[made.call];
                let Some(callee) = expansion.place(made.to).filter(|_| made.synchronous && is_ever_made(call)) else {
                    continue;
                };
                let component = &review.components[made.to.0];
                let round_trip = Time { mean: network(review, made, end), ..Time::default() };
                let once = own(service_time(call, component), end).then(round_trip).then(passage.visits[callee]);
                let count = call.count.as_ref().map_or(1.0, |count| end.of(count));
                let time = once.times(count).sometimes(made_share(review, graph, expansion.flow, call, end));
                if longest.is_none_or(|(_, longest)| time.mean > longest.mean) {
                    longest = Some((index, time));
                }
            }
            if let Some((index, time)) = longest {
                passage.chosen[index] = true;
                visit = visit.then(time);
            }
        }
        passage.visits[position] = visit;
    }
    passage
}

pub(super) fn whole(review: &Review, expansion: &FlowExpansion, passage: &Passage, end: End) -> Option<Time> {
    let entry = expansion.entry?;
    Some(own(review.components[entry.0].service_time.as_ref(), end).then(*passage.visits.first()?))
}

/// The mean of a flow without waiting; `None` where it enters nowhere, or nothing of it is known.
pub(super) fn of_flow(review: &Review, graph: &SystemGraph, expansion: &FlowExpansion) -> Option<Minimum> {
    let entry = expansion.entry?;
    let mean = |end| Some(whole(review, expansion, &passage(review, graph, expansion, end), end)?.mean);
    let mean = Span { low: mean(End::Low)?, likely: mean(End::Likely)?, high: mean(End::High)? };
    let mut without_service_time = Vec::new();
    let first = &review.components[entry.0];
    if stated(first).is_none() && first.kind != Some(ComponentKind::External) {
        without_service_time.push(entry);
    }
    let stated_calls = review.flows[expansion.flow.0].calls.as_deref().unwrap_or_default();
    let mut listed = vec![false; expansion.components.len()];
    let mut without_network = false;
    for made in expansion.calls.iter().filter(|made| made.in_answer) {
        let call = &stated_calls[made.call];
        let Some(place) = expansion.place(made.to).filter(|_| is_ever_made(call)) else { continue };
        let dependency = made.dependency.map(|index| &review.dependencies[index.0]);
        without_network |= dependency.is_none_or(|dependency| dependency.network.is_none());
        let known = call.service_time.is_some() || stated(&review.components[made.to.0]).is_some();
        if !known && !std::mem::replace(&mut listed[place], true) {
            without_service_time.push(made.to);
        }
    }
    if mean.high == 0.0 && !without_service_time.is_empty() {
        return None;
    }
    Some(Minimum { mean, without_service_time, without_network })
}
