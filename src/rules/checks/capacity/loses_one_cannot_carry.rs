//! KP607: the peak is carried only while nothing is broken.

use super::places::{Place, ids, places, reaches};
use super::room::room;
use crate::model::{Component, ComponentKind};
use crate::rules::context::Context;
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Ratio, significant};

declare_rule! {
    "KP607" "loses-one-cannot-carry", Medium, Likely;
    summary: "with one replica, zone or region gone at the peak, the rest is past saturation";
    reads: ["component.replicas", "component.autoscale.max", "component.zones", "component.regions", "component.workers",
        "component.cores", "dependency.pool.size", "growth.peak", "flow.peak"];
    settings: [
        full = 1.0, "The utilisation from which on the rest counts as full", "as for KP601";
        fill = 0.7, "How full the remedy plans it at the peak with everything there", "as for KP601; with a part gone it plans 0.9";
    ];
    detects: "A component of n ≥ 2 replicas (at the peak, scaled out), or a pool of such a caller, that an answer waits for: its utilisation at the \
        expected peak is below `full`, and × n ÷ (n − k) it is not. k is one replica; or what stands in one of its `zones` (two or more), or in one \
        of its `regions`, n ÷ zones or n ÷ regions rounded up. The smallest loss that is too much is reported. High for a replica, medium \
        for a zone or region, where a critical flow fails without it; else medium and low. Left out are what is full at the peak anyway \
        (`KP601`), single replicas (`KP309`), shards of a store, which cannot stand in for each other, and `external` systems.";
    why: "Replicas are lost every week: a deployment takes one away, a machine is replaced, a process runs out of memory. If the rest is full without \
        it, its share of the requests does not move, it queues, the next replica fails its health check under the load, and one by one they \
        all go. Zones are lost rarely, and always together with everybody else's attempt to start machines in the others.";
    example: [
        "Two replicas, each 60 % busy at the peak:",
        "",
        "```toml",
        r#"growth = { peak = 2.0 }"#,
        r#"component = [{ id = "api", replicas = 2, workers = 10, service_time = "30ms" }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true, rate = "200/s" }]"#,
        "```",
    ];
    remedy: "Run so many that the peak fits into what is left: with three zones, half as much again as the peak needs. Or agree what is switched \
        off first when a part is missing, and practise that.";
    verify: "At peak load in a test, or on a busy hour with everybody watching, take one away: latency stays within the objective, and no \
        other follows.";
    accept: "When the objective allows the minutes until a replacement serves, and the excess is refused cheaply meanwhile.";
    references: "`KP309` single-point-of-failure, `KP601` saturates-at-peak, `KP319` autoscaling-too-slow. The guide, *Assume nodes die* in *Design \
        for failure*. Utilisation law: U × n ÷ (n − k).";
}

/// A part that may be lost.
pub(super) struct Loss {
    /// How many replicas go.
    lost: f64,
    /// What goes, in words.
    what: String,
    is_replica: bool,
    /// What is left is this full.
    pub(super) utilisation: f64,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let (full, fill) = (report.threshold("full"), report.threshold("fill"));
    for place in &places(context) {
        if !applies(place) || reaches(place.at_peak(), full) {
            continue;
        }
        match too_much(place, full) {
            Some(loss) => report.find(found(context, place, &loss, fill)),
            None => report.pass(),
        }
    }
}

pub(super) fn applies(place: &Place<'_>) -> bool {
    let shards = place.owner.data.as_ref().and_then(|data| data.shards).map_or(1.0, |shards| shards.value());
    place.answers && place.replicas >= 2.0 && shards <= 1.0 && place.owner.kind != Some(ComponentKind::External)
}

/// The parts of so many replicas that may be lost together, the smallest first; never all of them.
fn losses(owner: &Component, n: f64) -> Vec<(f64, String, bool)> {
    let mut losses = vec![(1.0, "one replica".to_owned(), true)];
    let zones = owner.zones.map_or(1.0, |zones| zones.value());
    if zones >= 2.0 {
        losses.push(((n / zones).ceil(), format!("one of its {} zones", significant(zones, 4)), false));
    }
    let regions = owner.regions.as_ref().map_or(0, Vec::len) as f64;
    if regions >= 2.0 {
        losses.push(((n / regions).ceil(), format!("one of its {regions} regions"), false));
    }
    losses.sort_by(|a, b| a.0.total_cmp(&b.0));
    losses.retain(|(lost, ..)| *lost < n);
    losses
}

/// How many of so many replicas may be lost together at the worst.
pub(super) fn largest_loss(owner: &Component, n: f64) -> f64 {
    losses(owner, n).last().map_or(0.0, |(lost, ..)| *lost)
}

/// The smallest loss after which the rest is full.
pub(super) fn too_much(place: &Place<'_>, full: f64) -> Option<Loss> {
    let n = place.replicas;
    losses(place.owner, n).into_iter().find_map(|(lost, what, is_replica)| {
        let utilisation = place.at_peak() * n / (n - lost);
        reaches(utilisation, full).then_some(Loss { lost, what, is_replica, utilisation })
    })
}

fn found(context: &Context<'_>, place: &Place<'_>, loss: &Loss, fill: f64) -> Draft {
    let resource = place.resource;
    let n = place.replicas;
    let severity = match (loss.is_replica, place.critical) {
        (true, true) => Severity::High,
        (true, false) | (false, true) => Severity::Medium,
        (false, false) => Severity::Low,
    };
    let whose = if resource.name() == place.owner.id() { String::new() } else { format!(" of {}", place.owner.id()) };
    let gone = if loss.is_replica { String::new() } else { format!(" ({} of {} replicas)", loss.lost, n) };
    let message = format!(
        "at the peak the {} of {} are {} full, and with {}{whose} gone{gone} the rest needs {}",
        resource.kind.called(),
        resource.name(),
        Ratio::new(place.at_peak().min(1.0)),
        loss.what,
        percent(loss.utilisation)
    );
    let room = room(context, place, fill);
    let mut draft = Draft::new(place.element(), message, room.remedy)
        .severity(severity)
        .fact("replicas", Figure::Count(n))
        .fact("lost", Figure::Count(loss.lost))
        .fact("utilisation_at_peak", Figure::Ratio(place.at_peak()))
        .fact("utilisation_without", Figure::Ratio(loss.utilisation));
    if !place.first_of.is_empty() {
        draft = draft.flows(ids(&place.first_of));
    }
    match room.fix {
        Some(fix) => draft.fix(fix),
        None => draft,
    }
}

fn percent(share: f64) -> String {
    format!("{} %", significant(share * 100.0, 3))
}
