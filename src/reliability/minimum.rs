//! How long a flow takes when nothing ever waits: service times and round trips, and how much of them the tail has.
//!
//! *Mean.* Own service time and network of every call that is waited for, × count × probability × miss ratio. Of a group
//! the member with the largest mean counts; the mean of the longest is never less (Jensen). What is not said counts
//! as 0, and an unknown hit ratio as always hit: a lower bound, in seconds.
//!
//! *Percentile.* The share of requests that can be answered within a time is bounded from above, by the better of two:
//!
//! - Cantelli's inequality: for a time t below the mean m, `P(X ≤ t) ≤ σ² ÷ (σ² + (m − t)²)`, whatever the distribution.
//!   σ of a sum is at most the sum of the σ (Minkowski), so that no independence is needed either. A service time
//!   without `cv` is taken to have one of 1.
//! - For the calls that every request makes, service times with `cv = 1` as exponential ones (as the format says), with
//!   `cv = 0` and round trips as constants, everything else as 0, independent of each other. The sum is computed on a grid
//!   with every term rounded down, so that it is never too long.
//!
//! Must not know objectives.

use super::worst_case::{is_ever_made, stated};
use crate::graph::{ComponentIndex, FlowExpansion, MadeCall, Step, SystemGraph};
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
struct Time {
    mean: f64,
    deviation: f64,
    assumed: bool,
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
        Self { mean, deviation: (square - mean * mean).max(0.0).sqrt(), assumed: self.assumed }
    }
}

fn own(service_time: Option<&ServiceTime>, end: End) -> Time {
    let Some(time) = service_time else { return Time::default() };
    let mean = end.of(&time.mean);
    // The likely variation at every end: more of it makes the tail longer and the bound looser.
    let cv = time.cv.as_ref().map(|cv| cv.likely().value());
    Time { mean, deviation: mean * cv.unwrap_or(1.0), assumed: cv.is_none() && mean > 0.0 }
}

fn service_time<'a>(call: &'a Call, callee: &'a Component) -> Option<&'a ServiceTime> {
    call.service_time.as_ref().or(callee.service_time.as_ref())
}

fn network(review: &Review, made: &MadeCall, end: End) -> f64 {
    let stated = made.dependency.and_then(|index| review.dependencies[index.0].network.as_ref());
    stated.map_or(0.0, |network| end.of(network))
}

/// The share of a caller's visits that make a call: its probability and the misses of its cache.
fn made_share(review: &Review, graph: &SystemGraph, call: &Call, end: End) -> f64 {
    let probability = call.probability.as_ref().map_or(1.0, |probability| end.of(probability));
    let misses = call.on_miss.as_ref().map_or(1.0, |cache| {
        let component = graph.component(cache.as_str()).map(|index| &review.components[index.0]);
        let policy = component.and_then(|component| component.cache.as_ref());
        let hits = policy.and_then(|policy| policy.hit_ratio.as_ref());
        hits.map_or(0.0, |hits| 1.0 - end.opposite().of(hits))
    });
    probability * misses
}

/// What a visit takes after its own work, and which calls make up its longest way.
struct Passage {
    visits: Vec<Time>,
    /// By position in the expansion's calls: whether it is waited for and the longest of its group.
    chosen: Vec<bool>,
}

fn passage(review: &Review, graph: &SystemGraph, expansion: &FlowExpansion, end: End) -> Passage {
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
                let time = once.times(count).sometimes(made_share(review, graph, call, end));
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

fn whole(review: &Review, expansion: &FlowExpansion, passage: &Passage, end: End) -> Option<Time> {
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

/// Which inequality bounds a percentile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TailBound {
    /// Cantelli's: holds for every distribution with this mean and variation.
    AnyShape,
    /// The sum of exponential and constant times.
    Exponential,
}

/// How many requests can be answered within a time, at the best.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Within {
    /// At most this share, 0…1.
    pub share: f64,
    /// The mean without waiting, in seconds.
    pub mean: f64,
    /// The share that was asked about takes at least so long, in seconds.
    pub at_least: f64,
    /// By which inequality.
    pub by: TailBound,
    /// Whether a variation was not said and taken to be 1.
    pub assumed: bool,
}

