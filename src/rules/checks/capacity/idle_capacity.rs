//! KP609: replicas that not even the peak of the horizon with a part gone needs.

use super::loses_one_cannot_carry::largest_loss;
use super::places::{Place, places};
use crate::model::{Change, ComponentKind, Element, Fix, FixSafety};
use crate::rules::context::Context;
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Number, Quantity, Ratio, significant};
use foldhash::{HashMap, HashMapExt};

declare_rule! {
    "KP609" "idle-capacity", Low, Likely;
    summary: "replicas that not even the peak of the horizon with a part gone needs";
    reads: ["component.replicas", "component.cost_per_hour", "component.zones", "growth.traffic", "growth.peak", "component.workers"];
    settings: [
        share = 0.2, "A component whose fullest resource stays below this share at the peak of the horizon idles", "own choice: five times what the worst expected hour needs";
    ];
    detects: "A component that runs code, with a `cost_per_hour` and three `replicas` or more, whose fullest resource (workers, processors, its \
        pools) is less than `share` utilised at today's replicas, at the expected peak and after the growth over the horizon, and of which fewer \
        replicas would still carry that at 70 % with a replica, zone or region gone. At least two stay, and one a zone. Only where `growth.peak` and \
        `growth.traffic` are both said: without a plan nothing is known to idle.";
    why: "Unused machines are not safety once the planned safety is deducted; they hide the real limit (a pool, a store), and they are \
        the money that is missing where the limit is.";
    example: [
        "Twelve replicas, of which the worst hour of next year needs one:",
        "",
        "```toml",
        r#"growth = { peak = 2.0, traffic = 1.5 }"#,
        r#"component = [{ id = "api", kind = "service", replicas = 12, workers = 32, service_time = "5ms", cost_per_hour = 0.20 }]"#,
        r#"flow = [{ id = "browse", entry = "api", rate = "100/s" }]"#,
        "```",
    ];
    remedy: "Take them away in steps, with a look at the tail after each, and leave autoscaling to bring them back. Put the money where the first limit is.";
    verify: "At the next busy hour the fullest resource is about as full as computed, and the objective is kept.";
    accept: "When they are there for something the model does not know: a batch at night, a regional law, memory rather than processors.";
    references: "`KP605` cost-above-target, `KP607` loses-one-cannot-carry. The guide, *Efficient: unit cost rises slowly and intentionally*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let share = report.threshold("share");
    let growth = &context.review.growth;
    let (Some(_), Some(traffic)) = (growth.peak, growth.traffic) else { return };
    let places = places(context);
    // The fullest place of each owner, its pools included: only what all of them leave idle can go.
    let mut fullest: HashMap<&str, (&Place<'_>, f64)> = HashMap::new();
    for place in &places {
        let (most, now) = (place.replicas, place.owner.replicas.map_or(1.0, |replicas| replicas.value()));
        let used = place.at_peak() * traffic.value().max(1.0) * most / now;
        let worst = fullest.entry(place.owner.id()).or_insert((place, used));
        if used > worst.1 {
            *worst = (place, used);
        }
    }
    let undecided = context.capacity.missing.iter().any(|missing| missing.decisive);
    for (_, component) in context.components() {
        let Some((place, used)) = fullest.get(component.id()).copied() else { continue };
        let Some((cost, replicas)) = component.cost_per_hour.zip(component.replicas) else { continue };
        let code = component.kind.is_none_or(|kind| kind.is_compute() && kind != ComponentKind::Model);
        if !code || replicas.value() < 3.0 || undecided {
            continue;
        }
        let enough = enough(place, used, replicas.value());
        if used >= share || enough >= replicas.value() {
            report.pass();
            continue;
        }
        let id = component.id();
        let element = Element::Component(id.to_owned());
        let saved = cost.value() * (replicas.value() - enough) * 730.0;
        let currency = growth
            .cost
            .as_ref()
            .and_then(|cost| cost.currency.as_deref())
            .map_or(String::new(), |currency| format!(" {}", currency.trim()));
        let mut draft = Draft::new(
            element.clone(),
            format!(
                "the {replicas} replicas of {id} are {} full at the peak of the horizon; {} carry it with a part gone",
                Ratio::new(used.clamp(0.0, 1.0)),
                significant(enough, 6)
            ),
            format!(
                "run {} replicas of {id}: {}{currency} a month less",
                significant(enough, 6),
                Number::new(saved.round())
            ),
        )
        .fact("utilisation", Figure::Ratio(used))
        .fact("enough", Figure::Count(enough))
        .fact("saved_a_month", Figure::Count(saved))
        .key("replicas");
        if let Some(entity) = context.entity(&element) {
            let set = |key: &str| Change::Set { entity, key: key.to_owned(), value: significant(enough, 9) };
            let mut changes = vec![set("replicas")];
            if component.autoscale.as_ref().is_some_and(|autoscale| autoscale.min.is_some()) {
                changes.push(set("autoscale.min"));
            }
            draft = draft.fix(Fix {
                title: format!("run {} replicas", significant(enough, 6)),
                safety: FixSafety::Suggested,
                changes,
            });
        }
        report.find(draft);
    }
}

/// How few replicas carry the same with 70 % used, a part gone included.
fn enough(place: &Place<'_>, used: f64, now: f64) -> f64 {
    let busy = used * now / 0.7;
    let zones = place.owner.zones.map_or(1.0, |zones| zones.value());
    let mut enough = busy.ceil().max(2.0).max(zones);
    while enough < now && enough - largest_loss(place.owner, enough) < busy {
        enough += 1.0;
    }
    enough
}
