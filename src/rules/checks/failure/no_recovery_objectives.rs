//! KP411: a store, and nobody said how much of it may be lost and for how long.

use super::stores::{critical_flows, is_written, keeps_records, least_budget};
use crate::model::{Component, ComponentKind, Element, Replication};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Seconds};

declare_rule! {
    "KP411" "no-recovery-objectives", Medium, Certain;
    summary: "a store of record without the data loss and the recovery time that are acceptable";
    reads: ["component.recovery.rpo", "component.recovery.rto", "component.kind", "component.data", "dependency.operation"];
    settings: [];
    detects: "A `database` or `object-store`, or a component without a kind that has `data`, whose `recovery` says neither `rpo` nor `rto`: \
        medium where a critical flow visits it, low elsewhere. With one of the two it is low, and so are files, whose copies are the provider's. A store that all its callers say they only \
        read is a copy of something else and passes.";
    why: "How much may be lost and how long it may take decide everything that follows: copies, their distance, backups, who may be woken. Left \
        open, each team builds for another answer, and the number is found out on the day of the loss, by the customers.";
    example: [
        "Orders, and no word about losing them:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "orders-db", kind = "database" }]"#,
        r#"dependency = [{ from = "api", to = "orders-db", mode = "sync", operation = "write" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true, calls = [{ from = "api", to = "orders-db" }] }]"#,
        "```",
    ];
    remedy: "Ask the owner of the product two questions in money: what does an hour without it cost, and what a minute of lost writes? Write the \
        answers as `rto` and `rpo` before choosing a copy or a backup, and compare them with what replication and drills really give.";
    verify: "The last drill shows both: the time until traffic was served again, and the age of the newest row that was there.";
    accept: "When everything in it can be computed again from somewhere else in a known time: then say that time as `rto`, and `rpo` 0.";
    references: "`KP412` failover-never-drilled, `KP414` rpo-below-replication-lag, `KP415` rto-above-error-budget. The guide, *Define RPO/RTO first*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (_, component) in context.components().filter(|(_, component)| keeps_records(component)) {
        let recovery = component.recovery.as_ref();
        let stated = [
            ("rpo", recovery.is_some_and(|recovery| recovery.rpo.is_some())),
            ("rto", recovery.is_some_and(|recovery| recovery.rto.is_some())),
        ];
        let lacking: Vec<&str> = stated.iter().filter(|(_, stated)| !stated).map(|(key, _)| *key).collect();
        if lacking.is_empty() || is_written(context, component) == Some(false) {
            report.pass();
        } else {
            report.find(found(context, component, &lacking));
        }
    }
}

fn found(context: &Context<'_>, component: &Component, lacking: &[&str]) -> Draft {
    let id = component.id();
    let critical = critical_flows(context, component);
    let files = component.kind == Some(ComponentKind::ObjectStore);
    let severity = if critical.is_empty() || lacking.len() < 2 || files { Severity::Low } else { Severity::Medium };
    let what = match lacking {
        ["rpo"] => "how much of its data may be lost (rpo)",
        ["rto"] => "how long its recovery may take (rto)",
        _ => "how much of its data may be lost (rpo), nor how long its recovery may take (rto)",
    };
    let says = if lacking.len() > 1 { "nobody said" } else { "nothing says" };
    let mut hints = Vec::new();
    let budget = least_budget(context, &critical).filter(|_| lacking.contains(&"rto"));
    if let Some((budget, slo)) = budget {
        hints.push(format!("an rto of {} already spends all that {slo} allows in its window", Seconds::new(budget)));
    }
    let data = component.data.as_ref();
    let lag = data.and_then(|data| data.replication_lag).filter(|_| lacking.contains(&"rpo"));
    if let Some(lag) = lag.filter(|_| data.is_some_and(|data| data.replication == Some(Replication::Async))) {
        hints.push(format!("its copies are {lag} behind, so an rpo below that needs another replication"));
    }
    let ask = format!("agree {} of {id} with the owner of the product", lacking.join(" and "));
    let remedy = if hints.is_empty() { ask } else { format!("{ask}: {}", hints.join("; ")) };
    let who = critical.first().map_or(String::new(), |view| format!("; {} needs it", view.flow.id()));
    let mut draft = Draft::new(Element::Component(id.to_owned()), format!("{says} of {id} {what}{who}"), remedy)
        .severity(severity)
        .fact("lacking", Figure::List(lacking.iter().map(|key| (*key).to_owned()).collect()));
    if !critical.is_empty() {
        draft = draft.flows(critical.iter().map(|view: &FlowView<'_>| view.flow.id().to_owned()).collect());
    }
    for key in lacking {
        draft = draft.key(&format!("recovery.{key}"));
    }
    draft
}
