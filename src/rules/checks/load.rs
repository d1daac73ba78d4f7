//! What the flows ask of components, today and as the review expects it: what the rules about data and load share.

use crate::graph::FlowIndex;
use crate::model::{Component, ComponentKind, Element, ServiceTime};
use crate::rules::context::{Context, FlowView};
use std::sync::Arc;

/// What the flows ask of a component; likely values.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Asked {
    /// Visits a second today, over the flows whose rate is known.
    pub(crate) rate: f64,
    /// The same at the load that the review expects at the worst, flow by flow.
    pub(crate) rate_expected: f64,
    /// Busy slots today: Σ visits a second × service time, over the visits where both are known.
    pub(crate) busy: f64,
    /// The same at the load that the review expects at the worst, flow by flow: growth × peak.
    pub(crate) busy_expected: f64,
    /// Whether the time of some visit is not known.
    pub(crate) without_time: bool,
    /// Positions of the flows through it whose rate is not known.
    pub(crate) without_rate: Vec<FlowIndex>,
}

impl Asked {
    /// Adds so many visits a request of a flow.
    fn add(&mut self, load: Load, visits: f64, time: Option<ServiceTime>) {
        self.without_time |= time.is_none() && visits > 0.0;
        let time = time.map_or(0.0, |time| time.mean.value());
        self.rate += load.today * visits;
        self.rate_expected += load.expected * visits;
        self.busy += load.today * visits * time;
        self.busy_expected += load.expected * visits * time;
    }

    /// What would make the figures whole: the element and its key.
    pub(crate) fn missing(&self, context: &Context<'_>, component: &Component) -> Vec<(Element, &'static str)> {
        let time = self.without_time.then(|| (Element::Component(component.id().to_owned()), "component.service_time"));
        let flows = self.without_rate.iter().filter_map(|flow| context.flow_at(*flow));
        let rates = flows.map(|view| (Element::Flow(view.flow.id().to_owned()), "flow.rate"));
        time.into_iter().chain(rates).collect()
    }
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

/// The peak over the steady rate that the review expects of a flow: its own before the common one; `None` where nothing is
/// said. What a scheduler starts follows its own plan, and not the users' spike.
pub(crate) fn peak_of(context: &Context<'_>, view: FlowView<'_>) -> Option<f64> {
    let by_plan =
        view.expansion.entry.is_some_and(|entry| context.component_at(entry).kind == Some(ComponentKind::Scheduler));
    view.flow.peak.or(context.review.growth.peak.filter(|_| !by_plan)).map(|peak| peak.value())
}

/// Whether the load of a flow is a guess: its rate, its growth or its peak is a range.
pub(crate) fn is_guessed(context: &Context<'_>, view: FlowView<'_>) -> bool {
    let growth = &context.review.growth;
    view.flow.rate.is_some_and(|rate| rate.is_range())
        || view.flow.users.is_some_and(|users| users.is_range())
        || growth.traffic.is_some_and(|traffic| traffic.is_range())
        || view.flow.peak.or(growth.peak).is_some_and(|peak| peak.is_range())
}

/// What all flows ask of every component, by its position.
pub(crate) fn asked_of_all(context: &Context<'_>) -> Arc<Vec<Asked>> {
    context.table(|| ask_all(context))
}

/// One pass over the calls of the flows.
fn ask_all(context: &Context<'_>) -> Vec<Asked> {
    let mut all = vec![Asked::default(); context.review.components.len()];
    for view in context.flows() {
        let Some(load) = load_of(context, view) else {
            for visit in &view.expansion.components {
                all[visit.component.0].without_rate.push(view.expansion.flow);
            }
            continue;
        };
        if let Some(entry) = view.expansion.entry {
            all[entry.0].add(load, 1.0, context.component_at(entry).service_time);
        }
        for made in view.expansion.made() {
            let time =
                view.call(made).and_then(|call| call.service_time).or(context.component_at(made.to).service_time);
            all[made.to.0].add(load, made.per_request.likely, time);
        }
    }
    all
}

/// What all flows ask of one component.
pub(crate) fn asked_of(context: &Context<'_>, component: &Component) -> Asked {
    let index = context.graph.component(component.id());
    index.and_then(|index| asked_of_all(context).get(index.0).cloned()).unwrap_or_default()
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
    (traffic * peak_of(context, view).unwrap_or(1.0)).max(1.0)
}

/// Whether a flow is started by the system itself: nobody waits for its answer.
pub(crate) fn is_background(context: &Context<'_>, view: FlowView<'_>) -> bool {
    use ComponentKind as Kind;
    let entry = view.expansion.entry.map(|entry| context.component_at(entry));
    matches!(entry.and_then(|entry| entry.kind), Some(Kind::Scheduler | Kind::Worker | Kind::Queue | Kind::Stream))
}
