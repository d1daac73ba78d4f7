//! KP213: flows, and none that is said to matter most.

use crate::model::Element;
use crate::rules::checks::load::rate_of;
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{PerSecond, Quantity, significant};

declare_rule! {
    "KP213" "no-fast-path", Low, Certain;
    summary: "none of the flows is marked as the fast path";
    reads: ["flow.critical", "flow.value_share", "flow.rate"];
    settings: [];
    detects: "A review with flows of which none says `critical = true`. Flows that say `critical = false` count: somebody looked, and left nothing.";
    why: "What is not marked is not protected: no flow is shed last, tested first or kept short, and most checks of this program weigh what \
        they find by the critical flows it hurts. In the incident somebody decides it in a minute, by whose manager calls first.";
    example: [
        "Two flows, and nobody said which one earns the money:",
        "",
        "```toml",
        r#"component = [{ id = "api" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", rate = "60/s", value_share = 0.6 }, { id = "browse", entry = "api", rate = "900/s" }]"#,
        "```",
    ];
    remedy: "Mark the few flows that carry most of the value or most of the traffic with `critical = true`, and say `critical = false` on the others. If \
        everything is critical, nothing is.";
    verify: "Two people of different teams, asked apart, name the same flows.";
    accept: "For a system with one flow of no value of its own (an internal batch): say so.";
    references: "The guide, *Step 2: map critical flows and define the fast path*. `KP101` fast-path-without-slo.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let flows: Vec<FlowView<'_>> = context.flows().collect();
    if flows.is_empty() {
        return;
    }
    if flows.iter().any(FlowView::is_critical) {
        report.pass();
        return;
    }
    let value = |view: &FlowView<'_>| view.flow.value_share.map_or(0.0, |share| share.value());
    let rate = |view: &FlowView<'_>| rate_of(context, *view).unwrap_or_default();
    let first = flows.iter().reduce(|best, view| {
        let more = value(view).total_cmp(&value(best)).then(rate(view).total_cmp(&rate(best)));
        if more.is_gt() { view } else { best }
    });
    let remedy = match first {
        Some(first) if value(first) > 0.0 => {
            let share = significant(value(first) * 100.0, 3);
            format!("begin with {}: it makes {share} % of the value; set critical = true there", first.flow.id())
        }
        Some(first) if rate(first) > 0.0 => {
            let rate = PerSecond::new(rate(first));
            format!("begin with {}: it has the most traffic ({rate}); set critical = true there", first.flow.id())
        }
        _ => "set critical = true on the flows that earn the money or carry the traffic".to_owned(),
    };
    let message = match flows.len() {
        1 => "the one flow is not marked as the fast path".to_owned(),
        count => format!("none of the {count} flows is marked as the fast path"),
    };
    report.find(Draft::new(Element::Review, message, remedy).fact("flows", Figure::Count(flows.len() as f64)));
}
