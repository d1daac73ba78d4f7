//! How long a call may be allowed to take, so that its caller is still there for the answer.
//!
//! From the entry on: what a visit has is the time after which whoever asked is gone, the objective's threshold at the
//! entry. Of that a tenth, or its own work and round trip where that is more, stays with the visit; the calls whose timeouts
//! are set take what they may take; what is left is shared by the attempts of the calls that are asked for:
//!
//! `timeout = (allowed − kept − Σ longest other step − waits) ÷ Σ (count × attempts)`
//!
//! In seconds. One pass, callers first. Must not know what is missing.

use super::policy::{retries, timeout, waits_of};
use super::worst_case::{WorstCase, needs_no_timeout, repeated, stated};
use crate::graph::{FlowExpansion, MadeCall};
use crate::model::{Dependency, Review};
use crate::units::Span;

/// The part of what it is allowed that a caller keeps for itself: judgement of this project, for the work after the last
/// answer and for clocks that do not agree.
const KEPT: f64 = 0.1;

/// Who is gone after the allowed time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Patience {
    /// Whoever made this call, after its timeout: a position in [`FlowExpansion::calls`].
    Caller(usize),
    /// Whoever makes this call, after the timeout that is proposed for it because of another flow.
    Proposed(usize),
    /// The user, after the threshold of the objective.
    Objective,
}

/// A timeout that fits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fitting {
    /// The longest timeout of one attempt, in seconds, above 0.
    pub timeout: f64,
    /// Whose patience it is derived from.
    pub patience: Patience,
    /// How long the visit of the caller may take, in seconds: that patience, less what stands between.
    pub allowed: f64,
    /// What the caller's other calls may take of it, and the waits between attempts, in seconds.
    pub taken: f64,
    /// The longest timeout by this flow alone, in seconds; `timeout` is less where another leaves less.
    pub alone: f64,
    /// How many attempts, one after another, share the rest: those of all the calls that are asked about.
    pub attempts: f64,
}

/// The longest timeouts of some calls of a flow with which every caller is still there when its calls have ended.
///
/// `threshold` is the time after which the flow's answer is too late; `wanted` says for which calls (positions in
/// [`FlowExpansion::calls`]) a timeout is asked for, and no more than which: what other flows leave the same dependency.
/// `None` where nothing limits the call, or nothing is left for it.
pub fn fitting_timeouts(
    review: &Review,
    expansion: &FlowExpansion,
    worst: &WorstCase,
    threshold: Option<f64>,
    wanted: impl Fn(usize) -> Option<f64>,
) -> Vec<Option<Fitting>> {
    let mut fitting = vec![None; expansion.calls.len()];
    let mut allowed: Vec<Option<(f64, Patience)>> = vec![None; expansion.components.len()];
    if let (Some(first), Some(threshold)) = (allowed.first_mut(), threshold) {
        *first = Some((threshold, Patience::Objective));
    }
    for position in 0..expansion.components.len() {
        let visit = Visit::of(review, expansion, worst, position, &wanted);
        let own = allowed[position].map(|(seconds, patience)| {
            let kept = if visit.asks { visit.own } else { visit.own.max(seconds * KEPT) };
            (seconds - kept - visit.taken, patience, seconds)
        });
        for &index in expansion.components[position].steps.iter().flat_map(crate::graph::Step::calls) {
            let made = &expansion.calls[index];
            let (Some(_), Some(callee)) = (worst.calls[index], expansion.place(made.to)) else { continue };
            let dependency = dependency(review, made);
            let below = if let Some(most) = wanted(index) {
                let derived = own.and_then(|(left, patience, seconds)| {
                    let alone = left / visit.attempts;
                    let timeout = alone.min(most);
                    let Visit { taken, attempts, .. } = visit;
                    let fitting = Fitting { timeout, patience, allowed: seconds, taken, alone, attempts };
                    (timeout > 0.0 && timeout.is_finite()).then_some(fitting)
                });
                fitting[index] = derived;
                derived.map(|derived| {
                    let by_other = derived.timeout < derived.alone;
                    (derived.timeout, if by_other { Patience::Proposed(index) } else { derived.patience })
                })
            } else {
                // What the caller has left, and the time its own step takes.
                let attempts = repeated_attempts(review, expansion, index).max(1.0);
                let step = worst.calls[index].map_or(0.0, |call| call.all.likely);
                let network = dependency.and_then(|dependency| dependency.network.as_ref());
                let network = network.map_or(0.0, |network| Span::of(network).likely);
                let waits = dependency.map_or(0.0, |dependency| waits_of(dependency).likely);
                let rest = own
                    .map(|(left, patience, _)| ((left + step - waits) / attempts - network, patience))
                    .filter(|(left, _)| *left > 0.0);
                let set = dependency.and_then(timeout).map(|timeout| (timeout.likely, Patience::Caller(index)));
                match (set, rest) {
                    (Some(set), Some(rest)) => Some(if rest.0 < set.0 { rest } else { set }),
                    (Some(set), None) => Some(set),
                    (None, rest) => rest.filter(|_| needs_no_timeout(review, made)),
                }
            };
            allowed[callee] = match (allowed[callee], below) {
                (Some(known), Some(below)) if known.0 <= below.0 => Some(known),
                (known, below) => below.or(known),
            };
        }
    }
    fitting
}

