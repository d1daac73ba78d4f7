//! What to do about the resource that saturates first: a number for each kind of limit, and what comes next.

use super::promise::{DOUBLE, is_one, multiple, named, short, within_double};
use crate::capacity::{Capacity, Resource, ResourceKind, Saturation};
use crate::model::{Component, ComponentKind, Dependency, Element, Review};
use crate::units::{PerSecond, Quantity, Seconds, significant};

/// How full a resource should be at twice today's load: beyond it queues grow faster than load.
const TARGET: f64 = 0.7;

/// In one or two sentences: what to change and by how much for [`TARGET`] at twice today's load, and what fills next.
pub(super) fn of(review: &Review, capacity: &Capacity, first: &Saturation) -> String {
    let Some(resource) = capacity.resources.get(first.resource) else { return String::new() };
    let act = match (&resource.element, resource.kind) {
        (Element::Dependency(from, to), _) => pool(review, resource, from, to),
        (Element::Component(id), ResourceKind::RateLimit) => rate_limit(review, resource, id),
        (Element::Component(id), ResourceKind::Partition) => {
            let most = PerSecond::new(resource.arrival_rate.likely / resource.utilisation.likely);
            format!("Split the hottest key of {} over several shards, or hold it below {most} by a quota.", name(id))
        }
        (Element::Component(id), kind) => replicas(review, resource, id, kind),
        _ => String::new(),
    };
    let assumed = match resource.assumed.as_slice() {
        [] => String::new(),
        [only] => format!(" Check {only} first: it was assumed."),
        [first, rest @ ..] => format!(" Check {first} (+{}) first: it was assumed.", rest.len()),
    };
    let next = capacity.saturations.iter().find(|other| other.resource != first.resource);
    let next = next.and_then(|next| {
        let resource = capacity.resources.get(next.resource)?;
        let verb = if is_one(resource.kind) { "fills" } else { "fill" };
        Some(format!(" Then {} {verb}, at {}.", named(resource), multiple(next.at_load)))
    });
    format!("{act}{assumed}{}", next.unwrap_or_default())
}

/// The capacity with which twice today's demand is at the target; `None` where no capacity would do.
///
/// Where only the unfavourable end of the range is full at twice the load, it is that end that is provided for.
fn wanted(resource: &Resource) -> Option<f64> {
    let at = resource.saturates_at;
    let full_at = if within_double(at.likely) { at.likely } else { at.low };
    let wanted = resource.capacity.likely / full_at * DOUBLE / TARGET;
    wanted.is_finite().then_some(wanted)
}

/// The next whole number, forgiving what floating point adds to one.
fn whole(value: f64) -> f64 {
    (value - 1e-9 * value.abs()).ceil().max(1.0)
}

fn count(value: f64) -> String {
    significant(value, 12)
}

fn pool(review: &Review, resource: &Resource, from: &str, to: &str) -> String {
    let dependency = review.dependency(from, to);
    let size = dependency.and_then(|d| d.pool.as_ref()).and_then(|pool| pool.size.as_ref()).map(|s| s.likely().value());
    let held = held(resource);
    let shorter = shorter(dependency, &held);
    let (Some(size), Some(wanted)) = (size.filter(|size| *size > 0.0), wanted(resource)) else {
        return format!("Give the pool connections, or {shorter}.");
    };
    let replicas = (resource.capacity.likely / size).max(1.0);
    let each = whole(wanted / replicas);
    let mut text =
        format!("Raise the pool from {} to {} connections per replica, or {shorter}.", count(size), count(each));
    let data = review.component(to).and_then(|callee| callee.data.as_ref());
    if let Some(most) = data.and_then(|data| data.max_connections.as_ref()).map(|most| most.likely().value())
        && each * replicas > most
    {
        text = format!("{text} {} accepts only {} connections.", name(to), count(most));
    }
    text
}

fn shorter(dependency: Option<&Dependency>, held: &str) -> String {
    match dependency.and_then(|d| d.timeout.as_ref()) {
        Some(timeout) => format!("shorten the call{held} (timeout {})", timeout.likely()),
        None => format!("shorten the call{held}, which has no timeout"),
    }
}

fn held(resource: &Resource) -> String {
    resource.holding_time.map_or_else(String::new, |time| format!(" of {}", Seconds::new(time.likely)))
}

fn rate_limit(review: &Review, resource: &Resource, id: &str) -> String {
    let name = name(id);
    let Some(wanted) = wanted(resource) else { return format!("Allow {name} more than nothing.") };
    let rate = PerSecond::new(wanted);
    if review.component(id).is_some_and(|component| component.kind == Some(ComponentKind::External)) {
        format!("Ask {name} for a quota of {rate}, or queue the calls so that peaks wait.")
    } else {
        format!("Raise the limit of {name} to {rate}, or decide which requests are refused.")
    }
}

/// Workers or processors of a component.
fn replicas(review: &Review, resource: &Resource, id: &str, kind: ResourceKind) -> String {
    let component = review.component(id);
    let name = name(id);
    let own = match kind {
        ResourceKind::Cores => component.and_then(|c| c.cores.as_ref()).map(|cores| cores.likely().value()),
        _ => component.and_then(|c| c.workers.as_ref()).map(|workers| workers.likely().value()),
    };
    let otherwise = otherwise(resource);
    let (Some(each), Some(wanted)) = (own.filter(|each| *each > 0.0), wanted(resource)) else {
        return format!("Give {name} {}, or {otherwise}.", kind.called());
    };
    let today = (resource.capacity.likely / each).round();
    let store = component.and_then(|c| c.kind).is_some_and(ComponentKind::is_store);
    if store {
        let total = whole(wanted);
        let (from, what) = (count(resource.capacity.likely), kind.called());
        return format!("Give {name} {} {what} instead of {from} (or split its data), or {otherwise}.", count(total));
    }
    let replicas = whole(wanted / each);
    let more = replicas - today;
    let s = if more == 1.0 { "" } else { "s" };
    let scaled = scaled(component, replicas);
    format!("Run {} more replica{s} of {name} ({} in all{scaled}), or {otherwise}.", count(more), count(replicas))
}

fn scaled(component: Option<&Component>, replicas: f64) -> String {
    let autoscale = component.and_then(|c| c.autoscale.as_ref());
    match autoscale.and_then(|autoscale| autoscale.max.as_ref()).map(|max| max.likely().value()) {
        Some(max) if max >= replicas => format!("; autoscaling may go to {}", count(max)),
        Some(max) => format!("; autoscaling stops at {}", count(max)),
        None => String::new(),
    }
}

/// What else helps: not waiting for the slowest callee, where that is more than the own work, else less own work.
fn otherwise(resource: &Resource) -> String {
    match resource.waiting_for.first() {
        Some((callee, share)) if *share > resource.own_work && resource.utilisation.likely > 0.0 => {
            let percent = significant(100.0 * share / resource.utilisation.likely, 2);
            format!("stop waiting for {} ({percent} % of the time held)", name(callee))
        }
        _ => format!("shorten its work{}", held(resource)),
    }
}

fn name(id: &str) -> String {
    short(&Element::Component(id.to_owned()))
}
