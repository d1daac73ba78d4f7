//! KP307: more connections in the callers' pools than the store accepts.

use crate::model::{Component, ComponentKind, Element, Fix, FixSafety};
use crate::rules::checks::load::most_replicas;
use crate::rules::context::Context;
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::thousands;

declare_rule! {
    "KP307" "connection-overcommit", High, Certain;
    summary: "the pools of all callers, scaled out, hold more connections than the store accepts";
    reads: ["component.data.max_connections", "component.replicas", "component.autoscale.max", "dependency.pool.size"];
    settings: [];
    detects: "A component with `data.max_connections` below the sum, over its callers, of `pool.size` × replicas (`autoscale.max` where the \
        caller scales beyond its `replicas`). All callers count, whether they wait or not, in every zone and region that their \
        replicas are spread over. Where pools or replicas are missing and the known ones fit, the rule cannot tell.";
    why: "It fits until the day the callers scale out, which is the day of the peak. The store then refuses connections to whoever comes last: \
        new replicas fail their health checks, are replaced by more new replicas, and the migration tool and the people who want to \
        look what is going on cannot connect either.";
    example: [
        "20 replicas × 20 connections for a database that accepts 200:",
        "",
        "```toml",
        r#"component = [{ id = "api", replicas = 6, autoscale = { min = 6, max = 20 } },"#,
        r#"             { id = "orders-db", kind = "database", data = { max_connections = 200 } }]"#,
        r#"dependency = [{ from = "api", to = "orders-db", mode = "sync", pool = { size = 20 } }]"#,
        "```",
    ];
    remedy: "Make the pools smaller: a store with 32 cores does not work on 400 statements faster than on 60. Or put a connection proxy in \
        front that multiplexes, or cap `autoscale.max`. Leave some connections for operators.";
    verify: "Scale the callers to their maximum in a test: connections in use stay below nine tenths of the limit, and pool waits stay short.";
    accept: "When a proxy between them multiplexes and is not drawn; draw it, and the rule is silent.";
    references: "The guide, *Control concurrency everywhere*. PostgreSQL wiki, *Number Of Database Connections*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (_, component) in context.components() {
        let data = component.data.as_ref();
        let callers = context.callers(component.id());
        let Some(limit) = data.and_then(|data| data.max_connections).map(|limit| limit.value()) else {
            // An object store is asked over HTTP: what it refuses is a rate.
            let connects = data.is_some() && component.kind != Some(ComponentKind::ObjectStore);
            if connects && callers.iter().any(|caller| caller.pool.is_some()) {
                let element = Element::Component(component.id().to_owned());
                report.cannot_tell(element, "component.data.max_connections");
            }
            continue;
        };
        let mut missing = Vec::new();
        let mut parts = Vec::new();
        for caller in callers {
            let Some(size) = caller.pool.as_ref().and_then(|pool| pool.size) else {
                if context.waits(caller) {
                    let element = Element::Dependency(caller.from().to_owned(), caller.to().to_owned());
                    missing.push((element, "dependency.pool.size"));
                }
                continue;
            };
            let Some(replicas) = context.component(caller.from()).and_then(most_replicas) else {
                missing.push((Element::Component(caller.from().to_owned()), "component.replicas"));
                // One replica at least runs.
                parts.push((size.value(), 1.0, caller.from()));
                continue;
            };
            parts.push((size.value(), replicas, caller.from()));
        }
        let held: f64 = parts.iter().map(|(size, replicas, _)| size * replicas).sum();
        if held <= limit {
            if missing.is_empty() {
                report.pass();
            }
            for (element, key) in missing {
                report.cannot_tell(element, key);
            }
            continue;
        }
        if report.is_crowded_out(&Element::Component(component.id().to_owned()), RULE.info.severity) {
            continue;
        }
        report.find(found(context, component, limit, held, parts));
    }
}

fn found(
    context: &Context<'_>,
    component: &Component,
    limit: f64,
    held: f64,
    mut parts: Vec<(f64, f64, &str)>,
) -> Draft {
    let id = component.id();
    parts.sort_by(|a, b| (b.0 * b.1).total_cmp(&(a.0 * a.1)));
    let shown: Vec<_> = parts
        .iter()
        .take(3)
        .map(|(size, replicas, caller)| format!("{caller} {} × {}", thousands(*replicas), thousands(*size)))
        .collect();
    let more = if parts.len() > 3 { format!(" + {} more", parts.len() - 3) } else { String::new() };
    let (size, replicas, caller) = parts[0];
    let others = held - size * replicas;
    let fits = ((limit - others) / replicas).floor();
    let remedy = if fits >= 1.0 {
        format!("set the pool of {caller} to at most {}, or put a multiplexing proxy in front of {id}", thousands(fits))
    } else {
        format!(
            "make all pools smaller, or put a multiplexing proxy in front of {id}: no size of {caller}'s pool alone is enough"
        )
    };
    let draft = Draft::new(
        Element::Component(id.to_owned()),
        format!(
            "the callers of {id} may hold {} connections when scaled out, it accepts {}: {}{more}",
            thousands(held),
            thousands(limit),
            shown.join(" + ")
        ),
        remedy,
    )
    .fact("held", Figure::Count(held))
    .fact("max_connections", Figure::Count(limit))
    .key("data.max_connections");
    let pool = context.entity(&Element::Dependency(caller.to_owned(), id.to_owned()));
    match pool.filter(|_| fits >= 1.0) {
        Some(pool) => draft.fix(Fix::set(FixSafety::Suggested, pool, "pool.size", format!("{fits:.0}"))),
        None => draft,
    }
}
