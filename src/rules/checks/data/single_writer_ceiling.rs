//! KP311: more writes to come than one primary can take.

use crate::graph::ComponentIndex;
use crate::model::{Component, ComponentKind, Element, Operation, Writers};
use crate::rules::checks::load::{is_guessed, load_of};
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{PerSecond, Quantity, significant};
use std::collections::BTreeMap;

declare_rule! {
    "KP311" "single-writer-ceiling", Medium, Certain;
    summary: "writes at horizon × peak exceed what one primary sustains, and there is no partition plan";
    reads: ["dependency.operation", "flow.rate", "flow.peak", "growth.traffic", "growth.peak", "component.workers",
        "component.service_time", "flow.calls.service_time", "component.data.shards", "component.data.partition_key",
        "component.recovery.writers"];
    settings: [];
    detects: "A database, search index or component with `data` of one shard, without `partition_key` and not written in several places \
        (`recovery.writers = \"multi\"`), whose writes need more than one primary works on at once. Writes are calls over dependencies whose \
        `operation` is `write` or `read-write`; the need is Σ rate × growth × peak × service time, and one primary has `workers` slots, \
        however many copies it has. High where growth alone, without the peak, is too much on a critical flow; else medium. Likely \
        instead of certain where a part of it is `read-write` or a range. Where the known writes fit, and workers or the service time of a written \
        store are missing, the rule cannot tell.";
    why: "Reads can be copied and cached away; writes all go to the one primary. When its slots are full, locks are held longer, so each write \
        takes longer still. A larger machine buys a factor of two or four, once. Splitting the data takes months, and it is started in \
        the month in which the machine is full, because no reading metric showed it coming.";
    example: [
        "A primary with 16 slots and writes of 4 ms sustains 4,000 a second, and 6,000 will come:",
        "",
        "```toml",
        r#"growth = { traffic = 2.0, peak = 5.0, horizon = "12mo" }"#,
        r#"component = [{ id = "api" }, { id = "db", kind = "database", workers = 16, service_time = "4ms", data = { shards = 1 } }]"#,
        r#"dependency = [{ from = "api", to = "db", operation = "write" }]"#,
        r#"flow = [{ id = "publish", entry = "api", rate = "600/s", calls = [{ from = "api", to = "db" }] }]"#,
        "```",
    ];
    remedy: "Before splitting: fewer and larger writes (batches), fewer indexes, no writes that nobody reads, append instead of update. Then choose \
        the partition key while there is time, write it down as `partition_key`, and put it into every query, so that a second shard \
        is a migration of data and not of code.";
    verify: "Write at horizon × peak against a copy with real indexes until commit latency bends; the rate at the bend is above what will come.";
    accept: "When the growth is a guess and a larger machine is a day's work: say up to which rate.";
    references: "The guide, *Write scaling* and *Write path checklist*. `KP302` hot-key, `KP601` saturates-at-peak for reads and writes together.";
}

/// What is written to one store.
#[derive(Default)]
struct Writes<'a> {
    today: f64,
    expected: f64,
    /// Busy slots at growth alone, and at growth × peak.
    busy_steady: f64,
    busy_expected: f64,
    critical: bool,
    /// Whether reads are among them, or a rate or a time is a range.
    mixed: bool,
    without_time: bool,
    without_rate: Vec<&'a str>,
    flows: Vec<&'a str>,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut stores: BTreeMap<ComponentIndex, Writes<'_>> = BTreeMap::new();
    for view in context.flows() {
        let load = load_of(context, view);
        for made in view.expansion.made() {
            let operation = context.dependency_of(made).and_then(|dependency| dependency.operation);
            if !operation.is_some_and(Operation::writes) || !of_one_primary(context.component_at(made.to)) {
                continue;
            }
            let writes = stores.entry(made.to).or_default();
            if writes.flows.last() != Some(&view.flow.id()) {
                writes.flows.push(view.flow.id());
            }
            let Some(load) = load else {
                writes.without_rate.push(view.flow.id());
                continue;
            };
            let time =
                view.call(made).and_then(|call| call.service_time).or(context.component_at(made.to).service_time);
            let visits = made.per_request.likely;
            writes.mixed |= operation == Some(Operation::ReadWrite)
                || is_guessed(context, view)
                || time.is_some_and(|time| time.mean.is_range());
            writes.critical |= view.is_critical();
            writes.today += load.today * visits;
            writes.expected += load.expected * visits;
            match time {
                Some(time) => {
                    writes.busy_steady += load.steady * visits * time.mean.value();
                    writes.busy_expected += load.expected * visits * time.mean.value();
                }
                None => writes.without_time |= visits > 0.0,
            }
        }
    }
    for (index, writes) in stores {
        judge(context.component_at(index), writes, report);
    }
}

/// Whether all writes of a component go to one place, and nobody has said how to split them.
fn of_one_primary(component: &Component) -> bool {
    let data = component.data.as_ref();
    let kept = match component.kind {
        Some(kind) => matches!(kind, ComponentKind::Database | ComponentKind::Search),
        None => data.is_some(),
    };
    let split = data.is_some_and(|data| {
        data.shards.is_some_and(|shards| shards.value() > 1.0)
            || data.partition_key.as_deref().is_some_and(|key| !key.trim().is_empty())
    });
    let multi = component.recovery.as_ref().and_then(|recovery| recovery.writers) == Some(Writers::Multi);
    kept && !split && !multi
}

fn judge(component: &Component, writes: Writes<'_>, report: &mut Report<'_>) {
    let id = component.id();
    let element = Element::Component(id.to_owned());
    let Some(slots) = component.workers.map(|workers| workers.value()) else {
        // A limit of another kind is a provider's quota, and the rule about quotas judges it.
        if component.rate_limit.is_none() && writes.expected > 0.0 {
            report.cannot_tell(element, "component.workers");
        }
        return;
    };
    if writes.busy_expected <= slots * (1.0 + 1e-9) {
        if writes.without_time {
            report.cannot_tell(element, "component.service_time");
        } else if writes.without_rate.is_empty() {
            report.pass();
        }
        for flow in writes.without_rate {
            report.cannot_tell(Element::Flow(flow.to_owned()), "flow.rate");
        }
        return;
    }
    let sustained = writes.expected * slots / writes.busy_expected;
    let steady = writes.busy_steady > slots * (1.0 + 1e-9);
    let factor = writes.busy_expected / slots;
    report.find(
        Draft::new(
            element,
            format!(
                "{id} has one primary that sustains {} of these writes, and {} come at {}; today it is {}",
                PerSecond::new(sustained),
                PerSecond::new(writes.expected),
                if steady { "growth and peak, growth alone being too much" } else { "growth × peak" },
                PerSecond::new(writes.today),
            ),
            format!(
                "write in batches or write less until {} times as much fits, or name a partition_key for {id} now and plan {} shards",
                significant(factor, 2),
                significant((factor * 1.5).ceil().max(2.0), 3)
            ),
        )
        .severity(if steady && writes.critical { Severity::High } else { Severity::Medium })
        .confidence(if writes.mixed { Confidence::Likely } else { Confidence::Certain })
        .fact("writes_expected", Figure::PerSecond(writes.expected))
        .fact("writes_sustained", Figure::PerSecond(sustained))
        .fact("writes_today", Figure::PerSecond(writes.today))
        .flows(writes.flows.into_iter().map(str::to_owned).collect())
        .key("data.partition_key"),
    );
}
