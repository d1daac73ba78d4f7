//! KP210: one visit asks the same component again and again.

use crate::graph::{DependencyIndex, MadeCall};
use crate::model::{Component, ComponentKind, Element, Operation};
use crate::rules::checks::worst_case::tightest_threshold;
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Seconds, significant};
use foldhash::{HashMap, HashMapExt};
use std::collections::BTreeMap;

declare_rule! {
    "KP210" "chatty-calls", Medium, Certain;
    summary: "one visit calls the same component more than 8 times, one after another";
    reads: ["flow.calls.count", "flow.calls.group", "flow.calls.on_miss", "dependency.network", "dependency.operation", "component.service_time",
        "component.cache.hit_ratio"];
    settings: [
        calls = 8.0, "The most calls of one component that one visit may make in a row; more fire.",
            "Our judgement: what a page is put together from is half a dozen reads; what a loop makes has no such end.";
    ];
    detects: "Calls of a flow from one component to another over which the caller waits, counted per visit: `count` of each, of parallel \
        calls (one `group`) the largest, calls after a cache miss times the share of misses. A call that is only made sometimes counts \
        fully by itself, and by its `probability` where it is added to others. More than `calls` of them fire, medium where the flow's answer \
        waits and low where a worker does it or a timetable starts it. Calls to an `external` system count as well; calls over a `network` of zero do not.";
    why: "The loop that was written for three rows runs for three hundred (N+1). Each round trip is short, so no single query is slow and no \
        dashboard shows it, but the visit takes the sum, holds its worker and its connection for all of it, and the store parses, \
        plans and answers n times what it could answer once. It grows with the customer: the biggest one times out first.";
    example: [
        "One query for the orders, then one for each of fifty lines:",
        "",
        "```toml",
        r#"component = [{ id = "api", kind = "service" }, { id = "orders-db", kind = "database", service_time = "1ms" }]"#,
        r#"dependency = [{ from = "api", to = "orders-db", mode = "sync", network = "0.5ms", timeout = "100ms" }]"#,
        r#"flow = [{ id = "order-list", entry = "api", calls = [{ from = "api", to = "orders-db", count = 51 }] }]"#,
        "```",
    ];
    remedy: "Ask once for all: a join, `WHERE id IN (…)`, a multi-get, a bulk write, a data loader that collects the ids of one request. Give the \
        list a page size, so that the number has an upper end.";
    verify: "Count the spans of one large and one small request: the number of calls does not grow with the number of rows.";
    accept: "When each call depends on the answer of the one before, the number is bounded, and the sum is a small part of the objective.";
    references: "The guide, *Migration path*, phase 1 (N+1). `KP202` wide-sync-fan-out for calls side by side, `KP321` fan-out-on-write.";
}

/// The calls of one visit over one dependency.
#[derive(Debug, Clone, Copy, Default)]
struct Calls {
    /// Of all of them together, on average.
    mean: f64,
    /// Of the largest single one, when it is made.
    largest: f64,
}

/// A dependency over which too many calls are made, in the flow where they are most.
struct Chatty<'a> {
    count: f64,
    own_time: Option<f64>,
    in_answer: bool,
    flows: Vec<FlowView<'a>>,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let allowed = report.threshold("calls");
    let mut chatty: BTreeMap<DependencyIndex, Chatty<'_>> = BTreeMap::new();
    for view in context.flows() {
        let (mut looked_at, mut found_here) = (false, false);
        for visit in &view.expansion.components {
            let mut of_visit: HashMap<DependencyIndex, (Calls, &MadeCall)> = HashMap::new();
            for step in view.steps_of(visit.component) {
                let mut of_step: HashMap<DependencyIndex, (Calls, &MadeCall)> = HashMap::new();
                for made in step.into_iter().filter(|made| counts(context, made)) {
                    let Some(dependency) = made.dependency else { continue };
                    let calls = calls_of(view, made);
                    let known = of_step.entry(dependency).or_insert((calls, made));
                    if calls.largest > known.0.largest {
                        *known = (calls, made);
                    }
                }
                for (dependency, (calls, made)) in of_step {
                    let known = of_visit.entry(dependency).or_insert((Calls::default(), made));
                    if calls.largest > known.0.largest {
                        known.1 = made;
                    }
                    known.0.mean += calls.mean;
                    known.0.largest = known.0.largest.max(calls.largest);
                }
            }
            for (dependency, (calls, made)) in of_visit {
                looked_at = true;
                let count = calls.mean.max(calls.largest);
                if count <= allowed {
                    continue;
                }
                found_here = true;
                let own_time = view.call(made).and_then(|call| call.service_time).map(|time| time.mean.value());
                let known = chatty.entry(dependency).or_insert_with(|| Chatty {
                    count,
                    own_time,
                    in_answer: false,
                    flows: Vec::new(),
                });
                known.flows.push(view);
                known.in_answer |= made.in_answer && is_waited_for(context, view);
                if count > known.count {
                    (known.count, known.own_time) = (count, own_time);
                }
            }
        }
        if looked_at && !found_here {
            report.pass();
        }
    }
    for (index, chatty) in chatty {
        report.find(found(context, index, &chatty, allowed));
    }
}

