//! KP106: a flow that is later than its objective before anything waits.

use crate::model::{Element, Indicator, Slo};
use crate::reliability::{End, TailBound, Within, answered_within};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Seconds, significant};

declare_rule! {
    "KP106" "unattainable-latency", High, Likely;
    summary: "even when nothing waits, too few requests can be answered within the objective's threshold";
    reads: ["slo.threshold", "slo.objective", "component.service_time", "dependency.network", "dependency.mode", "flow.calls",
        "component.cache.hit_ratio"];
    settings: [];
    detects: "A latency SLO of a flow whose share of good answers cannot be reached by service times and round trips alone: no queue, \
        no full pool, no failure. Calls that are waited for add up, of a `group` the member with the longest mean counts, misses \
        and probabilities count with their share. The share that can be answered in time is bounded from above by the better of \
        two: Cantelli's inequality, which holds for every distribution with this mean and variation (a service time without \
        `cv` is taken to have 1), and the sum of the times that every request spends, with `cv = 1` as exponential and `cv = 0` \
        and round trips as constants. What is not known counts as 0, so that a finding stands whatever the rest is; certain \
        where Cantelli alone proves it from stated variations, with every range at its short end. The cause is work: timeouts \
        cannot mend it (`KP107` is silent then), and no caller is less patient than its callee (`KP204`).";
    why: "A target below the time of the work itself is missed on the best day of the year. Its error budget is gone in the first hour of \
        each window, the alert is switched off, and the team tunes pools and replicas that were never the reason.";
    example: [
        "100 ms are promised, and the ranking model alone takes 120 ms:",
        "",
        "```toml",
        r#"component = [{ id = "api", service_time = "5ms" }, { id = "ranking", kind = "model", service_time = { mean = "120ms", cv = 0.3 } }]"#,
        r#"dependency = [{ from = "api", to = "ranking", mode = "sync", network = "1ms" }]"#,
        r#"flow = [{ id = "feed", entry = "api", calls = [{ from = "api", to = "ranking" }] }]"#,
        r#"slo = [{ id = "feed-fast", flow = "feed", indicator = "latency", objective = 99, threshold = "100ms" }]"#,
        "```",
    ];
    remedy: "Take the largest part out of the answer (compute it ahead, keep a copy, do it behind a queue), make calls that do not need \
        each other in one `group`, or make the part itself faster. Otherwise promise what the work takes, with room for waiting.";
    verify: "Send one request at a time at night: the percentile of the objective is below the threshold, with at least half of the \
        threshold left for waiting at peak.";
    accept: "When the objective is where the system is to be after a change that is decided: name the decision, and let the entry expire \
        with it.";
    references: "The guide, *Latency (use percentiles)* and *Step 1*. Cantelli's inequality (one-sided Chebyshev). `KP107` \
        latency-budget-overspent for timeouts that allow too much, `KP204` timeout-inversion for their order.";
}

/// How much of an objective counts as rounding.
const ROUNDING: f64 = 1e-9;

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for view in context.flows() {
        let mut looked = false;
        let mut worst: Option<(&Slo, Within, f64)> = None;
        for slo in context.slos_with(view.flow.id(), Indicator::Latency) {
            let (Some(objective), Some(threshold)) = (slo.objective, slo.threshold) else { continue };
            looked = true;
            let objective = objective.value() / 100.0;
            let Some(within) = missed(context, view, threshold.value(), objective) else { continue };
            let times = within.at_least.max(within.mean) / threshold.value().max(f64::MIN_POSITIVE);
            if worst.as_ref().is_none_or(|(_, _, most)| times > *most) {
                worst = Some((slo, within, times));
            }
        }
        if let Some((slo, within, _)) = worst {
            report.find(found(context, view, slo, &within));
        } else if looked {
            undecided_or_pass(context, view, report);
        }
    }
}

/// The bound that an objective is beyond, at likely values; `None` where it is not.
pub(super) fn missed(context: &Context<'_>, view: FlowView<'_>, threshold: f64, objective: f64) -> Option<Within> {
    let flow = view.expansion.flow;
    let within = answered_within(context.review, context.graph, flow, End::Likely, threshold, objective)?;
    (within.share < objective - ROUNDING).then_some(within)
}

fn undecided_or_pass(context: &Context<'_>, view: FlowView<'_>, report: &mut Report<'_>) {
    let minimum = context.reliability_of(view).and_then(|figures| figures.minimum.as_ref());
    let unknown = minimum.map_or_else(
        || view.expansion.components.iter().filter(|visit| visit.in_answer).map(|visit| visit.component).collect(),
        |minimum| minimum.without_service_time.clone(),
    );
    for component in &unknown {
        report.cannot_tell(Element::Component(context.graph.name(*component).to_owned()), "component.service_time");
    }
    if unknown.is_empty() {
        report.pass();
    }
}

fn found(context: &Context<'_>, view: FlowView<'_>, slo: &Slo, within: &Within) -> Draft {
    let id = view.flow.id();
    let (threshold, objective) = (slo.threshold.map_or(0.0, |t| t.value()), slo.objective.map_or(0.0, |o| o.value()));
    let percent = |share: f64| format!("{} %", significant(share * 100.0, 3));
    let parts: Vec<_> = within
        .parts
        .iter()
        .take(3)
        .map(|(component, seconds)| format!("{} {}", context.graph.name(*component), Seconds::new(*seconds)))
        .collect();
    let more = if within.parts.len() > 3 { format!(" + {} more", within.parts.len() - 3) } else { String::new() };
    let how = match within.by {
        TailBound::AnyShape => "however the times are spread",
        TailBound::Exponential => "with the exponential times that are stated",
    };
    let message = format!(
        "{id} promises {} % within {} and works {} on average before anything waits ({}{more}): {how}, at most {} can be \
         in time, and {} % takes {} or more",
        significant(objective, 7),
        Seconds::new(threshold),
        Seconds::new(within.mean),
        parts.join(" + "),
        percent(within.share),
        significant(objective, 7),
        Seconds::new(within.at_least),
    );
    let first = within.parts.first().map_or("", |(component, _)| context.graph.name(*component));
    let excess = (within.at_least.max(within.mean) - threshold).max(0.0);
    let remedy = format!(
        "take at least {} out of the wait, beginning with {first} (ahead of time, a copy, a queue, or beside the other \
         calls); or promise no less than {}",
        Seconds::new(excess),
        Seconds::new(within.at_least.max(within.mean)),
    );
    // At the short end of every range, and by an inequality that knows no distribution.
    let low = slo.objective.zip(slo.threshold).and_then(|(objective, threshold)| {
        let objective = objective.low().value() / 100.0;
        let flow = view.expansion.flow;
        let within =
            answered_within(context.review, context.graph, flow, End::Low, threshold.high().value(), objective)?;
        Some(within.share < objective - ROUNDING && within.by == TailBound::AnyShape && !within.assumed)
    });
    Draft::new(Element::Flow(id.to_owned()), message, remedy)
        .severity(if view.is_critical() { Severity::High } else { Severity::Medium })
        .confidence(if low == Some(true) { Confidence::Certain } else { Confidence::Likely })
        .fact("slo", Figure::Text(slo.id().to_owned()))
        .fact("threshold", Figure::Seconds(threshold))
        .fact("mean_without_waiting", Figure::Seconds(within.mean))
        .fact("objective_takes_at_least", Figure::Seconds(within.at_least))
        .fact("at_most_in_time", Figure::Ratio(within.share))
}
