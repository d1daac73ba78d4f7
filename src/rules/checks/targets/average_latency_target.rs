//! KP102: a latency objective that half of the requests may miss.

use crate::model::{Element, Indicator};
use crate::rules::context::Context;
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::significant;

declare_rule! {
    "KP102" "average-latency-target", Medium, Certain;
    summary: "a latency SLO without a threshold, or one that half of the requests may miss";
    reads: ["slo.indicator", "slo.objective", "slo.threshold"];
    settings: [
        least = 50.0, "The objective, in percent, at or below which a latency SLO speaks of the middle instead of the tail.",
            "At 50 % the threshold is the median.";
    ];
    detects: "An SLO with `indicator = \"latency\"` that has no `threshold`, or whose `objective` is at or below `least`. One with a \
        threshold and no objective cannot be told.";
    why: "Queues show in the tail long before they show in the middle. While the median stays at 40 ms the slowest twentieth may wait for \
        seconds, and a page that makes twenty calls meets that twentieth on most loads. A target on the middle is green all the way \
        into the incident.";
    example: [
        "Half of the requests may take as long as they like:",
        "",
        "```toml",
        r#"component = [{ id = "api" }]"#,
        r#"flow = [{ id = "browse", entry = "api" }]"#,
        r#"slo = [{ id = "browse-fast", flow = "browse", indicator = "latency", objective = 50, threshold = "100ms" }]"#,
        "```",
    ];
    remedy: "State a share near 100 and the time below which a request is good: \"99 % within 300 ms\" is objective 99 and threshold 300ms. \
        A second, looser SLO for the far tail (99.9 % within 1 s) tells slow from stuck.";
    verify: "The dashboard shows the share of requests below the threshold, computed from a histogram with a bucket at it, never a mean of percentiles.";
    accept: "For batch work where only the total matters: use `throughput` or `freshness` as the indicator instead.";
    references: "The guide, *Latency (use percentiles)*. Tene, *How NOT to Measure Latency*. Dean, Barroso, *The Tail at Scale* (CACM, 2013).";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let least = report.threshold("least");
    for slo in context.review.slos.iter().filter(|slo| slo.indicator == Some(Indicator::Latency)) {
        let id = slo.id();
        let element = Element::Slo(id.to_owned());
        match (slo.threshold, slo.objective.map(|objective| objective.value())) {
            (None, _) => report.find(
                Draft::new(
                    element,
                    format!("{id} is about latency and says no threshold"),
                    "say up to where a request is good: threshold = \"300ms\" with objective = 99 is \"p99 below 300 ms\"",
                )
                .key("threshold"),
            ),
            (Some(_), None) => report.cannot_tell(element, "slo.objective"),
            (Some(threshold), Some(objective)) if objective <= least => {
                let share = significant(objective, 6);
                report.find(
                    Draft::new(
                        element,
                        format!("{id} is met when {share} % of the requests take less than {threshold}: the rest may take for ever"),
                        "raise the objective to the tail that users meet (95, 99), with a threshold to match",
                    )
                    .fact("objective", Figure::Percent(objective))
                    .key("objective"),
                );
            }
            _ => report.pass(),
        }
    }
}
