//! KP326: files in a database.

use crate::graph::ComponentIndex;
use crate::model::{Component, ComponentKind, Element, Operation};
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Bytes, Quantity};
use std::collections::BTreeMap;

declare_rule! {
    "KP326" "large-objects-in-database", Medium, Likely;
    summary: "a database keeps objects of a megabyte or more";
    reads: ["component.data.rows", "component.data.size", "flow.payload", "flow.calls", "dependency.operation"];
    settings: [
        object_bytes = 1e6, "From so many bytes an object belongs into a store for objects.",
            "Sears, van Ingen, Gray, To BLOB or Not To BLOB (2006): below 256 kB a database is better, above 1 MB a file system.";
    ];
    detects: "A component of kind `database` whose mean row (`size` ÷ `rows`, indexes included) is 1 MB or more: likely. And a flow whose `payload` is \
        1 MB or more, that writes to a database and uses no object store: heuristic, for the payload may end elsewhere.";
    why: "Each object goes through the write-ahead log, through every replica, through the page cache where the hot rows lived, and into every backup. \
        A few slow readers of large rows hold the pool's connections for seconds. Restoring takes hours instead of minutes, \
        and that is noticed when it is needed.";
    example: [
        "Pictures of 3 MB in a table:",
        "",
        "```toml",
        r#"component = [{ id = "db", kind = "database", data = { rows = 200e3, size = "600GB" } }]"#,
        "```",
    ];
    remedy: "Put the object into an object store under a name that never changes, and keep name, size and checksum in the row. Let clients load from \
        there with a signed address. Move old ones in the background, newest first.";
    verify: "Size of a backup and time of a restore before and after; bytes a second in the write-ahead log.";
    accept: "When the objects are few, must commit together with their row, and the restore was timed.";
    references: "Sears, van Ingen, Gray, *To BLOB or Not To BLOB: Large Object Storage in a Database or a Filesystem?* (MSR-TR-2006-45). \
        `KP310` storage-runs-out.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let least = report.threshold("object_bytes").max(1.0);
    let mut sent: BTreeMap<ComponentIndex, (f64, Vec<String>)> = BTreeMap::new();
    for view in context.flows() {
        let Some(payload) = view.flow.payload.map(|payload| payload.value()).filter(|payload| *payload >= least) else {
            continue;
        };
        let elsewhere = view
            .expansion
            .components
            .iter()
            .any(|visit| context.component_at(visit.component).kind == Some(ComponentKind::ObjectStore));
        for made in view.expansion.made().filter(|made| !elsewhere && view.is_ever_made(made)) {
            let operation = context.dependency_of(made).and_then(|dependency| dependency.operation);
            if context.component_at(made.to).kind == Some(ComponentKind::Database)
                && operation.is_some_and(Operation::writes)
            {
                let (most, flows) = sent.entry(made.to).or_default();
                *most = most.max(payload);
                if flows.last().is_none_or(|last| last != view.flow.id()) {
                    flows.push(view.flow.id().to_owned());
                }
            }
        }
    }
    for (index, component) in context.components() {
        if component.kind != Some(ComponentKind::Database) {
            continue;
        }
        let row = row_of(component);
        if let Some(row) = row.filter(|row| *row >= least) {
            report.find(found(component, row, "a row takes", Confidence::Likely));
        } else if let Some((payload, flows)) = sent.remove(&index).filter(|_| row.is_none()) {
            let flow = flows[0].clone();
            let how = format!("{flow} writes to it without an object store, with a payload of");
            report.find(found(component, payload, &how, Confidence::Heuristic).flows(flows));
        } else if row.is_some() {
            report.pass();
        }
    }
}

/// Bytes of a mean row, indexes included.
fn row_of(component: &Component) -> Option<f64> {
    let data = component.data.as_ref()?;
    let rows = data.rows.map(|rows| rows.value()).filter(|rows| *rows > 0.0)?;
    Some(data.size?.value() / rows)
}

fn found(component: &Component, bytes: f64, how: &str, confidence: Confidence) -> Draft {
    let id = component.id();
    Draft::new(
        Element::Component(id.to_owned()),
        format!("{id} keeps large objects: {how} {}", Bytes::new(bytes)),
        format!("move the objects of {id} into an object store and keep their names and checksums in the rows"),
    )
    .confidence(confidence)
    .fact("object_bytes", Figure::Count(bytes))
    .key("data.size")
}
