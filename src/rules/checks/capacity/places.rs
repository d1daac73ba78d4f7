//! The limited things of a review at its peak, one a component and one a pool, with whose answers wait for them.
//!
//! Read from the computed capacity; nothing is computed again. Must not know severities.

use crate::capacity::{Capacity, Resource, ResourceKind};
use crate::graph::ComponentIndex;
use crate::model::{Component, Element};
use crate::rules::checks::load::is_background;
use crate::rules::context::{Context, FlowView};
use foldhash::{HashMap, HashMapExt};

/// The share of a utilisation that counts as rounding: what is full to the last digit is full.
const ROUNDING: f64 = 1e-9;

/// A component or a pool with the resource of it that is full first.
#[derive(Debug)]
pub(super) struct Place<'a> {
    /// At the expected peak, scaled out.
    pub(super) resource: &'a Resource,
    /// The component, or the caller of the pool.
    pub(super) owner: &'a Component,
    /// Replicas of the owner at the peak.
    pub(super) replicas: f64,
    /// At today's replicas.
    pub(super) today: Option<&'a Resource>,
    /// Why it fills, in words.
    pub(super) because: &'a str,
    /// Whether somebody's answer waits for it; the rest is background work.
    pub(super) answers: bool,
    /// Whether the answer of a critical flow does, and fails without it.
    pub(super) critical: bool,
    /// The flows on whose way it is the first to fill at the peak.
    pub(super) first_of: Vec<FlowView<'a>>,
    /// How busy the processors of a component are at the peak: its `cores`, or else the own work of its workers, each of
    /// which is taken to have one.
    pub(super) processors: Option<f64>,
    /// How many resources of the element are full at that load.
    pub(super) full_kinds: usize,
}

impl Place<'_> {
    /// Utilisation at the expected peak, likely.
    pub(super) fn at_peak(&self) -> f64 {
        self.resource.utilisation.likely
    }

    /// The multiple of today's load at which it is full with all replicas that may be started.
    pub(super) fn full_at(&self) -> f64 {
        let Some(today) = self.today else { return f64::INFINITY };
        let grown = self.resource.capacity.likely / today.capacity.likely;
        if grown.is_finite() && today.saturates_at.likely.is_finite() {
            today.saturates_at.likely * grown
        } else {
            today.saturates_at.likely
        }
    }

    /// The multiple of today's load that the peak is for it.
    pub(super) fn peak(&self) -> f64 {
        let peak = self.at_peak() * self.full_at();
        if peak.is_finite() && peak > 0.0 { peak } else { 1.0 }
    }

    /// Whether it grows with autoscaling.
    pub(super) fn is_scaled(&self) -> bool {
        self.today.is_some_and(|today| self.resource.capacity.likely > today.capacity.likely * (1.0 + ROUNDING))
    }

    pub(super) fn element(&self) -> Element {
        self.resource.element.clone()
    }
}

/// Whether a utilisation reaches what counts as full.
pub(super) fn reaches(utilisation: f64, full: f64) -> bool {
    utilisation >= full * (1.0 - ROUNDING)
}

/// Workers, processors and pools by element, in the order in which they fill at the peak. Rate limits and hot shards have
/// rules of their own.
pub(super) fn places<'a>(context: &'a Context<'a>) -> Vec<Place<'a>> {
    let at_peak = context.at_peak();
    let today: HashMap<(&Element, ResourceKind), usize> =
        context.capacity.resources.iter().enumerate().map(|(at, r)| ((&r.element, r.kind), at)).collect();
    let reasons: HashMap<usize, &str> =
        context.capacity.saturations.iter().map(|s| (s.resource, s.because.as_str())).collect();
    let waited = waited(context);
    let mut first_of = first_of(context, at_peak);
    let cores: HashMap<&Element, f64> = at_peak
        .resources
        .iter()
        .filter(|resource| resource.kind == ResourceKind::Cores)
        .map(|resource| (&resource.element, resource.utilisation.likely))
        .collect();
    let mut place_of: HashMap<&Element, usize> = HashMap::new();
    let mut places: Vec<Place<'a>> = Vec::new();
    for (position, resource) in at_peak.resources.iter().enumerate() {
        if !matches!(resource.kind, ResourceKind::Workers | ResourceKind::Cores | ResourceKind::Pool) {
            continue;
        }
        let flows = first_of.remove(&position).unwrap_or_default();
        if let Some(at) = place_of.get(&resource.element) {
            let place = &mut places[*at];
            place.first_of.extend(flows);
            place.full_kinds += usize::from(reaches(resource.utilisation.likely, 1.0));
            continue;
        }
        let (owner, key) = match &resource.element {
            Element::Component(id) => (id, context.graph.component(id).map(|index| (index, None))),
            Element::Dependency(from, to) => {
                let to = context.graph.component(to);
                (from, context.graph.component(from).map(|index| (index, to)))
            }
            _ => continue,
        };
        let (Some(owner), Some(key)) = (context.component(owner), key) else { continue };
        let now = today.get(&(&resource.element, resource.kind)).copied();
        let most = owner.autoscale.as_ref().and_then(|autoscale| autoscale.max).map_or(0.0, |most| most.value());
        place_of.insert(&resource.element, places.len());
        places.push(Place {
            resource,
            owner,
            replicas: owner.replicas.map_or(1.0, |replicas| replicas.value()).max(most),
            today: now.map(|at| &context.capacity.resources[at]),
            because: now.and_then(|at| reasons.get(&at).copied()).unwrap_or_default(),
            answers: waited.contains_key(&key),
            critical: waited.get(&key) == Some(&true),
            first_of: flows,
            processors: (resource.kind == ResourceKind::Workers)
                .then(|| cores.get(&resource.element).copied().unwrap_or(resource.own_work)),
            full_kinds: usize::from(reaches(resource.utilisation.likely, 1.0)),
        });
    }
    places
}

type Key = (ComponentIndex, Option<ComponentIndex>);

/// Components and calls that an answer waits for, and whether it is a critical one that fails with them.
fn waited(context: &Context<'_>) -> HashMap<Key, bool> {
    let mut waited: HashMap<Key, bool> = HashMap::new();
    for view in context.flows().filter(|view| !is_background(context, *view)) {
        let critical = view.is_critical();
        for visit in view.expansion.components.iter().filter(|visit| visit.in_answer) {
            *waited.entry((visit.component, None)).or_default() |= critical && visit.fails_flow;
        }
        for made in view.expansion.made().filter(|made| made.in_answer) {
            *waited.entry((made.from, Some(made.to))).or_default() |= critical && made.fails_flow;
        }
    }
    waited
}

/// For each resource the flows on whose way it fills first.
fn first_of<'a>(context: &Context<'a>, at_peak: &Capacity) -> HashMap<usize, Vec<FlowView<'a>>> {
    let mut first: HashMap<usize, Vec<FlowView<'a>>> = HashMap::new();
    for view in context.flows().filter(|view| !is_background(context, *view)) {
        let until = at_peak.flows.get(view.expansion.flow.0).and_then(|flow| flow.until);
        if let Some(until) = until {
            first.entry(until).or_default().push(view);
        }
    }
    first
}

/// Ids of flows, those that are critical first.
pub(super) fn ids(flows: &[FlowView<'_>]) -> Vec<String> {
    let mut flows: Vec<_> = flows.iter().collect();
    flows.sort_by_key(|view| !view.is_critical());
    flows.iter().map(|view| view.flow.id().to_owned()).collect()
}
