//! What a flow can promise by its dependencies and policies alone: availability, worst case, least latency, repetition.
//!
//! Four figures of each flow, each one pass over its calls in the order that [`FlowExpansion`] guarantees, so that a flow
//! with 2⁴⁰ ways through it costs no more than its list of calls:
//!
//! - [`Attainable`]: the best availability that what it depends on leaves it;
//! - [`WorstCase`]: the longest it may take by its own timeouts, attempts and waits;
//! - [`Minimum`]: the least it takes when nothing ever waits;
//! - [`Amplification`]: how often a failing component is asked for one request.
//!
//! Ranges in the review give ranges; what is not said is named and never 0. Times in seconds, shares 0…1. Must not know
//! rules, objectives, rates or screens.

mod amplification;
mod availability;
mod chance;
mod minimum;
mod policy;
mod survival;
mod tail;
mod timeouts;
mod worst_case;

pub use amplification::Amplification;
pub use availability::{Attainable, Either, Needed};
pub use chance::{error_budget, failover_cost, some_call_slow, widest_fan_out};
pub use minimum::{End, Minimum};
pub use policy::{
    load_factor, longest_call, longest_call_in_words, longest_wait, longest_wait_in_words, pool_wait, retries, timeout,
    waits_between, waits_of,
};
pub use tail::{TailBound, Within};
pub use timeouts::{Fitting, Patience, fitting_timeouts, rounded_down, written};
pub use worst_case::{CallLimit, VisitLimit, WorstCase, needs_no_timeout};

use crate::graph::{ComponentIndex, FlowExpansion, FlowIndex, SystemGraph};
use crate::model::Review;
use availability::Walk;
use survival::Survival;

/// What one flow can promise. Each figure is `None` where the flow enters nowhere, or is a second one of its id.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FlowReliability {
    /// The id of the flow.
    pub flow: String,
    /// The best availability it can give.
    pub availability: Option<Attainable>,
    /// The longest it may take by its own policies.
    pub worst_case: Option<WorstCase>,
    /// The least it takes without any waiting; `None` also where nothing of it is known.
    pub minimum: Option<Minimum>,
    /// How often its worst-placed component is asked when everything fails.
    pub amplification: Option<Amplification>,
}

/// What the flows of a review can promise.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reliability {
    /// The flows, in file order: position `i` is flow `i`.
    pub flows: Vec<FlowReliability>,
    survivals: Vec<Survival>,
}

/// Computes what the flows of a review can promise. Linear in their calls, apart from sorting.
pub fn compute(review: &Review, graph: &SystemGraph) -> Reliability {
    let mut reliability = Reliability { flows: Vec::new(), survivals: survival::of_dependencies(review, graph) };
    for (flow, expansion) in review.flows.iter().zip(graph.expansions()) {
        let amplification = amplification::of_flow(review, expansion);
        let attempts = amplification.as_ref().map_or(&[][..], |all| all.attempts.as_slice());
        let availability = availability::of_flow(&reliability.walk(review, graph, expansion, attempts), &[]);
        reliability.flows.push(FlowReliability {
            flow: flow.id().to_owned(),
            availability,
            worst_case: worst_case::of_flow(review, expansion),
            minimum: minimum::of_flow(review, graph, expansion),
            amplification,
        });
    }
    reliability
}

impl Reliability {
    /// The figures of a flow; `None` for a position that is not one of the review.
    pub fn flow(&self, flow: FlowIndex) -> Option<&FlowReliability> {
        self.flows.get(flow.0)
    }

    /// The best availability of a flow whose answer does without the calls to some components. The review and its graph
    /// are those it was computed from.
    pub fn availability_without(
        &self,
        review: &Review,
        graph: &SystemGraph,
        flow: FlowIndex,
        left_out: &[ComponentIndex],
    ) -> Option<Attainable> {
        let expansion = graph.expansion(flow)?;
        let amplification = self.flow(flow)?.amplification.as_ref();
        let attempts = amplification.map_or(&[][..], |all| all.attempts.as_slice());
        availability::of_flow(&self.walk(review, graph, expansion, attempts), left_out)
    }

    fn walk<'a>(
        &'a self,
        review: &'a Review,
        graph: &'a SystemGraph,
        expansion: &'a FlowExpansion,
        attempts: &'a [f64],
    ) -> Walk<'a> {
        Walk { review, graph, expansion, survivals: &self.survivals, attempts }
    }
}

/// The most requests of a flow that can be answered within `seconds` if nothing ever waits, and the least time that the
/// share `objective` (0…1) takes; `None` where the flow enters nowhere. Not part of [`compute`], because it needs an
/// objective. Linear in the calls of the flow.
pub fn answered_within(
    review: &Review,
    graph: &SystemGraph,
    flow: FlowIndex,
    end: End,
    seconds: f64,
    objective: f64,
) -> Option<Within> {
    tail::within(review, graph, graph.expansion(flow)?, end, seconds, objective)
}
