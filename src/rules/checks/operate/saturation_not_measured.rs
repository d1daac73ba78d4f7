//! KP503: what fills first has no graph.

use super::watched::says_how_full;
use crate::capacity::{Resource, ResourceKind};
use crate::model::{Change, Element, EntityKind, Fix, FixSafety};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::significant;
use foldhash::{HashMap, HashMapExt};
use std::collections::BTreeSet;

declare_rule! {
    "KP503" "saturation-not-measured", Medium, Certain;
    summary: "nothing measures how full the resources are that fill first";
    reads: ["measure.at", "measure.signal", "component.alerts", "component.signals", "hotspot.at", "hotspot.signal", "flow.critical",
        "growth.peak", "growth.traffic"];
    settings: [
        resources = 2.0, "How many of the resources that fill first must be measured, beside the first of each critical flow.",
            "The guide, *Produce the capacity envelope*: name the top one or two resources that saturate at the peak.";
        near = 1.5, "Up to which multiple of the expected load (growth × peak) a resource that fills weighs medium.",
            "Our judgement: two thirds full at the expected peak is where queueing begins to show.";
        far = 10.0, "Beyond which multiple of the expected load a resource that fills is no concern.",
            "Our judgement: a review that is repeated comes before ten times its own horizon.";
    ];
    detects: "The resources (pool, workers, processors, quota, hottest shard) that the analysis finds to fill first: `resources` of the whole \
        system, and the first one of each critical flow. One of them fires when no `[[measure]]`, and no entry of `alerts` or `signals` of its \
        component, says how full it is (busy, queue, in-flight, utilisation, lag, quota …; for a pool its wait or its connections; for a \
        quota also the rate). Medium on a critical flow when it is full at `near` × the expected load or earlier, low otherwise, silent \
        beyond `far`. A `[[hotspot]]` with neither a `signal` nor such a measure fires with low weight. \
        Where nothing can be computed, a critical flow without one such measure among its limits fires once, with low weight.";
    why: "Latency tells that something is full when it is too late to do anything; how full it is tells days before. The resource that fills \
        first is often one that the standard dashboards do not show: the wait for a connection, not the processor. Teams then add \
        processors, because that graph exists.";
    example: [
        "24 connections are the limit, and only the processors are watched:",
        "",
        "```toml",
        r#"component = [{ id = "api", replicas = 4, workers = 64, service_time = "2ms" }, { id = "payments", kind = "external", service_time = "230ms" }]"#,
        r#"dependency = [{ from = "api", to = "payments", mode = "sync", timeout = "1s", pool = { size = 6 } }]"#,
        r#"flow = [{ id = "checkout", entry = "api", rate = "60/s", critical = true, calls = [{ from = "api", to = "payments" }] }]"#,
        "```",
    ];
    remedy: "Export the number that the limit counts: connections in use and the wait for one, busy workers, queue length and age, refusals of a \
        quota. Put it beside its limit on the flow's dashboard, alert at seven tenths, and write a `[[measure]]`.";
    verify: "Raise the load in a test until the resource is full: its graph reaches the limit before the flow's p99 bends.";
    accept: "When the resource fills far beyond the load you will ever have, and the review says so.";
    references: "The guide, *Saturation* and *CPU is fine, but p99 is not*. Google SRE book, *Monitoring distributed systems* (saturation). `KP604` pool-before-processor.";
}

