//! KP421: called active-active, and only one place can write.

use super::stores::{critical_flows, is_written};
use crate::model::{Element, Fix, FixSafety, Standby, Writers};
use crate::rules::context::Context;
use crate::rules::finding::Severity;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP421" "active-active-with-one-writer", Medium, Certain;
    summary: "a standby that is said to be active-active although only one place accepts writes";
    reads: ["component.recovery.standby", "component.recovery.writers", "dependency.operation", "flow.critical"];
    settings: [];
    detects: "A component with `standby = \"active-active\"` and `writers = \"single\"` that somebody writes to. Medium where a critical flow \
        visits it, low elsewhere and where no caller says what it does. Where all callers say they only read, it passes: then both \
        places do the same work.";
    why: "Active-active promises that losing one place is no event. With one writer losing that place stops all writes until somebody moves the \
        writer, which is a failover like any other: it needs criteria, a runbook and drills, and because of the name nobody wrote them. \
        The availability that was computed for it counts reads only.";
    example: [
        "Two regions answer, one writes:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "orders-db", kind = "database", recovery = { standby = "active-active", writers = "single", last_drill = 2026-10-01, runbook = "docs/x.md" } }]"#,
        r#"dependency = [{ from = "api", to = "orders-db", mode = "sync", operation = "write" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true, calls = [{ from = "api", to = "orders-db" }] }]"#,
        "```",
    ];
    remedy: "Call it active-passive for writes and treat it so: criteria, runbook, drill, an `rto`. Or let several places write, with a rule for \
        conflicts.";
    verify: "Take the writer's place away: writes are accepted again within the `rto`, by the steps of the runbook.";
    accept: "When the store moves its writer by itself (a consensus group over three zones) within the flow's timeouts: name the test.";
    references: "`KP412` failover-never-drilled, `KP413` multi-writer-without-conflict-rule. The guide, *Multi-region models* and *Common write \
        models*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (_, component) in context.components() {
        let Some(recovery) = &component.recovery else { continue };
        if recovery.standby != Some(Standby::ActiveActive) || recovery.writers != Some(Writers::Single) {
            continue;
        }
        let written = is_written(context, component);
        if written == Some(false) {
            report.pass();
            continue;
        }
        let id = component.id();
        let element = Element::Component(id.to_owned());
        let critical = critical_flows(context, component);
        let severity = if critical.is_empty() || written.is_none() { Severity::Low } else { Severity::Medium };
        let mut draft = Draft::new(
            element.clone(),
            format!("{id} is said to be active-active, and one place alone may write: without that place nothing is written"),
            format!("set standby = \"active-passive\" for {id} and drill moving the writer, or let several write with a rule for conflicts"),
        )
        .severity(severity)
        .key("recovery.standby");
        if !critical.is_empty() {
            draft = draft.flows(critical.iter().map(|view| view.flow.id().to_owned()).collect());
        }
        if let Some(entity) = context.entity(&element) {
            draft = draft.fix(Fix::set(FixSafety::Suggested, entity, "recovery.standby", "active-passive"));
        }
        report.find(draft);
    }
}
