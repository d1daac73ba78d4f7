//! KP606: work in the background arrives faster than it is done, for good or for too long.

use super::places::{Place, places, reaches};
use super::room::room;
use crate::graph::ComponentIndex;
use crate::model::{Component, Element, Indicator};
use crate::rules::checks::load::is_background;
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Number, PerSecond, Quantity, Seconds, significant};
use foldhash::{HashMap, HashMapExt};
use std::collections::BTreeMap;

declare_rule! {
    "KP606" "backlog-does-not-drain", High, Certain;
    summary: "consumers that do not keep up: at the steady load, after the growth of the horizon, or for too long after the peak";
    reads: ["flow.rate", "growth.peak", "growth.peak_duration", "growth.traffic", "component.workers", "component.replicas",
        "component.autoscale.max", "component.service_time", "component.broker.bound", "component.broker.retention", "slo.threshold"];
    settings: [
        drain = 1.0, "How long the rest of a peak may take to drain, as a multiple of the peak's duration", "own choice: what takes longer to go than it took to come meets the next peak";
    ];
    detects: "Work that no answer waits for: what is called over an asynchronous dependency or by a broker, or a flow that a `scheduler`, `worker`, \
        `queue` or `stream` starts. For each consumer the fullest of its workers, processors and pools and of all that it waits for (only what no \
        answer elsewhere waits for: that is `KP601`'s) is compared with what arrives. Full at today's load: it never drains; high on a critical flow, \
        else medium. Full after `growth.traffic`: medium and low. Full at the peak only: a backlog of (utilisation − 1) × `peak_duration` of work \
        builds up and takes that ÷ (1 − utilisation at the steady load) to drain; medium and low where that is longer than `drain` × the \
        peak, where the oldest item is older than a freshness objective of the flow or consumer or than the broker's `retention`, or \
        where the backlog exceeds the broker's `bound`. With a peak above capacity and no `peak_duration` the rule cannot tell.";
    why: "A queue hides that the consumers are too few: everything is accepted, nothing fails, and the age of the oldest message is the only \
        sign. While it drains, what was accepted a moment ago waits behind hours of old work, customers see mails of yesterday, and a backlog \
        that meets its bound or its retention turns into lost orders.";
    example: [
        "200 events a second for consumers that do 160:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "events", kind = "queue" }, { id = "mailer", kind = "worker", replicas = 4, workers = 2, service_time = "50ms" }]"#,
        r#"dependency = [{ from = "api", to = "events", mode = "async" }, { from = "events", to = "mailer", mode = "async" }]"#,
        r#"flow = [{ id = "order", entry = "api", rate = "200/s", critical = true, calls = [{ from = "api", to = "events" }, { from = "events", to = "mailer" }] }]"#,
        "```",
    ];
    remedy: "Give the consumers a third more than the steady load needs, so that a backlog drains in a time somebody has agreed to. Make a unit of \
        work cheaper (batches, fewer calls). Keep urgent work in a line of its own, and throw away what is too old to matter.";
    verify: "Stop the consumers for ten minutes under normal load and start them again: the age of the oldest item is back to normal within the \
        computed time.";
    accept: "When the work may wait until the night, and the objective for its age says so.";
    references: "`KP312` unbounded-queue, `KP316` idle-consumers, `KP601` saturates-at-peak. The guide, *Async and event-driven scaling \
        architecture*. Little's law; fluid limit of an overloaded queue: backlog = (arrival − capacity) × time.";
}

/// Something that works in the background, and whose work arrives over where.
struct Consumer<'a> {
    element: Element,
    component: &'a Component,
    /// The broker in front of it, where there is one.
    broker: Option<&'a Component>,
    flows: Vec<FlowView<'a>>,
    /// The fullest of it and of what it waits for: position in the places.
    bottleneck: usize,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let drain = report.threshold("drain");
    let places = places(context);
    for consumer in consumers(context, &places) {
        judge(context, report, &consumer, &places[consumer.bottleneck], drain);
    }
}