/// What the review says is measured, by element.
struct Measured<'a> {
    /// Signals and names of alerts of a component.
    of_component: HashMap<&'a str, Vec<&'a str>>,
    /// Signals over a dependency.
    of_pair: HashMap<(&'a str, &'a str), Vec<&'a str>>,
    /// Signals over any dependency that leads to a component.
    towards: HashMap<&'a str, Vec<&'a str>>,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let measured = Measured::of(context);
    let capacity = context.capacity;
    let wanted = report.threshold("resources").max(0.0) as usize;
    // What fills at the same load as the last of them is as near: no name decides between them.
    let last = wanted.checked_sub(1).and_then(|last| capacity.saturations.get(last).or(capacity.saturations.last()));
    let last = last.map_or(f64::NEG_INFINITY, |last| last.at_load.likely);
    let first = capacity.saturations.iter().take_while(|saturation| saturation.at_load.likely <= last);
    let mut told: BTreeSet<usize> = first.map(|saturation| saturation.resource).collect();
    let critical = context.flows().filter(FlowView::is_critical);
    told.extend(critical.filter_map(|view| capacity.flows.get(view.expansion.flow.0)?.until));
    let expected = expected_load(context);
    let (near, far) = (report.threshold("near") * expected, report.threshold("far") * expected);
    for resource in told.iter().filter_map(|position| capacity.resources.get(*position)) {
        if measured.shows(resource) || resource.saturates_at.likely > far {
            report.pass();
        } else {
            report.find(unmeasured(context, resource, near));
        }
    }
    if told.is_empty() {
        for view in context.flows().filter(FlowView::is_critical) {
            flow_in_the_dark(context, view, &measured, report);
        }
    }
    for hotspot in &context.review.hotspots {
        let Some(element) = hotspot.at.as_ref().and_then(|at| element(context, at.as_str())) else { continue };
        let signal = hotspot.signal.as_deref().is_some_and(|signal| !signal.trim().is_empty());
        if signal || measured.shows_element(&element) {
            report.pass();
            continue;
        }
        let at = element.to_string();
        report.find(
            Draft::new(
                element,
                format!("{at} is predicted to fill, and nothing says which graph would show it"),
                format!("write the signal of the prediction, and a [[measure]] at = \"{at}\" for it"),
            )
            .severity(Severity::Low),
        );
    }
}

/// How many times today's load is expected at the worst.
fn expected_load(context: &Context<'_>) -> f64 {
    let growth = &context.review.growth;
    let peaks = context.review.flows.iter().filter_map(|flow| flow.peak).chain(growth.peak).map(|peak| peak.value());
    let traffic = growth.traffic.map_or(1.0, |traffic| traffic.value());
    (traffic * peaks.fold(1.0, f64::max)).max(1.0)
}

fn unmeasured(context: &Context<'_>, resource: &Resource, near: f64) -> Draft {
    let at = resource.name();
    let signal = match resource.kind {
        ResourceKind::Pool => "pool-wait",
        ResourceKind::Workers => "in-flight",
        ResourceKind::Cores | ResourceKind::Partition => "busy",
        ResourceKind::RateLimit => "rate",
    };
    let what = resource.kind.called();
    let full_at = resource.saturates_at.likely;
    let is = if matches!(resource.kind, ResourceKind::RateLimit | ResourceKind::Partition) { "is" } else { "are" };
    let critical = context.flows_through(&resource.element).iter().any(FlowView::is_critical);
    let mut draft = Draft::new(
        resource.element.clone(),
        format!(
            "the {what} of {at} {is} full at {} × today's load, and nothing measures how full",
            significant(full_at, 3)
        ),
        format!("add a [[measure]] at = \"{at}\" with signal = \"{signal}\", and an alert at 70 %"),
    )
    .severity(if critical && full_at <= near { Severity::Medium } else { Severity::Low })
    .fact("full_at", Figure::Count(full_at))
    .fact("resource", Figure::Text(resource.kind.word().to_owned()));
    if context.entity(&resource.element).is_some() {
        draft = draft.fix(Fix {
            title: format!("measure {signal} at {at}"),
            safety: FixSafety::Suggested,
            changes: vec![Change::Add {
                kind: EntityKind::Measure,
                fields: vec![("at".to_owned(), at), ("signal".to_owned(), signal.to_owned())],
            }],
        });
    }
    draft
}

