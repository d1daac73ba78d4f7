//! KP601: something is full before the peak that the review expects.

use super::places::{Place, ids, places, reaches};
use super::room::room;
use crate::model::Element;
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::significant;
use foldhash::{HashSet, HashSetExt};

declare_rule! {
    "KP601" "saturates-at-peak", High, Certain;
    summary: "workers, processors or a pool that somebody's answer waits for are full at or before the expected peak";
    reads: ["growth.peak", "flow.peak", "flow.rate", "component.workers", "component.cores", "component.service_time",
        "component.replicas", "component.autoscale.max", "dependency.pool.size"];
    settings: [
        full = 1.0, "The utilisation from which on something counts as full", "utilisation law: more than 1 cannot be served; waiting is not computed yet, so whoever wants a margin sets less";
        fill = 0.7, "How full the remedy plans it at the peak", "M/M/1: at 0.7 a visit takes 3.3 service times, at 0.9 ten";
    ];
    detects: "The resource of a component (workers or processors), or a pool, whose computed utilisation at the expected peak (each flow's `peak`, or \
        `growth.peak`; today's load where neither is said) reaches `full`, with all replicas that autoscaling may start. Only what an answer waits \
        for: work in the background piles up instead (`KP606`). One finding an element. High where it is the first to fill on the way of a \
        critical flow that fails without it, medium where it is the first of another; low where something else on the way fills before it. Certain where the \
        favourable ends of all ranges reach it too. Growth over the horizon is `KP602`'s, a lost replica `KP607`'s; \
        rate limits are `KP318`'s, a hot shard `KP302`'s and a cold cache `KP305`'s. Where a key that is missing may hide an earlier limit, the \
        rule cannot tell.";
    why: "Past that load work arrives faster than it is finished, and the difference waits: each second of the peak adds to the queue, \
        answers take as long as the queue is, callers give up and ask again. Nothing gets better before the load goes, and mostly it is a \
        pool or a worker count that is full while every processor graph looks fine.";
    example: [
        "Ten connections, each held 40 ms, are full at 250/s, and the sale brings 300/s:",
        "",
        "```toml",
        r#"growth = { peak = 3.0 }"#,
        r#"component = [{ id = "api", workers = 64, service_time = "1ms" }, { id = "payments", service_time = "39ms" }]"#,
        r#"dependency = [{ from = "api", to = "payments", mode = "sync", network = "1ms", pool = { size = 10 } }]"#,
        r#"flow = [{ id = "pay", entry = "api", critical = true, rate = "100/s", calls = [{ from = "api", to = "payments" }] }]"#,
        "```",
    ];
    remedy: "Look first at why it is held: waiting for somebody is mended there, not here. Then give it what it needs at the peak with a third \
        to spare: connections, workers, replicas, in this order of price. Or let less in: shed, cache, move work behind the answer. Then look at \
        what is next.";
    verify: "Load-test up to the expected peak and a fifth beyond: the named resource stays below nine tenths, and the flow inside its objective.";
    accept: "When the peak is refused on purpose above a limit that the owner of the product knows, and the refusals are cheap.";
    references: "`KP602` no-headroom-for-growth, `KP604` pool-before-processor, `KP607` loses-one-cannot-carry. The guide, *Capacity planning & load \
        testing workflow*. Denning and Buzen, *The operational analysis of queueing network models* (1978): utilisation law.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let (full, fill) = (report.threshold("full"), report.threshold("fill"));
    let places = places(context);
    let mut found_at: HashSet<&Element> = HashSet::new();
    for place in places.iter().filter(|place| place.answers) {
        if reaches(place.at_peak(), full) {
            found_at.insert(&place.resource.element);
            let (element, severity) = (&place.resource.element, severity(place));
            let crowded_out = if place.first_of.is_empty() {
                report.is_crowded_out(element, severity)
            } else {
                report.is_crowded_out_in(element, severity, place.first_of.iter().map(|view| view.expansion.flow))
            };
            if !crowded_out {
                report.find(found(context, place, full, fill));
            }
        } else {
            report.pass();
        }
    }
    for missing in context.capacity.missing.iter().filter(|missing| missing.decisive) {
        if !found_at.contains(&missing.element) {
            report.cannot_tell(missing.element.clone(), &missing.key);
        }
    }
    let unsaid = context.review.growth.peak.is_none() && context.review.flows.iter().any(|flow| flow.peak.is_none());
    if unsaid && places.iter().any(|place| place.answers && place.at_peak() > 0.0) {
        report.cannot_tell(Element::Review, "growth.peak");
    }
}

fn severity(place: &Place<'_>) -> Severity {
    let first_of_critical = place.first_of.iter().any(crate::rules::context::FlowView::is_critical);
    match (first_of_critical, place.first_of.is_empty()) {
        (true, _) if place.critical => Severity::High,
        (_, false) => Severity::Medium,
        (_, true) => Severity::Low,
    }
}

fn found(context: &Context<'_>, place: &Place<'_>, full: f64, fill: f64) -> Draft {
    let resource = place.resource;
    let severity = severity(place);
    let confidence = if reaches(resource.utilisation.low, full) { Confidence::Certain } else { Confidence::Likely };
    let (full_at, peak) = (place.full_at(), place.peak());
    let times = |multiple: f64| significant(multiple, 3);
    let scaled = if place.is_scaled() {
        format!(" with all {} replicas", significant(place.replicas, 6))
    } else {
        String::new()
    };
    let when = if full_at <= 1.0 {
        format!("are full today already{scaled}")
    } else {
        format!("are full at {} times today's load{scaled}", times(full_at))
    };
    let against = if peak > 1.0 { format!(", and the peak is {} times", times(peak)) } else { String::new() };
    let order = if place.first_of.is_empty() {
        "; something else on its flows fills before".to_owned()
    } else {
        format!("; the first to fill on the way of {}", named(&ids(&place.first_of)))
    };
    let because = if place.because.is_empty() { String::new() } else { format!(": {}", place.because) };
    let room = room(context, place, fill);
    let message = if resource.capacity.likely == 0.0 {
        format!("{} has no {}{order}", resource.name(), resource.kind.called())
    } else {
        format!("the {} of {} {when}{against}{order}{because}", resource.kind.called(), resource.name())
    };
    let mut draft = Draft::new(place.element(), message, room.remedy)
        .severity(severity)
        .confidence(confidence)
        .fact("saturates_at", Figure::Count(full_at))
        .fact("peak", Figure::Count(peak))
        .fact("utilisation_at_peak", Figure::Ratio(place.at_peak()))
        .fact("resource", Figure::Text(resource.kind.word().to_owned()));
    if let Some((callee, share)) = resource.waiting_for.first() {
        draft = draft
            .fact("waits_for", Figure::Text(callee.clone()))
            .fact("waiting_share", Figure::Ratio(share / place.at_peak()));
    }
    if !place.first_of.is_empty() {
        draft = draft.flows(ids(&place.first_of));
    }
    match room.fix {
        Some(fix) => draft.fix(fix),
        None => draft,
    }
}

/// Names in a sentence: three at most, the rest counted.
fn named(names: &[String]) -> String {
    let shown = names.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > 3 { format!("{shown} and {} more", names.len() - 3) } else { shown }
}
