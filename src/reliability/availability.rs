//! The best availability that what a flow depends on leaves it.
//!
//! A flow answers when everything it needs is there. Components fail independently of each other and are counted once,
//! however many ways lead to them:
//!
//! - A component that every request needs takes its whole loss: `Π aᵢ` (Treynor, Dahlin, Rau, Beyer, *The Calculus of
//!   Service Availability*, ACM Queue 2017). The `availability` of a component is of all its replicas together, and an
//!   outage is longer than the waits between attempts: neither replicas nor retries raise it again.
//! - One that only a share of the requests needs (a miss, a probability) takes that share. Of several ways the likeliest
//!   counts. Which requests need which is not known, so they are taken to be the same ones as far as they can:
//!   `∫₀¹ Π {aᵢ : shareᵢ > u} du`. Every other overlap gives less (the product is supermodular: Tchen 1980), so what is
//!   computed is a bound that the flow cannot exceed.
//! - A call with another component to fall back to needs one of the two: `1 − (1 − a)(1 − b)`, each side with what it
//!   needs itself. What the flow needs anyway counts as there on both sides, once.
//! - Soft, degraded, queued and asynchronous calls need nothing.
//!
//! What is not known counts as always there, and is listed: the result never is too low. Shares 0…1. Linear in the calls
//! of the flow, apart from sorting. Must not know objectives.

use super::survival::Survival;
use super::worst_case::is_ever_made;
use crate::graph::{ComponentIndex, FlowExpansion, MadeCall, Step, SystemGraph, caches_missed};
use crate::model::{Call, ComponentKind, Review};
use crate::units::Span;
use std::collections::HashSet;

/// A component that the answer of a flow cannot do without.
#[derive(Debug, Clone, PartialEq)]
pub struct Needed {
    /// The component.
    pub component: ComponentIndex,
    /// The share of requests that need it, 0…1; by the likeliest way.
    pub share: Span,
    /// Its own availability, 0…1; `None` where the review does not say.
    pub availability: Option<Span>,
    /// How often one request may ask it, retries of all layers multiplied; 1 without retries.
    pub attempts: f64,
}

/// Two ways to the same answer, of which one is enough.
#[derive(Debug, Clone, PartialEq)]
pub struct Either {
    /// Who is asked first.
    pub first: ComponentIndex,
    /// What stands in for it.
    pub fallback: ComponentIndex,
    /// The share of requests that make the call, 0…1.
    pub share: Span,
    /// The availability of the two together, 0…1, what is unknown counted as there.
    pub availability: Span,
    /// The same, what is unknown counted as never there: no less can it be.
    pub at_least: f64,
    /// Components of either side whose availability the review does not say.
    pub unknown: Vec<ComponentIndex>,
}

/// The best availability of a flow.
#[derive(Debug, Clone, PartialEq)]
pub struct Attainable {
    /// The share of requests that can be answered, 0…1: the flow cannot give more.
    pub share: Span,
    /// The same if every failure were of a single request, so that each attempt has a new chance: `1 − (1 − a)^attempts`.
    /// Outages are not like that; above this, nothing helps.
    pub if_retries_mask: Span,
    /// What the answer cannot do without, callers first.
    pub needed: Vec<Needed>,
    /// What it needs one of two of.
    pub either: Vec<Either>,
    /// Caches whose hit ratio is not said; what is called on their misses counts as never needed.
    pub without_hit_ratio: Vec<ComponentIndex>,
    /// Whether a call counts as hard only because nothing is said about it.
    pub assumed: bool,
}

impl Attainable {
    /// The components whose availability is not said and that some request needs.
    pub fn unknown(&self) -> impl Iterator<Item = ComponentIndex> + '_ {
        let needed = self.needed.iter().filter(|needed| needed.availability.is_none() && needed.share.high > 0.0);
        needed
            .map(|needed| needed.component)
            .chain(self.either.iter().flat_map(|either| either.unknown.iter().copied()))
    }

    /// Whether nothing is missing: then [`Attainable::share`] rests on stated numbers alone.
    pub fn is_complete(&self) -> bool {
        self.without_hit_ratio.is_empty() && self.unknown().next().is_none()
    }
}

/// What the walk over a flow reads.
pub(super) struct Walk<'a> {
    pub(super) review: &'a Review,
    pub(super) graph: &'a SystemGraph,
    pub(super) expansion: &'a FlowExpansion,
    /// By position of the dependency.
    pub(super) survivals: &'a [Survival],
    /// By position in the expansion's components.
    pub(super) attempts: &'a [f64],
}

