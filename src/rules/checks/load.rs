//! What the flows ask of components, today and as the review expects it: what the rules about data and load share.

use crate::model::{Component, Element, ServiceTime};
use crate::rules::context::{Context, FlowView};

/// What the flows ask of a component today; likely values.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Asked {
    /// Visits a second, over the flows whose rate is known.
    pub(crate) rate: f64,
    /// The same at the load that the review expects at the worst, flow by flow.
    pub(crate) rate_expected: f64,
    /// Busy slots: Σ visits a second × service time, over the visits where both are known.
    pub(crate) busy: f64,
    /// The same at the load that the review expects at the worst, flow by flow: growth × peak.
    pub(crate) busy_expected: f64,
    /// What would make the figures whole: the element and its key.
    pub(crate) missing: Vec<(Element, &'static str)>,
}

/// How much a flow brings: requests a second at its entry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Load {
    /// Today.
    pub(crate) today: f64,
    /// At the end of the horizon, without a spike: today × growth.
    pub(crate) steady: f64,
    /// At the worst that the review expects: growth × peak; never below today.
    pub(crate) expected: f64,
}

/// The load of a flow; `None` where nobody says its rate. Growth and peak that are not said count as 1.
pub(crate) fn load_of(context: &Context<'_>, view: FlowView<'_>) -> Option<Load> {
    let today = rate_of(context, view)?;
    let traffic = context.review.growth.traffic.map_or(1.0, |traffic| traffic.value());
    Some(Load { today, steady: today * traffic.max(1.0), expected: today * expected_load(context, view) })
}

/// The peak over the steady rate that the review expects of a flow; `None` where nothing is said.
pub(crate) fn peak_of(context: &Context<'_>, view: FlowView<'_>) -> Option<f64> {
    view.flow.peak.or(context.review.growth.peak).map(|peak| peak.value())
}

/// What all flows ask of every component, by its position: one pass over the calls of the flows.
///
/// Without the keys that are missing: a rule that hangs on one asks [`asked_of`] about the component.
pub(crate) fn asked_of_all(context: &Context<'_>) -> Vec<Asked> {
    let mut all = vec![Asked::default(); context.review.components.len()];
    for view in context.flows() {
        let Some(load) = load_of(context, view) else { continue };
        let mut add = |at: usize, visits: f64, time: Option<ServiceTime>| {
            let usual = context.review.components[at].service_time;
            let time = time.or(usual).map_or(0.0, |time| time.mean.value());
            let asked = &mut all[at];
            asked.rate += load.today * visits;
            asked.rate_expected += load.expected * visits;
            asked.busy += load.today * visits * time;
            asked.busy_expected += load.expected * visits * time;
        };
        if let Some(entry) = view.expansion.entry {
            add(entry.0, 1.0, None);
        }
        for made in view.expansion.made() {
            add(made.to.0, made.per_request.likely, view.call(made).and_then(|call| call.service_time));
        }
    }
    all
}

/// Today's rate at the entry of a flow.
pub(crate) fn rate_of(context: &Context<'_>, view: FlowView<'_>) -> Option<f64> {
    let load = context.capacity.load;
    if load == 0.0 {
        return view.flow.rate.map(|rate| rate.value());
    }
    let computed = context.capacity.flows.get(view.expansion.flow.0)?;
    computed.arrival_rate.map(|rate| rate.likely / load).filter(|rate| rate.is_finite())
}

/// What all flows ask of a component.
pub(crate) fn asked_of(context: &Context<'_>, component: &Component) -> Asked {
    let mut asked = Asked::default();
    let element = Element::Component(component.id().to_owned());
    let Some(index) = context.graph.component(component.id()) else { return asked };
    let mut add = |times: f64, service_time: Option<ServiceTime>, expected: f64| {
        asked.rate += times;
        asked.rate_expected += times * expected;
        match service_time.or(component.service_time) {
            Some(time) => {
                asked.busy += times * time.mean.value();
                asked.busy_expected += times * time.mean.value() * expected;
            }
            None if times > 0.0 => asked.missing.push((element.clone(), "component.service_time")),
            None => {}
        }
    };
    let mut without_rate = Vec::new();
    for view in context.flows_through(&element) {
        let Some(rate) = rate_of(context, view) else {
            without_rate.push((Element::Flow(view.flow.id().to_owned()), "flow.rate"));
            continue;
        };
        let expected = expected_load(context, view);
        if view.expansion.entry == Some(index) {
            add(rate, None, expected);
        }
        for made in view.expansion.made().filter(|made| made.to == index) {
            add(rate * made.per_request.likely, view.call(made).and_then(|call| call.service_time), expected);
        }
    }
    asked.missing.dedup();
    asked.missing.extend(without_rate);
    asked
}

/// How many requests all replicas of a component work on at once; `None` where the workers are not said.
pub(crate) fn slots(component: &Component) -> Option<f64> {
    let replicas = component.replicas.map_or(1.0, |replicas| replicas.value());
    component.workers.map(|workers| workers.value() * replicas)
}

/// The most replicas a component may have: the ceiling of its autoscaling, or what runs today if that is more.
pub(crate) fn most_replicas(component: &Component) -> Option<f64> {
    let most = component.autoscale.as_ref().and_then(|autoscale| autoscale.max).map(|most| most.value());
    let today = component.replicas.map(|replicas| replicas.value());
    match (most, today) {
        (Some(most), Some(today)) => Some(most.max(today)),
        (most, today) => most.or(today),
    }
}

/// How many requests a component works on at once when it has scaled out as far as it may.
pub(crate) fn most_slots(component: &Component) -> Option<f64> {
    component.workers.map(|workers| workers.value() * most_replicas(component).unwrap_or(1.0))
}

/// How many times today's load the review expects of a flow at the worst: growth × peak, its own peak before the
/// common one; 1 where nothing is said.
pub(crate) fn expected_load(context: &Context<'_>, view: FlowView<'_>) -> f64 {
    let growth = &context.review.growth;
    let traffic = growth.traffic.map_or(1.0, |traffic| traffic.value());
    let peak = view.flow.peak.or(growth.peak).map_or(1.0, |peak| peak.value());
    (traffic * peak).max(1.0)
}
