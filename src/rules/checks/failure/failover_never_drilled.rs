//! KP412: a failover, or a backup, that nobody has tried lately.

use super::edges::says_something;
use super::stores::{Age, critical_flows};
use crate::model::{Component, Element, Recovery, Standby};
use crate::rules::context::Context;
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP412" "failover-never-drilled", Medium, Certain;
    summary: "a standby or a backup that was never tried, not lately, or has no runbook";
    reads: ["component.recovery.standby", "component.recovery.last_drill", "component.recovery.runbook", "component.recovery.rto",
        "component.runbook", "flow.critical"];
    settings: [
        days = 180.0, "How old the last drill may be, in days", "half a year: two releases of most stores, and about how long a team stays as it is; SOC 2 and ISO 22301 practice asks for at least one a year";
    ];
    detects: "A component whose `recovery` has a `standby` other than `none`, or an `rto` and no word about a standby, and whose `last_drill` is \
        missing, lies in the future, or is more than `days` old: medium where a critical flow visits it, low elsewhere. A drill on the \
        day `days` ago still counts. With a drill in time, a missing runbook (neither in `recovery` nor of the component) is low.";
    why: "A failover consists of dozens of steps that change with every release, and one that was not thrown for a year has one that no \
        longer works: a name that still points to the old primary, a user without rights on the copy, a backup that was never readable. \
        It is found at four in the morning, with the recovery objective running.";
    example: [
        "A standby since two years, and no drill:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "orders-db", kind = "database", recovery = { rpo = "1m", rto = "10m", standby = "active-passive", runbook = "docs/failover.md" } }]"#,
        r#"dependency = [{ from = "api", to = "orders-db", mode = "sync" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true, calls = [{ from = "api", to = "orders-db" }] }]"#,
        "```",
    ];
    remedy: "Do it on a working day, announced, with the people who would be on call: health criteria, who decides, how traffic moves, how the \
        copy is proved complete, and back again. Measure the minutes and compare them with the objective. A backup is drilled by restoring \
        it somewhere and reading from it.";
    verify: "`last_drill` has a date, the minutes it took are in the runbook, and the steps that did not work have actions.";
    accept: "When the provider does the failover and has shown it during the window: say so with the date.";
    references: "`KP411` no-recovery-objectives, `KP416` failure-untested. The guide, *Runbook requirement*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let days = report.threshold("days");
    for (_, component) in context.components() {
        let Some(recovery) = &component.recovery else { continue };
        let stands_by = match recovery.standby {
            Some(Standby::None) => false,
            Some(_) => true,
            None => recovery.rto.is_some(),
        };
        if !stands_by {
            continue;
        }
        let age = Age::of(recovery.last_drill, context.today);
        let runbook = says_something(recovery.runbook.as_ref()) || says_something(component.runbook.as_ref());
        if age.is_within(days) && runbook {
            report.pass();
        } else {
            report.find(found(context, component, recovery, age, days, runbook));
        }
    }
}

fn found(
    context: &Context<'_>,
    component: &Component,
    recovery: &Recovery,
    age: Age,
    days: f64,
    runbook: bool,
) -> Draft {
    let id = component.id();
    let critical = critical_flows(context, component);
    let is_backup = recovery.standby == Some(Standby::Backup);
    let what = if is_backup { format!("the restore of {id}'s backup") } else { format!("the failover of {id}") };
    let in_time = age.is_within(days);
    let severity = if in_time || critical.is_empty() { Severity::Low } else { Severity::Medium };
    let mut message = if in_time { format!("{what} has no runbook") } else { format!("{what} {}", age.words()) };
    if !in_time && !runbook {
        message = format!("{message}, and has no runbook");
    }
    let how = if is_backup {
        "restore it beside the original and read from it"
    } else {
        "switch over and back on a working day"
    };
    let within =
        recovery.rto.map_or(String::new(), |rto| format!(", and see whether it takes less than the {rto} of its rto"));
    let remedy = match (in_time, runbook) {
        (true, _) => {
            format!("write down what was done in the last drill of {id}: criteria, steps, checks, the way back")
        }
        (false, true) => format!("{how}{within}; then set recovery.last_drill of {id}"),
        (false, false) => format!("write the runbook of {id} and try it: {how}{within}"),
    };
    let mut draft = Draft::new(Element::Component(id.to_owned()), message, remedy)
        .severity(severity)
        .fact("allowed_days", Figure::Count(days))
        .key(if in_time { "recovery.runbook" } else { "recovery.last_drill" });
    if let Age::Days(age, _) = age {
        draft = draft.fact("age_days", Figure::Count(f64::from(age)));
    }
    if !critical.is_empty() {
        draft = draft.flows(critical.iter().map(|view| view.flow.id().to_owned()).collect());
    }
    draft
}
