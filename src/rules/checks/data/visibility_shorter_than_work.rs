//! KP314: a message that is handed out again while it is still being worked on.

use super::consumers::{brokers, consumers};
use crate::graph::{ComponentIndex, MadeCall};
use crate::model::{Component, ComponentKind, Element, Fix, FixSafety};
use crate::rules::checks::worst_case::longest_wait;
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Seconds};

declare_rule! {
    "KP314" "visibility-shorter-than-work", Medium, Certain;
    summary: "a message becomes visible again before its consumer can be done with it";
    reads: ["component.broker.visibility_timeout", "component.service_time", "dependency.timeout", "dependency.retry", "dependency.network",
        "flow.calls"];
    settings: [
        deviations = 3.0, "A consumer's own time counts as its mean plus so many standard deviations (cv × mean), where cv is stated.",
            "Cantelli's inequality: whatever the distribution, at most one message in ten takes longer than the mean plus 3 deviations.";
    ];
    detects: "A `queue` whose `broker.visibility_timeout` is shorter than the work on one message. Two measures: the mean, which is the consumer's \
        service time and, one after another, the service time and network of what it waits for (high, certain: most messages come \
        twice); and the longest, which is the consumer's own time with its variation and each call's timeout × attempts with the waits \
        between them, parallel calls counted once (medium, likely: while a callee is slow). Calls without a timeout count with their mean; \
        `KP203` names them. Where the queue has a consumer of known length and no visibility timeout is stated, the rule cannot tell.";
    why: "The queue takes silence for death. It hands the message to a second consumer while the first is still working, so the work is done \
        twice, at the moment when the callee is slow and can bear it least. The second attempt is just as slow, and a third begins. With a \
        limit on attempts, good messages end in the dead-letter queue.";
    example: [
        "A mail provider may take 3 attempts of 10 s, and the message is hidden for 20 s:",
        "",
        "```toml",
        r#"component = [{ id = "mails", kind = "queue", broker = { visibility_timeout = "20s" } }, { id = "sender", kind = "worker", service_time = "5ms" },"#,
        r#"             { id = "provider", kind = "external", service_time = "100ms" }]"#,
        r#"dependency = [{ from = "mails", to = "sender" }, { from = "sender", to = "provider", timeout = "10s", retry = { attempts = 2 } }]"#,
        "```",
    ];
    remedy: "Hide a message for longer than the slowest honest worker needs, or let the worker extend the time while it works. Give the whole job a \
        deadline of its own below it. And make the work safe to repeat: it will be.";
    verify: "Let the slowest callee take its full timeout in a test: each message is handed out once. Count deliveries per message.";
    accept: "When consumers extend the visibility while they work, or the second delivery finds the first one's mark and stops.";
    references: "The guide, *Queues: visibility timeouts*. Amazon SQS developer guide, *Visibility timeout*. `KP402` unsafe-retry, \
        `KP313` no-dead-letter.";
}

