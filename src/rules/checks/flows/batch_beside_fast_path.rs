//! KP215: scheduled work on the store that a critical flow waits for.

use crate::graph::ComponentIndex;
use crate::model::{ComponentKind, Element, Mode, Operation};
use crate::rules::checks::load::rate_of;
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::significant;
use foldhash::HashSet;
use std::collections::BTreeMap;

declare_rule! {
    "KP215" "batch-beside-fast-path", Medium, Certain;
    summary: "scheduled work takes more than a fifth of the time of a store that a critical flow waits for";
    reads: ["component.kind", "component.service_time", "dependency.mode", "flow.rate", "flow.critical", "flow.calls"];
    settings: [
        share = 0.2, "The largest share of a store's busy time that scheduled work may take.",
            "Our judgement: with a fifth gone, a store planned for 70 % at the peak runs at 84 %, where waiting is three times as long.";
    ];
    detects: "A `database` or `search` in the answer of a critical flow that scheduled work uses as well: flows that are not critical and enter at a \
        `scheduler`, and calls over dependencies with `mode = \"batch\"`. It fires where these take more than `share` of the busy time that all flows \
        together ask of the store (rate × visits × service time, today, likely values). Polling is left to `KP301`. Where the rate \
        of the scheduled flow or the service time is missing it cannot tell.";
    why: "The job was written for the night, and one day it is late, is started by hand, or the night is somebody's noon. It reads long ranges, \
        throws the hot pages out of memory, holds locks, and takes the connections in one burst. The flow that earns the money waits behind a report.";
    example: [
        "The export takes a third of the database that checkout needs:",
        "",
        "```toml",
        r#"component = [{ id = "api", kind = "service" }, { id = "timer", kind = "scheduler" }, { id = "db", kind = "database", service_time = "2ms" }]"#,
        r#"dependency = [{ from = "api", to = "db", timeout = "100ms" }, { from = "timer", to = "db", timeout = "1m" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", rate = "200/s", critical = true, calls = [{ from = "api", to = "db" }] },"#,
        r#"        { id = "export", entry = "timer", rate = "1/s", calls = [{ from = "timer", to = "db", count = 100 }] }]"#,
        "```",
    ];
    remedy: "Let the job read a replica, a snapshot or the stream of changes; cut it into small pieces with a pause between them, and give it a pool of \
        one or two connections of its own and a lower priority. Spread start times: not everything at midnight.";
    verify: "Start the job by hand during a load test at the peak: the flow's p99 does not move, and the job ends later instead.";
    accept: "When the store gives the job what is left and no more (a resource group with a measured limit).";
    references: "The guide, *Define a workload model* (burst behavior, batch jobs). `KP301` database-as-queue, `KP405` no-bulkhead.";
}

/// What the flows ask of a store today.
#[derive(Default)]
struct Asked<'a> {
    critical: Vec<&'a str>,
    scheduled: Vec<&'a str>,
    busy: f64,
    scheduled_busy: f64,
    missing: Vec<(Element, &'static str)>,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let waited = waited_for(context);
    let mut asked: BTreeMap<ComponentIndex, Asked<'_>> = BTreeMap::new();
    for view in context.flows() {
        let id = view.flow.id();
        let rate = rate_of(context, view);
        let by_plan = !view.is_critical()
            && view
                .expansion
                .entry
                .is_some_and(|entry| context.component_at(entry).kind == Some(ComponentKind::Scheduler));
        for made in view.expansion.made().filter(|made| waited.contains(&made.to) && view.is_ever_made(made)) {
            let dependency = context.dependency_of(made);
            let polls = dependency.is_some_and(|dependency| dependency.operation == Some(Operation::Poll));
            let batch = dependency.is_some_and(|dependency| dependency.mode == Some(Mode::Batch));
            let store = context.component_at(made.to);
            let time = view.call(made).and_then(|call| call.service_time).or(store.service_time);
            let scheduled = (by_plan || batch) && !polls;
            let asked = asked.entry(made.to).or_default();
            if made.in_answer && view.is_critical() && asked.critical.last() != Some(&id) {
                asked.critical.push(id);
            }
            if scheduled && asked.scheduled.last() != Some(&id) {
                asked.scheduled.push(id);
            }
            match (rate, time) {
                (Some(rate), Some(time)) => {
                    let busy = rate * made.per_request.likely * time.mean.value();
                    asked.busy += busy;
                    asked.scheduled_busy += if scheduled { busy } else { 0.0 };
                }
                // More of the other work makes the share smaller, so only what is unknown of the scheduled work, or of
                // all of it, decides.
                (None, _) => asked.missing.push((Element::Flow(id.to_owned()), "flow.rate")),
                (_, None) => {
                    asked.missing.push((Element::Component(store.id().to_owned()), "component.service_time"));
                }
            }
        }
    }
    let share = report.threshold("share");
    for (index, asked) in asked {
        if asked.scheduled.is_empty() {
            continue;
        }
        if let Some((element, key)) = asked.missing.first() {
            report.cannot_tell(element.clone(), key);
            continue;
        }
        let part = asked.scheduled_busy / asked.busy;
        if asked.busy <= 0.0 || !part.is_finite() || part <= share {
            report.pass();
            continue;
        }
        report.find(found(context, index, &asked, part));
    }
}

/// The databases and indexes that the answer of a critical flow waits for.
fn waited_for(context: &Context<'_>) -> HashSet<ComponentIndex> {
    let critical = context.flows().filter(FlowView::is_critical);
    let calls = critical.flat_map(|view| view.expansion.made()).filter(|made| made.in_answer).map(|made| made.to);
    calls
        .filter(|index| {
            let kind = context.component_at(*index).kind;
            matches!(kind, Some(ComponentKind::Database | ComponentKind::Search))
        })
        .collect()
}

fn found(context: &Context<'_>, index: ComponentIndex, asked: &Asked<'_>, part: f64) -> Draft {
    const SHOWN: usize = 4;
    let id = context.graph.name(index);
    let mut names: Vec<&str> = asked.scheduled.iter().take(SHOWN).copied().collect();
    let more = format!("{} more", asked.scheduled.len().saturating_sub(SHOWN));
    if asked.scheduled.len() > SHOWN {
        names.push(&more);
    }
    let first = asked.critical.first().copied().unwrap_or_default();
    let replicas = context.component_at(index).data.as_ref().and_then(|data| data.read_replicas);
    let way = match replicas.map(|replicas| replicas.value()) {
        Some(replicas) if replicas > 0.0 => "let what it only reads come from a read replica".to_owned(),
        _ => format!("let it read a replica or a snapshot of {id}"),
    };
    Draft::new(
        Element::Component(id.to_owned()),
        format!(
            "{} % of the work of {id} is scheduled ({}), and {first} waits for the same store",
            significant(part * 100.0, 2),
            names.join(", ")
        ),
        format!("{way}; otherwise cut the job into pieces with a small pool of its own, and run it away from the peak"),
    )
    .fact("share", Figure::Ratio(part))
    .fact("scheduled", Figure::List(asked.scheduled.iter().take(50).map(|id| (*id).to_owned()).collect()))
    .flows(asked.critical.iter().map(|id| (*id).to_owned()).collect())
}
