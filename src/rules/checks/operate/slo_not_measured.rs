//! KP512: an objective whose number nobody can read.

use crate::model::{Change, Component, ComponentKind, Dependency, Element, EntityKind, Fix, FixSafety, Indicator, Slo};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use foldhash::{HashMap, HashMapExt, HashSet};

declare_rule! {
    "KP512" "slo-not-measured", Low, Certain;
    summary: "an SLO of a critical flow or a component whose indicator nothing measures";
    reads: ["slo.indicator", "slo.flow", "slo.component", "measure.at", "measure.signal", "flow.critical"];
    settings: [];
    detects: "In a review with a metrics server or measures (`[prometheus]`, `[[measure]]`): an SLO of a critical flow or a component for which no \
        `[[measure]]` reads what it counts: a percentile or mean for latency, errors for availability, rate for throughput, lag or age for \
        freshness. It may stand at the flow, at the SLO's component, or where the flow enters, as far as the first component of the team's own code. \
        Durability is left out.";
    why: "An objective that is not read next to the model stays an opinion: nobody notices that the promise and the system have drifted apart, and the budget \
        is argued about instead of looked at.";
    example: [
        "The rate is read, the percentile is not:",
        "",
        "```toml",
        r#"component = [{ id = "api" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true }]"#,
        r#"slo = [{ id = "checkout-latency", flow = "checkout", indicator = "latency", objective = 99, threshold = "300ms" }]"#,
        r#"measure = [{ at = "api", signal = "rate" }]"#,
        "```",
    ];
    remedy: "Add a `[[measure]]` for it, at the place nearest to the user where it can be measured (the edge rather than the service), with a query of \
        the good events over all events where the server's usual names do not fit.";
    verify: "`kneepoint measure` prints a value for it that fits the dashboard.";
    accept: "When it is measured elsewhere (real users' browsers): name that in the alert of the SLO.";
    references: "The guide, *Metrics that define scalability* and *Step 5*. Google SRE workbook, *Implementing SLOs*. `KP506` slo-without-alert.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let review = context.review;
    if review.measures.is_empty() && review.prometheus.is_none() {
        return;
    }
    let mut signals: HashMap<&str, Vec<&str>> = HashMap::new();
    for measure in &review.measures {
        let at = Element::ends(measure.at()).map_or(measure.at().trim(), |(_, to)| to);
        signals.entry(at).or_default().push(measure.signal.as_deref().unwrap_or_default().trim());
    }
    for slo in review.slos.iter().filter(|slo| !slo.id().is_empty()) {
        let Some((names, places)) = wanted(slo).zip(places(context, slo)) else { continue };
        let reads = |place: &&str| {
            signals.get(*place).is_some_and(|signals| signals.iter().any(|signal| names.contains(signal)))
        };
        if places.iter().any(reads) {
            report.pass();
            continue;
        }
        let at = places.first().copied().unwrap_or_default();
        report.find(
            Draft::new(
                Element::Slo(slo.id().to_owned()),
                format!("nothing measures what {} counts: no {} at {}", slo.id(), names[0], some(&places)),
                format!("add a [[measure]] at = \"{at}\" with signal = \"{}\"", names[0]),
            )
            .fact("wanted", Figure::Text(names[0].to_owned()))
            .fix(Fix {
                title: format!("measure {} at {at}", names[0]),
                safety: FixSafety::Suggested,
                changes: vec![Change::Add {
                    kind: EntityKind::Measure,
                    fields: vec![("at".to_owned(), at.to_owned()), ("signal".to_owned(), names[0].to_owned())],
                }],
            }),
        );
    }
}

/// The signals that show an indicator, the usual one first.
fn wanted(slo: &Slo) -> Option<Vec<&'static str>> {
    let objective = slo.objective.map_or(99.0, |objective| objective.value());
    match slo.indicator? {
        Indicator::Latency => {
            let usual = if objective >= 99.0 { "p99" } else { "p95" };
            let mut all = vec![usual];
            all.extend(
                ["p99", "p95", "p90", "p50", "p999", "latency", "mean", "good"].iter().filter(|name| **name != usual),
            );
            Some(all)
        }
        Indicator::Availability => Some(vec!["errors", "availability", "success", "good"]),
        Indicator::Throughput => Some(vec!["rate", "throughput"]),
        Indicator::Freshness => Some(vec!["lag", "lag-time", "age", "freshness", "queue"]),
        Indicator::Durability => None,
    }
}

/// Where an objective may be measured: names of flows and components, the best first; `None` where it does not matter.
fn places<'a>(context: &Context<'a>, slo: &'a Slo) -> Option<Vec<&'a str>> {
    match (&slo.flow, &slo.component) {
        (Some(flow), _) => {
            let view = context.graph.flow(flow.as_str()).and_then(|flow| context.flow_at(flow))?;
            let mut places: Vec<&str> = door(context, view).into_iter().map(Component::id).collect();
            places.push(view.flow.id());
            view.is_critical().then_some(places)
        }
        (None, Some(component)) => {
            let id = context.component(component.as_str())?.id();
            let mut places = vec![id];
            // What a worker is behind with stands in the queue before it.
            places.extend(context.callers(id).into_iter().map(Dependency::from).take(MOST_PLACES));
            Some(places)
        }
        (None, None) => None,
    }
}

/// The entry of a flow and what stands behind it, as far as the first component of the team's own code; that one first.
fn door<'a>(context: &Context<'a>, view: FlowView<'a>) -> Vec<&'a Component> {
    let mut all = Vec::new();
    let mut open: Vec<_> = view.expansion.entry.into_iter().collect();
    let mut seen: HashSet<_> = open.iter().copied().collect();
    while let Some(index) = open.pop() {
        let component = context.component_at(index);
        all.push(component);
        let own = component.kind.is_none_or(|kind| kind.is_compute() && kind != ComponentKind::Gateway);
        if !own && all.len() < MOST_PLACES {
            let behind = view.steps_of(index).flatten().filter(|made| made.synchronous).map(|made| made.to);
            open.extend(behind.filter(|next| seen.insert(*next)));
        }
    }
    all.reverse();
    all
}

/// Beyond so many places nobody looks.
const MOST_PLACES: usize = 20;

fn some(names: &[&str]) -> String {
    const SHOWN: usize = 4;
    if names.len() <= SHOWN {
        return names.join(", ");
    }
    format!("{} or {} more places", names[..SHOWN].join(", "), names.len() - SHOWN)
}