/// The consumers of all flows, each once, with their bottleneck. One pass from the last callees back for each flow.
fn consumers<'a>(context: &Context<'a>, places: &[Place<'_>]) -> Vec<Consumer<'a>> {
    let mut of_component: HashMap<ComponentIndex, usize> = HashMap::new();
    let mut of_pool: HashMap<(ComponentIndex, ComponentIndex), usize> = HashMap::new();
    for (at, place) in places.iter().enumerate().filter(|(_, place)| !place.answers) {
        match &place.resource.element {
            Element::Component(id) => {
                of_component.extend(context.graph.component(id).map(|index| (index, at)));
            }
            Element::Dependency(from, to) => {
                let ends = context.graph.component(from).zip(context.graph.component(to));
                of_pool.extend(ends.map(|ends| (ends, at)));
            }
            _ => {}
        }
    }
    let mut all: BTreeMap<Element, Consumer<'a>> = BTreeMap::new();
    for view in context.flows() {
        // Positions are in the order of filling, so that the smallest is the fullest.
        let mut fullest: HashMap<ComponentIndex, usize> = HashMap::new();
        for visit in view.expansion.components.iter().rev() {
            let own = of_component.get(&visit.component).copied();
            let calls = visit.steps.iter().flat_map(crate::graph::Step::calls).map(|call| &view.expansion.calls[*call]);
            let below = calls
                .filter(|made| made.synchronous)
                .flat_map(|made| [of_pool.get(&(made.from, made.to)).copied(), fullest.get(&made.to).copied()]);
            if let Some(least) = below.chain([own]).flatten().min() {
                fullest.insert(visit.component, least);
            }
        }
        let mut add = |element: Element, index: ComponentIndex, broker: Option<&'a Component>| {
            let Some(bottleneck) = fullest.get(&index).copied() else { return };
            let component = context.component_at(index);
            let consumer = all.entry(element.clone()).or_insert_with(|| Consumer {
                element,
                component,
                broker,
                flows: Vec::new(),
                bottleneck,
            });
            consumer.bottleneck = consumer.bottleneck.min(bottleneck);
            if consumer.flows.last().is_none_or(|last| last.expansion.flow != view.expansion.flow) {
                consumer.flows.push(view);
            }
        };
        for made in &view.expansion.calls {
            let from = context.component_at(made.from);
            let by_broker = from.kind.is_some_and(crate::model::ComponentKind::is_broker);
            let to_broker = context.component_at(made.to).kind.is_some_and(crate::model::ComponentKind::is_broker);
            if (!made.synchronous || by_broker) && !to_broker && view.is_ever_made(made) {
                let element = Element::Dependency(from.id().to_owned(), context.graph.name(made.to).to_owned());
                add(element, made.to, by_broker.then_some(from));
            }
        }
        if let Some(entry) = view.expansion.entry.filter(|_| is_background(context, view)) {
            add(Element::Component(context.graph.name(entry).to_owned()), entry, None);
        }
    }
    all.into_values().collect()
}

fn judge(context: &Context<'_>, report: &mut Report<'_>, consumer: &Consumer<'_>, place: &Place<'_>, drain: f64) {
    let growth = &context.review.growth;
    let at_peak = place.at_peak();
    let steady = at_peak / place.peak();
    let traffic = growth.traffic.map_or(1.0, |traffic| traffic.value());
    if reaches(steady, 1.0) {
        report.find(never(context, consumer, place, steady, None));
    } else if reaches(steady * traffic, 1.0) {
        report.find(never(context, consumer, place, steady, Some(traffic)));
    } else if at_peak <= 1.0 {
        report.pass();
    } else if let Some(duration) = growth.peak_duration.map(|duration| duration.value()) {
        let peak = Peak::of(steady, at_peak, duration);
        match peak.too_much(context, consumer, place, drain) {
            Some(harm) => report.find(after_peak(context, consumer, place, &peak, &harm)),
            None => report.pass(),
        }
    } else {
        report.cannot_tell(Element::Review, "growth.peak_duration");
    }
}

/// What a peak leaves behind, as a fluid: work that arrives and work that is done.
struct Peak {
    duration: f64,
    /// How long the oldest item waits at the end of the peak.
    oldest: f64,
    /// How long the rest takes to go at the steady load.
    drains_in: f64,
}

impl Peak {
    fn of(steady: f64, at_peak: f64, duration: f64) -> Self {
        let oldest = (at_peak - 1.0) * duration;
        Self { duration, oldest, drains_in: oldest / (1.0 - steady) }
    }

    /// What is wrong with that; `None` where nothing is.
    fn too_much(
        &self,
        context: &Context<'_>,
        consumer: &Consumer<'_>,
        place: &Place<'_>,
        drain: f64,
    ) -> Option<String> {
        let broker = consumer.broker.and_then(|broker| broker.broker.as_ref());
        let waiting = self.oldest * capacity(place);
        if let Some(bound) = broker.and_then(|broker| broker.bound).filter(|bound| waiting > bound.value()) {
            return Some(format!("and {} fit", Number::new(bound.value())));
        }
        let retention = broker.and_then(|broker| broker.retention);
        if let Some(retention) = retention.filter(|retention| self.oldest > retention.value()) {
            return Some(format!("and items are thrown away after {retention}"));
        }
        let of_component = context.slos_of_component(consumer.component.id());
        let of_flows = consumer.flows.iter().flat_map(|view| context.slos_of_flow(view.flow.id()));
        let fresh = of_component.chain(of_flows).filter(|slo| slo.indicator == Some(Indicator::Freshness));
        let tightest =
            fresh.filter_map(|slo| Some((slo.threshold?.value(), slo.id()))).min_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((threshold, slo)) = tightest.filter(|(threshold, _)| self.oldest > *threshold) {
            return Some(format!("and {slo} allows {}", Seconds::new(threshold)));
        }
        (self.drains_in > drain * self.duration)
            .then(|| format!("which is longer than {}the peak of {}", times(drain), Seconds::new(self.duration)))
    }
}

