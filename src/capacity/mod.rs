//! Capacity: arrival rates, utilisation from holding time, and the load at which each resource saturates.
//!
//! First cut. Three steps, each one pass over the calls of the flows:
//!
//! 1. *Arrival.* The rate at a component is Σ over flows of rate × visits a request (forced flow law, Xₖ = Vₖ·X).
//! 2. *Holding.* A visit holds its worker for its own service time and for every call it waits for: one after another
//!    adds up, a parallel group counts its longest member, asynchronous calls add nothing.
//! 3. *Utilisation.* Busy slots are arrival rate × holding time (Little's law, L = λ·W); divided by the slots there are,
//!    that is the utilisation (utilisation law, U = X·S/c). All of it grows in proportion to the load, so a resource is
//!    full at 1 ÷ its utilisation today.
//!
//! Waiting in queues and for pools, retries and time-outs are left out: holding times are lower bounds and what is
//! reported as full is full *no later than* said. In seconds and per second throughout.
//!
//! Must not know rules, screens or servers.

mod arrival;
mod basis;
mod demand;
mod figures;
mod gaps;
mod holding;
mod ledger;
mod limits;
mod words;

pub use basis::{Basis, Brings};
pub use figures::{Assumption, Capacity, FlowLoad, Missing, Resource, ResourceKind, Saturation, Span};

use crate::graph::{ComponentIndex, SystemGraph};
use crate::model::{Element, Flow, Review};
use demand::Demands;
use foldhash::{HashMap, HashMapExt};
use holding::Holding;
use ledger::Ledger;
use limits::Sized;

/// Computes the capacity picture of a review at a multiple of today's load.
///
/// A load that is negative or no number counts as today's. Linear in the calls of the flows, apart from sorting.
pub fn compute(review: &Review, graph: &SystemGraph, load: f64) -> Capacity {
    told(review, graph, load, &Basis::today(review), true)
}

/// The figures alone on another basis, for those who compute with them: no assumptions, nothing missing, saturations
/// without words. Multiples of the load are of that of the basis.
pub fn compute_figures(review: &Review, graph: &SystemGraph, basis: &Basis) -> Capacity {
    told(review, graph, 1.0, basis, false)
}

fn told(review: &Review, graph: &SystemGraph, load: f64, basis: &Basis, in_words: bool) -> Capacity {
    let load = if load.is_finite() && load >= 0.0 { load } else { 1.0 };
    let mut ledger = Ledger::default();
    ledger.is_silent = !in_words;
    let holdings: Vec<Holding> = graph.expansions().iter().map(|flow| Holding::of(review, flow)).collect();
    let rates = arrival::rates(review, graph, basis, &holdings, &mut ledger);
    let demands = Demands::of(review, graph, &holdings, &rates);
    let mut sized = limits::resources(review, graph, basis, &demands, &mut ledger);
    if in_words {
        ledger.of_flows(review, graph, &holdings);
        ledger.of_limits(review, &demands, sized.is_empty());
    }

    sized.sort_by(|a, b| {
        let (a, b) = (&a.resource, &b.resource);
        (a.saturates_at.likely.total_cmp(&b.saturates_at.likely))
            .then(a.saturates_at.low.total_cmp(&b.saturates_at.low))
            .then_with(|| (&a.element, a.kind).cmp(&(&b.element, b.kind)))
    });
    let saturations = sized
        .iter()
        .enumerate()
        .filter(|(_, sized)| sized.resource.saturates_at.likely.is_finite())
        .map(|(position, sized)| Saturation {
            resource: position,
            at_load: sized.resource.saturates_at,
            because: if in_words { words::because(review, graph, sized) } else { String::new() },
        })
        .collect();
    let flows = flow_loads(review, graph, &holdings, &rates, &sized, load);
    Capacity {
        load,
        resources: sized.into_iter().map(|sized| at_load(sized.resource, load)).collect(),
        saturations,
        flows,
        assumptions: ledger.assumptions,
        missing: ledger.missing,
    }
}

/// Today's figures of a resource, at another load.
fn at_load(today: Resource, load: f64) -> Resource {
    let times = |share: f64| (Span::exactly(share) * load).likely;
    Resource {
        arrival_rate: today.arrival_rate * load,
        utilisation: today.utilisation * load,
        own_work: times(today.own_work),
        waiting_for: today.waiting_for.into_iter().map(|(name, share)| (name, times(share))).collect(),
        ..today
    }
}

/// What each flow sustains: the first of the resources that its answer needs, `sized` being in order of saturation.
fn flow_loads(
    review: &Review,
    graph: &SystemGraph,
    holdings: &[Holding],
    rates: &[Option<Span>],
    sized: &[Sized],
    load: f64,
) -> Vec<FlowLoad> {
    let mut of_component: HashMap<ComponentIndex, Vec<usize>> = HashMap::new();
    let mut of_pool: HashMap<(ComponentIndex, ComponentIndex), usize> = HashMap::new();
    for (position, sized) in sized.iter().enumerate() {
        match sized.to {
            Some(to) => _ = of_pool.insert((sized.at, to), position),
            None => of_component.entry(sized.at).or_default().push(position),
        }
    }
    let mut loads = Vec::with_capacity(review.flows.len());
    for (position, flow) in review.flows.iter().enumerate() {
        let expansion = &graph.expansions()[position];
        let visits = expansion.components.iter().filter(|visit| visit.in_answer);
        let calls = expansion.calls.iter().filter(|call| call.in_answer);
        let on_way: Vec<usize> = visits
            .filter_map(|visit| of_component.get(&visit.component))
            .flatten()
            .chain(calls.filter_map(|call| of_pool.get(&(call.from, call.to))))
            .copied()
            .collect();
        let limit_unknown = expansion.components.iter().filter(|visit| visit.in_answer).any(|visit| {
            let component = &review.components[visit.component.0];
            let stated = [component.workers.is_some(), component.cores.is_some(), component.rate_limit.is_some()];
            let all = of_component.get(&visit.component).map_or(&[][..], Vec::as_slice);
            // A hot shard is a part of the workers, not a limit of its own that was stated.
            let computed = all.iter().filter(|at| sized[**at].resource.kind != ResourceKind::Partition).count();
            computed < stated.iter().filter(|stated| **stated).count()
        });
        let sustained =
            on_way.iter().fold(Span::UNBOUNDED, |least, at| least.smaller(sized[*at].resource.saturates_at));
        let first = on_way.iter().min().copied();
        // A limit of which nothing is known may be the first: then only a finite answer is one.
        let known = sustained.likely.is_finite() || !limit_unknown;
        loads.push(FlowLoad {
            flow: flow.id().to_owned(),
            arrival_rate: rates[position].map(|rate| rate * load),
            time_without_queueing: holdings[position].answer,
            sustains_load: rates[position].filter(|_| known).map(|_| sustained),
            until: first.filter(|at| sized[*at].resource.saturates_at.likely.is_finite()),
        });
    }
    loads
}

/// The name of a component as an element.
fn component_element(graph: &SystemGraph, component: ComponentIndex) -> Element {
    Element::Component(graph.name(component).to_owned())
}

/// The name of two ends as an element.
fn pair_element(graph: &SystemGraph, from: ComponentIndex, to: ComponentIndex) -> Element {
    Element::Dependency(graph.name(from).to_owned(), graph.name(to).to_owned())
}

/// A flow as an element, by its place where it has no name.
fn flow_element(flow: &Flow, position: usize) -> Element {
    match flow.id() {
        "" => Element::Other("flow", (position + 1).to_string()),
        id => Element::Flow(id.to_owned()),
    }
}
