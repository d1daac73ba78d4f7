//! KP202: so many calls at once that the slow one among them is the usual case.

use crate::graph::{MadeCall, Step};
use crate::model::Element;
use crate::reliability::{some_call_slow, widest_fan_out};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Span, significant};

declare_rule! {
    "KP202" "wide-sync-fan-out", Medium, Certain;
    summary: "a group of parallel calls so wide that its tail is the common case";
    reads: ["flow.calls.group", "flow.calls.count", "flow.calls.probability", "dependency.mode", "component.cache.hit_ratio"];
    settings: [
        slow = 0.01, "The share of single calls that are slow.",
            "A p99 is met by one call in a hundred by its definition.";
        common = 0.2, "The share of requests that may meet a slow call; more fires.",
            "Our judgement: with one request in five slow, the p99 of a callee has become the p80 of the flow. \
             Dean and Barroso show 63 % at a hundred calls.";
    ];
    detects: "Calls of one visit in one `group` that are waited for, each of which is slow with chance `slow`: the chance that at least one \
        is, `1 − Π (1 − made × slow)^count`, is above `common`. That is 23 calls with the defaults. Calls with a probability or on a \
        cache miss count with their share, repeated calls by their `count`. Calls one after another have other rules. High on a critical \
        flow where most requests meet a slow call, low on a flow that is not critical.";
    why: "The answer waits for the slowest of all. Each callee keeps its p99, every dashboard of a callee is green, and most users wait for \
        somebody's p99 on every page. Adding replicas changes nothing: it is not load, it is the number of draws.";
    example: [
        "A search that asks 40 shards and waits for all of them:",
        "",
        "```toml",
        r#"component = [{ id = "search" }, { id = "shard", kind = "search" }]"#,
        r#"dependency = [{ from = "search", to = "shard", mode = "sync", timeout = "80ms" }]"#,
        r#"flow = [{ id = "find", entry = "search", critical = true, calls = [{ from = "search", to = "shard", count = 40, group = "shards" }] }]"#,
        "```",
    ];
    remedy: "Ask fewer: route by key, ask in batches, keep a joined copy. Or do not wait for all: answer with what arrived by the deadline, or \
        send a second request to another replica once the first is later than the callee's p95 (hedging), with a limit on how many.";
    verify: "Compare the flow's p50 with the callee's p99 under load: they must not be the same number.";
    accept: "When the callees' p99 fits into the flow's objective with room, as measured at peak.";
    references: "Dean, Barroso, *The Tail at Scale* (CACM, 2013). The guide, *dependencies amplify variance*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let slow = report.threshold("slow").clamp(0.0, 1.0);
    let common = report.threshold("common");
    for view in context.flows() {
        let mut wide = false;
        let mut looked = false;
        for visit in &view.expansion.components {
            // The widest group of a visit: one finding a caller and flow.
            let mut widest: Option<(f64, f64, Vec<&MadeCall>)> = None;
            for step in &visit.steps {
                let Step::Together(members) = step else { continue };
                let members: Vec<&MadeCall> = members
                    .iter()
                    .map(|call| &view.expansion.calls[*call])
                    .filter(|made| made.synchronous && view.is_ever_made(made))
                    .collect();
                let width: f64 = members.iter().map(|made| made.per_visit.likely).sum();
                let some_slow = some_call_slow(slow, members.iter().map(|made| made_and_times(view, made)));
                looked |= !members.is_empty();
                if some_slow > common && widest.as_ref().is_none_or(|(most, _, _)| some_slow > *most) {
                    widest = Some((some_slow, width, members));
                }
            }
            if let Some((some_slow, width, members)) = widest {
                wide = true;
                let caller = context.graph.name(visit.component);
                report.find(found(context, view, caller, [slow, common, some_slow, width], &members));
            }
        }
        if looked && !wide {
            report.pass();
        }
    }
}

/// The share of visits that make a call, and how often they make it.
fn made_and_times(view: FlowView<'_>, made: &MadeCall) -> (f64, f64) {
    let count = view.call(made).and_then(|call| call.count).map_or(1.0, |count| Span::of(&count).likely);
    let times = count.max(1.0);
    ((made.per_visit.likely / times).min(1.0), times)
}

fn found(
    context: &Context<'_>,
    view: FlowView<'_>,
    caller: &str,
    [slow, common, some_slow, width]: [f64; 4],
    members: &[&MadeCall],
) -> Draft {
    let id = view.flow.id();
    let percent = |share: f64| format!("{} %", significant(share * 100.0, 3));
    let mut callees: Vec<&str> = members.iter().map(|made| context.graph.name(made.to)).collect();
    callees.dedup();
    let named = callees.iter().take(3).copied().collect::<Vec<_>>().join(", ");
    let more = if callees.len() > 3 { format!(" and {} more", callees.len() - 3) } else { String::new() };
    let most = widest_fan_out(slow, common);
    let severity = match (view.is_critical(), some_slow > 0.5) {
        (true, true) => Severity::High,
        (true, false) => Severity::Medium,
        (false, _) => Severity::Low,
    };
    let remedy = if most >= 1.0 {
        format!(
            "wait for at most {} of them (by key, in batches), answer with what has arrived by a deadline, or hedge the late ones",
            significant(most, 6)
        )
    } else {
        "answer with what has arrived by a deadline, or hedge the late ones".to_owned()
    };
    Draft::new(
        Element::Path(id.to_owned(), vec![caller.to_owned()]),
        format!(
            "{caller} waits for {} calls at once in {id} ({named}{more}): if {} of the calls are slow, {} of the requests are",
            significant(width, 4),
            percent(slow),
            percent(some_slow)
        ),
        remedy,
    )
    .severity(severity)
    .fact("calls", Figure::Count(width))
    .fact("slow_requests", Figure::Ratio(some_slow))
    .key("calls")
}
