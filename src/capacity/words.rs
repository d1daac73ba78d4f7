//! Why a resource saturates, in words.

use super::Span;
use super::figures::{Resource, ResourceKind};
use super::limits::Sized;
use crate::graph::SystemGraph;
use crate::model::{ComponentKind, Review};
use crate::units::{PerSecond, Quantity, Seconds, significant};

/// How many callees a sentence names.
const NAMED: usize = 2;

/// A clause about the resource at today's load, without its name: "its 12 workers are held 13 ms a visit: …".
pub(super) fn because(review: &Review, graph: &SystemGraph, sized: &Sized) -> String {
    let resource = &sized.resource;
    let capacity = number(resource.capacity.likely);
    let arrival = PerSecond::new(resource.arrival_rate.likely);
    let Some(holding) = resource.holding_time else {
        let limit = PerSecond::new(resource.capacity.likely);
        let provided = review.components[sized.at.0].kind == Some(ComponentKind::External);
        let whose = if provided { "the provider's quota" } else { "the rate limit" };
        return match resource.kind {
            ResourceKind::RateLimit => format!("{whose} is {limit}, {arrival} arrive today"),
            _ => format!("there are {capacity} of them, and nothing arrives today"),
        };
    };
    if resource.capacity.likely == 0.0 {
        return format!("there are none of them, and {arrival} arrive today");
    }
    let time = Seconds::new(holding.likely);
    // "its one worker is", "its 12 workers are".
    let its = |one: &str, many: &str, verbs: [&str; 2]| {
        if resource.capacity.likely == 1.0 {
            format!("its one {one} {}", verbs[0])
        } else {
            format!("its {capacity} {many} {}", verbs[1])
        }
    };
    match resource.kind {
        ResourceKind::Pool => {
            let callee = sized.to.map_or("", |to| graph.name(to));
            let parts = parts(resource, holding, |name| {
                if name == callee { format!("{} own work", possessive(name)) } else { format!("waiting for {name}") }
            });
            let which = if resource.capacity.likely == 1.0 {
                "its one connection".to_owned()
            } else {
                format!("each of its {capacity} connections")
            };
            format!("{which} is held {time} a call{}", after_colon(&parts, "network"))
        }
        ResourceKind::Workers if resource.waiting_for.is_empty() => {
            format!("{} busy {time} a visit, all of it own work", its("worker", "workers", ["is", "are"]))
        }
        ResourceKind::Workers => {
            let parts = parts(resource, holding, |name| format!("waiting for {name}"));
            let held = its("worker", "workers", ["is", "are"]);
            format!("{held} held {time} a visit{}", after_colon(&parts, "own work"))
        }
        ResourceKind::Partition => {
            format!(
                "one key gets {arrival} of the load, each visit holds a worker {time}, and its shard has {capacity} of them"
            )
        }
        ResourceKind::Cores | ResourceKind::RateLimit => {
            let work = its("processor", "processors", ["works", "work"]);
            format!("{work} {time} a visit, {arrival} arrive today")
        }
    }
}

struct Parts {
    own: f64,
    named: Vec<String>,
    rest: f64,
}

/// The shares of the utilisation as times of one visit.
fn parts(resource: &Resource, holding: Span, say: impl Fn(&str) -> String) -> Parts {
    let time_of = |share: f64| {
        let time = holding.likely * share / resource.utilisation.likely;
        if time.is_finite() { time } else { 0.0 }
    };
    let named = resource.waiting_for.iter().take(NAMED);
    Parts {
        own: time_of(resource.own_work),
        named: named.map(|(name, share)| format!("{} {}", Seconds::new(time_of(*share)), say(name))).collect(),
        rest: resource.waiting_for.iter().skip(NAMED).map(|(_, share)| time_of(*share)).sum(),
    }
}

fn after_colon(parts: &Parts, own: &str) -> String {
    let mut all = parts.named.clone();
    if parts.rest > 0.0 {
        all.push(format!("{} waiting for others", Seconds::new(parts.rest)));
    }
    if parts.own > 0.0 {
        all.push(format!("{} {own}", Seconds::new(parts.own)));
    }
    if all.is_empty() { String::new() } else { format!(": {}", all.join(", ")) }
}

fn possessive(name: &str) -> String {
    if name.ends_with('s') { format!("{name}'") } else { format!("{name}'s") }
}

fn number(value: f64) -> String {
    significant(value, 4)
}