/// How long one message may take, in seconds.
#[derive(Debug, Clone, Copy, Default)]
struct Work {
    mean: f64,
    longest: f64,
    /// Whether anything is known of it.
    known: bool,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let deviations = report.threshold("deviations").max(0.0);
    for (index, queue) in brokers(context, ComponentKind::Queue) {
        let id = queue.id();
        let element = Element::Component(id.to_owned());
        let mut worst: Option<(Work, &Component)> = None;
        for consumer in consumers(context, queue) {
            let component = context.component_at(consumer.at);
            let work = work_of(context, index, consumer.at, deviations);
            if work.known && worst.as_ref().is_none_or(|(worst, _)| work.longest > worst.longest) {
                worst = Some((work, component));
            }
        }
        let Some((work, consumer)) = worst else { continue };
        let Some(visible) = queue.broker.as_ref().and_then(|broker| broker.visibility_timeout) else {
            report.cannot_tell(element, "component.broker.visibility_timeout");
            continue;
        };
        let hidden = visible.value();
        if work.longest <= hidden {
            report.pass();
            continue;
        }
        let always = work.mean > hidden;
        let consumer = consumer.id();
        let length = if always {
            format!("{} on average", Seconds::new(work.mean))
        } else {
            format!("up to {} by its own timeouts and retries", Seconds::new(work.longest))
        };
        // A tenth more than the longest, in whole seconds.
        let enough = (work.longest * 1.1).ceil();
        let remedy = if enough.is_finite() {
            format!(
                "set broker.visibility_timeout of {id} to at least {}, or let {consumer} extend it while it works",
                Seconds::new(enough)
            )
        } else {
            format!(
                "give {consumer} a deadline below {} for the whole message, or let it extend the time while it works",
                visible.likely()
            )
        };
        let mut draft = Draft::new(
            element.clone(),
            format!(
                "{id} hands a message out again after {}, and {consumer} works on one for {length}",
                visible.likely()
            ),
            remedy,
        )
        .severity(if always { Severity::High } else { Severity::Medium })
        .confidence(if always { Confidence::Certain } else { Confidence::Likely })
        .fact("visibility_timeout", Figure::Seconds(hidden))
        .fact("longest_work", Figure::Seconds(work.longest))
        .fact("mean_work", Figure::Seconds(work.mean))
        .key("broker.visibility_timeout");
        if let Some(entity) = context.entity(&element).filter(|_| enough < 1e9) {
            let value = format!("{enough:.0}s");
            draft = draft.fix(Fix::set(FixSafety::Suggested, entity, "broker.visibility_timeout", value));
        }
        report.find(draft);
    }
}

/// The longest of a consumer's work on one message, over the flows that reach it through the queue; without such a flow
/// by what it depends on.
fn work_of(context: &Context<'_>, queue: ComponentIndex, consumer: ComponentIndex, deviations: f64) -> Work {
    let component = context.component_at(consumer);
    let mut own = Work::default();
    if let Some(time) = component.service_time {
        let mean = time.mean.value();
        own = Work { mean, longest: mean * (1.0 + deviations * time.cv.map_or(0.0, |cv| cv.value())), known: true };
    }
    let mut most: Option<Work> = None;
    for view in context.flows_through(&Element::Component(component.id().to_owned())) {
        if view.expansion.visit(queue).is_none() {
            continue;
        }
        let work = view.steps_of(consumer).map(|calls| together(context, view, &calls)).fold(own, |sum, step| Work {
            mean: sum.mean + step.mean,
            longest: sum.longest + step.longest,
            known: sum.known || step.known,
        });
        if most.is_none_or(|most| work.longest > most.longest) {
            most = Some(work);
        }
    }
    most.unwrap_or_else(|| {
        let waits = context.callees(component.id()).into_iter().filter(|dependency| context.waits(dependency));
        waits.fold(own, |sum, dependency| {
            let longest = longest_wait(dependency);
            Work { longest: sum.longest + longest.unwrap_or(0.0), known: sum.known || longest.is_some(), ..sum }
        })
    })
}

/// How long calls made at the same time take: as long as the longest.
fn together(context: &Context<'_>, view: FlowView<'_>, calls: &[&MadeCall]) -> Work {
    let mut all = Work::default();
    for made in calls.iter().filter(|made| made.synchronous) {
        let call = view.call(made);
        let dependency = context.dependency_of(made);
        let time = call.and_then(|call| call.service_time).or(context.component_at(made.to).service_time);
        let network = dependency.and_then(|dependency| dependency.network).map_or(0.0, |network| network.value());
        let each = time.map_or(0.0, |time| time.mean.value()) + network;
        let count = call.and_then(|call| call.count).map_or(1.0, |count| count.value());
        let longest = dependency.and_then(longest_wait);
        all.mean = all.mean.max(made.per_visit.likely * each);
        all.longest = all.longest.max(count * longest.unwrap_or(each));
        all.known |= time.is_some() || longest.is_some();
    }
    all
}
