//! How much of something would be enough: sizes for remedies and fixes, derived from the computed utilisation.
//!
//! Capacity grows in proportion to replicas, workers and connections (utilisation law), so what is needed is today's
//! number × utilisation ÷ the share that may be full. One size answers all the rules about peaks: it carries the peak
//! after the growth that is planned, and today's peak with a part gone.

use super::loses_one_cannot_carry::{applies, largest_loss};
use super::places::Place;
use crate::capacity::ResourceKind;
use crate::model::{Component, ComponentKind, Element, Fix, FixSafety};
use crate::rules::context::Context;
use crate::units::{significant, thousands};

/// What to do so that a place is no fuller than a share.
pub(super) struct Room {
    /// As a sentence.
    pub(super) remedy: String,
    pub(super) fix: Option<Fix>,
}

/// How full the rest may be while a part is gone: a state of some minutes may be tighter than the peak itself.
const FILL_WITHOUT: f64 = 0.9;

/// Room for the peak of the horizon, of which at most `fill` is to be used, and for today's peak without a part.
pub(super) fn room(context: &Context<'_>, place: &Place<'_>, fill: f64) -> Room {
    let growth = context.review.growth.traffic.map_or(1.0, |traffic| traffic.value()).max(1.0);
    let most = place.at_peak() * growth / fill;
    let n = place.replicas;
    let without = if applies(place) { largest_loss(place.owner, n) } else { 0.0 };
    let factor = most.max(place.at_peak() * n / (n - without) / FILL_WITHOUT);
    if !factor.is_finite() {
        return Room { remedy: format!("{} has no capacity at all: give it some", place.resource.name()), fix: None };
    }
    match place.resource.kind {
        ResourceKind::Pool => pool(context, place, factor),
        _ if place.owner.kind == Some(ComponentKind::External) => Room {
            remedy: format!(
                "ask the provider of {} for {} times as much, or send it less",
                place.owner.id(),
                significant(factor, 2)
            ),
            fix: None,
        },
        _ if place.owner.kind.is_some_and(ComponentKind::is_store) => store(place, factor),
        ResourceKind::Workers if mostly_waits(place, factor) => workers(context, place, factor),
        _ => replicas(context, place, most),
    }
}

/// Whether more workers need no more processors: they mostly wait, and the processors carry what is asked for.
fn mostly_waits(place: &Place<'_>, factor: f64) -> bool {
    let carried = place.processors.is_some_and(|processors| processors * factor <= 1.0);
    carried && place.resource.own_work < place.at_peak() / 2.0
}

/// "; or shorten the wait for payments, which is 94 % of it".
fn or_shorten(place: &Place<'_>) -> String {
    let Some((callee, share)) = place.resource.waiting_for.first() else { return String::new() };
    let part = share / place.resource.utilisation.likely;
    if part.is_finite() && part >= 0.5 {
        format!("; or shorten what {callee} takes, {} % of the time it is held", significant(part * 100.0, 2))
    } else {
        String::new()
    }
}

fn pool(context: &Context<'_>, place: &Place<'_>, factor: f64) -> Room {
    let Element::Dependency(from, to) = &place.resource.element else {
        return Room { remedy: "give it more connections".to_owned(), fix: None };
    };
    let each = place.resource.capacity.likely / place.replicas;
    let needed = (each * factor).ceil();
    let fits = connections_fit(context, from, to, needed, place.replicas);
    let proxy = if fits { String::new() } else { format!(", which {to} accepts only behind a multiplexing proxy") };
    let remedy = format!(
        "give {from} -> {to} a pool of {} a replica instead of {}{proxy}{}",
        thousands(needed),
        significant(each, 6),
        or_shorten(place)
    );
    let entity = context.entity(&place.resource.element).filter(|_| fits);
    let fix = entity.map(|entity| Fix::set(FixSafety::Suggested, entity, "pool.size", significant(needed, 9)));
    Room { remedy, fix }
}

/// Whether a callee accepts what all its callers hold, with one pool at another size.
fn connections_fit(context: &Context<'_>, from: &str, to: &str, size: f64, replicas: f64) -> bool {
    let limit = context.component(to).and_then(|to| to.data.as_ref()).and_then(|data| data.max_connections);
    let Some(limit) = limit else { return true };
    let others: f64 = context
        .callers(to)
        .into_iter()
        .filter(|caller| caller.from() != from)
        .filter_map(|caller| {
            let size = caller.pool.as_ref()?.size?.value();
            Some(size * context.component(caller.from()).map_or(1.0, most_replicas))
        })
        .sum();
    others + size * replicas <= limit.value()
}

fn most_replicas(component: &Component) -> f64 {
    let today = component.replicas.map_or(1.0, |replicas| replicas.value());
    let most = component.autoscale.as_ref().and_then(|autoscale| autoscale.max).map_or(today, |most| most.value());
    most.max(today)
}

fn store(place: &Place<'_>, factor: f64) -> Room {
    let id = place.owner.id();
    let more = significant(factor, 2);
    let how = match place.owner.kind {
        Some(ComponentKind::Cache) => "more nodes, or a smaller share of the load on it",
        Some(ComponentKind::Database) => "reads from copies or a cache, shards for writes, or a larger machine",
        _ => "more nodes or partitions, or less asked of it",
    };
    Room { remedy: format!("{id} needs {more} times what it has: {how}{}", or_shorten(place)), fix: None }
}

fn workers(context: &Context<'_>, place: &Place<'_>, factor: f64) -> Room {
    let id = place.owner.id();
    let each = place.resource.capacity.likely / place.replicas;
    let needed = (each * factor).ceil();
    let remedy = format!(
        "set workers = {} on {id} instead of {}: they mostly wait, so the processors carry it{}",
        thousands(needed),
        significant(each, 6),
        or_shorten(place)
    );
    let entity = context.entity(&place.resource.element).filter(|_| place.full_kinds < 2);
    let fix = entity.map(|entity| Fix::set(FixSafety::Suggested, entity, "workers", significant(needed, 9)));
    Room { remedy, fix }
}

/// Enough for any number of zones that exists; beyond it the answer is only a little too small.
const STEPS: usize = 1000;

fn replicas(context: &Context<'_>, place: &Place<'_>, factor: f64) -> Room {
    let id = place.owner.id();
    let mut needed = (place.replicas * factor).ceil();
    let busy = place.replicas * place.at_peak() / FILL_WITHOUT;
    // With more replicas more stand in a zone: each step more leaves at least as many behind.
    for _ in 0..STEPS {
        if !applies(place) && needed < 2.0 || needed - largest_loss(place.owner, needed) >= busy {
            break;
        }
        needed += 1.0;
    }
    let scales = place.owner.autoscale.as_ref().is_some_and(|autoscale| autoscale.max.is_some());
    let key = if scales { "autoscale.max" } else { "replicas" };
    let remedy = format!(
        "set {key} = {} on {id} instead of {}{}",
        thousands(needed),
        significant(place.replicas, 6),
        or_shorten(place)
    );
    // More replicas hold more connections: that must fit, or the store refuses them.
    let fits = context.callees(id).into_iter().all(|callee| {
        let size = callee.pool.as_ref().and_then(|pool| pool.size).map_or(0.0, |size| size.value());
        connections_fit(context, id, callee.to(), size, needed)
    });
    let entity = context.entity(&place.resource.element).filter(|_| fits);
    let fix = entity.map(|entity| Fix::set(FixSafety::Suggested, entity, key, significant(needed, 9)));
    Room { remedy, fix }
}
