//! KP501: a component of the fast path that leaves no traces.

use crate::model::{ComponentKind, Element};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP501" "no-tracing", Medium, Certain;
    summary: "a component on a critical flow that leaves no traces";
    reads: ["component.signals", "component.kind", "flow.critical"];
    settings: [];
    detects: "A component on a critical flow that runs the team's own code (gateway, service, worker, function, scheduler, model, or no `kind` \
        given) and lists `signals` without `traces`. Stores and other people's systems are left out: the caller's span shows \
        them. Where `signals` is absent the rule cannot tell.";
    why: "Metrics say that p99 doubled, not where. With one component missing from the trace its waiting looks like its caller's work, and \
        the search goes on in the wrong team. Tail problems live in single requests, and only a trace follows one.";
    example: [
        "`pricing` is on the way of every order and invisible in a trace:",
        "",
        "```toml",
        r#"component = [{ id = "pricing", kind = "service", signals = ["metrics", "logs"] }]"#,
        r#"flow = [{ id = "checkout", entry = "pricing", critical = true }]"#,
        "```",
    ];
    remedy: "Pass the trace context on in every call and message, make a span for each incoming request and each outgoing call (waiting for \
        a pooled connection included), and sample so that slow and failed requests are kept.";
    verify: "Pick the slowest request of the last hour: its trace has no gap longer than a network round trip that nobody accounts for.";
    accept: "When the component is replaced within the quarter and its caller's span around it is detailed enough.";
    references: "The guide, *Observability* and *No tracing/SLOs*. W3C Trace Context. OpenTelemetry, *Sampling*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (_, component) in context.components() {
        let own_code = component.kind.is_none_or(ComponentKind::is_compute);
        let element = Element::Component(component.id().to_owned());
        if !own_code || !context.weight(&element).is_critical() {
            continue;
        }
        let Some(signals) = &component.signals else {
            report.cannot_tell(element, "component.signals");
            continue;
        };
        let is_trace = |signal: &String| {
            ["traces", "trace", "tracing", "spans"].iter().any(|word| signal.trim().eq_ignore_ascii_case(word))
        };
        if signals.iter().any(is_trace) {
            report.pass();
            continue;
        }
        let id = component.id();
        let critical = context.flows_through(&element).into_iter().filter(FlowView::is_critical);
        let flows = critical.map(|view| view.flow.id().to_owned()).collect();
        report.find(
            Draft::new(
                element,
                format!("{id} is on a critical flow and leaves no traces"),
                format!("pass the trace context through {id}, make spans there, and add \"traces\" to its signals"),
            )
            .fact("signals", Figure::List(signals.clone()))
            .flows(flows)
            .key("signals"),
        );
    }
}
