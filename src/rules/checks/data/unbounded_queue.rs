//! KP312: a queue into which any number of messages fits.

use crate::model::{ComponentKind, Element, Fix, FixSafety};
use crate::rules::checks::load::asked_of_all;
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Seconds, thousands};

declare_rule! {
    "KP312" "unbounded-queue", Medium, Likely;
    summary: "a queue or stream that says how it works and has no bound";
    reads: ["component.kind", "component.broker.bound", "component.broker.retention", "flow.rate", "flow.peak", "growth.traffic", "growth.peak"];
    settings: [
        outage_minutes = 60.0, "The bound that is proposed holds what arrives at the expected peak in so many minutes.",
            "How long consumers may be away before a person has brought them back; your recovery time is better.";
    ];
    detects: "A component of kind `queue` or `stream` whose `broker` is described and has neither `bound` nor `retention`: medium. A queue with a \
        `retention` and no `bound` is low: its messages are lost by age, and nobody is told no. A stream with a retention passes, for \
        forgetting is how a log is bounded. Where nothing at all is said about the broker, the rule cannot tell. Waiting rooms in front of \
        workers (`component.queue`) belong to `KP205` and `KP408`.";
    why: "A queue does not add capacity, it adds waiting: if more comes than is taken, it grows until something else gives up, and that is the \
        memory or the disk of the broker that everybody shares. Long before, the messages at its end are so old that nobody wants \
        the answer, and they are worked on first. With a bound the sender is told early, when it can still do something.";
    example: [
        "Retries are limited, the line is not:",
        "",
        "```toml",
        r#"component = [{ id = "jobs", kind = "queue", broker = { dead_letter = true, max_attempts = 5 } }]"#,
        "```",
    ];
    remedy: "Choose the bound from the age that is still useful: rate of the consumers × that age. Decide what the sender does at the bound: refuse, \
        drop the oldest, or wait. Alert on the age of the oldest message well below it.";
    verify: "Stop the consumers in a test: at the bound senders get the stated answer, the broker's memory stays flat, and the backlog drains in the stated time.";
    accept: "When the senders are few and each waits for its own message (a closed workload).";
    references: "The guide, *Control concurrency everywhere*. `KP606` backlog-does-not-drain. AWS Builders' Library, *Avoiding insurmountable queue backlogs*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut asked = None;
    for (index, component) in context.components() {
        let Some(kind) = component.kind.filter(|kind| kind.is_broker()) else { continue };
        let id = component.id();
        let element = Element::Component(id.to_owned());
        let Some(broker) = &component.broker else {
            report.cannot_tell(element, "component.broker.bound");
            continue;
        };
        if broker.bound.is_some() || kind == ComponentKind::Stream && broker.retention.is_some() {
            report.pass();
            continue;
        }
        let minutes = report.threshold("outage_minutes").max(0.0);
        let rate = asked.get_or_insert_with(|| asked_of_all(context))[index.0].rate_expected;
        let room = two_digits(rate * minutes * 60.0);
        let remedy = if room >= 1.0 {
            format!(
                "set broker.bound near {}: what arrives in {} at the expected peak; and decide what a sender does at the bound",
                thousands(room),
                Seconds::new(minutes * 60.0)
            )
        } else {
            format!(
                "set broker.bound to what the consumers of {id} work off in the time that is still useful, and decide what a sender does at the bound"
            )
        };
        let message = match broker.retention {
            Some(retention) => {
                format!(
                    "{id} takes in any number of messages, and loses them without a word when they are {} old",
                    retention.likely()
                )
            }
            None => format!("{id} has no bound: whatever its consumers do not take piles up in it"),
        };
        let mut draft = Draft::new(element.clone(), message, remedy)
            .severity(if broker.retention.is_some() { Severity::Low } else { Severity::Medium })
            .confidence(Confidence::Likely)
            .fact("arrival_rate", Figure::PerSecond(rate))
            .key("broker.bound");
        if let Some(entity) = context.entity(&element).filter(|_| room >= 1.0 && room.is_finite()) {
            draft = draft.fix(Fix::set(FixSafety::Suggested, entity, "broker.bound", format!("{room:.0}")));
        }
        report.find(draft);
    }
}

/// Rounded up to two digits: a proposal that pretends to be exact is not believed.
fn two_digits(value: f64) -> f64 {
    if value < 1.0 || !value.is_finite() {
        return value;
    }
    let step = 10_f64.powf((value.log10().floor() - 1.0).max(0.0));
    (value / step).ceil() * step
}
