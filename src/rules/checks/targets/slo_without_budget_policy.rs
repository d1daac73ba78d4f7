//! KP103: an objective that says nothing about what happens when it is missed.

use crate::model::{Element, Fix, FixSafety};
use crate::rules::context::Context;
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::significant;

declare_rule! {
    "KP103" "slo-without-budget-policy", Low, Certain;
    summary: "an SLO does not say what happens when its error budget burns";
    reads: ["slo.policy", "slo.objective"];
    settings: [];
    detects: "An SLO with an `objective` and no `policy`, or an empty one. An SLO without an objective has no budget yet, and is left to \
        the rules about objectives.";
    why: "An error budget decides nothing by itself. When it is spent in the second week, somebody has to stop a release that somebody else has \
        promised, and without an agreement from before the release wins. After two such windows nobody looks at the objective any more.";
    example: [
        "99.9 % of the orders, or else what?",
        "",
        "```toml",
        r#"component = [{ id = "api" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true }]"#,
        r#"slo = [{ id = "checkout-up", flow = "checkout", indicator = "availability", objective = 99.9, window = "28d" }]"#,
        "```",
    ];
    remedy: "Agree on two marks and write them into `policy`: what changes when half of the budget is gone, and what stops when all of it is, \
        with the role that says so. Short is good: 'below 20 %: no risky releases of checkout'.";
    verify: "Play the last window back: the policy says on which day what would have stopped, and the people it names agree that it should have.";
    accept: "For an objective that is only watched to learn what the system does; say until when.";
    references: "The guide, *Availability & error budgets*. Google SRE workbook, *Example Error Budget Policy*. `KP506` for the alert.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for slo in context.review.slos.iter().filter(|slo| !slo.id().is_empty()) {
        let Some(objective) = slo.objective else { continue };
        if slo.policy.as_deref().is_some_and(|policy| !policy.trim().is_empty()) {
            report.pass();
            continue;
        }
        let id = slo.id();
        let element = Element::Slo(id.to_owned());
        let budget = (100.0 - objective.value()).max(0.0);
        let mut draft = Draft::new(
            element.clone(),
            format!(
                "{id} leaves a budget of {} % and does not say what happens when it is spent",
                significant(budget, 4)
            ),
            format!("write into policy of {id} what stops when the budget is gone, and who says so"),
        )
        .fact("budget", Figure::Percent(budget))
        .key("policy");
        if let Some(entity) = context.entity(&element) {
            let policy = "budget spent: only fixes are released until it recovers";
            draft = draft.fix(Fix::set(FixSafety::Suggested, entity, "policy", policy));
        }
        report.find(draft);
    }
}
