//! KP507: a critical flow that nobody has tested at its peak, or not for long.

use crate::model::{Element, Indicator, LoadTest, TestLevel};
use crate::rules::checks::load::rate_of;
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{PerSecond, Quantity, significant};
use foldhash::{HashMap, HashMapExt};

declare_rule! {
    "KP507" "no-load-test", Medium, Certain;
    summary: "a critical flow without a load test at its peak in the last 180 days";
    reads: ["load_test.flow", "load_test.date", "load_test.level", "load_test.points.rate", "flow.rate", "flow.peak", "growth.peak",
        "growth.traffic", "flow.critical"];
    settings: [
        days = 180.0, "The most days a load test may lie back.",
            "Our judgement: two quarters of releases and data; a test from before the last peak season says little about the next.";
        share = 1.0, "The share of the required rate that a test must have reached.",
            "By definition: what was not reached was not tested. 0.9 lets rounding pass.";
    ];
    detects: "A critical flow for which no `[[load_test]]` of level `service` or `end-to-end` (or none said) is at most `days` old and reached \
        today's rate × growth (`growth.traffic`) × peak (`flow.peak` or `growth.peak`), as far as these are said. A test dated in the future has \
        not been run. Where the review has no load test at all, one finding stands for all critical flows. With a recent test of which the points' rates, the date or the flow's rate are missing, it cannot tell.";
    why: "Everything else in a review is arithmetic on assumptions. The first load test finds the limit that nobody had written down: a client's \
        default pool, a lock, a quota of the cloud account. Without one the first test is the launch, with customers as the generator.";
    example: [
        "Peak 600/s, tested to 90/s:",
        "",
        "```toml",
        r#"component = [{ id = "api" }]"#,
        r#"growth = { peak = 10 }"#,
        r#"flow = [{ id = "checkout", entry = "api", rate = "60/s", critical = true }]"#,
        r#"load_test = [{ flow = "checkout", level = "service", date = 2026-09-24, points = [{ rate = "30/s" }, { rate = "90/s" }] }]"#,
        "```",
    ];
    remedy: "Test one service with what it depends on, with the mix and the think times of real users and an open generator (one that does not \
        wait for answers), beyond the required rate until something breaks. Write down what broke, at which rate, and what the test left out.";
    verify: "The record has points below and above the knee, the date, the level, and the name of the resource that was full.";
    accept: "When the measured live peak of the last quarter was above the required rate: add it as a load test with that date.";
    references: "The guide, *Capacity planning & load testing workflow*. `KP608` past-the-knee, `KP104` no-growth-assumption.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let review = context.review;
    let mut tests: HashMap<&str, Vec<(usize, &LoadTest)>> = HashMap::new();
    for (position, test) in review.load_tests.iter().enumerate() {
        if let Some(flow) = &test.flow {
            tests.entry(flow.as_str()).or_default().push((position, test));
        }
    }
    let critical: Vec<FlowView<'_>> = context.flows().filter(FlowView::is_critical).collect();
    if tests.is_empty() && critical.len() > 1 {
        report.find(
            Draft::new(
                Element::Review,
                format!("none of the {} critical flows has been tested under load", critical.len()),
                format!(
                    "begin with {}: beyond its peak, until something is full, and write the points down",
                    critical[0].flow.id()
                ),
            )
            .fact("flows", Figure::Count(critical.len() as f64))
            .flows(critical.iter().map(|view| view.flow.id().to_owned()).collect()),
        );
        return;
    }
    for view in critical {
        let of_flow = tests.get(view.flow.id()).map_or(&[][..], Vec::as_slice);
        judge(context, view, of_flow, report);
    }
}

fn judge(context: &Context<'_>, view: FlowView<'_>, tests: &[(usize, &LoadTest)], report: &mut Report<'_>) {
    let id = view.flow.id();
    let days = report.threshold("days");
    let required = required_rate(context, view);
    let wanted = required.map(|rate| rate * report.threshold("share") * (1.0 - 1e-9));
    let mut undecided = None;
    // The youngest of those that count, and the highest rate of those that are young enough.
    let mut youngest: Option<i32> = None;
    let mut highest: Option<f64> = None;
    let (mut parts, mut planned) = (0, 0);
    for (position, test) in tests {
        let element = || Element::Other("load_test", (position + 1).to_string());
        if test.level == Some(TestLevel::Component) {
            parts += 1;
            continue;
        }
        let Some(date) = test.date else {
            undecided.get_or_insert((element(), "load_test.date"));
            continue;
        };
        if date > context.today {
            planned += 1;
            continue;
        }
        let age = context.today.since(date).map_or(i32::MAX, |span| span.get_days());
        youngest = Some(youngest.map_or(age, |least| least.min(age)));
        if f64::from(age) > days {
            continue;
        }
        let rates = test.points.iter().flatten().filter_map(|point| point.rate).map(|rate| rate.value());
        match (rates.max_by(f64::total_cmp), wanted) {
            (Some(rate), Some(wanted)) if rate >= wanted => return report.pass(),
            (Some(rate), Some(_)) => highest = Some(highest.map_or(rate, |most: f64| most.max(rate))),
            (Some(_), None) => {
                undecided.get_or_insert((Element::Flow(id.to_owned()), "flow.rate"));
            }
            (None, _) => {
                undecided.get_or_insert((element(), "load_test.points.rate"));
            }
        }
    }
    if let Some((element, key)) = undecided {
        return report.cannot_tell(element, key);
    }
    let message = match (highest, youngest) {
        (Some(highest), _) => {
            format!("{id} was tested to {} in the last {} days", PerSecond::new(highest), significant(days, 4))
        }
        (None, Some(age)) => format!("the last load test of {id} is {age} days old"),
        (None, None) if parts > 0 => format!("only single components of {id} were tested"),
        (None, None) if planned > 0 => format!("the load test of {id} lies ahead"),
        (None, None) => format!("nobody has tested {id} under load"),
    };
    let message = match required {
        Some(required) => format!("{message}; its peak is {}", PerSecond::new(required)),
        None => message,
    };
    let until = required.map_or("its peak".to_owned(), |rate| PerSecond::new(rate).to_string());
    let threshold = context.slos_with(id, Indicator::Latency).find_map(|slo| slo.threshold);
    let watching =
        threshold.map_or(String::new(), |threshold| format!(", watching when {} is missed", threshold.likely()));
    let mut draft = Draft::new(
        Element::Flow(id.to_owned()),
        message,
        format!("test {id} beyond {until} until something is full{watching}, and write the points down"),
    );
    if let Some(required) = required {
        draft = draft.fact("required_rate", Figure::PerSecond(required));
    }
    if let Some(highest) = highest {
        draft = draft.fact("tested_rate", Figure::PerSecond(highest));
    }
    if let Some(age) = youngest {
        draft = draft.fact("days_ago", Figure::Count(f64::from(age)));
    }
    report.find(draft);
}

/// Today's rate × growth × peak, as far as they are said.
fn required_rate(context: &Context<'_>, view: FlowView<'_>) -> Option<f64> {
    let growth = &context.review.growth;
    let traffic = growth.traffic.map_or(1.0, |traffic| traffic.value());
    let peak = view.flow.peak.or(growth.peak).map_or(1.0, |peak| peak.value());
    rate_of(context, view).map(|rate| rate * (traffic * peak).max(1.0)).filter(|rate| *rate > 0.0 && rate.is_finite())
}
