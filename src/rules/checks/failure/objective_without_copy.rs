//! KP420: a recovery objective, and nothing that could keep it.

use super::stores::critical_flows;
use crate::model::{Component, Element, Recovery, Replication, Standby};
use crate::rules::context::Context;
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP420" "objective-without-copy", Medium, Certain;
    summary: "a recovery objective without any copy to recover from, or a standby that no data follows";
    reads: ["component.recovery.rpo", "component.recovery.rto", "component.recovery.standby", "component.data.replication"];
    settings: [];
    detects: "A component with an `rpo` or `rto` whose `standby` is `none` and whose data is not replicated (`replication` is `none` or not \
        said); or whose standby is `active-passive` or `active-active` while `replication` is `none`, so that what takes over is empty. Medium \
        where a critical flow visits it, low elsewhere. Components without `data` that are no stores keep nothing and are left out. \
        Where neither `standby` nor `replication` is said, the rule cannot tell.";
    why: "An objective is a number in a document until something in the machine room keeps it. With no copy, losing the disk loses all of \
        it, whatever was written down; with a standby that nothing is copied to, the failover succeeds and the data is gone.";
    example: [
        "A minute may be lost, and there is one disk:",
        "",
        "```toml",
        r#"component = [{ id = "orders-db", kind = "database", data = { replication = "none" }, recovery = { rpo = "1m", rto = "10m", standby = "none" } }]"#,
        "```",
    ];
    remedy: "For seconds keep a synchronous copy in another zone, for minutes an asynchronous one, for hours a log of changes beside a nightly \
        backup. Or say honestly that it may be lost, and how it is computed again.";
    verify: "Take the primary's disk away in a drill: what is recovered is as new as the `rpo` says, within the `rto`.";
    accept: "When the content is derived and can be built again within the `rto`: name the source.";
    references: "`KP411` no-recovery-objectives, `KP412` failover-never-drilled, `KP309` single-point-of-failure. The guide, *Multi-region data models & \
        failover (RPO/RTO)*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (_, component) in context.components() {
        let Some(recovery) = &component.recovery else { continue };
        let keeps = component.data.is_some() || component.kind.is_some_and(crate::model::ComponentKind::is_store);
        if !keeps || (recovery.rpo.is_none() && recovery.rto.is_none()) {
            continue;
        }
        let replication = component.data.as_ref().and_then(|data| data.replication);
        let copied = matches!(replication, Some(Replication::Sync | Replication::Async));
        match recovery.standby {
            _ if copied => report.pass(),
            None if replication.is_none() => {
                report.cannot_tell(Element::Component(component.id().to_owned()), "component.recovery.standby");
            }
            None | Some(Standby::None) => report.find(found(context, component, recovery, false)),
            Some(Standby::ActivePassive | Standby::ActiveActive) if replication.is_some() => {
                report.find(found(context, component, recovery, true));
            }
            Some(_) => report.pass(),
        }
    }
}

fn found(context: &Context<'_>, component: &Component, recovery: &Recovery, empty: bool) -> Draft {
    let id = component.id();
    let objective = match (recovery.rpo, recovery.rto) {
        (Some(rpo), Some(rto)) => format!("an rpo of {rpo} and an rto of {rto}"),
        (Some(rpo), None) => format!("an rpo of {rpo}"),
        (None, Some(rto)) => format!("an rto of {rto}"),
        (None, None) => "an objective".to_owned(),
    };
    let (what, remedy) = if empty {
        (
            "what stands by is not replicated to: it would take over empty",
            format!("set data.replication of {id} to what the standby gets, sync for an rpo of 0"),
        )
    } else {
        (
            "there is no copy to recover from",
            format!("give {id} a standby that its data follows, or a backup and an rpo of at least its interval"),
        )
    };
    let critical = critical_flows(context, component);
    let mut draft = Draft::new(Element::Component(id.to_owned()), format!("{id} has {objective}, and {what}"), remedy)
        .severity(if critical.is_empty() { Severity::Low } else { Severity::Medium })
        .key("recovery.standby");
    if let Some(standby) = recovery.standby {
        draft = draft.fact("standby", Figure::Text(standby.word().to_owned()));
    }
    if !critical.is_empty() {
        draft = draft.flows(critical.iter().map(|view| view.flow.id().to_owned()).collect());
    }
    draft
}
