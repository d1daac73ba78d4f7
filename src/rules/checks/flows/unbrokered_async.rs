//! KP212: work that is handed over to nobody who keeps it.

use crate::model::{Component, ComponentKind, Criticality, Element, Mode, Operation, Response};
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP212" "unbrokered-async", Medium, Likely;
    summary: "an asynchronous call between two components with no queue or stream that keeps the work";
    reads: ["dependency.mode", "dependency.operation", "dependency.criticality", "dependency.on_failure", "dependency.outbox", "component.kind"];
    settings: [];
    detects: "A dependency with `mode = \"async\"` of which neither end is a `queue` or `stream`, from the team's own code (a `scheduler` apart: it \
        starts again by its plan) to own code or an `external` system, without `outbox = true` and without `on_failure = \"queue\"`. Medium where a \
        critical flow makes the call and it writes or is `hard`; low elsewhere. A `soft` call is left out: its work may be lost. Where the kind \
        of an end is not said and a critical flow makes the call, it cannot tell.";
    why: "The caller has answered, and the work lives in its memory: a thread, a future, a buffer. A deploy, a crash or a full buffer loses it, and \
        nobody notices, because the user was told that all is well. Nothing bounds it either: when the callee slows down, the pending calls \
        pile up in the caller, which runs out of memory for work that is not even on its path.";
    example: [
        "The order is confirmed; the shipment lives in a thread of `api`:",
        "",
        "```toml",
        r#"component = [{ id = "api", kind = "service" }, { id = "shipping", kind = "service" }]"#,
        r#"dependency = [{ from = "api", to = "shipping", mode = "async", operation = "write" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true, calls = [{ from = "api", to = "shipping" }] }]"#,
        "```",
    ];
    remedy: "Put a queue or stream between the two and write to it in the same transaction as the business data (an outbox). Where losing the work is \
        fine (a metric, a cache warm-up), say `criticality = \"soft\"` and bound the buffer.";
    verify: "Kill the caller right after its answer, a hundred times under load: every accepted piece of work is done once.";
    accept: "When the caller finds unfinished work again by itself (a state in its database that a timer looks at): say `on_failure = \"queue\"`.";
    references: "The guide, *Async and event-driven scaling architecture* and *Outbox in one sentence*. `KP317` dual-write, `KP205` unbounded-concurrency.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for dependency in context.dependencies().filter(|dependency| dependency.mode == Some(Mode::Async)) {
        let (from, to) = (dependency.from(), dependency.to());
        let (Some(caller), Some(callee)) = (context.caller(dependency), context.callee(dependency)) else { continue };
        let is_broker =
            |component: &Component| component.kind.is_some_and(ComponentKind::is_broker) || component.broker.is_some();
        if is_broker(caller) || is_broker(callee) {
            report.pass();
            continue;
        }
        let own = |component: &Component| {
            component.kind.is_none_or(|kind| kind.is_compute() && kind != ComponentKind::Scheduler)
        };
        let receives = own(callee) || callee.kind == Some(ComponentKind::External);
        if !own(caller) || !receives {
            continue;
        }
        let may_be_lost = dependency.criticality == Some(Criticality::Soft);
        if may_be_lost || dependency.outbox == Some(true) || dependency.on_failure == Some(Response::Queue) {
            report.pass();
            continue;
        }
        let element = Element::Dependency(from.to_owned(), to.to_owned());
        let critical = context.weight(&element).is_critical();
        let unknown = [caller, callee].into_iter().find(|component| component.kind.is_none());
        if let Some(unknown) = unknown {
            if critical {
                report.cannot_tell(Element::Component(unknown.id().to_owned()), "component.kind");
            }
            continue;
        }
        let hard = dependency.criticality == Some(Criticality::Hard);
        let writes = dependency.operation.is_some_and(Operation::writes);
        let certain = hard && writes;
        let severity = if critical && (hard || writes) { Severity::Medium } else { Severity::Low };
        if report.is_crowded_out(&element, severity) {
            continue;
        }
        report.find(
            Draft::new(
                element,
                format!("{from} hands work to {to} and goes on; until {to} has it, it is only in the memory of {from}"),
                format!("put a queue between {from} and {to}, written together with the data; or say criticality = \"soft\" and bound the buffer"),
            )
            .severity(severity)
            .confidence(if certain { Confidence::Certain } else { Confidence::Likely })
            .key("mode"),
        );
    }
}
