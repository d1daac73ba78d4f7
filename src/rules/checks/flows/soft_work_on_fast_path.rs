//! KP206: a side effect that the answer of a critical flow waits for.

use crate::graph::MadeCall;
use crate::model::{Component, ComponentKind, Criticality, DataModel, Dependency, Element, Operation};
use crate::rules::checks::worst_case::{longest_wait, tightest_threshold};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Seconds};
use std::collections::BTreeMap;

declare_rule! {
    "KP206" "soft-work-on-fast-path", Medium, Certain;
    summary: "the answer of a critical flow waits for a side effect that it does not need";
    reads: ["dependency.mode", "dependency.criticality", "dependency.operation", "component.kind", "component.data.model", "flow.critical"];
    settings: [];
    detects: "A call in the answer of a critical flow whose dependency is waited for and which only writes. Certain where \
        `criticality = \"soft\"` and `operation = \"write\"` say so. Likely where the callee is a search index or a store of analytics \
        (`data.model` `olap`, `time-series` or `log`), the same flow also waits for a write to a database of record, and nothing says \
        that the call is hard. Heuristic where the callee's id names a side effect (mail, sms, notification, audit, analytics, \
        telemetry, newsletter, webhook, indexer), the call is not said to read, and nothing says that it is hard. \
        Caches, queues and streams are left out: writing to them is the way off the fast path. A soft call without an `operation` \
        cannot be told.";
    why: "The user waits for work whose result they never see, and its bad day becomes theirs: a mail server that takes thirty seconds \
        holds a checkout worker for thirty seconds. At peak these calls take the same workers and connections as the orders.";
    example: [
        "The customer waits until the audit entry is written, although the order stands without it:",
        "",
        "```toml",
        r#"component = [{ id = "api", kind = "service" }, { id = "history", kind = "service" }]"#,
        r#"dependency = [{ from = "api", to = "history", mode = "sync", operation = "write", criticality = "soft", timeout = "200ms" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true, calls = [{ from = "api", to = "history" }] }]"#,
        "```",
    ];
    remedy: "Write the business data and an outbox entry in one transaction, answer, and let a queue or stream carry the side effect to \
        an idempotent worker. Then its slowness is a longer backlog and nothing else.";
    verify: "Stop the side effect's component during a load test: latency and success of the flow do not move, the backlog grows, and it \
        drains after the restart.";
    accept: "When a law or the product demands that the effect exists before the answer (an audit trail of payments): say `criticality = \"hard\"`.";
    references: "The guide, *Migration path*, phase 3, and *Fast path checklist*. `KP317` dual-write for the way out.";
}

/// Ids with one of these parts are most often side effects.
const SIDE_EFFECTS: [&str; 17] = [
    "mail",
    "mailer",
    "email",
    "emails",
    "smtp",
    "sms",
    "notification",
    "notifications",
    "notifier",
    "audit",
    "auditlog",
    "analytics",
    "telemetry",
    "newsletter",
    "webhook",
    "webhooks",
    "indexer",
];

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut waited: BTreeMap<usize, (Vec<FlowView<'_>>, &MadeCall, bool)> = BTreeMap::new();
    for view in context.flows().filter(FlowView::is_critical) {
        let recorded = view.expansion.made().any(|made| made.in_answer && writes_record(context, made));
        for made in view.expansion.made().filter(|made| made.in_answer && view.is_ever_made(made)) {
            let Some(dependency) = made.dependency else { continue };
            let known = waited.entry(dependency.0).or_insert((Vec::new(), made, false));
            if known.0.last().is_none_or(|last| last.flow.id() != view.flow.id()) {
                known.0.push(view);
            }
            known.2 |= recorded;
        }
    }
    for (flows, made, recorded) in waited.into_values() {
        let Some(dependency) = context.dependency_of(made) else { continue };
        let callee = context.component_at(made.to);
        let element = Element::Dependency(dependency.from().to_owned(), dependency.to().to_owned());
        if matches!(callee.kind, Some(ComponentKind::Cache | ComponentKind::Queue | ComponentKind::Stream)) {
            continue;
        }
        let soft = dependency.criticality == Some(Criticality::Soft);
        match side_effect(dependency, callee, recorded) {
            Some((confidence, because)) => {
                report.find(found(context, dependency, element, &flows, because).confidence(confidence));
            }
            None if soft && dependency.operation.is_none() => report.cannot_tell(element, "dependency.operation"),
            None if dependency.operation.is_some() => report.pass(),
            None => {}
        }
    }
}

/// Why a call is a side effect, and how sure that is.
fn side_effect(dependency: &Dependency, callee: &Component, recorded: bool) -> Option<(Confidence, &'static str)> {
    let writes = dependency.operation == Some(Operation::Write);
    match dependency.criticality {
        Some(Criticality::Hard) => return None,
        Some(Criticality::Soft) if writes => {
            return Some((Confidence::Certain, "it only writes, and the flow survives without it"));
        }
        _ => {}
    }
    if writes && recorded && is_derived(callee) {
        return Some((Confidence::Likely, "it is a copy of what another call of the flow records"));
    }
    let unread = writes || dependency.operation.is_none();
    let store = callee.kind.is_some_and(ComponentKind::is_store);
    let named = || callee.id().split('-').any(|part| SIDE_EFFECTS.contains(&part));
    (unread && !store && named()).then_some((Confidence::Heuristic, "by its name it is a side effect"))
}

/// Whether a store holds what can be made again from the data of record.
fn is_derived(component: &Component) -> bool {
    let model = component.data.as_ref().and_then(|data| data.model);
    component.kind == Some(ComponentKind::Search)
        || matches!(model, Some(DataModel::Search | DataModel::Olap | DataModel::TimeSeries | DataModel::Log))
}

fn writes_record(context: &Context<'_>, made: &MadeCall) -> bool {
    let callee = context.component_at(made.to);
    callee.kind == Some(ComponentKind::Database)
        && !is_derived(callee)
        && context.dependency_of(made).and_then(|dependency| dependency.operation).is_some_and(Operation::writes)
}

fn found(
    context: &Context<'_>,
    dependency: &Dependency,
    element: Element,
    flows: &[FlowView<'_>],
    because: &str,
) -> Draft {
    let (from, to) = (dependency.from(), dependency.to());
    let mut message = format!("{} waits for {to}: {because}", flows.first().map_or("", |view| view.flow.id()));
    let longest = longest_wait(dependency).filter(|seconds| seconds.is_finite());
    let threshold = tightest_threshold(context, flows);
    match (longest, threshold) {
        (Some(longest), Some((threshold, slo))) => {
            let threshold = Seconds::new(threshold);
            message = format!("{message}; up to {} of the {threshold} that {slo} allows", Seconds::new(longest));
        }
        (Some(longest), None) => message = format!("{message}; up to {}", Seconds::new(longest)),
        (None, _) => {}
    }
    let mut draft = Draft::new(
        element,
        message,
        format!("let {from} hand the work to a queue or stream, with an outbox, and {to} take it from there after the answer"),
    )
    .key("mode")
    .flows(flows.iter().map(|view| view.flow.id().to_owned()).collect());
    if let Some(longest) = longest {
        draft = draft.fact("waits_up_to", Figure::Seconds(longest));
    }
    if let Some((threshold, _)) = threshold {
        draft = draft.fact("threshold", Figure::Seconds(threshold));
    }
    draft
}
