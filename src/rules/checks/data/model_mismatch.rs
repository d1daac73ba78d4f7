//! KP325: scans on the store that serves single rows, or single rows from the store that scans.

use crate::graph::ComponentIndex;
use crate::model::{Component, ComponentKind, DataModel, Element, Mode, Operation};
use crate::rules::checks::load::rate_of;
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Seconds, significant};
use std::collections::BTreeMap;

declare_rule! {
    "KP325" "model-mismatch", Medium, Likely;
    summary: "long reads on the transactional store of a critical flow, or a critical answer from an analytical store";
    reads: ["component.data.model", "component.data.read_replicas", "component.service_time", "flow.calls.service_time", "dependency.mode",
        "dependency.operation", "flow.critical"];
    settings: [
        long_s = 1.0, "From so many seconds a read of a transactional store is a long one.",
            "Three orders of magnitude above the reads of a row; at two workers of ten it is already a fifth of the store.";
    ];
    detects: "A database whose `data.model` is `oltp` or not said, that a critical flow waits for, and from which another flow reads in `batch` mode or \
        with calls of a second or more each (their own `service_time`), while there are no `read_replicas` to send them to. And the \
        other way round: a store whose `data.model` is `olap`, which a critical flow's answer waits for.";
    why: "A report reads the table that the shop writes. It throws the shop's pages out of memory, keeps old row versions alive, and holds a \
        worker for minutes where the shop's statements need milliseconds: with a few of them there is none left. The other way round, a store of columns \
        answers a thousand rows as fast as one, and takes a second for either.";
    example: [
        "The month's figures are computed where orders are taken:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "reports" }, { id = "db", kind = "database", service_time = "2ms", data = { model = "oltp" } }]"#,
        r#"dependency = [{ from = "api", to = "db", operation = "write" }, { from = "reports", to = "db", operation = "read" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true, calls = [{ from = "api", to = "db" }] },"#,
        r#"        { id = "month", entry = "reports", rate = "10/day", calls = [{ from = "reports", to = "db", service_time = "90s" }] }]"#,
        "```",
    ];
    remedy: "Send long reads to a copy, or better to a store that is made for them, fed by a stream of changes. Answer requests from figures that \
        were computed before (a materialised view, a summary table). Until then a pool of their own, small, with a statement timeout.";
    verify: "Run the report at peak in a test: p99 of the critical flow does not move.";
    accept: "When it runs at a quiet hour and is stopped before the busy one: say by what.";
    references: "The guide, *Analytics ingestion: warehouse/lake for heavy queries* and *Materialized views*. `KP405` no-bulkhead.";
}

/// What uses one store.
#[derive(Default)]
struct Uses<'a> {
    /// Critical flows whose answer waits for it.
    critical: Vec<&'a str>,
    /// Flows that read long, each with the time of a read where it is known.
    long: Vec<(&'a str, Option<f64>)>,
    /// Slots that long reads hold on average.
    busy: f64,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let least = report.threshold("long_s");
    let mut stores: BTreeMap<ComponentIndex, Uses<'_>> = BTreeMap::new();
    for view in context.flows() {
        for made in view.expansion.made().filter(|made| view.is_ever_made(made)) {
            let store = context.component_at(made.to);
            if store.kind != Some(ComponentKind::Database) {
                continue;
            }
            let uses = stores.entry(made.to).or_default();
            let id = view.flow.id();
            if view.is_critical() && made.in_answer {
                if uses.critical.last() != Some(&id) {
                    uses.critical.push(id);
                }
                continue;
            }
            let dependency = context.dependency_of(made);
            if dependency.and_then(|dependency| dependency.operation) != Some(Operation::Read) {
                continue;
            }
            let time = view.call(made).and_then(|call| call.service_time).map(|time| time.mean.value());
            let batch = dependency.and_then(|dependency| dependency.mode) == Some(Mode::Batch);
            if batch || time.is_some_and(|time| time >= least) {
                if uses.long.last().is_none_or(|(last, _)| *last != id) {
                    uses.long.push((id, time));
                }
                uses.busy += rate_of(context, view).unwrap_or(0.0) * made.per_request.likely * time.unwrap_or(0.0);
            }
        }
    }
    for (index, uses) in stores {
        judge(context.component_at(index), &uses, report);
    }
}

fn judge(store: &Component, uses: &Uses<'_>, report: &mut Report<'_>) {
    let id = store.id();
    let element = Element::Component(id.to_owned());
    let data = store.data.as_ref();
    let model = data.and_then(|data| data.model);
    if uses.critical.is_empty() {
        return;
    }
    let critical = some(&uses.critical);
    if model == Some(DataModel::Olap) {
        report.find(
            Draft::new(
                element,
                format!("the answer of {critical} waits for {id}, a store for scans"),
                format!("answer {critical} from a store for single rows that {id} feeds with finished figures"),
            )
            .flows(uses.critical.iter().map(|flow| (*flow).to_owned()).collect())
            .key("data.model"),
        );
        return;
    }
    let copies = data.and_then(|data| data.read_replicas).is_some_and(|copies| copies.high().value() > 0.0);
    if uses.long.is_empty() || copies || !matches!(model, None | Some(DataModel::Oltp)) {
        report.pass();
        return;
    }
    let names: Vec<&str> = uses.long.iter().map(|(flow, _)| *flow).collect();
    let longest = uses.long.iter().filter_map(|(_, time)| *time).reduce(f64::max);
    let how = longest.map_or_else(|| "in lots".to_owned(), |time| format!("for {} at a time", Seconds::new(time)));
    let busy = if uses.busy >= 0.01 {
        format!(" and hold {} of its slots on average", significant(uses.busy, 2))
    } else {
        String::new()
    };
    let mut draft = Draft::new(
        element,
        format!("reads of {} scan {id} {how}{busy}, while {critical} waits for the same store", some(&names)),
        format!("send the reads of {} to a copy of {id}, or to a store for scans that {id} feeds", some(&names)),
    )
    .severity(Severity::Medium)
    .confidence(if model.is_some() { Confidence::Likely } else { Confidence::Heuristic })
    .fact("long_reads_busy", Figure::Count(uses.busy))
    .flows(uses.critical.iter().map(|flow| (*flow).to_owned()).collect())
    .key("data.model");
    if let Some(longest) = longest {
        draft = draft.fact("longest_read", Figure::Seconds(longest));
    }
    report.find(draft);
}

fn some(flows: &[&str]) -> String {
    match flows {
        [first, rest @ ..] if !rest.is_empty() => format!("{first} (and {} more)", rest.len()),
        flows => flows.join(""),
    }
}
