//! How many requests of a flow can be in time when nothing ever waits.
//!
//! The share of requests that can be answered within a time is bounded from above, by the better of two:
//!
//! - Cantelli's inequality: for a time t below the mean m, `P(X ≤ t) ≤ σ² ÷ (σ² + (m − t)²)`, whatever the distribution.
//!   σ of a sum is at most the sum of the σ (Minkowski), so that no independence is needed either. A service time
//!   without `cv` is taken to have one of 1.
//! - For the calls that every request makes, service times with `cv = 1` as exponential ones (as the format says), with
//!   `cv = 0` and round trips as constants, everything else as 0, independent of each other. The sum is computed on a grid
//!   with every term rounded down, so that it is never too long.
//!
//! Must not know objectives.

use super::minimum::{End, Passage, made_share, network, own, passage, service_time, whole};
use crate::graph::{ComponentIndex, FlowExpansion, Step, SystemGraph};
use crate::model::{Review, ServiceTime};
use crate::units::Quantity;

/// Which inequality bounds a percentile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TailBound {
    /// Cantelli's: holds for every distribution with this mean and variation.
    AnyShape,
    /// The sum of exponential and constant times.
    Exponential,
}

/// How many requests can be answered within a time, at the best.
#[derive(Debug, Clone, PartialEq)]
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
    /// What the mean is made of: components with their own time and the round trips to them, in seconds, longest first.
    pub parts: Vec<(ComponentIndex, f64)>,
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
    // Sums of milliseconds are a little off; what fits exactly fits.
    let seconds = seconds * (1.0 + 1e-9);
    let passage = passage(review, graph, expansion, end);
    let time = whole(review, expansion, &passage, end)?;
    let (any, least) = cantelli(time.mean, time.deviation, seconds, objective);
    let stages = Stages::of(review, graph, expansion, &passage, end);
    let (share, at_least) = stages.within(seconds, objective);
    let parts = parts(review, graph, expansion, &passage, end);
    let mean = time.mean;
    Some(if share < any {
        Within { share, mean, at_least, by: TailBound::Exponential, assumed: false, parts }
    } else {
        Within { share: any, mean, at_least: least, by: TailBound::AnyShape, assumed: time.assumed, parts }
    })
}

/// The most that is within `seconds`, and the least time that the share `objective` takes, of a time of which mean and
/// standard deviation are known (Cantelli's inequality).
fn cantelli(mean: f64, deviation: f64, seconds: f64, objective: f64) -> (f64, f64) {
    let short = mean - seconds;
    let (variance, square) = (deviation * deviation, short * short);
    if !variance.is_finite() || !square.is_finite() || objective <= 0.0 {
        return (1.0, 0.0);
    }
    let share = if short <= 0.0 { 1.0 } else { variance / (variance + square) };
    (share, (mean - deviation * ((1.0 - objective).max(0.0) / objective).sqrt()).max(0.0))
}

/// The mean by component, along the calls that make up the longest way.
fn parts(
    review: &Review,
    graph: &SystemGraph,
    expansion: &FlowExpansion,
    passage: &Passage,
    end: End,
) -> Vec<(ComponentIndex, f64)> {
    let stated_calls = review.flows[expansion.flow.0].calls.as_deref().unwrap_or_default();
    let mut visits = vec![0.0_f64; expansion.components.len()];
    let mut spent = vec![0.0_f64; expansion.components.len()];
    if let (Some(first), Some(entry)) = (visits.first_mut(), expansion.entry) {
        *first = 1.0;
        spent[0] = own(review.components[entry.0].service_time.as_ref(), end).mean;
    }
    for position in 0..expansion.components.len() {
        let steps = expansion.components[position].steps.iter().flat_map(Step::calls);
        for &index in steps.filter(|index| passage.chosen[**index]) {
            let made = &expansion.calls[index];
            let call = &stated_calls[made.call];
            let Some(callee) = expansion.place(made.to) else { continue };
            let count = call.count.as_ref().map_or(1.0, |count| end.of(count));
            let times = visits[position] * count * made_share(review, graph, expansion.flow, call, end);
            let once = own(service_time(call, &review.components[made.to.0]), end).mean + network(review, made, end);
            if times > 0.0 {
                visits[callee] += times;
                spent[callee] += times * once;
            }
        }
    }
    let components = expansion.components.iter().map(|visit| visit.component);
    let mut parts: Vec<_> = components.zip(spent).filter(|(_, seconds)| *seconds > 0.0).collect();
    parts.sort_by(|a, b| b.1.total_cmp(&a.1));
    parts
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
                if made_share(review, graph, expansion.flow, call, end) < 1.0 {
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

    /// The most that the sum is within `seconds`, and the least time that the share `objective` takes: on a grid, and by
    /// Cantelli's inequality with the variance of independent times, where there are more than the grid adds up.
    ///
    /// An exponential time rounded down to the grid is geometric, and adding one is one pass: `y[k] = (1 − q)·x[k] + q·y[k − 1]`
    /// with `q = e^(−cell ÷ mean)`.
    fn within(&self, seconds: f64, objective: f64) -> (f64, f64) {
        let mean = self.exponential.iter().fold(self.constant, |sum, (mean, times)| sum + mean * times);
        let variance: f64 = self.exponential.iter().map(|(mean, times)| mean * mean * times).sum();
        let (any, least) = cantelli(mean, variance.sqrt(), seconds, objective);
        let (share, at_least) = self.on_grid(seconds, objective);
        (share.min(any), at_least.max(least))
    }

    fn on_grid(&self, seconds: f64, objective: f64) -> (f64, f64) {
        let rest = seconds - self.constant;
        if rest <= 0.0 || !rest.is_finite() {
            return (if rest < 0.0 { 0.0 } else { 1.0 }, self.constant.min(f64::MAX));
        }
        if self.exponential.is_empty() {
            return (1.0, self.constant);
        }
        if self.surely_in_time(rest, objective) {
            return (1.0, self.constant);
        }
        let cell = rest / CELLS as f64;
        let share: f64 = self.chances(cell, CELLS + 1).iter().sum();
        if share >= objective {
            return (share.min(1.0), self.constant);
        }
        let mut sum = 0.0;
        let chances = self.chances(cell, CELLS * REACH);
        let cells = chances.iter().position(|chance| {
            sum += chance;
            sum >= objective
        });
        (share.min(1.0), self.constant + cells.unwrap_or(CELLS * REACH) as f64 * cell)
    }

    /// Whether the exponential times are within `rest` seconds often enough by Chernoff's bound, so that the grid could
    /// prove nothing: `P(X > t) ≤ e^(−st) · Π (1 − s·mean)^(−times)` for every s below 1 ÷ the largest mean.
    fn surely_in_time(&self, rest: f64, objective: f64) -> bool {
        let largest = self.exponential.iter().map(|(mean, _)| *mean).fold(0.0, f64::max);
        (1..16).any(|part| {
            let rate = f64::from(part) / 16.0 / largest;
            let grown: f64 = self.exponential.iter().map(|(mean, times)| -times * (-rate * mean).ln_1p()).sum();
            (grown - rate * rest).exp() <= 1.0 - objective
        })
    }

    /// The chances that the exponential times, each rounded down to a number of cells, come to so many cells.
    fn chances(&self, cell: f64, cells: usize) -> Vec<f64> {
        let mut chances = vec![0.0_f64; cells];
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
        chances
    }
}