/// The best availability of a flow when the calls to `left_out` are no part of its answer; `None` where it enters nowhere.
pub(super) fn of_flow(walk: &Walk<'_>, left_out: &[ComponentIndex]) -> Option<Attainable> {
    walk.expansion.entry?;
    let mut found = Found::default();
    let everything: Vec<usize> = (0..walk.expansion.components.len()).collect();
    let shares = walk.shares(&everything, left_out, Some(&mut found));
    let mut claimed: Vec<bool> = shares.iter().map(|share| share.high > 0.0).collect();
    let needed: Vec<Needed> = shares
        .iter()
        .enumerate()
        .filter(|(position, share)| share.high > 0.0 && !walk.is_who_asks(*position))
        .map(|(position, share)| walk.needed(position, *share))
        .collect();
    let either: Vec<Either> = found
        .alternatives
        .iter()
        .filter_map(|(call, fallback, share)| walk.either(*call, *fallback, *share, left_out, &mut claimed))
        .collect();
    let parts = |masked: bool| -> Vec<(Span, Span)> {
        let single = needed.iter().filter_map(|needed| {
            let availability = needed.availability?;
            let attempts = if masked { needed.attempts } else { 1.0 };
            Some((needed.share, tried(availability, attempts)))
        });
        single.chain(either.iter().map(|either| (either.share, either.availability))).collect()
    };
    let (share, if_retries_mask) = (overlapping(&parts(false)), overlapping(&parts(true)));
    let Found { assumed, without_hit_ratio, .. } = found;
    Some(Attainable { share, if_retries_mask, needed, either, without_hit_ratio, assumed })
}

/// What a walk meets besides what is needed.
#[derive(Default)]
struct Found {
    assumed: bool,
    without_hit_ratio: Vec<ComponentIndex>,
    listed: HashSet<ComponentIndex>,
    /// Calls with a component to fall back to, and the share of requests that make them.
    alternatives: Vec<(usize, ComponentIndex, Span)>,
}