/// What a visit spends besides the calls that are asked about.
struct Visit {
    /// Whether it is a client or a partner: their own work is not ours.
    asks: bool,
    /// Own service time.
    own: f64,
    /// The other steps at their longest, and the waits of the calls that are asked about.
    taken: f64,
    /// Attempts of the calls that are asked about, one after another.
    attempts: f64,
}

impl Visit {
    fn of(
        review: &Review,
        expansion: &FlowExpansion,
        worst: &WorstCase,
        position: usize,
        wanted: &impl Fn(usize) -> Option<f64>,
    ) -> Self {
        let visited = &expansion.components[position];
        let component = &review.components[visited.component.0];
        let own = stated(component).map_or(0.0, |own| own.likely);
        let kind = component.kind;
        let asks = matches!(kind, Some(crate::model::ComponentKind::Client | crate::model::ComponentKind::External));
        let mut visit = Self { asks, own, taken: 0.0, attempts: 0.0 };
        for step in &visited.steps {
            let (mut longest, mut attempts, mut waits) = (0.0_f64, 0.0_f64, 0.0_f64);
            for &index in step.calls() {
                let Some(limit) = worst.calls[index] else { continue };
                if wanted(index).is_some() {
                    attempts = attempts.max(repeated_attempts(review, expansion, index));
                    let each = dependency(review, &expansion.calls[index]).map_or(0.0, |own| waits_of(own).likely);
                    waits = waits.max(each * times(review, expansion, index));
                } else {
                    longest = longest.max(limit.all.likely);
                }
            }
            visit.attempts += attempts;
            visit.taken += if attempts > 0.0 { waits } else { longest };
        }
        visit
    }
}

fn dependency<'a>(review: &'a Review, made: &MadeCall) -> Option<&'a Dependency> {
    made.dependency.map(|index| &review.dependencies[index.0])
}

fn times(review: &Review, expansion: &FlowExpansion, index: usize) -> f64 {
    let calls = review.flows[expansion.flow.0].calls.as_deref().unwrap_or_default();
    repeated(&calls[expansion.calls[index].call]).likely
}

fn repeated_attempts(review: &Review, expansion: &FlowExpansion, index: usize) -> f64 {
    let attempts = dependency(review, &expansion.calls[index]).map_or(0.0, |own| retries(own).likely);
    times(review, expansion, index) * (1.0 + attempts)
}

/// A time rounded down to two significant digits, in seconds: what a person would write.
pub fn rounded_down(seconds: f64) -> f64 {
    if !seconds.is_finite() || seconds <= 0.0 {
        return 0.0;
    }
    let unit = 10_f64.powi(seconds.log10().floor() as i32 - 1);
    (seconds / unit + 1e-6).floor() * unit
}

/// A time as it is typed into the file: `180ms`, `1.5s`.
pub fn written(seconds: f64) -> String {
    let (value, unit) = match seconds {
        seconds if seconds >= 1.0 => (seconds, "s"),
        seconds if seconds >= 1e-3 => (seconds * 1e3, "ms"),
        seconds => (seconds * 1e6, "us"),
    };
    format!("{}{unit}", crate::units::significant(value, 6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derived_time_reads_as_a_person_would_write_it() {
        assert_eq!(written(rounded_down(0.1837)), "180ms");
        assert_eq!(written(rounded_down(0.18)), "180ms");
        assert_eq!(written(rounded_down(1.59)), "1.5s");
        assert_eq!(written(rounded_down(0.000_259)), "250us");
        assert_eq!(written(rounded_down(0.009_99)), "9.9ms");
        assert_eq!(rounded_down(f64::INFINITY), 0.0);
    }
}
