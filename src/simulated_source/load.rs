//! What the analysis says of one element today: how much arrives, how long it takes, how busy it is.
//!
//! The formulas of waiting are textbook approximations, good enough for numbers that nobody may rely on.

use crate::capacity::{Capacity, Resource, ResourceKind};
use crate::graph::{FlowExpansion, SystemGraph};
use crate::model::{Component, Element, Review};
use crate::units::Quantity;

/// Beyond this utilisation the formulas of waiting have no value.
const MOST_UTILISATION: f64 = 0.98;
/// The coefficient of variation of times of which the review states none.
const USUAL_VARIATION: f64 = 0.5;
/// Handing out a free connection takes this long, in seconds.
const HAND_OUT: f64 = 40e-6;

/// What arrives at an element and what that does to it. Unknown is `None`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Load {
    /// Requests or calls a second.
    pub(super) arrival: Option<f64>,
    /// The offered utilisation of the limit that fills first, 0….
    pub(super) utilisation: Option<f64>,
    /// Mean time without any waiting in queues, in seconds.
    time: Option<f64>,
    /// What is queued for: places, and how much of them is taken.
    places: Option<(f64, f64)>,
    /// Standard deviation of the time ÷ its mean.
    variation: f64,
}

impl Load {
    pub(super) fn of(review: &Review, graph: &SystemGraph, capacity: &Capacity, element: &Element) -> Self {
        if let Element::Flow(id) = element {
            return Self::of_flow(capacity, id);
        }
        let of_element = || capacity.resources.iter().filter(|resource| resource.element == *element);
        let held = |resource: &&Resource| matches!(resource.kind, ResourceKind::Workers | ResourceKind::Pool);
        let holder = of_element().find(held);
        let callee = match element {
            Element::Component(id) | Element::Dependency(_, id) => review.component(id),
            _ => None,
        };
        let holding = holder.and_then(|resource| resource.holding_time).map(|time| time.likely);
        Self {
            arrival: arrival(graph, capacity, element),
            utilisation: of_element().next().map(|resource| resource.utilisation.likely),
            time: holding.or_else(|| callee.and_then(|callee| stated(review, callee))),
            places: holder.map(|resource| (resource.capacity.likely.max(1.0), resource.utilisation.likely)),
            variation: callee.and_then(variation).unwrap_or(USUAL_VARIATION),
        }
    }

    fn of_flow(capacity: &Capacity, id: &str) -> Self {
        let flow = capacity.flows.iter().find(|flow| flow.flow == id);
        let narrowest = flow.and_then(|flow| flow.until).and_then(|until| capacity.resources.get(until));
        let utilisation = narrowest.map(|resource| resource.utilisation.likely);
        Self {
            arrival: flow.and_then(|flow| flow.arrival_rate).map(|rate| rate.likely),
            utilisation,
            time: flow.and_then(|flow| flow.time_without_queueing).map(|time| time.likely),
            places: narrowest.map(|resource| (resource.capacity.likely.max(1.0), resource.utilisation.likely)),
            variation: USUAL_VARIATION,
        }
    }

    /// Mean wait for a place, in seconds: u^√(2(c+1)) ÷ (c·(1 − u)) of the time a place is held (Sakasegawa 1977, M/M/c).
    pub(super) fn wait(&self) -> Option<f64> {
        let (places, utilisation) = self.places?;
        let u = utilisation.clamp(0.0, MOST_UTILISATION);
        let share = u.powf((2.0 * (places + 1.0)).sqrt()) / (places * (1.0 - u));
        Some(self.time? * share + HAND_OUT)
    }

    /// Mean time with the waiting, in seconds.
    pub(super) fn time_with_waiting(&self) -> Option<f64> {
        Some(self.time? + self.wait().unwrap_or_default())
    }

    /// The part of the time that is waiting.
    pub(super) fn wait_share(&self) -> Option<f64> {
        Some(self.wait()? / self.time_with_waiting()?)
    }

    /// A percentile by its signal, in seconds, of a lognormal time with the mean and the variation.
    pub(super) fn percentile(&self, signal: &str) -> Option<f64> {
        let deviations = match signal {
            "p50" => 0.0,
            "p90" => 1.2816,
            "p95" => 1.6449,
            "p99" => 2.3263,
            "p999" => 3.0902,
            _ => return None,
        };
        let sigma = self.variation.mul_add(self.variation, 1.0).ln().sqrt();
        Some(self.time_with_waiting()? * (deviations * sigma - sigma * sigma / 2.0).exp())
    }

    /// The part of what arrives that cannot be served.
    pub(super) fn refused(&self) -> f64 {
        self.utilisation.filter(|utilisation| *utilisation > 1.0).map_or(0.0, |utilisation| 1.0 - 1.0 / utilisation)
    }
}

/// Requests a second at an element: Σ over the flows of rate × visits; `None` where no flow with a known rate comes by.
fn arrival(graph: &SystemGraph, capacity: &Capacity, element: &Element) -> Option<f64> {
    let visits = |expansion: &FlowExpansion| match element {
        Element::Component(id) => Some(expansion.visit(graph.component(id)?)?.visits.likely),
        Element::Dependency(from, to) => {
            let (from, to) = (graph.component(from)?, graph.component(to)?);
            let mut calls = expansion.made().filter(|call| call.from == from && call.to == to).peekable();
            calls.peek()?;
            Some(calls.map(|call| call.per_request.likely).sum())
        }
        _ => None,
    };
    let of_flows = graph.expansions().iter().zip(&capacity.flows);
    of_flows
        .filter_map(|(expansion, flow)| Some(flow.arrival_rate?.likely * visits(expansion)?))
        .fold(None, |sum, rate| Some(sum.unwrap_or(0.0) + rate))
}

/// The service time of a component, or of the first call that states one for it, in seconds.
fn stated(review: &Review, component: &Component) -> Option<f64> {
    let own = component.service_time.as_ref();
    let calls = || review.flows.iter().flat_map(|flow| flow.calls.as_deref().unwrap_or_default());
    let special = || calls().find_map(|call| call.service_time.as_ref().filter(|_| call.to() == component.id()));
    own.or_else(special).map(|time| time.mean.likely().value())
}

fn variation(component: &Component) -> Option<f64> {
    let variation = component.service_time.as_ref()?.cv.as_ref()?.likely().value();
    (variation > 0.0).then_some(variation.min(5.0))
}
