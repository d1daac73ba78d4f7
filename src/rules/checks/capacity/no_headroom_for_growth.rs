//! KP602: today's peak fits, the one of the horizon does not.

use super::loses_one_cannot_carry::{applies, too_much};
use super::places::{Place, ids, places, reaches};
use super::room::room;
use crate::model::Element;
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Seconds, significant};

declare_rule! {
    "KP602" "no-headroom-for-growth", Medium, Likely;
    summary: "the expected peak fits today and not after the growth over the horizon";
    reads: ["growth.traffic", "growth.peak", "growth.horizon", "flow.peak", "component.workers", "component.cores",
        "component.autoscale.max", "dependency.pool.size"];
    settings: [
        full = 1.0, "The utilisation from which on something counts as full", "as for KP601";
        fill = 0.7, "How full the remedy plans it at the peak of the horizon", "as for KP601";
    ];
    detects: "Workers, processors or a pool that an answer waits for, whose computed utilisation at the expected peak is below `full`, and × \
        `growth.traffic` reaches it; scaled out as far as autoscaling goes. It says when: growth is taken to be even, so that at a horizon H a \
        multiple m is reached after H × ln m ÷ ln traffic. Medium where it is the first to fill on the way of a critical flow, low \
        elsewhere. What is full at today's peak is `KP601`'s, and what cannot lose a replica even then `KP607`'s; limits of providers \
        (`KP318`) and the growth of data (`KP310`) are others'. Without `growth.traffic` the rule cannot tell.";
    why: "Growth gives no alarm: each month is a little fuller than the last, and the peak that went well last year stands at the limit this \
        year. What has to be done then, a shard, a larger contract, a split, takes longer than the time that is left once it is seen.";
    example: [
        "Full at 1.5 times, planned growth 2 times:",
        "",
        "```toml",
        r#"growth = { traffic = 2.0, peak = 1.0, horizon = "12mo" }"#,
        r#"component = [{ id = "api", workers = 10, service_time = "20ms" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true, rate = "333/s" }]"#,
        "```",
    ];
    remedy: "Put the date in the plan with the lead time of the work taken off: machines weeks, contracts a quarter, shards two. Do what lowers the load for \
        good (caching, less waiting, fewer calls a request) before what buys time.";
    verify: "The computed multiple is above growth × peak with a margin, and a load test at that load has been run.";
    accept: "When the capacity is bought on a date before that one: name it.";
    references: "`KP601` saturates-at-peak, `KP104` no-growth-assumption, `KP310` storage-runs-out. The guide, *How to quantify scalability*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let (full, fill) = (report.threshold("full"), report.threshold("fill"));
    let places = places(context);
    let Some(traffic) = context.review.growth.traffic else {
        if places.iter().any(|place| place.answers && place.at_peak() > 0.0) {
            report.cannot_tell(Element::Review, "growth.traffic");
        }
        return;
    };
    // What is full now, or cannot lose a part now, is more urgent and needs the same room.
    let urgent =
        |place: &&Place<'_>| reaches(place.at_peak(), full) || (applies(place) && too_much(place, full).is_some());
    for place in places.iter().filter(|place| place.answers && !urgent(place)) {
        let then = place.at_peak() * traffic.value();
        if !reaches(then, full) {
            report.pass();
            continue;
        }
        let surely = reaches(place.resource.utilisation.low * traffic.low().value(), full);
        let growth = Growth { traffic: traffic.value(), then, surely };
        report.find(found(context, place, &growth, full, fill));
    }
}

struct Growth {
    traffic: f64,
    /// Utilisation at the peak of the horizon.
    then: f64,
    surely: bool,
}

fn found(context: &Context<'_>, place: &Place<'_>, growth: &Growth, full: f64, fill: f64) -> Draft {
    let Growth { traffic, then, surely } = *growth;
    let resource = place.resource;
    let critical = place.first_of.iter().any(FlowView::is_critical);
    let horizon = context.review.growth.horizon.map(|horizon| horizon.value());
    // Even growth: the multiple after a time t is traffic^(t ÷ horizon).
    let after = horizon.map(|horizon| horizon * (full / place.at_peak()).ln().max(0.0) / traffic.ln());
    let after = after.filter(|after| after.is_finite());
    let when =
        after.map_or_else(|| "before the horizon".to_owned(), |after| format!("in about {}", Seconds::new(after)));
    let scaled = if place.is_scaled() {
        format!(" with all {} replicas", significant(place.replicas, 6))
    } else {
        String::new()
    };
    let because = if place.because.is_empty() { String::new() } else { format!(": {}", place.because) };
    let room = room(context, place, fill);
    let mut draft = Draft::new(
        place.element(),
        format!(
            "the {} of {} are full at {} times today's load{scaled}; {}with growth of {} times the peak is past that {when}{because}",
            resource.kind.called(),
            resource.name(),
            significant(place.full_at(), 3),
            if place.peak() > 1.0 { format!("the peak is {} times, and ", significant(place.peak(), 3)) } else { String::new() },
            significant(traffic, 3)
        ),
        room.remedy,
    )
    .severity(if critical { Severity::Medium } else { Severity::Low })
    .confidence(if surely { Confidence::Certain } else { Confidence::Likely })
    .fact("saturates_at", Figure::Count(place.full_at()))
    .fact("expected", Figure::Count(place.peak() * traffic))
    .fact("utilisation_then", Figure::Ratio(then));
    if let Some(after) = after {
        draft = draft.fact("after", Figure::Seconds(after));
    }
    if !place.first_of.is_empty() {
        draft = draft.flows(ids(&place.first_of));
    }
    match room.fix {
        Some(fix) => draft.fix(fix),
        None => draft,
    }
}