fn times(multiple: f64) -> String {
    if (multiple - 1.0).abs() < 1e-9 { String::new() } else { format!("{} × ", significant(multiple, 3)) }
}

/// "grows by 40/s and ", where it grows.
fn grows(by: f64, capacity: f64) -> String {
    if by > capacity * 1e-6 { format!("grows by {} and ", PerSecond::new(by)) } else { String::new() }
}

/// Items a second that the bottleneck does when it is full.
fn capacity(place: &Place<'_>) -> f64 {
    let rate = place.resource.arrival_rate.likely / place.at_peak();
    if rate.is_finite() { rate } else { 0.0 }
}

/// "the workers of mailer", and where it is another's, who waits for it.
fn bottleneck(consumer: &Consumer<'_>, place: &Place<'_>) -> String {
    let of = format!("the {} of {}", place.resource.kind.called(), place.resource.name());
    if place.owner.id() == consumer.component.id() {
        of
    } else {
        format!("{of}, which {} waits for,", consumer.component.id())
    }
}

fn never(
    context: &Context<'_>,
    consumer: &Consumer<'_>,
    place: &Place<'_>,
    steady: f64,
    traffic: Option<f64>,
) -> Draft {
    let id = consumer.component.id();
    let arrives = capacity(place) * steady;
    let critical = consumer.flows.iter().any(FlowView::is_critical);
    let what = bottleneck(consumer, place);
    let (message, severity) = match traffic {
        None => (
            format!(
                "{what} get {} and do {}: the backlog of {id} {}never drains",
                PerSecond::new(arrives),
                PerSecond::new(capacity(place)),
                grows(arrives - capacity(place), capacity(place))
            ),
            if critical { Severity::High } else { Severity::Medium },
        ),
        Some(traffic) => (
            format!(
                "{what} do {} and get {} today: after the growth of {} times the backlog of {id} never drains",
                PerSecond::new(capacity(place)),
                PerSecond::new(arrives),
                significant(traffic, 3)
            ),
            if critical { Severity::Medium } else { Severity::Low },
        ),
    };
    let surely = reaches(place.resource.utilisation.low / place.peak() * traffic.unwrap_or(1.0), 1.0);
    draft(context, consumer, place, message, severity)
        .confidence(if surely { Confidence::Certain } else { Confidence::Likely })
        .fact("arrives", Figure::PerSecond(arrives))
        .fact("capacity", Figure::PerSecond(capacity(place)))
}

fn after_peak(context: &Context<'_>, consumer: &Consumer<'_>, place: &Place<'_>, peak: &Peak, harm: &str) -> Draft {
    let critical = consumer.flows.iter().any(FlowView::is_critical);
    let message = format!(
        "after a peak of {} {} items wait for {}, the oldest {}, and drain in {}, {harm}: {} are at {} % during it",
        Seconds::new(peak.duration),
        Number::new((peak.oldest * capacity(place)).round()),
        consumer.component.id(),
        Seconds::new(peak.oldest),
        Seconds::new(peak.drains_in),
        bottleneck(consumer, place).trim_end_matches(','),
        significant(place.at_peak() * 100.0, 3)
    );
    draft(context, consumer, place, message, if critical { Severity::Medium } else { Severity::Low })
        .confidence(Confidence::Likely)
        .fact("backlog", Figure::Count(peak.oldest * capacity(place)))
        .fact("oldest", Figure::Seconds(peak.oldest))
        .fact("drains_in", Figure::Seconds(peak.drains_in))
        .fact("utilisation_at_peak", Figure::Ratio(place.at_peak()))
}

fn draft(
    context: &Context<'_>,
    consumer: &Consumer<'_>,
    place: &Place<'_>,
    message: String,
    severity: Severity,
) -> Draft {
    let room = room(context, place, 0.7);
    let flows = super::places::ids(&consumer.flows);
    let draft = Draft::new(consumer.element.clone(), message, room.remedy)
        .severity(severity)
        .fact("bottleneck", Figure::Text(place.resource.name()))
        .flows(flows);
    match room.fix {
        Some(fix) => draft.fix(fix),
        None => draft,
    }
}
