//! The limited things of a review, each with today's figures.

use super::basis::Basis;
use super::demand::{Demand, Demands};
use super::figures::{Resource, ResourceKind};
use super::gaps::Gaps;
use super::ledger::Ledger;
use super::{Span, component_element, pair_element};
use crate::graph::{ComponentIndex, DependencyIndex, SystemGraph};
use crate::model::{Component, Element, Review};
use crate::units::{Count, Estimate};

/// A resource at today's load, with where it is.
#[derive(Debug)]
pub(super) struct Sized {
    pub(super) resource: Resource,
    /// The component, or the caller of a pool.
    pub(super) at: ComponentIndex,
    /// The callee of a pool.
    pub(super) to: Option<ComponentIndex>,
}

/// Every limited thing whose utilisation can be computed, in file order.
pub(super) fn resources(
    review: &Review,
    graph: &SystemGraph,
    basis: &Basis,
    demands: &Demands,
    ledger: &mut Ledger,
) -> Vec<Sized> {
    let mut all = Vec::new();
    for (position, component) in review.components.iter().enumerate() {
        let index = ComponentIndex(position);
        if graph.component(component.id()) == Some(index) {
            let ground = Ground { review, graph, basis, demands };
            of_component(&ground, component, index, ledger, &mut all);
        }
    }
    for (position, dependency) in review.dependencies.iter().enumerate() {
        let index = DependencyIndex(position);
        let size = dependency.pool.as_ref().and_then(|pool| pool.size.as_ref());
        let (Some(size), Some((from, to))) = (size, graph.ends(index)) else { continue };
        let Some(demand) = demands.pools.get(&index) else {
            if !ledger.is_silent && graph.waits(index) {
                let element = pair_element(graph, from, to);
                ledger.lack(element, "flow.calls", "no flow says that it is used", false);
            }
            continue;
        };
        let caller = &review.components[from.0];
        let (replicas, gap) = replicas(caller, basis.replicas_of(from.0), || component_element(graph, from), ledger);
        let gaps = demand.arrival_gaps | demand.waiting_gaps | gap;
        let figures = Figures { kind: ResourceKind::Pool, capacity: replicas * Span::of(size), gaps };
        if let Some(resource) = figures.resource(pair_element(graph, from, to), demand, demand.held, graph) {
            all.push(Sized { resource, at: from, to: Some(to) });
        }
    }
    all
}

/// The hottest key of a store with several shards.
struct Hottest {
    /// Its share of the load.
    share: Span,
    /// How many shards the workers are spread over.
    shards: Span,
}

/// The hottest key, where it has more than its shard's even share: a key lives on one shard, so that shard fills first.
///
/// Source: what one key asks cannot be spread, so parallelism for it is that of one shard (workers ÷ shards).
fn hottest(review: &Review, component: &Component) -> Option<Hottest> {
    let data = component.data.as_ref()?;
    let shards = Span::of(data.shards.as_ref()?);
    let tenancy = review.tenancy.as_ref().filter(|tenancy| tenancy.key.is_some() && tenancy.key == data.partition_key);
    let tenant = tenancy.and_then(|tenancy| tenancy.largest_share.as_ref()).map(Span::of);
    let key = data.hottest_key_share.as_ref().map(Span::of);
    let share = match (key, tenant) {
        (Some(key), Some(tenant)) => key.larger(tenant),
        (key, tenant) => key.or(tenant)?,
    };
    (shards.likely > 1.0 && share.likely * shards.likely > 1.0).then_some(Hottest { share, shards })
}

/// What the resources are computed from.
struct Ground<'a> {
    review: &'a Review,
    graph: &'a SystemGraph,
    basis: &'a Basis,
    demands: &'a Demands,
}

