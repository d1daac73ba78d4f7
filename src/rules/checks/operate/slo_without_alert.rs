//! KP506: an objective that nobody is told about.

use super::watched::watches;
use crate::model::{Component, ComponentKind, Element, Slo};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use foldhash::HashSet;

declare_rule! {
    "KP506" "slo-without-alert", Medium, Likely;
    summary: "an SLO whose error budget no alert watches";
    reads: ["slo.alerts", "slo.indicator", "slo.flow", "slo.component", "component.alerts"];
    settings: [];
    detects: "An SLO without `alerts` of its own, where no alert of its component is about the objective either. For the SLO of a flow that \
        is its entry, and everything behind it as far as the first component of the team's own code (a gateway or service behind a `client`, \
        `cdn`, `waf` or `load-balancer`). An alert is about the objective when it names the SLO, a burn rate or a budget, or what the indicator counts \
        (latency or a percentile, errors, throughput, age, lag, backups …). Medium for the SLOs of critical flows and of components, low \
        for other flows. Where the whole review names no alert at all, one finding stands for all SLOs.";
    why: "An objective without an alert is checked by customers. Alerts on causes (processor, disk, restarts) fire when no user notices and stay \
        silent when a new cause hurts all of them; the burn of the budget does neither.";
    example: [
        "Only the disk has an alert:",
        "",
        "```toml",
        r#"component = [{ id = "api", alerts = ["disk"] }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true }]"#,
        r#"slo = [{ id = "checkout-availability", flow = "checkout", indicator = "availability", objective = 99.9, window = "28d" }]"#,
        "```",
    ];
    remedy: "Alert on the burn of the budget in two windows each: page at 14.4 times the allowed rate over one hour and five minutes, open a ticket \
        at the allowed rate over three days and six hours. Write its name in `alerts` of the SLO, or of the component where it is measured.";
    verify: "Let a tenth of the flow's requests fail in a drill: the page arrives within the minutes that the window promises, and clears soon after.";
    accept: "When nobody is on call and the objective is looked at in a weekly report: say so, with the day on which that changes.";
    references: "Google SRE workbook, *Alerting on SLOs*. The guide, *Availability and error budgets*. `KP709` budget-burning.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let review = context.review;
    if review.slos.is_empty() {
        return;
    }
    let named = |names: &Option<Vec<String>>| names.iter().flatten().any(|name| !name.trim().is_empty());
    let any = review.slos.iter().any(|slo| named(&slo.alerts))
        || review.components.iter().any(|component| named(&component.alerts));
    if !any {
        let count = review.slos.len();
        report.find(
            Draft::new(
                Element::Review,
                match count {
                    1 => "one SLO, and no alert watches it or anything else".to_owned(),
                    count => format!("{count} SLOs, and no alert watches one of them or anything else"),
                },
                "begin with one alert on the burn of the critical flow's budget, and name it in alerts of its SLO",
            )
            .severity(if context.flows().any(|view| view.is_critical()) { Severity::Medium } else { Severity::Low })
            .confidence(Confidence::Certain)
            .fact("slos", Figure::Count(count as f64))
            .flows(context.flows().filter(FlowView::is_critical).map(|view| view.flow.id().to_owned()).collect()),
        );
        return;
    }
    for (position, slo) in review.slos.iter().enumerate() {
        let element = match slo.id() {
            "" => Element::Other("slo", (position + 1).to_string()),
            id => Element::Slo(id.to_owned()),
        };
        let Some((components, critical)) = places(context, slo) else { continue };
        let own = slo.alerts.iter().flatten().any(|alert| !alert.trim().is_empty());
        let of_place = || {
            components
                .iter()
                .flat_map(|component| component.alerts.iter().flatten())
                .any(|alert| watches(alert, slo.indicator, slo.id()))
        };
        if own || of_place() {
            report.pass();
        } else {
            report.find(found(element, slo, &components, critical));
        }
    }
}

fn found(element: Element, slo: &Slo, components: &[&Component], critical: bool) -> Draft {
    let id = if slo.id().is_empty() { "an SLO without an id" } else { slo.id() };
    let others: Vec<String> =
        components.iter().flat_map(|component| component.alerts.iter().flatten()).take(6).cloned().collect();
    let place: Vec<&str> = components.iter().map(|component| component.id()).collect();
    let message = if others.is_empty() {
        format!("no alert watches {id}: {} has none", place.join(", "))
    } else {
        format!("no alert watches {id}: those of {} are {}", place.join(", "), others.join(", "))
    };
    let window = slo.window.map_or(String::new(), |window| format!(" of {}", window.likely()));
    Draft::new(
        element,
        message,
        format!("alert on the burn of its budget{window} (14.4 × over 1 h pages, 1 × over 3 d is a ticket), and name the alert in alerts"),
    )
    .severity(if critical { Severity::Medium } else { Severity::Low })
    .confidence(if others.is_empty() { Confidence::Certain } else { Confidence::Likely })
    .fact("alerts_there", Figure::List(others))
    .key("alerts")
}

/// Where the objective can be watched, and whether it matters; `None` where it is about nothing that exists.
fn places<'a>(context: &Context<'a>, slo: &Slo) -> Option<(Vec<&'a Component>, bool)> {
    match (&slo.flow, &slo.component) {
        (Some(flow), _) => {
            let view = context.graph.flow(flow.as_str()).and_then(|flow| context.flow_at(flow))?;
            Some((door(context, view), view.is_critical()))
        }
        (None, Some(component)) => Some((vec![context.component(component.as_str())?], true)),
        (None, None) => None,
    }
}

/// The entry of a flow and what stands behind it, as far as the first component of the team's own code.
fn door<'a>(context: &Context<'a>, view: FlowView<'a>) -> Vec<&'a Component> {
    let mut all = Vec::new();
    let mut open: Vec<_> = view.expansion.entry.into_iter().collect();
    let mut seen: HashSet<_> = open.iter().copied().collect();
    while let Some(index) = open.pop() {
        let component = context.component_at(index);
        all.push(component);
        let passes_on = matches!(
            component.kind,
            Some(
                ComponentKind::Client
                    | ComponentKind::Cdn
                    | ComponentKind::Waf
                    | ComponentKind::LoadBalancer
                    | ComponentKind::External
            )
        );
        if passes_on && all.len() < MOST_PLACES {
            let behind = view.steps_of(index).flatten().filter(|made| made.synchronous).map(|made| made.to);
            open.extend(behind.filter(|next| seen.insert(*next)));
        }
    }
    all
}

/// Beyond so many doors nobody watches a flow at its door.
const MOST_PLACES: usize = 20;
