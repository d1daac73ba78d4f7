//! What the flows ask of each component and of each connection, today, added up.

use super::Span;
use super::gaps::Gaps;
use super::holding::Holding;
use crate::graph::{ComponentIndex, DependencyIndex, SystemGraph};
use crate::model::Review;
use foldhash::{HashMap, HashMapExt};

/// What arrives at one place.
#[derive(Debug, Clone)]
pub(super) struct Demand {
    /// Visits or calls a second, over the flows whose rate is known.
    pub(super) arrival: Span,
    /// Busy slots of its own work (a pool: of round trips): Σ arrival × own time.
    pub(super) own: Span,
    /// Busy slots altogether: Σ arrival × holding time.
    pub(super) held: Span,
    /// Σ likely arrival × holding time: divided by the likely arrival, the mean holding time with its range.
    pub(super) held_by_likely: Span,
    /// Likely busy slots that wait, by whom they wait for.
    pub(super) waiting: HashMap<ComponentIndex, f64>,
    /// What is not known of the arrival, of the own work, and of the rest of the holding.
    pub(super) arrival_gaps: Gaps,
    pub(super) own_gaps: Gaps,
    pub(super) waiting_gaps: Gaps,
    /// Whether the rate of at least one flow is known.
    pub(super) known: bool,
}

impl Demand {
    fn new() -> Self {
        Self {
            arrival: Span::ZERO,
            own: Span::ZERO,
            held: Span::ZERO,
            held_by_likely: Span::ZERO,
            waiting: HashMap::new(),
            arrival_gaps: Gaps::default(),
            own_gaps: Gaps::default(),
            waiting_gaps: Gaps::default(),
            known: false,
        }
    }

    fn arrive(&mut self, arrival: Span) {
        self.arrival = self.arrival + arrival;
        self.known = true;
    }

    fn hold(&mut self, arrival: Span, time: Span) {
        self.held = self.held + arrival * time;
        self.held_by_likely = self.held_by_likely + time * arrival.likely;
    }

    fn wait(&mut self, arrival: Span, callee: ComponentIndex, time: f64) {
        *self.waiting.entry(callee).or_insert(0.0) += (arrival * time).likely;
    }
}

/// The demands of every visited component and every used connection.
#[derive(Debug, Default)]
pub(super) struct Demands {
    pub(super) components: HashMap<ComponentIndex, Demand>,
    /// Only dependencies with a pool that is held: those that are waited for.
    pub(super) pools: HashMap<DependencyIndex, Demand>,
}

impl Demands {
    pub(super) fn of(review: &Review, graph: &SystemGraph, holdings: &[Holding], rates: &[Option<Span>]) -> Self {
        let mut demands = Self::default();
        for ((expansion, holding), rate) in graph.expansions().iter().zip(holdings).zip(rates) {
            let rate_gap = if rate.is_some() { Gaps::default() } else { Gaps::RATE };
            let rate = rate.unwrap_or(Span::ZERO);
            let known = rate_gap == Gaps::default();
            for (visit, wait) in expansion.components.iter().zip(&holding.waits) {
                let demand = demands.components.entry(visit.component).or_insert_with(Demand::new);
                demand.arrival_gaps |= rate_gap | wait.visit_gaps;
                demand.waiting_gaps |= wait.gaps;
                if known {
                    let arrival = visit.visits * rate;
                    demand.arrive(arrival);
                    demand.hold(arrival, wait.total);
                    for (callee, time) in &wait.by {
                        demand.wait(arrival, *callee, *time);
                    }
                }
            }
            if let Some(demand) = expansion.entry.and_then(|entry| demands.components.get_mut(&entry)) {
                demand.own_gaps |= holding.entry_gaps;
                demand.own = demand.own + rate * holding.entry;
                demand.hold(rate, holding.entry);
            }
            for (call, held) in expansion.calls.iter().zip(&holding.calls) {
                let arrival = call.per_request * rate;
                if let Some(demand) = demands.components.get_mut(&call.to) {
                    demand.own_gaps |= held.own_gaps;
                    demand.own = demand.own + arrival * held.own;
                    demand.hold(arrival, held.own);
                }
                let Some(dependency) = call.dependency.filter(|_| call.synchronous) else { continue };
                let has_pool = review.dependencies[dependency.0].pool.as_ref().is_some_and(|pool| pool.size.is_some());
                if !has_pool {
                    continue;
                }
                let Some(below) = expansion.place(call.to).map(|place| &holding.waits[place]) else { continue };
                let demand = demands.pools.entry(dependency).or_insert_with(Demand::new);
                demand.arrival_gaps |= rate_gap | below.visit_gaps;
                demand.waiting_gaps |= held.gaps;
                if known {
                    demand.arrive(arrival);
                    demand.own = demand.own + arrival * held.network;
                    demand.hold(arrival, held.whole);
                    demand.wait(arrival, call.to, held.own.likely);
                    for (callee, time) in &below.by {
                        demand.wait(arrival, *callee, *time);
                    }
                }
            }
        }
        demands
    }
}
