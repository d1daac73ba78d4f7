//! KP328: a cache that holds the only copy of what was written.

use crate::model::{
    CachePattern, Component, ComponentKind, ComponentName, Dependency, Element, Operation, Replication, Standby,
};
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use foldhash::HashSet;

declare_rule! {
    "KP328" "cache-of-record", Medium, Heuristic;
    summary: "a cache is written and nothing could fill it again";
    reads: ["component.kind", "component.cache.pattern", "dependency.operation", "flow.calls.on_miss", "component.data.replication",
        "component.recovery.standby"];
    settings: [];
    detects: "A component of kind `cache` that is written (a dependency whose `operation` writes), that no call names in `on_miss`, that calls \
        nothing itself, whose `pattern` is none of those with an origin, and whose writers use no database or object store that could have the same. \
        With `data.replication` or an active `recovery.standby` it passes: then it is kept like a store. Medium on a critical flow, else low.";
    why: "Sessions, locks and counters move into the cache because it is quick, and from then on it is a database without a backup. An eviction under \
        memory pressure signs users out, a restart loses the baskets, and both are normal events in the life of a cache.";
    example: [
        "Sessions live in the cache and nowhere else:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "sessions", kind = "cache", cache = { ttl = "2h", invalidation = "ttl" } }]"#,
        r#"dependency = [{ from = "api", to = "sessions", operation = "read-write" }]"#,
        r#"flow = [{ id = "sign-in", entry = "api", critical = true, calls = [{ from = "api", to = "sessions" }] }]"#,
        "```",
    ];
    remedy: "Say what it is. What may be lost stays, with a word on what users see then. What may not gets a store behind it, or a cache that is kept like \
        one: a copy that takes over, persistence, no eviction, and room for all of it.";
    verify: "Restart it at a quiet hour: what do users see, and what is missing afterwards?";
    accept: "When everything in it may vanish at any moment and users notice nothing worse than signing in again.";
    references: "The guide, blueprint: *Cache: hot reads, session, locks*. `KP209` stateful-compute, `KP322` write-behind-loss.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut missed: Option<HashSet<&str>> = None;
    for (_, cache) in context.components().filter(|(_, component)| component.kind == Some(ComponentKind::Cache)) {
        let id = cache.id();
        let writers: Vec<&str> = context
            .callers(id)
            .into_iter()
            .filter(|caller| caller.operation.is_some_and(Operation::writes))
            .map(Dependency::from)
            .collect();
        if writers.is_empty() || has_origin(cache) || !context.callees(id).is_empty() {
            continue;
        }
        let missed = missed.get_or_insert_with(|| {
            let flows = context.review.flows.iter().flat_map(|flow| flow.calls.as_deref().unwrap_or_default());
            flows.filter_map(|call| call.on_miss.as_ref()).map(ComponentName::as_str).collect()
        });
        let keeps = |writer: &&str| {
            context.callees(writer).iter().any(|callee| {
                matches!(context.kind(callee.to()), Some(ComponentKind::Database | ComponentKind::ObjectStore))
            })
        };
        if missed.contains(id) || kept(cache) || writers.iter().any(keeps) {
            report.pass();
            continue;
        }
        let element = Element::Component(id.to_owned());
        let critical = context.flows_through(&element).iter().any(crate::rules::context::FlowView::is_critical);
        let names: Vec<String> = writers.iter().take(4).map(|writer| (*writer).to_owned()).collect();
        report.find(
            Draft::new(
                element,
                format!("{} writes {id}, a cache, and nothing that the review knows could fill it again", names.join(", ")),
                format!("say that all of {id} may vanish, or keep it like a store (a copy that takes over, no eviction), or put a store behind it"),
            )
            .severity(if critical { Severity::Medium } else { Severity::Low })
            .confidence(Confidence::Heuristic)
            .fact("writers", Figure::List(names)),
        );
    }
}

/// Whether the way it is filled says that there is an origin.
fn has_origin(cache: &Component) -> bool {
    let pattern = cache.cache.as_ref().and_then(|policy| policy.pattern);
    matches!(pattern, Some(CachePattern::ReadThrough | CachePattern::WriteThrough | CachePattern::WriteBehind))
}

/// Whether it is kept like a store.
fn kept(cache: &Component) -> bool {
    let replication = cache.data.as_ref().and_then(|data| data.replication);
    let standby = cache.recovery.as_ref().and_then(|recovery| recovery.standby);
    matches!(replication, Some(Replication::Sync | Replication::Async))
        || matches!(standby, Some(Standby::ActivePassive | Standby::ActiveActive))
}