/// Whether somebody waits for the flow's answer: not where a timetable or a message starts it.
fn is_waited_for(context: &Context<'_>, view: FlowView<'_>) -> bool {
    let entry = view.expansion.entry.and_then(|entry| context.component_at(entry).kind);
    !entry.is_some_and(|kind| kind.is_broker() || matches!(kind, ComponentKind::Scheduler | ComponentKind::Worker))
}

/// Whether a call is a round trip that somebody waits for.
fn counts(context: &Context<'_>, made: &MadeCall) -> bool {
    let dependency = context.dependency_of(made);
    let in_process = dependency.and_then(|d| d.network).is_some_and(|network| network.high().value() == 0.0);
    made.synchronous && !in_process
}

fn calls_of(view: FlowView<'_>, made: &MadeCall) -> Calls {
    let call = view.call(made);
    let probability = call.and_then(|call| call.probability).map_or(1.0, |probability| probability.value());
    let mean = made.per_visit.likely;
    // What is left without the probability: count × share of misses.
    let largest = if probability > 0.0 { mean / probability } else { 0.0 };
    Calls { mean, largest }
}

fn found(context: &Context<'_>, index: DependencyIndex, chatty: &Chatty<'_>, allowed: f64) -> Draft {
    let review = context.review;
    let dependency = &review.dependencies[index.0];
    let (from, to) = (dependency.from(), dependency.to());
    let callee = context.component(to);
    let count = chatty.count;
    let mut message = format!("one visit of {from} calls {to} {} times, one after another", significant(count, 3));
    let network = dependency.network.map(|network| network.value());
    let own = chatty.own_time.or_else(|| callee.and_then(|callee| callee.service_time).map(|time| time.mean.value()));
    let each = match (network, own) {
        (None, None) => None,
        (network, own) => Some(network.unwrap_or_default() + own.unwrap_or_default()),
    };
    let total = each.map(|each| each * count).filter(|total| *total > 0.0 && total.is_finite());
    let threshold = if chatty.in_answer { tightest_threshold(context, &chatty.flows) } else { None };
    if let Some(total) = total {
        let least = if network.is_none() || own.is_none() { "at least " } else { "" };
        message = format!("{message}: {least}{}", Seconds::new(total));
        if let Some((threshold, slo)) = threshold {
            message = format!("{message} of the {} that {slo} allows", Seconds::new(threshold));
        }
    }
    let writes = dependency.operation.is_some_and(Operation::writes);
    let saved = network.map(|network| network * (count - 1.0)).filter(|saved| *saved > 0.0 && saved.is_finite());
    let saving = saved.map(|saved| format!(", which saves {} of round trips", Seconds::new(saved))).unwrap_or_default();
    let remedy = format!("{}{saving}", batched(from, to, callee, writes));
    let mut draft = Draft::new(Element::Dependency(from.to_owned(), to.to_owned()), message, remedy)
        .severity(if chatty.in_answer { Severity::Medium } else { Severity::Low })
        .fact("calls", Figure::Count(count))
        .fact("allowed", Figure::Count(allowed))
        .flows(chatty.flows.iter().map(|view| view.flow.id().to_owned()).collect());
    if let Some(total) = total {
        draft = draft.fact("time", Figure::Seconds(total));
    }
    draft
}

fn batched(from: &str, to: &str, callee: Option<&Component>, writes: bool) -> String {
    match callee.and_then(|callee| callee.kind) {
        Some(kind) if writes && kind.is_store() => {
            format!("let {from} write all the rows of one visit to {to} in one batch")
        }
        Some(ComponentKind::Database | ComponentKind::Search) => {
            format!("let {from} ask {to} once for all the rows (a join, or a list of ids)")
        }
        Some(ComponentKind::Cache) => format!("let {from} get all the keys of {to} in one call"),
        Some(ComponentKind::ObjectStore) => format!("let {from} read one bundle of {to} instead of many objects"),
        _ => format!("give {to} a call that takes a list, and let {from} make it once"),
    }
}
