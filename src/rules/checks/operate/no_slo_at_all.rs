//! KP502: a system without a single objective.

use crate::model::Element;
use crate::rules::context::Context;
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP502" "no-slo-at-all", High, Certain;
    summary: "the review has flows and not one SLO";
    reads: ["slo.id", "flow.id"];
    settings: [];
    detects: "A review with at least one `[[flow]]` and no `[[slo]]`. A review without flows has nothing to promise yet and is left out.";
    why: "Every other question of the review needs a target to be answered: enough capacity for what, short enough for whom, worth which \
        cost. Without one the loudest voice decides, alerts fire on causes instead of on what users feel, and nobody can say no \
        to a feature because the system is not reliable enough.";
    example: [
        "A flow, and nothing that says when it is good:",
        "",
        "```toml",
        r#"component = [{ id = "api" }]"#,
        r#"flow = [{ id = "browse", entry = "api", rate = "200/s" }]"#,
        "```",
    ];
    remedy: "Take the flow that earns most and write two SLOs for it: a latency with a threshold, and an availability. Take today's \
        measured values as the first objectives and agree what happens when the budget is gone.";
    verify: "The team can answer, without looking anything up, which objective was closest to being missed last month.";
    accept: "For a prototype without users; let the entry expire on the day of the first one.";
    references: "`KP101` fast-path-without-slo. The guide, *Step 1*. Google SRE workbook, *Implementing SLOs*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let flows: Vec<_> = context.flows().collect();
    if flows.is_empty() {
        return;
    }
    if !context.review.slos.is_empty() {
        report.pass();
        return;
    }
    let value = |view: &crate::rules::context::FlowView<'_>| {
        (view.is_critical(), view.flow.value_share.map_or(0.0, |share| share.value()))
    };
    // The first of those that matter most: max_by would take the last.
    let mut first = flows[0];
    for view in &flows[1..] {
        let (a, b) = (value(view), value(&first));
        if (a.0 && !b.0) || (a.0 == b.0 && a.1 > b.1) {
            first = *view;
        }
    }
    let id = first.flow.id();
    report.find(
        Draft::new(
            Element::Review,
            match flows.len() {
                1 => "one flow and no SLO".to_owned(),
                several => format!("{several} flows and not one SLO"),
            },
            format!("start with {id}: one latency and one availability objective, at what it does today"),
        )
        .fact("flows", Figure::Count(flows.len() as f64))
        .flows(flows.iter().map(|view| view.flow.id().to_owned()).collect()),
    );
}
