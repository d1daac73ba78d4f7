//! KP317: a row and an event about it that are written one after the other.

use crate::graph::{ComponentIndex, DependencyIndex};
use crate::model::{ComponentKind, Element, Fix, FixSafety, Operation};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use std::collections::BTreeMap;

declare_rule! {
    "KP317" "dual-write", Medium, Certain;
    summary: "a flow writes a store and publishes an event from one component without an outbox";
    reads: ["dependency.outbox", "dependency.operation", "component.kind", "flow.calls", "flow.critical"];
    settings: [];
    detects: "In one flow: a component writes to a database (or what has `data` and no kind; a dependency whose `operation` is `write` or \
        `read-write`) and publishes to a `queue` or `stream`, and the dependency it publishes by does not say `outbox = true`. With \
        `outbox = false` it is certain, high on a critical flow and medium elsewhere; where nothing is said it is medium and likely. A component \
        that takes its work from the same broker and acknowledges it after the write is not meant: it publishes elsewhere. Where the \
        operation of the only store that might be written is not said, the rule cannot tell. A broker that the store itself feeds \
        (change data capture) is no second write.";
    why: "Two writes to two places are not one. Between them the process is restarted, the broker is away, or the transaction is rolled back: \
        the order is saved and nobody ships it, or a mail confirms an order that does not exist. It happens about as often as \
        deployments and time-outs do, so a few times a day at scale, and no log holds both halves.";
    example: [
        "The order is committed, then published if all goes well:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "db", kind = "database" }, { id = "events", kind = "stream" }]"#,
        r#"dependency = [{ from = "api", to = "db", operation = "write" }, { from = "api", to = "events", outbox = false }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true, calls = [{ from = "api", to = "db" }, { from = "api", to = "events" }] }]"#,
        "```",
    ];
    remedy: "Write the event as a row in the same transaction as the data, and let a relay publish what it finds there, at least once; consumers \
        drop what they have seen. Or publish from the store's own log (change data capture).";
    verify: "Kill the process between commit and publish in a test, a hundred times: every row has its event, and no event is without its row. \
        Alert on the age of the oldest unpublished row.";
    accept: "When the event is only a hint that a periodic comparison repairs: name the comparison.";
    references: "The guide, *Outbox* and *Write path checklist*. Kleppmann, *Designing Data-Intensive Applications*, chapter 11. \
        `KP301` database-as-queue for how not to read the outbox.";
}

/// A publishing connection that may lose or invent events.
#[derive(Default)]
struct Publishing<'a> {
    flows: Vec<&'a str>,
    critical: bool,
    stores: Vec<&'a str>,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut found: BTreeMap<DependencyIndex, Publishing<'_>> = BTreeMap::new();
    let mut safe = 0_usize;
    for view in context.flows() {
        judge(context, view, &mut found, &mut safe, report);
    }
    for _ in 0..safe {
        report.pass();
    }
    for (index, publishing) in found {
        report.find(draft(context, index, publishing));
    }
}

/// The stores that one component of a flow writes to, or perhaps writes to.
#[derive(Default)]
struct Written<'a> {
    stores: Vec<(ComponentIndex, &'a str)>,
    unsaid: Vec<(ComponentIndex, &'a str)>,
}

fn judge<'a>(
    context: &Context<'a>,
    view: FlowView<'a>,
    found: &mut BTreeMap<DependencyIndex, Publishing<'a>>,
    safe: &mut usize,
    report: &mut Report<'_>,
) {
    let mut by_writer: BTreeMap<ComponentIndex, Written<'_>> = BTreeMap::new();
    for made in view.expansion.made().filter(|made| view.is_ever_made(made)) {
        let store = context.component_at(made.to);
        let kept = match store.kind {
            Some(kind) => kind == ComponentKind::Database,
            None => store.data.is_some(),
        };
        if !kept {
            continue;
        }
        let written = by_writer.entry(made.from).or_default();
        match context.dependency_of(made).map(|dependency| dependency.operation) {
            Some(Some(operation)) if operation.writes() => written.stores.push((made.to, store.id())),
            // A flow that only reads does not write by the way.
            Some(None) if view.flow.operation != Some(Operation::Read) => written.unsaid.push((made.to, store.id())),
            _ => {}
        }
    }
    for made in view.expansion.made().filter(|made| view.is_ever_made(made)) {
        let broker = context.component_at(made.to);
        let (Some(written), Some(index)) = (by_writer.get(&made.from), made.dependency) else { continue };
        if !broker.kind.is_some_and(ComponentKind::is_broker) {
            continue;
        }
        let dependency = &context.review.dependencies[index.0];
        // Taking work from the broker is drawn as a call in some reviews, and is no publishing.
        if matches!(dependency.operation, Some(Operation::Read | Operation::Poll)) {
            continue;
        }
        let fed = |store: &ComponentIndex| context.graph.dependency(*store, made.to).is_some();
        let stores: Vec<&str> = written.stores.iter().filter(|(store, _)| !fed(store)).map(|(_, id)| *id).collect();
        if dependency.outbox == Some(true) {
            *safe += usize::from(!stores.is_empty());
            continue;
        }
        if stores.is_empty() {
            let from = context.component_at(made.from).id();
            for (_, store) in written.unsaid.iter().filter(|_| written.stores.is_empty()) {
                report.cannot_tell(Element::Dependency(from.to_owned(), (*store).to_owned()), "dependency.operation");
            }
            continue;
        }
        let publishing = found.entry(index).or_default();
        if publishing.flows.last() != Some(&view.flow.id()) {
            publishing.flows.push(view.flow.id());
        }
        publishing.critical |= view.is_critical();
        for store in stores {
            if publishing.stores.len() < 4 && !publishing.stores.contains(&store) {
                publishing.stores.push(store);
            }
        }
    }
}

fn draft(context: &Context<'_>, index: DependencyIndex, publishing: Publishing<'_>) -> Draft {
    let dependency = &context.review.dependencies[index.0];
    let (from, to) = (dependency.from(), dependency.to());
    let element = Element::Dependency(from.to_owned(), to.to_owned());
    let said = dependency.outbox == Some(false);
    let how = if said { "without an outbox" } else { "and no outbox is stated" };
    let stores = publishing.stores.join(", ");
    let draft = Draft::new(
        element.clone(),
        format!("{from} writes to {stores} and publishes to {to} {how}: one of them can happen without the other"),
        format!(
            "write the event into {} in the same transaction, and publish to {to} from there (outbox = true)",
            publishing.stores[0]
        ),
    )
    .severity(if said && publishing.critical { Severity::High } else { Severity::Medium })
    .confidence(if said { Confidence::Certain } else { Confidence::Likely })
    .fact("stores", Figure::List(publishing.stores.iter().map(|store| (*store).to_owned()).collect()))
    .flows(publishing.flows.into_iter().map(str::to_owned).collect())
    .key("outbox");
    match context.entity(&element) {
        Some(entity) => draft.fix(Fix::set(FixSafety::Suggested, entity, "outbox", "true")),
        None => draft,
    }
}