/// A critical flow of which no capacity is known: one of its limits at least should be watched.
fn flow_in_the_dark(context: &Context<'_>, view: FlowView<'_>, measured: &Measured<'_>, report: &mut Report<'_>) {
    let mut limits = 0;
    for visit in &view.expansion.components {
        let component = context.component_at(visit.component);
        let broker = component.kind.is_some_and(crate::model::ComponentKind::is_broker);
        if component.workers.is_some() || component.queue.is_some() || component.rate_limit.is_some() || broker {
            limits += 1;
            if measured.shows_element(&Element::Component(component.id().to_owned())) {
                return report.pass();
            }
        }
    }
    for dependency in view.expansion.made().filter_map(|made| context.dependency_of(made)) {
        if dependency.pool.is_some() {
            limits += 1;
            if measured.shows_pool(dependency.from(), dependency.to()) {
                return report.pass();
            }
        }
    }
    if limits > 0 {
        let id = view.flow.id();
        report.find(
            Draft::new(
                Element::Flow(id.to_owned()),
                format!("{id} passes {limits} pools, workers, queues or quotas, and nothing measures how full one of them is"),
                "measure pool-wait, queue or in-flight where you expect it to fill first; then say the rates and times, so that it can be computed",
            )
            .severity(Severity::Low)
            .fact("limits", Figure::Count(f64::from(limits))),
        );
    }
}

fn element(context: &Context<'_>, at: &str) -> Option<Element> {
    if let Some((from, to)) = Element::ends(at) {
        let element = Element::Dependency(from.to_owned(), to.to_owned());
        return context.entity(&element).map(|_| element);
    }
    context.component(at.trim()).map(|component| Element::Component(component.id().to_owned()))
}

impl<'a> Measured<'a> {
    fn of(context: &Context<'a>) -> Self {
        let review = context.review;
        let mut all = Self { of_component: HashMap::new(), of_pair: HashMap::new(), towards: HashMap::new() };
        for measure in &review.measures {
            let signal = measure.signal.as_deref().unwrap_or_default();
            match Element::ends(measure.at()) {
                Some((from, to)) => {
                    all.of_pair.entry((from, to)).or_default().push(signal);
                    all.towards.entry(to).or_default().push(signal);
                }
                None => all.of_component.entry(measure.at().trim()).or_default().push(signal),
            }
        }
        for (_, component) in context.components() {
            let names = component.alerts.iter().chain(&component.signals).flatten().map(String::as_str);
            all.of_component.entry(component.id()).or_default().extend(names);
        }
        all
    }

    fn shows(&self, resource: &Resource) -> bool {
        match (&resource.element, resource.kind) {
            (Element::Dependency(from, to), _) => self.shows_pool(from, to),
            (Element::Component(id), ResourceKind::RateLimit) => {
                self.shows_element(&resource.element)
                    || [&self.of_component, &self.towards]
                        .iter()
                        .any(|of| of.get(id.as_str()).is_some_and(|names| names.contains(&"rate")))
            }
            (element, _) => self.shows_element(element),
        }
    }

    fn shows_element(&self, element: &Element) -> bool {
        let full = |names: Option<&Vec<&str>>| names.is_some_and(|names| names.iter().any(|name| says_how_full(name)));
        match element {
            Element::Component(id) => full(self.of_component.get(id.as_str())) || full(self.towards.get(id.as_str())),
            Element::Dependency(from, to) => self.shows_pool(from, to),
            _ => false,
        }
    }

    /// Whether something shows the connections from one component to another: a measure there, or one of the caller
    /// about its connections.
    fn shows_pool(&self, from: &str, to: &str) -> bool {
        let of_pool = |name: &&str| {
            let name = name.to_lowercase();
            ["pool", "connection", "wait"].iter().any(|part| name.contains(part))
        };
        self.of_pair.get(&(from, to)).is_some_and(|names| names.iter().any(|name| says_how_full(name)))
            || self.of_component.get(from).is_some_and(|names| names.iter().any(of_pool))
    }
}
