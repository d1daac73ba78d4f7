//! KP422: a limit at the entrance that lets in more than the system serves.

use super::envelope::envelope;
use super::no_backpressure::{Excess, excess};
use crate::capacity::{Resource, ResourceKind};
use crate::model::{ComponentKind, Element, Fix, FixSafety};
use crate::rules::context::Context;
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{PerSecond, Quantity, significant};
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

declare_rule! {
    "KP422" "admits-more-than-it-serves", Medium, Likely;
    summary: "the rate limit at the entrance is above what is behind it can serve";
    reads: ["component.rate_limit", "component.workers", "component.queue.overflow", "dependency.pool.wait", "flow.entry", "flow.rate"];
    settings: [];
    detects: "A component at the entrance of a flow (its entry, or what a `client`, `external`, `cdn`, `waf` or `load-balancer` in front of it \
        asks) whose `rate_limit` is above the rate at which something on the way of its flows is full, as computed from the \
        capacity, where that something refuses nothing itself: its component has no queue that rejects or drops, and a pool no `wait`. Medium \
        on a critical flow, low elsewhere. What is already full at the load that the review expects is `KP601`'s.";
    why: "A limit that is never reached before the system is overloaded is decoration. Between the two numbers everything is let in and \
        nothing is finished in time: the slowest part collects the excess, its callers wait, time out and ask again, while the gateway \
        reports that no request was refused.";
    example: [
        "2,000/s are let in, the database is full at 500/s:",
        "",
        "```toml",
        r#"component = [{ id = "gateway", kind = "gateway", rate_limit = "2k/s" }, { id = "db", kind = "database", workers = 10, service_time = "20ms" }]"#,
        r#"dependency = [{ from = "gateway", to = "db", mode = "sync" }]"#,
        r#"flow = [{ id = "checkout", entry = "gateway", critical = true, rate = "200/s", calls = [{ from = "gateway", to = "db" }] }]"#,
        "```",
    ];
    remedy: "Set the limit a tenth below what the first part to fill serves, and change both together. Better still a limit that follows the \
        measured latency by itself. Let the inner parts refuse as well: queues that reject, pools with a short wait.";
    verify: "Send more than the limit: what is let in stays within the objective. Nothing behind the entrance is more than nine tenths full.";
    accept: "When the limit protects something else (a bill, a contract) and another one protects the capacity: name that one.";
    references: "`KP408` no-backpressure, `KP410` no-rate-limit-at-edge, `KP318` quota-below-peak. The guide, *Control concurrency everywhere* and \
        *Produce the capacity envelope*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    use ComponentKind as Kind;
    let mut entrances = Vec::new();
    let mut seen = HashSet::new();
    for view in context.flows() {
        let mut open: Vec<_> = view.expansion.entry.into_iter().collect();
        let mut met: HashSet<_> = open.iter().copied().collect();
        while let Some(index) = open.pop() {
            let component = context.component_at(index);
            if component.rate_limit.is_some() && seen.insert(index) {
                entrances.push(component);
            }
            let passes_on = matches!(
                component.kind,
                Some(Kind::Client | Kind::External | Kind::Cdn | Kind::Waf | Kind::LoadBalancer)
            );
            if passes_on {
                let behind = view.steps_of(index).flatten().filter(|made| made.synchronous).map(|made| made.to);
                open.extend(behind.filter(|next| met.insert(*next)));
            }
        }
    }
    // Of the doors one behind the other, the innermost is the one to set: it sees what the limit is about.
    let mut innermost: HashMap<usize, usize> = HashMap::new();
    let mut drafts = Vec::new();
    for component in entrances {
        let asks = matches!(component.kind, Some(Kind::Client | Kind::External));
        let Some(limit) = component.rate_limit.filter(|_| !asks).map(|limit| limit.value()) else { continue };
        let Some(envelope) = envelope(context, component) else { continue };
        let serves = envelope.today * envelope.sustains;
        let full = envelope.until.and_then(|position| context.capacity.resources.get(position));
        let expected = envelope.sustains <= envelope.expected;
        match full {
            Some(full) if serves < limit * (1.0 - 1e-9) && !expected && !refuses(context, full) => {
                let element = Element::Component(component.id().to_owned());
                let critical = context.weight(&element).is_critical();
                let at = significant(envelope.sustains, 3);
                let id = component.id();
                let fit = envelope.limit();
                let remedy = match &fit {
                    Some(fit) => format!(
                        "set rate_limit = \"{fit}\" on {id}, a tenth below, and raise it together with {}",
                        full.name()
                    ),
                    None => format!("make room at {} before the limit of {id} can protect it", full.name()),
                };
                let mut draft = Draft::new(
                    element.clone(),
                    format!(
                        "{id} lets {} in, and the {} of {} are full at {} ({at} times today's load) and refuse nothing",
                        PerSecond::new(limit),
                        full.kind.called(),
                        full.name(),
                        PerSecond::new(serves)
                    ),
                    remedy,
                )
                .severity(if critical { Severity::Medium } else { Severity::Low })
                .fact("rate_limit", Figure::PerSecond(limit))
                .fact("serves", Figure::PerSecond(serves))
                .fact("saturates_at", Figure::Count(envelope.sustains))
                .key("rate_limit");
                if let Some((fit, entity)) = fit.zip(context.entity(&element)) {
                    draft = draft.fix(Fix::set(FixSafety::Suggested, entity, "rate_limit", fit));
                }
                if let Some(position) = envelope.until {
                    innermost.insert(position, drafts.len());
                    let outer = matches!(component.kind, Some(Kind::Cdn | Kind::Waf | Kind::LoadBalancer));
                    drafts.push((draft, position, outer));
                }
            }
            _ => report.pass(),
        }
    }
    for (place, (draft, position, outer)) in drafts.into_iter().enumerate() {
        if !outer || innermost.get(&position) == Some(&place) {
            report.find(draft);
        }
    }
}

/// Whether the thing that fills up turns away what it cannot take.
fn refuses(context: &Context<'_>, full: &Resource) -> bool {
    match &full.element {
        Element::Dependency(..) => context
            .entity(&full.element)
            .and_then(|entity| context.review.dependencies[entity.index].pool.as_ref())
            .is_some_and(|pool| pool.wait.is_some()),
        Element::Component(id) => {
            full.kind == ResourceKind::RateLimit
                || context.component(id).is_some_and(|component| excess(component) == Excess::Refused)
        }
        _ => false,
    }
}