/// The most requests of a flow that can be answered within `seconds` if nothing waits, and the least time that the
/// share `objective` (0…1) takes; `None` where the flow enters nowhere.
pub(super) fn within(
    review: &Review,
    graph: &SystemGraph,
    expansion: &FlowExpansion,
    end: End,
    seconds: f64,
    objective: f64,
) -> Option<Within> {
    let passage = passage(review, graph, expansion, end);
    let time = whole(review, expansion, &passage, end)?;
    let short = time.mean - seconds;
    let variance = time.deviation * time.deviation;
    let any = if short <= 0.0 { 1.0 } else { variance / (variance + short * short) };
    let least = if objective > 0.0 { time.mean - time.deviation * ((1.0 - objective) / objective).sqrt() } else { 0.0 };
    let any_shape = Within {
        share: any,
        mean: time.mean,
        at_least: least.max(0.0),
        by: TailBound::AnyShape,
        assumed: time.assumed,
    };
    let stages = Stages::of(review, graph, expansion, &passage, end);
    let (share, at_least) = stages.within(seconds, objective);
    if share < any_shape.share {
        return Some(Within { share, mean: time.mean, at_least, by: TailBound::Exponential, assumed: false });
    }
    Some(any_shape)
}

/// The most repetitions of exponential times that are added up; more only make the sum longer.
const MOST_STAGES: f64 = 512.0;
/// Cells of the grid up to the time that is asked about, and how many times further it reaches.
const CELLS: usize = 1024;
const REACH: usize = 4;

/// The part of a flow's time that every request spends and whose distribution is said.
struct Stages {
    constant: f64,
    /// Means of exponential times, and how many of each.
    exponential: Vec<(f64, f64)>,
}

impl Stages {
    fn of(review: &Review, graph: &SystemGraph, expansion: &FlowExpansion, passage: &Passage, end: End) -> Self {
        let stated_calls = review.flows[expansion.flow.0].calls.as_deref().unwrap_or_default();
        let mut stages = Self { constant: 0.0, exponential: Vec::new() };
        let mut visits = vec![0.0_f64; expansion.components.len()];
        if let (Some(first), Some(entry)) = (visits.first_mut(), expansion.entry) {
            *first = 1.0;
            stages.add(review.components[entry.0].service_time.as_ref(), 1.0, end);
        }
        for position in 0..expansion.components.len() {
            let times = visits[position];
            if times == 0.0 {
                continue;
            }
            let steps = expansion.components[position].steps.iter().flat_map(Step::calls);
            for &index in steps.filter(|index| passage.chosen[**index]) {
                let made = &expansion.calls[index];
                let call = &stated_calls[made.call];
                let count = call.count.as_ref().map_or(1.0, |count| end.of(count)).floor() * times;
                let Some(callee) = expansion.place(made.to).filter(|_| count > 0.0) else { continue };
                if made_share(review, graph, call, end) < 1.0 {
                    continue;
                }
                visits[callee] += count;
                stages.constant += network(review, made, end) * count;
                stages.add(service_time(call, &review.components[made.to.0]), count, end);
            }
        }
        stages
    }

    fn add(&mut self, time: Option<&ServiceTime>, times: f64, end: End) {
        let Some(time) = time else { return };
        let mean = end.of(&time.mean);
        match time.cv.as_ref().map(|cv| (cv.low().value(), cv.high().value())) {
            Some((0.0, 0.0)) => self.constant += mean * times,
            Some((low, high)) if mean > 0.0 && low >= 1.0 - 1e-9 && high <= 1.0 + 1e-9 => {
                self.exponential.push((mean, times));
            }
            _ => {}
        }
    }

    /// The most that the sum is within `seconds`, and the least time that the share `objective` takes.
    ///
    /// An exponential time rounded down to the grid is geometric, and adding one is one pass: `y[k] = (1 − q)·x[k] + q·y[k − 1]`
    /// with `q = e^(−cell ÷ mean)`.
    fn within(&self, seconds: f64, objective: f64) -> (f64, f64) {
        let rest = seconds - self.constant;
        if rest <= 0.0 || !rest.is_finite() {
            return (if rest < 0.0 { 0.0 } else { 1.0 }, self.constant.min(f64::MAX));
        }
        if self.exponential.is_empty() {
            return (1.0, self.constant);
        }
        let cell = rest / CELLS as f64;
        let mut chances = vec![0.0_f64; CELLS * REACH + 1];
        chances[0] = 1.0;
        let mut left = MOST_STAGES;
        for (mean, times) in &self.exponential {
            let stay = (-cell / mean).exp();
            let times = times.min(left);
            left -= times;
            for _ in 0..times as usize {
                let mut before = 0.0;
                for chance in &mut chances {
                    before = (1.0 - stay) * *chance + stay * before;
                    *chance = before;
                }
            }
        }
        let mut sum = 0.0;
        let mut share = 1.0;
        let mut cells = None;
        for (position, chance) in chances.iter().enumerate() {
            sum += chance;
            if position == CELLS {
                share = f64::min(sum, 1.0);
            }
            if cells.is_none() && sum >= objective {
                cells = Some(position);
            }
        }
        (share, self.constant + cells.unwrap_or(REACH * CELLS) as f64 * cell)
    }
}
