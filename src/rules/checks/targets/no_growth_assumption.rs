//! KP104: nobody said how much more is coming.

use crate::model::Element;
use crate::rules::context::Context;
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;

declare_rule! {
    "KP104" "no-growth-assumption", Medium, Certain;
    summary: "no traffic growth, no peak or no horizon is stated";
    reads: ["growth.traffic", "growth.peak", "growth.horizon", "flow.peak"];
    settings: [];
    detects: "A review with flows whose `[growth]` lacks `traffic`, `horizon` or `peak`. A `peak` on every flow stands in for the one of \
        `[growth]`.";
    why: "'Does it hold?' has no answer without 'how much, and when?'. A design that fits today's average is full in the first campaign, and \
        one that was built for a guess nobody wrote down costs for years what it was never asked for. With the numbers stated, a \
        wrong one can be corrected; unstated ones are only discovered.";
    example: [
        "Today's rate is known, and nothing about next year's:",
        "",
        "```toml",
        r#"component = [{ id = "api" }]"#,
        r#"flow = [{ id = "browse", entry = "api", rate = "200/s" }]"#,
        "```",
    ];
    remedy: "Write down `horizon`, `traffic` (steady growth as a multiple) and `peak` (spike over the steady rate), with a range where \
        nobody is sure. Last year's worst hour divided by its average hour is a start for the peak.";
    verify: "Compare the assumption with the measured rate every quarter; the review says who does it.";
    accept: "For an internal system with a fixed number of users: say `traffic = 1.0` and `peak` as measured, and the rule is silent.";
    references: "The guide, *Step 1: targets and growth assumptions* and *Capacity planning*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let growth = &context.review.growth;
    let mut flows = context.flows().peekable();
    if flows.peek().is_none() {
        return;
    }
    let peaks = growth.peak.is_some() || flows.all(|view| view.flow.peak.is_some());
    let stated = [("horizon", growth.horizon.is_some()), ("traffic", growth.traffic.is_some()), ("peak", peaks)];
    let lacking: Vec<_> = stated.iter().filter(|(_, stated)| !stated).map(|(key, _)| (*key).to_owned()).collect();
    if lacking.is_empty() {
        report.pass();
        return;
    }
    report.find(
        Draft::new(
            Element::Review,
            format!("the review does not say its {}", lacking.join(", ")),
            format!("set {} in [growth]; a range is better than nothing", lacking.join(", ")),
        )
        .fact("lacking", Figure::List(lacking)),
    );
}
