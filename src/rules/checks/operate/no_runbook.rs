//! KP505: a component of the fast path, and nothing that says what to do when it fails.

use crate::model::{Component, ComponentKind, Element};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP505" "no-runbook", Low, Certain;
    summary: "a component on a critical flow without a runbook";
    reads: ["component.runbook", "component.recovery.runbook", "component.alerts", "component.kind", "flow.critical"];
    settings: [];
    detects: "A component on a critical flow that is not a `client` or an `external` system and has neither a `runbook` nor a \
        `recovery.runbook`. Medium where it has `alerts`: somebody is woken by it and finds nothing to do; low otherwise. Where no \
        component on a critical flow has one, one finding about the review stands for all of them.";
    why: "The first ten minutes of an incident are spent finding the dashboard, the commands and the person. With a runbook they are spent on \
        the first safe step. The team that built it does not need one, and is asleep, or gone.";
    example: [
        "The alert fires, and then?",
        "",
        "```toml",
        r#"component = [{ id = "api", runbook = "docs/api.md" }, { id = "orders-db", kind = "database", alerts = ["disk"] }]"#,
        r#"dependency = [{ from = "api", to = "orders-db", timeout = "1s" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true, calls = [{ from = "api", to = "orders-db" }] }]"#,
        "```",
    ];
    remedy: "One page: what users notice, the three graphs to look at, the safe first step (shed, switch off, fail over, roll back) with its \
        command, whom to call, and how to see that it is over. Link it from every alert.";
    verify: "Give it to the person who joined last, in a drill: they reach the first safe step within ten minutes without asking.";
    accept: "When the component repairs itself and has never needed a person, and its owner says so.";
    references: "The guide, *Runbook requirement* and *Optimize for operability*. `KP412` failover-never-drilled. Google SRE book, *Being on-call*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut without = Vec::new();
    let mut with = 0;
    for (_, component) in context.components() {
        if matches!(component.kind, Some(ComponentKind::Client | ComponentKind::External)) {
            continue;
        }
        let element = Element::Component(component.id().to_owned());
        if !context.weight(&element).is_critical() {
            continue;
        }
        if has_runbook(component) {
            with += 1;
            report.pass();
        } else {
            without.push((component, element));
        }
    }
    if with == 0 && without.len() > 1 {
        let alerted = without.iter().any(|(component, _)| alerts(component) > 0);
        let count = without.len();
        let flows = context.flows().filter(FlowView::is_critical).map(|view| view.flow.id().to_owned()).collect();
        report.find(
            Draft::new(
                Element::Review,
                format!("none of the {count} components of the critical flows has a runbook"),
                "write one page for the component that fails most often, then one for each that has an alert",
            )
            .severity(if alerted { Severity::Medium } else { Severity::Low })
            .fact("components", Figure::Count(count as f64))
            .flows(flows),
        );
        return;
    }
    for (component, element) in without {
        let id = component.id();
        let severity = if alerts(component) == 0 { Severity::Low } else { Severity::Medium };
        if report.is_crowded_out(&element, severity) {
            continue;
        }
        let (message, severity) = match alerts(component) {
            0 => (format!("{id} is on a critical flow and has no runbook"), Severity::Low),
            1 => (format!("an alert of {id} wakes somebody, and no runbook says what to do"), Severity::Medium),
            count => {
                (format!("{count} alerts of {id} wake somebody, and no runbook says what to do"), Severity::Medium)
            }
        };
        report.find(
            Draft::new(
                element,
                message,
                format!("write one page for {id}: what users notice, three graphs, the safe first step, whom to call; name it in runbook"),
            )
            .severity(severity)
            .key("runbook"),
        );
    }
}

fn has_runbook(component: &Component) -> bool {
    let recovery = component.recovery.as_ref().and_then(|recovery| recovery.runbook.as_deref());
    [component.runbook.as_deref(), recovery].into_iter().flatten().any(|place| !place.trim().is_empty())
}

fn alerts(component: &Component) -> usize {
    component.alerts.iter().flatten().filter(|alert| !alert.trim().is_empty()).count()
}
