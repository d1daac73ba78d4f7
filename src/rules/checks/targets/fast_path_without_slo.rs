//! KP101: a critical flow without a latency or an availability SLO.

use crate::model::{Element, Indicator};
use crate::rules::context::Context;
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP101" "fast-path-without-slo", High, Certain;
    summary: "a critical flow lacks a latency or an availability SLO";
    reads: ["flow.critical", "slo.flow", "slo.indicator"];
    settings: [];
    detects: "A flow with `critical = true` for which the review has no SLO with `indicator = \"latency\"`, or none with \
        `indicator = \"availability\"`. SLOs of components do not stand in for it: users meet the flow. A flow that lacks \
        one and does not say whether it is critical cannot be told.";
    why: "Without a target nobody can say when the flow is broken, so incidents start with a support ticket and end with an \
        opinion. Capacity has no meaning either: 'it holds 900 requests a second' is a statement only together with 'at \
        p99 below 300 ms and 99.9 % answered'.";
    example: [
        "`checkout` earns the money and promises nothing about its latency:",
        "",
        "```toml",
        r#"component = [{ id = "api" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true }]"#,
        r#"slo = [{ id = "checkout-up", flow = "checkout", indicator = "availability", objective = 99.9 }]"#,
        "```",
    ];
    remedy: "Add the missing `[[slo]]` with an objective, for latency a threshold, and a window. Start from what the flow does today \
        in its worst ordinary hour; a target that is loose but watched is worth more than an ambitious one that is not.";
    verify: "Both objectives have a dashboard and an alert on their error budget, and the team can say how much budget is left.";
    accept: "For a flow that is about to be retired, with the date in `expires`.";
    references: "`KP502` no-slo-at-all. The guide, *Step 1* and *Availability & error budgets*. Google SRE workbook, *Implementing SLOs*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for view in context.flows() {
        let id = view.flow.id();
        if view.flow.critical == Some(false) {
            continue;
        }
        let lacking: Vec<_> = [Indicator::Latency, Indicator::Availability]
            .into_iter()
            .filter(|indicator| context.slos_with(id, *indicator).next().is_none())
            .map(Indicator::word)
            .collect();
        if lacking.is_empty() {
            report.pass();
            continue;
        }
        let element = Element::Flow(id.to_owned());
        if view.flow.critical.is_none() {
            report.cannot_tell(element, "flow.critical");
            continue;
        }
        // An SLO without an indicator may be the one that is lacking.
        let vague = context.slos_of_flow(id).filter(|slo| slo.indicator.is_none()).collect::<Vec<_>>();
        if vague.len() >= lacking.len() {
            for slo in vague {
                report.cannot_tell(Element::Slo(slo.id().to_owned()), "slo.indicator");
            }
            continue;
        }
        let which = lacking.join(" and no ");
        report.find(
            Draft::new(
                element,
                format!("{id} is critical and has no {which} SLO"),
                format!(
                    "add an [[slo]] with flow = \"{id}\" and indicator = \"{}\"",
                    lacking.join("\", and one with \"")
                ),
            )
            .fact("lacking", Figure::List(lacking.iter().map(|word| (*word).to_owned()).collect())),
        );
    }
}
