//! KP327: messages that are gone before their consumer is back.

use super::consumers::consumers;
use crate::model::{Component, ComponentKind, Element, Fix, FixSafety};
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Seconds};

declare_rule! {
    "KP327" "retention-below-recovery", Medium, Certain;
    summary: "a broker forgets messages before a consumer, or what it writes to, may be back";
    reads: ["component.broker.retention", "component.recovery.rto"];
    settings: [
        least_hours = 24.0, "Without a stated recovery time, a retention below so many hours is low.",
            "A consumer that fails in the evening is looked at in the morning.";
    ];
    detects: "A `queue` or `stream` whose `broker.retention` is shorter than the `recovery.rto` of one of its consumers or of a component that such a \
        consumer waits for: medium, certain. Where no recovery time is stated there and the retention is below 24 hours: low, likely.";
    why: "While a consumer is away, the broker is the only copy of what happened. The recovery plan says how long that may take, and the broker was set up \
        by somebody else with a default. On the day both are tested together, the consumer comes back and finds that its \
        first hours of messages are no longer there.";
    example: [
        "The warehouse may be away for eight hours, the events stay for six:",
        "",
        "```toml",
        r#"component = [{ id = "events", kind = "stream", broker = { retention = "6h" } }, { id = "loader", kind = "worker" },"#,
        r#"             { id = "warehouse", kind = "database", recovery = { rto = "8h" } }]"#,
        r#"dependency = [{ from = "events", to = "loader" }, { from = "loader", to = "warehouse", mode = "sync" }]"#,
        "```",
    ];
    remedy: "Keep messages for the longest recovery time plus the time until somebody notices plus the time to catch up; three times the rto is a start. \
        Disk is cheaper than the gap.";
    verify: "Stop the consumer for as long as its rto in a test, start it, and compare what it has with what was sent.";
    accept: "When messages are worthless after the retention (positions, prices of a second).";
    references: "The guide, *Replay/backfill as a first-class feature*. `KP315` stream-without-replay, `KP411` no-recovery-objectives.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let least = report.threshold("least_hours") * 3600.0;
    for (_, broker) in context.components() {
        if !broker.kind.is_some_and(ComponentKind::is_broker) {
            continue;
        }
        let Some(retention) = broker.broker.as_ref().and_then(|policy| policy.retention) else { continue };
        let consumers = consumers(context, broker);
        if consumers.is_empty() {
            continue;
        }
        let slowest = consumers
            .iter()
            .map(|consumer| context.component_at(consumer.at))
            .flat_map(|consumer| {
                let waits = context.callees(consumer.id()).into_iter().filter(|dependency| context.waits(dependency));
                let behind = waits.filter_map(|dependency| context.callee(dependency));
                std::iter::once(consumer).chain(behind).collect::<Vec<_>>()
            })
            .filter_map(|component| Some((rto_of(component)?, component.id())))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let id = broker.id();
        let element = Element::Component(id.to_owned());
        let (needed, message, severity) = match slowest {
            Some((rto, who)) if retention.value() < rto => (
                rto,
                format!(
                    "{id} keeps messages for {}, and {who} may be away for {}",
                    retention.likely(),
                    Seconds::new(rto)
                ),
                Severity::Medium,
            ),
            None if retention.value() < least => (
                least,
                format!(
                    "{id} keeps messages for {}: a consumer that fails in the evening has lost some by morning",
                    retention.likely()
                ),
                Severity::Low,
            ),
            _ => {
                report.pass();
                continue;
            }
        };
        let keep = (needed * 3.0 / 3600.0).ceil();
        let mut draft = Draft::new(
            element.clone(),
            message,
            format!(
                "keep messages of {id} for {}: the time away, until it is noticed, and to catch up",
                Seconds::new(keep * 3600.0)
            ),
        )
        .severity(severity)
        .confidence(if severity == Severity::Medium { Confidence::Certain } else { Confidence::Likely })
        .fact("retention", Figure::Seconds(retention.value()))
        .fact("recovery_time", Figure::Seconds(needed))
        .key("broker.retention");
        if let Some(entity) = context.entity(&element).filter(|_| keep < 1e6) {
            draft = draft.fix(Fix::set(FixSafety::Suggested, entity, "broker.retention", format!("{keep:.0}h")));
        }
        report.find(draft);
    }
}

fn rto_of(component: &Component) -> Option<f64> {
    component.recovery.as_ref()?.rto.map(|rto| rto.value())
}
