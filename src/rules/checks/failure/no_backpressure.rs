//! KP408: an entry that takes in whatever comes.

use super::envelope::envelope;
use crate::graph::ComponentIndex;
use crate::model::{Component, ComponentKind, Element, Fix, FixSafety, Overflow};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use foldhash::HashSet;
use std::collections::BTreeMap;

declare_rule! {
    "KP408" "no-backpressure", High, Certain;
    summary: "an entry that sheds nothing: no rate limit, no bounded queue, no limit on workers";
    reads: ["flow.entry", "component.rate_limit", "component.queue.limit", "component.queue.overflow", "component.workers",
        "component.broker.bound"];
    settings: [];
    detects: "Where a flow enters the system: its entry, or behind a `client`, `external`, `cdn`, `waf` or `load-balancer` the \
        first other component that it waits for. A `scheduler` is left out, because nobody asks it. A queue or stream refuses by its `bound`; \
        without one the rule cannot tell. Something on the way to there, or the component itself, must refuse work: a `rate_limit`, \
        or a `queue` that rejects or drops. With neither, and no limit on `workers`, the finding is certain. With limited workers \
        and a queue that blocks it is likely: nothing is refused, callers pile up instead. With limited workers and nothing \
        said about the queue the rule cannot tell. High on a critical flow, medium elsewhere.";
    why: "Above its capacity a system that accepts everything finishes nothing: memory and waiting times grow, clients give up and retry, \
        and work that nobody waits for any more displaces work that could still be useful. Refusing a tenth keeps nine tenths \
        working; accepting everything loses all of it and needs a restart.";
    example: [
        "The gateway passes on every request of a launch:",
        "",
        "```toml",
        r#"component = [{ id = "gateway", kind = "gateway", replicas = 2 }]"#,
        r#"flow = [{ id = "checkout", entry = "gateway", critical = true }]"#,
        "```",
    ];
    remedy: "Bound what is inside: `workers` at what the replicas can serve, a short `queue` with `limit`, `wait` and `overflow = \"reject\"`, and \
        a `rate_limit` at the edge, per client where clients differ. Answer 429 or 503 with Retry-After, cheaply, and let the \
        unimportant requests be refused first.";
    verify: "Send twice the capacity for ten minutes. Throughput stays at the plateau, refused requests are answered in milliseconds, and \
        latency of the accepted ones stays within the objective; everything is back to normal seconds after the load goes.";
    accept: "When the number of callers is fixed and each waits for its answer (a closed workload of a few batch clients).";
    references: "`KP410` no-rate-limit-at-edge, `KP205` unbounded-concurrency. The guide, *Control concurrency everywhere* and *Anti-patterns*. \
        Google SRE book, *Handling overload*.";
}

/// What an entry does with more than it can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excess {
    Refused,
    Unbounded,
    Blocks,
    Unsaid(&'static str),
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut entries: BTreeMap<ComponentIndex, Vec<FlowView<'_>>> = BTreeMap::new();
    for view in context.flows() {
        for entry in entries_of(context, view) {
            entries.entry(entry).or_default().push(view);
        }
    }
    for (index, flows) in entries {
        let component = context.component_at(index);
        let element = Element::Component(component.id().to_owned());
        let excess = excess(component);
        match excess {
            Excess::Refused => report.pass(),
            Excess::Unsaid(key) => report.cannot_tell(element, key),
            Excess::Unbounded | Excess::Blocks => {
                let critical = flows.iter().any(FlowView::is_critical);
                let id = component.id();
                let (what, confidence) = if excess == Excess::Blocks {
                    (format!("{id} lets callers wait when its queue is full and refuses nobody"), Confidence::Likely)
                } else {
                    (
                        format!("{id} takes in whatever comes: no rate limit, no queue limit, no limit on workers"),
                        Confidence::Certain,
                    )
                };
                let flows: Vec<String> = flows.iter().map(|view| view.flow.id().to_owned()).collect();
                let fix = fix(context, component, &element, excess);
                let mut draft =
                    Draft::new(
                        element,
                        what,
                        format!("give {id} workers, a queue with limit and overflow = \"reject\", and a rate_limit at what it can serve"),
                    )
                    .severity(if critical { Severity::High } else { Severity::Medium })
                    .confidence(confidence)
                    .fact("flows", Figure::Count(flows.len() as f64))
                    .flows(flows)
                    .key("rate_limit");
                if let Some(fix) = fix {
                    draft = draft.fix(fix);
                }
                report.find(draft);
            }
        }
    }
}

/// A queue that blocks can reject; without any limit, a rate a tenth below what is computed to be served, where that is
/// enough for the expected load.
fn fix(context: &Context<'_>, component: &Component, element: &Element, excess: Excess) -> Option<Fix> {
    let entity = context.entity(element)?;
    if excess == Excess::Blocks {
        return Some(Fix::set(FixSafety::Suggested, entity, "queue.overflow", "reject"));
    }
    let limit = envelope(context, component)?.limit()?;
    Some(Fix::set(FixSafety::Suggested, entity, "rate_limit", limit))
}

/// The components that a flow enters by and that nothing on the way protects.
fn entries_of(context: &Context<'_>, view: FlowView<'_>) -> Vec<ComponentIndex> {
    let mut entries = Vec::new();
    let mut open: Vec<_> = view.expansion.entry.into_iter().collect();
    let mut seen: HashSet<_> = open.iter().copied().collect();
    while let Some(index) = open.pop() {
        let component = context.component_at(index);
        let passes_on = matches!(
            component.kind,
            Some(
                ComponentKind::Client
                    | ComponentKind::External
                    | ComponentKind::Cdn
                    | ComponentKind::Waf
                    | ComponentKind::LoadBalancer
            )
        );
        let others = matches!(component.kind, Some(ComponentKind::Client | ComponentKind::External));
        if component.kind == Some(ComponentKind::Scheduler) {
            // Nobody asks it: how much it starts is its own plan.
            continue;
        }
        let behind: Vec<_> =
            view.steps_of(index).flatten().filter(|made| made.synchronous).map(|made| made.to).collect();
        if !passes_on {
            entries.push(index);
        } else if !others && excess(component) == Excess::Refused {
            // What stands in front protects everything behind it, and is itself in order.
            entries.push(index);
        } else {
            open.extend(behind.into_iter().filter(|next| seen.insert(*next)));
        }
    }
    entries
}

pub(super) fn excess(component: &Component) -> Excess {
    if component.kind.is_some_and(ComponentKind::is_broker) && component.rate_limit.is_none() {
        let bound = component.broker.as_ref().and_then(|broker| broker.bound);
        return if bound.is_some() { Excess::Refused } else { Excess::Unsaid("component.broker.bound") };
    }
    let queue = component.queue.as_ref();
    let limited = queue.is_some_and(|queue| queue.limit.is_some() || queue.wait.is_some());
    let overflow = queue.and_then(|queue| queue.overflow);
    if component.rate_limit.is_some() || matches!(overflow, Some(Overflow::Reject | Overflow::DropOldest)) {
        return Excess::Refused;
    }
    match (component.workers.is_some(), overflow) {
        (_, Some(Overflow::Block)) => Excess::Blocks,
        (true, _) => Excess::Unsaid("component.queue.overflow"),
        (false, _) if limited => Excess::Unsaid("component.queue.overflow"),
        (false, _) => Excess::Unbounded,
    }
}
