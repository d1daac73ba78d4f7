//! KP511: a component of the fast path without metrics, or without logs.

use crate::model::{Component, ComponentKind, Element};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP511" "no-metrics-or-logs", Medium, Certain;
    summary: "a component on a critical flow that reports no metrics, or whose own code writes no logs";
    reads: ["component.signals", "component.kind", "flow.critical"];
    settings: [];
    detects: "A component on a critical flow that lists `signals` without `metrics` (medium; `client` and `external` are left out), or that runs the \
        team's own code and lists them without `logs` (low). Where `signals` is absent nothing is said here: `KP501` asks for it.";
    why: "Metrics say that something is wrong and since when, traces where, logs why. A component without metrics is noticed by its \
        neighbours' errors, and one without logs is explained by guessing.";
    example: [
        "Logs are written, and nothing counts:",
        "",
        "```toml",
        r#"component = [{ id = "pricing", kind = "service", signals = ["logs", "traces"] }]"#,
        r#"flow = [{ id = "checkout", entry = "pricing", critical = true }]"#,
        "```",
    ];
    remedy: "Export rate, errors, the 50th, 95th and 99th percentile, and how full each limit is. Write structured logs with the trace id, at a level that \
        can be afforded at the peak.";
    verify: "In the next drill, name the component that fails and the reason from the screens alone.";
    accept: "When a proxy in front reports the same numbers for it (a mesh): say `metrics`, they are there.";
    references: "The guide, *Observability: measure, debug, and operate at scale*. `KP501` no-tracing, `KP503` saturation-not-measured.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (_, component) in context.components() {
        let Some(signals) = &component.signals else { continue };
        if matches!(component.kind, Some(ComponentKind::Client | ComponentKind::External)) {
            continue;
        }
        let id = component.id();
        let element = Element::Component(id.to_owned());
        let critical: Vec<_> = context.flows_through(&element).into_iter().filter(FlowView::is_critical).collect();
        if critical.is_empty() {
            continue;
        }
        let own_code = component.kind.is_none_or(ComponentKind::is_compute);
        let metrics = lists(component, &["metric", "prometheus", "statsd", "gauge", "counter", "rate", "p99", "p95"]);
        let logs = !own_code || lists(component, &["log", "event"]);
        let (lacking, severity) = match (metrics, logs) {
            (true, true) => {
                report.pass();
                continue;
            }
            (false, true) => ("metrics", Severity::Medium),
            (true, false) => ("logs", Severity::Low),
            (false, false) => ("metrics and no logs", Severity::Medium),
        };
        let what = if severity == Severity::Low {
            format!("write structured logs with the trace id in {id}")
        } else {
            format!("export rate, errors, percentiles and how full each limit of {id} is")
        };
        report.find(
            Draft::new(
                element,
                format!("{id} is on a critical flow and reports no {lacking}"),
                format!("{what}, then add it to its signals"),
            )
            .severity(severity)
            .fact("signals", Figure::List(signals.iter().take(20).cloned().collect()))
            .flows(critical.iter().map(|view| view.flow.id().to_owned()).collect())
            .key("signals"),
        );
    }
}

/// Whether one of the signals holds one of the words.
fn lists(component: &Component, words: &[&str]) -> bool {
    component.signals.iter().flatten().any(|signal| {
        let signal = signal.to_lowercase();
        words.iter().any(|word| signal.contains(word))
    })
}