impl Walk<'_> {
    /// The share of requests that need each component, from the first of `positions` on (all others 0). `positions`
    /// are in the order of the expansion: callers before callees.
    fn shares(&self, positions: &[usize], left_out: &[ComponentIndex], mut found: Option<&mut Found>) -> Vec<Span> {
        let mut shares = vec![Span::ZERO; self.expansion.components.len()];
        if let Some(&first) = positions.first() {
            shares[first] = Span::ONE;
        }
        for &position in positions {
            let share = shares[position];
            if share.high == 0.0 {
                continue;
            }
            for (index, made, call) in self.waited_for(position) {
                if left_out.contains(&made.to) {
                    continue;
                }
                let share = share * self.made_share(call, found.as_deref_mut());
                match self.survival(made) {
                    Survival::Answers => {}
                    Survival::Either(fallback) => {
                        if let Some(found) = found.as_deref_mut().filter(|_| share.high > 0.0) {
                            found.alternatives.push((index, fallback, share));
                        }
                    }
                    Survival::Needed { said } => {
                        if let Some(found) = found.as_deref_mut() {
                            found.assumed |= !said;
                        }
                        if let Some(callee) = self.expansion.place(made.to) {
                            shares[callee] = shares[callee].larger(share);
                        }
                    }
                }
            }
        }
        shares
    }

    fn waited_for(&self, position: usize) -> impl Iterator<Item = (usize, &MadeCall, &Call)> {
        let stated = self.review.flows[self.expansion.flow.0].calls.as_deref().unwrap_or_default();
        let calls = self.expansion.components[position].steps.iter().flat_map(Step::calls);
        calls
            .map(|&index| (index, &self.expansion.calls[index]))
            .map(|(index, made)| (index, made, &stated[made.call]))
            .filter(|(_, made, call)| made.synchronous && is_ever_made(call))
    }

    fn survival(&self, made: &MadeCall) -> Survival {
        made.dependency.map_or(Survival::Needed { said: false }, |dependency| self.survivals[dependency.0])
    }

    /// The share of a caller's visits that make a call, 0…1: its probability, the misses, a count below 1.
    fn made_share(&self, call: &Call, found: Option<&mut Found>) -> Span {
        let times = call.count.as_ref().map_or(Span::ONE, Span::of).smaller(Span::ONE);
        let mut share = times * call.probability.as_ref().map_or(Span::ONE, Span::of);
        let flow = &self.review.flows[self.expansion.flow.0];
        let mut unknown = None;
        for cache in caches_missed(flow, call).into_iter().filter_map(|cache| self.graph.component(cache)) {
            let policy = self.review.components[cache.0].cache.as_ref();
            match policy.and_then(|policy| policy.hit_ratio.as_ref()) {
                Some(hits) => share = share * Span::of(hits).complement(),
                None => unknown = Some(cache),
            }
        }
        let Some(cache) = unknown else { return share };
        if let Some(found) = found
            && found.listed.insert(cache)
        {
            found.without_hit_ratio.push(cache);
        }
        Span::ZERO
    }

    /// Whoever asks is there: a browser, or a partner's system that a flow enters by.
    fn is_who_asks(&self, position: usize) -> bool {
        let component = self.expansion.components[position].component;
        let kind = self.review.components[component.0].kind;
        kind == Some(ComponentKind::Client)
            || kind == Some(ComponentKind::External) && Some(component) == self.expansion.entry
    }

    fn availability(&self, component: ComponentIndex) -> Option<Span> {
        let percent = self.review.components[component.0].availability.as_ref();
        percent.map(|percent| Span::of(percent) * 0.01)
    }

    fn needed(&self, position: usize, share: Span) -> Needed {
        let component = self.expansion.components[position].component;
        let attempts = self.attempts.get(position).copied().unwrap_or(1.0);
        Needed { component, share, availability: self.availability(component), attempts }
    }

    /// One of two. `None` where what is asked first is needed anyway, or already stands on the side of another choice:
    /// then the choice costs nothing more that could be proved.
    fn either(
        &self,
        call: usize,
        fallback: ComponentIndex,
        share: Span,
        left_out: &[ComponentIndex],
        claimed: &mut [bool],
    ) -> Option<Either> {
        let first = self.expansion.calls[call].to;
        let place = self.expansion.place(first)?;
        let other = self.expansion.place(fallback);
        if claimed[place] || other.is_some_and(|other| claimed[other]) {
            return None;
        }
        let behind = self.behind(place, claimed);
        let shares = self.shares(&behind, left_out, None);
        let mut unknown = Vec::new();
        let mut parts = Vec::new();
        for &position in behind.iter().filter(|position| shares[**position].high > 0.0) {
            let needed = self.needed(position, shares[position]);
            match needed.availability {
                Some(availability) => parts.push((needed.share, availability)),
                None => unknown.push(needed.component),
            }
        }
        let first_known = unknown.is_empty();
        let first_way = overlapping(&parts);
        if let Some(other) = other {
            claimed[other] = true;
        }
        let second_way = self.availability(fallback);
        if second_way.is_none() {
            unknown.push(fallback);
        }
        let one_of = |a: f64, b: f64| 1.0 - (1.0 - a) * (1.0 - b);
        let second = second_way.unwrap_or(Span::ONE);
        let availability = Span {
            low: one_of(first_way.low, second.low),
            likely: one_of(first_way.likely, second.likely),
            high: one_of(first_way.high, second.high),
        };
        let surely = if first_known { first_way.likely } else { 0.0 };
        let at_least = one_of(surely, second_way.map_or(0.0, |second| second.likely));
        Some(Either { first, fallback, share, availability, at_least, unknown })
    }

    /// What is needed behind a component, itself first, in the order of the expansion; each is claimed.
    fn behind(&self, place: usize, claimed: &mut [bool]) -> Vec<usize> {
        let mut behind = Vec::new();
        let mut open = vec![place];
        claimed[place] = true;
        while let Some(position) = open.pop() {
            behind.push(position);
            for (_, made, _) in self.waited_for(position) {
                let callee = self.expansion.place(made.to);
                let Some(callee) = callee.filter(|_| matches!(self.survival(made), Survival::Needed { .. })) else {
                    continue;
                };
                if !claimed[callee] {
                    claimed[callee] = true;
                    open.push(callee);
                }
            }
        }
        behind.sort_unstable();
        behind
    }
}

/// The availability with so many independent chances.
fn tried(availability: Span, attempts: f64) -> Span {
    if attempts <= 1.0 {
        return availability;
    }
    let end = |a: f64| 1.0 - (1.0 - a).max(0.0).powf(attempts);
    Span { low: end(availability.low), likely: end(availability.likely), high: end(availability.high) }
}

/// `∫₀¹ Π {aᵢ : shareᵢ > u} du` of pairs (share, availability); the ends of the ranges that give less make the low end.
fn overlapping(parts: &[(Span, Span)]) -> Span {
    let end = |share: fn(&Span) -> f64, availability: fn(&Span) -> f64| {
        let mut ends: Vec<(f64, f64)> =
            parts.iter().map(|(part, is)| (share(part).min(1.0), availability(is))).collect();
        ends.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (mut whole, mut product, mut above) = (0.0, 1.0, 1.0);
        for (share, availability) in ends {
            whole += (above - share) * product;
            product *= availability;
            above = share;
        }
        whole + above * product
    };
    Span {
        low: end(|share| share.high, |is| is.low),
        likely: end(|share| share.likely, |is| is.likely),
        high: end(|share| share.low, |is| is.high),
    }
}
