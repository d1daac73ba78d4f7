//! KP203: a synchronous network call without a timeout.

use crate::model::{ComponentKind, Element};
use crate::rules::checks::worst_case::{first_to_give_up, retries, tightest_threshold, timeout};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Seconds, significant};
use std::collections::HashMap;

declare_rule! {
    "KP203" "missing-timeout", High, Certain;
    summary: "a synchronous network call without a timeout";
    reads: ["dependency.timeout", "dependency.mode", "dependency.network", "dependency.retry.attempts", "flow.critical", "slo.threshold"];
    settings: [];
    detects: "A dependency whose caller waits (`mode = \"sync\"`, or no mode and a callee that is neither queue nor stream) and that has \
        no `timeout`, or a timeout of 0, which most clients take for \"no limit\". Calls made by a `client` or an \
        `external` system are left out: how long a browser or a partner waits holds none of your workers. So are calls \
        whose `network` is zero, which never leave the process. High on a critical flow, medium on another flow, low where \
        no flow makes the call.";
    why: "A callee that stops answering keeps the caller's worker, its connection and everything both hold until the operating \
        system loses patience, often after minutes. At 400 requests a second and 64 workers a silent callee uses up one \
        replica in 0.16 s. From then on requests fail that never needed the callee.";
    example: [
        "`api` waits for `payments` for as long as `payments` likes:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "payments", kind = "external" }]"#,
        r#"dependency = [{ from = "api", to = "payments", mode = "sync" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true, calls = [{ from = "api", to = "payments" }] }]"#,
        "```",
    ];
    remedy: "Set `timeout` near the callee's p99.9 in good times and below the time the caller's own caller waits, divided by the \
        number of attempts. Cover connecting, waiting for a pooled connection and reading: many clients count these apart.";
    verify: "Let the callee accept connections and never answer (a proxy that drops packets does). The caller's workers in use must \
        come back to normal within the timeout, and its other endpoints must not notice.";
    accept: "When the call runs in a worker with its own deadline for the whole job, and that deadline is written down.";
    references: "`KP204` timeout-inversion for timeouts in the wrong order. The guide, *Resilience*: timeouts. \
        Nygard, *Release It!*, chapter on stability patterns.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut above = HashMap::new();
    for dependency in context.dependencies() {
        let in_process = dependency.network.is_some_and(|network| network.high().value() == 0.0);
        let by_others =
            matches!(context.kind(dependency.from()), Some(ComponentKind::Client | ComponentKind::External));
        if !context.waits(dependency) || in_process || by_others {
            continue;
        }
        if timeout(dependency).is_some() {
            report.pass();
            continue;
        }
        let (from, to) = (dependency.from(), dependency.to());
        let element = Element::Dependency(from.to_owned(), to.to_owned());
        let flows = context.flows_through(&element);
        let severity = if flows.iter().any(FlowView::is_critical) {
            Severity::High
        } else if flows.is_empty() {
            Severity::Low
        } else {
            Severity::Medium
        };
        let attempts = 1.0 + retries(dependency);
        let caller = *above.entry(from).or_insert_with(|| first_to_give_up(context, from));
        // A caller that has gone is worse than a late answer: its timeout goes before the objective.
        let limit = caller
            .map(|(after, caller)| (after, format!("{caller} gives up after {}", Seconds::new(after))))
            .or_else(|| {
                let (after, slo) = tightest_threshold(context, &flows)?;
                Some((after, format!("{slo} allows {}", Seconds::new(after))))
            });
        let remedy = match &limit {
            Some(limit) if attempts > 1.0 => format!(
                "set timeout below {}: {}, and {} attempts share that",
                Seconds::new(limit.0 / attempts),
                limit.1,
                significant(attempts, 6)
            ),
            Some(limit) => format!("set timeout below {}: {}", Seconds::new(limit.0), limit.1),
            None => format!("set timeout near the p99.9 of {to} in good times; nothing above {from} limits it yet"),
        };
        let assumed = if dependency.mode.is_none() { " (no mode is given; a call is taken to wait)" } else { "" };
        let mut draft = Draft::new(element, format!("{from} waits for {to} without a timeout{assumed}"), remedy)
            .severity(severity)
            .key("timeout");
        if dependency.mode.is_none() {
            draft = draft.confidence(Confidence::Likely);
        }
        if let Some(limit) = limit {
            draft = draft.fact("timeout_below", Figure::Seconds(limit.0 / attempts));
        }
        report.find(draft);
    }
}
