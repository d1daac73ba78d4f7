//! KP301: a database that is polled for work.

use crate::model::{ComponentKind, Element, Mode, Operation};
use crate::rules::checks::load::slots;
use crate::rules::context::Context;
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::thousands;

declare_rule! {
    "KP301" "database-as-queue", Medium, Certain;
    summary: "a database that is polled for work";
    reads: ["dependency.operation", "dependency.mode", "component.kind", "component.replicas", "component.workers"];
    settings: [];
    detects: "A dependency with `operation = \"poll\"` on a component of kind `database`, or on one with `data` and no kind; with \
        neither it cannot tell. A `worker` that uses a database in `batch` mode, \
        says no operation and takes work from no queue or stream cannot be told: it may be polling.";
    why: "Asking 'is there work?' costs the same whether there is any or not, and it costs most when the table is long. Pollers lock the \
        same first rows, deletes leave dead rows behind that every later poll walks over, and the polling load grows with the \
        number of workers: more workers make the queue slower. The database it hurts is the one that orders are written to.";
    example: [
        "Workers look for new rows in the table that checkout writes:",
        "",
        "```toml",
        r#"component = [{ id = "invoicer", kind = "worker", replicas = 4, workers = 8 }, { id = "orders-db", kind = "database" }]"#,
        r#"dependency = [{ from = "invoicer", to = "orders-db", operation = "poll" }]"#,
        "```",
    ];
    remedy: "Write the row and an outbox entry in one transaction and let a queue or stream carry the work. Where the volume is small and \
        must stay in the database, poll with one reader and a notification, `SKIP LOCKED`, a partial index on open rows, and \
        delete in batches.";
    verify: "Poll queries have gone from the list of the most expensive statements; the age of the oldest open piece of work is a metric.";
    accept: "For a few rows a minute, one poller, and a table that is emptied by partition: say the rate and the limit at which you look again.";
    references: "The guide, *Anti-patterns* and *Queues vs streams*. `KP317` dual-write for the way out.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for dependency in context.dependencies() {
        let (from, to) = (dependency.from(), dependency.to());
        let element = || Element::Dependency(from.to_owned(), to.to_owned());
        match context.callee(dependency).map(|component| (component.kind, component.data.is_some())) {
            // What keeps data and does not say what it is, is a database for this purpose.
            Some((Some(ComponentKind::Database), _) | (None, true)) => {}
            Some((None, false)) if dependency.operation == Some(Operation::Poll) => {
                report.cannot_tell(Element::Component(to.to_owned()), "component.kind");
                continue;
            }
            _ => continue,
        }
        match dependency.operation {
            Some(Operation::Poll) => {
                let pollers = context.component(from).and_then(slots);
                let crowd =
                    pollers.map(|count| format!(" with up to {} pollers", thousands(count))).unwrap_or_default();
                let mut draft = Draft::new(
                    element(),
                    format!("{from} polls {to} for work{crowd}"),
                    format!("publish the work of {from} through an outbox to a queue, and let {from} consume that"),
                )
                .key("operation");
                if let Some(pollers) = pollers {
                    draft = draft.fact("pollers", Figure::Count(pollers));
                }
                report.find(draft);
            }
            Some(_) => report.pass(),
            None => {
                let worker = context.caller(dependency).and_then(|caller| caller.kind) == Some(ComponentKind::Worker);
                let batch = dependency.mode == Some(Mode::Batch);
                if worker && batch && !takes_from_broker(context, from) {
                    report.cannot_tell(element(), "dependency.operation");
                }
            }
        }
    }
}

/// Whether work reaches a component through a queue or stream, whichever end the edge is drawn from.
fn takes_from_broker(context: &Context<'_>, id: &str) -> bool {
    let broker = |other: &str| context.kind(other).is_some_and(ComponentKind::is_broker);
    context.callers(id).iter().any(|caller| broker(caller.from()))
        || context.callees(id).iter().any(|callee| broker(callee.to()))
}