fn of_component(
    ground: &Ground<'_>,
    component: &Component,
    index: ComponentIndex,
    ledger: &mut Ledger,
    all: &mut Vec<Sized>,
) {
    let Ground { review, graph, basis, demands } = *ground;
    let (workers, cores) = (component.workers.as_ref().map(Span::of), component.cores.as_ref().map(Span::of));
    let rate_limit = component.rate_limit.as_ref().map(Span::of);
    if workers.is_none() && cores.is_none() && rate_limit.is_none() {
        return;
    }
    let element = component_element(graph, index);
    let Some(demand) = demands.components.get(&index) else {
        ledger.lack(element, "flow.calls", "no flow says that it is visited", false);
        return;
    };
    let mut slots = |each: Span| {
        let (replicas, gap) = replicas(component, basis.replicas_of(index.0), || element.clone(), ledger);
        (replicas * each, gap)
    };
    if let Some(workers) = workers {
        let (capacity, gap) = slots(workers);
        let gaps = demand.arrival_gaps | demand.own_gaps | demand.waiting_gaps | gap;
        let figures = Figures { kind: ResourceKind::Workers, capacity, gaps };
        let resource = figures.resource(element.clone(), demand, demand.held, graph);
        all.extend(resource.map(|resource| Sized { resource, at: index, to: None }));
        if let Some(hot) = hottest(review, component) {
            let shard = Figures { kind: ResourceKind::Partition, capacity: capacity.over(hot.shards), gaps };
            let resource = shard.resource(element.clone(), demand, demand.held * hot.share, graph);
            all.extend(resource.map(|resource| Sized {
                resource: Resource { arrival_rate: resource.arrival_rate * hot.share.likely, ..resource },
                at: index,
                to: None,
            }));
        }
    }
    if let Some(cores) = cores {
        let (capacity, gap) = slots(cores);
        let gaps = demand.arrival_gaps | demand.own_gaps | gap;
        let figures = Figures { kind: ResourceKind::Cores, capacity, gaps };
        let resource = figures.resource(element.clone(), demand, demand.own, graph);
        all.extend(resource.map(|resource| Sized { resource, at: index, to: None }));
    }
    if let Some(capacity) = rate_limit {
        let figures = Figures { kind: ResourceKind::RateLimit, capacity, gaps: demand.arrival_gaps };
        let resource = figures.resource(element, demand, demand.arrival, graph);
        all.extend(resource.map(|resource| Sized { resource, at: index, to: None }));
    }
}

/// Today's replicas; where they are not said the floor of the autoscaling, else one, which the ledger then holds.
fn replicas(
    component: &Component,
    stated: Option<Estimate<Count>>,
    element: impl Fn() -> Element,
    ledger: &mut Ledger,
) -> (Span, Gaps) {
    let autoscale = component.autoscale.as_ref();
    if !ledger.is_silent
        && let Some(max) = autoscale.and_then(|autoscale| autoscale.max.as_ref())
    {
        let text = format!("today's replicas; growing to {} by autoscaling is not counted on", max.likely());
        ledger.assume(element(), "component.autoscale", &text);
    }
    if let Some(stated) = stated {
        return (Span::of(&stated), Gaps::default());
    }
    let floor = autoscale.and_then(|autoscale| autoscale.min.as_ref());
    let text = if floor.is_some() { "as many replicas as its autoscaling keeps at least" } else { "one replica" };
    ledger.assume(element(), Gaps::REPLICAS.key(), text);
    (floor.map_or(Span::ONE, Span::of), Gaps::REPLICAS)
}

/// What a resource is made of.
struct Figures {
    kind: ResourceKind,
    capacity: Span,
    gaps: Gaps,
}

impl Figures {
    /// `busy` slots (or arrivals, for a rate limit) of the capacity; `None` where nothing of it is known.
    fn resource(self, element: Element, demand: &Demand, busy: Span, graph: &SystemGraph) -> Option<Resource> {
        let unknown_time = self.kind != ResourceKind::RateLimit && self.gaps.has(Gaps::SERVICE_TIME);
        if !demand.known || (unknown_time && busy.high == 0.0) {
            return None;
        }
        let share = |busy: f64| Span::exactly(busy).over(Span::exactly(self.capacity.likely)).likely;
        let own = match self.kind {
            ResourceKind::Cores | ResourceKind::RateLimit | ResourceKind::Partition => busy.likely,
            ResourceKind::Workers | ResourceKind::Pool => demand.own.likely,
        };
        let mut waiting_for: Vec<(String, f64)> = match self.kind {
            ResourceKind::Cores | ResourceKind::RateLimit | ResourceKind::Partition => Vec::new(),
            ResourceKind::Workers | ResourceKind::Pool => demand
                .waiting
                .iter()
                .filter(|(_, busy)| **busy > 0.0)
                .map(|(callee, busy)| (graph.name(*callee).to_owned(), share(*busy)))
                .collect(),
        };
        waiting_for.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let arrival = Span::exactly(demand.arrival.likely);
        let holding = match self.kind {
            ResourceKind::RateLimit => None,
            ResourceKind::Cores => Some(Span::exactly(demand.own.likely).over(arrival)),
            ResourceKind::Workers | ResourceKind::Pool | ResourceKind::Partition => {
                Some(demand.held_by_likely.over(arrival))
            }
        };
        let utilisation = busy.over(self.capacity);
        Some(Resource {
            element,
            kind: self.kind,
            capacity: self.capacity,
            arrival_rate: demand.arrival,
            holding_time: holding.filter(|_| demand.arrival.likely > 0.0),
            utilisation,
            own_work: share(own),
            waiting_for,
            saturates_at: Span::ONE.over(utilisation),
            assumed: self.gaps.keys(),
        })
    }
}
