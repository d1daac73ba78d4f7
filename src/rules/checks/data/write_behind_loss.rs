//! KP322: a cache that says "written" before anything durable has it.

use crate::model::{CachePattern, Component, Element, Fix, FixSafety, Operation, Replication, Standby};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP322" "write-behind-loss", Medium, Likely;
    summary: "a write-behind cache that nothing protects: accepted writes die with it";
    reads: ["component.cache.pattern", "component.data.replication", "component.recovery.standby", "component.recovery.rpo",
        "dependency.operation"];
    settings: [];
    detects: "A cache whose `pattern` is `write-behind` and of which no copy is stated: no `data.replication`, no active `recovery.standby`. It is certain \
        where `none` or `backup` is said, otherwise likely; high where it is certain and a critical flow writes through it, else medium. With a \
        `recovery.rpo` above zero somebody has decided how much may be lost, and it passes; with an `rpo` of zero only synchronous replication is enough.";
    why: "The caller was told that its write is done, and the origin hears of it later. When the node dies in between, the writes of these seconds are \
        gone, and nobody knows which: neither the caller, who has forgotten them, nor the origin, which never saw them. The buffer is \
        largest when the origin is slow, which is when nodes are restarted.";
    example: [
        "Baskets reach the database some seconds after the answer:",
        "",
        "```toml",
        r#"component = [{ id = "baskets", kind = "cache", cache = { pattern = "write-behind", invalidation = "write" }, recovery = { standby = "none" } }]"#,
        "```",
    ];
    remedy: "Write through where losing a write is not fine. Otherwise keep a log of accepted writes on disk or on a second node before the answer, \
        bound the buffer, and say how much may be lost (`recovery.rpo`).";
    verify: "Kill the node while it takes writes, and compare what callers were promised with what the origin has.";
    accept: "When the written things are worth nothing a minute later (presence, counters of views): state the rpo.";
    references: "The guide, *Multi-layer caching* and *Caching strategy*. `KP411` no-recovery-objectives.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let behind = |component: &Component| {
        component.cache.as_ref().and_then(|policy| policy.pattern) == Some(CachePattern::WriteBehind)
    };
    for (_, component) in context.components().filter(|(_, component)| behind(component)) {
        let id = component.id();
        let element = Element::Component(id.to_owned());
        let replication = component.data.as_ref().and_then(|data| data.replication);
        let recovery = component.recovery.as_ref();
        let standby = recovery.and_then(|recovery| recovery.standby);
        let rpo = recovery.and_then(|recovery| recovery.rpo).map(|rpo| rpo.value());
        let copied = matches!(replication, Some(Replication::Sync | Replication::Async))
            || matches!(standby, Some(Standby::ActivePassive | Standby::ActiveActive));
        let nothing_lost = rpo == Some(0.0);
        let fine = if nothing_lost { replication == Some(Replication::Sync) } else { copied || rpo.is_some() };
        if fine {
            report.pass();
            continue;
        }
        let said = nothing_lost && replication.is_some()
            || replication == Some(Replication::None)
            || matches!(standby, Some(Standby::None | Standby::Backup));
        let written =
            context.flows_through(&element).iter().any(|view| view.is_critical() && writes(context, *view, id));
        let message = if nothing_lost {
            format!(
                "{id} answers before its origin has the write, and promises to lose nothing (rpo of 0) without synchronous replication"
            )
        } else {
            format!("{id} answers before its origin has the write, and nothing keeps the write when {id} dies")
        };
        let entity = context.entity(&element);
        let mut draft = Draft::new(
            element,
            message,
            format!(
                "write through {id}, or replicate what it has accepted before the answer, and state its recovery.rpo"
            ),
        )
        .severity(if said && written { Severity::High } else { Severity::Medium })
        .confidence(if said { Confidence::Certain } else { Confidence::Likely })
        .key("cache.pattern");
        if let Some(rpo) = rpo {
            draft = draft.fact("rpo", Figure::Seconds(rpo));
        }
        if let Some(entity) = entity {
            draft = draft.fix(Fix::set(FixSafety::Suggested, entity, "cache.pattern", "write-through"));
        }
        report.find(draft);
    }
}

/// Whether a flow writes to a component.
fn writes(context: &Context<'_>, view: FlowView<'_>, id: &str) -> bool {
    let Some(index) = context.graph.component(id) else { return false };
    view.expansion.made().filter(|made| made.to == index).any(|made| {
        let operation = context.dependency_of(made).and_then(|dependency| dependency.operation);
        operation.or(view.flow.operation).is_some_and(Operation::writes)
    })
}
