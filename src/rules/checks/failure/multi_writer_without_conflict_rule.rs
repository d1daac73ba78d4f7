//! KP413: several places accept the same write, and nothing says which of two wins.

use super::edges::says_something;
use super::stores::{critical_flows, is_written};
use crate::model::{Element, Standby, Writers};
use crate::rules::context::Context;
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP413" "multi-writer-without-conflict-rule", Medium, Certain;
    summary: "several places write the same data and no rule says what happens to conflicting writes";
    reads: ["component.recovery.writers", "component.recovery.conflicts", "component.recovery.standby", "dependency.operation", "flow.critical"];
    settings: [];
    detects: "A component with `recovery.writers = \"multi\"` whose `conflicts` is missing or says nothing (`none`, `tbd`). High where a \
        critical flow visits it and somebody writes to it or nobody says what they do, else medium. Where all callers say they only read, \
        it is low. A standby that is `active-active` without a word about `writers` cannot be judged.";
    why: "Two places that accept the same write will one day accept two different ones: the last seat sold twice, an address that changes \
        back. Without a rule the store has one, mostly the later clock, and throws the other write away without telling anybody. It is \
        found weeks later as a support case that nobody can reproduce.";
    example: [
        "Both regions accept orders:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "orders-db", kind = "database", regions = ["eu", "us"], recovery = { writers = "multi", standby = "active-active" } }]"#,
        r#"dependency = [{ from = "api", to = "orders-db", mode = "sync", operation = "write" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true, calls = [{ from = "api", to = "orders-db" }] }]"#,
        "```",
    ];
    remedy: "Write the rule with the people whose data it is: each row has a home that alone writes it; or types whose changes merge (sets, \
        counters); or an application that sees both versions and decides. Invariants over many rows (stock never below zero) need one \
        writer. Put it into `conflicts`.";
    verify: "Cut the two places off from each other, change the same row in both, join them: the result is what the rule says, and whoever \
        lost learns of it.";
    accept: "When each place writes other rows by construction: that is the rule, write it down.";
    references: "`KP421` active-active-with-one-writer. The guide, *Common write models*. Bailis et al., *Coordination avoidance in database \
        systems* (VLDB 2015).";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (_, component) in context.components() {
        let Some(recovery) = &component.recovery else { continue };
        let element = Element::Component(component.id().to_owned());
        match recovery.writers {
            None if recovery.standby == Some(Standby::ActiveActive) => {
                report.cannot_tell(element, "component.recovery.writers");
            }
            None => {}
            Some(Writers::Single) => report.pass(),
            Some(Writers::Multi) if says_something(recovery.conflicts.as_ref()) => report.pass(),
            Some(Writers::Multi) => {
                let id = component.id();
                let critical = critical_flows(context, component);
                let severity = match is_written(context, component) {
                    Some(false) => Severity::Low,
                    _ if critical.is_empty() => Severity::Medium,
                    _ => Severity::High,
                };
                let places = component.regions.as_ref().map_or(0, Vec::len);
                let where_ =
                    if places > 1 { format!("{places} regions write") } else { "several places write".to_owned() };
                let mut draft = Draft::new(
                    element,
                    format!("{where_} to {id}, and nothing says which of two conflicting writes counts"),
                    format!("say in recovery.conflicts of {id} who wins and who is told, or give each row one home and writers = \"single\""),
                )
                .severity(severity)
                .fact("regions", Figure::Count(places as f64))
                .key("recovery.conflicts");
                if !critical.is_empty() {
                    draft = draft.flows(critical.iter().map(|view| view.flow.id().to_owned()).collect());
                }
                report.find(draft);
            }
        }
    }
}
