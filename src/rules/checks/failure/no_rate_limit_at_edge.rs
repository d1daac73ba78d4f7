//! KP410: whoever calls most gets most.

use super::envelope::envelope;
use super::no_backpressure::{Excess, excess};
use crate::graph::ComponentIndex;
use crate::model::{ComponentKind, Element, Fix, FixSafety};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::significant;
use foldhash::HashSet;
use std::collections::BTreeMap;

declare_rule! {
    "KP410" "no-rate-limit-at-edge", Medium, Likely;
    summary: "a way into the system on which nothing limits the rate of requests";
    reads: ["flow.entry", "flow.critical", "component.kind", "component.rate_limit", "tenancy.quota"];
    settings: [];
    detects: "A flow from outside (it enters by a `client`, `external`, `cdn`, `waf`, `load-balancer`, `gateway`, `service`, `function` or \
        `model`) on whose way to the first component that works for it nothing has a `rate_limit`: not what passes requests on, and \
        not that component. Medium on a critical flow whose entry is at the edge; low elsewhere, because a `service` may only be called \
        from inside. Silent where `[tenancy]` sets a `quota` at the edge, for closed workloads (`users`), and where `KP408` already finds \
        that the same component refuses nothing.";
    why: "A queue that rejects protects the system from its callers together, not one caller from another. One partner's loop, one \
        scraper, one release of your own app takes the whole capacity, and the refusals hit everybody else in proportion. It looks like \
        growth on every graph, and autoscaling pays for it.";
    example: [
        "The gateway rejects when it is full, whoever filled it:",
        "",
        "```toml",
        r#"component = [{ id = "browsers", kind = "client" }, { id = "gateway", kind = "gateway", workers = 64, queue = { limit = 100, overflow = "reject" } }]"#,
        r#"dependency = [{ from = "browsers", to = "gateway", mode = "sync" }]"#,
        r#"flow = [{ id = "checkout", entry = "browsers", critical = true, calls = [{ from = "browsers", to = "gateway" }] }]"#,
        "```",
    ];
    remedy: "Limit the rate at the outermost place that knows the caller: per key, address or tenant, with a burst, and in total a tenth below \
        what the system serves. Answer 429 with Retry-After. Give expensive requests lower limits of their own.";
    verify: "Let one caller send ten times its usual rate: it is refused, and the latency and error rate of the others do not move.";
    accept: "When the callers are a closed set of your own systems with agreed rates that are watched.";
    references: "`KP408` no-backpressure, `KP318` quota-below-peak, `KP320` noisy-neighbour. The guide, *Abuse protection* and *Scalable \
        architecture reference architecture*: edge and gateway.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let quota = context.review.tenancy.as_ref().is_some_and(|tenancy| tenancy.quota.is_some());
    let mut open: BTreeMap<ComponentIndex, Vec<(FlowView<'_>, bool)>> = BTreeMap::new();
    for view in context.flows().filter(|view| view.flow.users.is_none()) {
        let Some(entry) = view.expansion.entry else { continue };
        let Some(at_edge) = from_outside(context.component_at(entry).kind) else { continue };
        let unlimited = if quota { Vec::new() } else { unlimited(context, view, entry) };
        if unlimited.is_empty() {
            report.pass();
        }
        for place in unlimited {
            open.entry(place).or_default().push((view, at_edge));
        }
    }
    for (place, flows) in open {
        // What refuses nothing at all is the other rule's, and needs the same key.
        if !matches!(excess(context.component_at(place)), Excess::Unbounded | Excess::Blocks) {
            report.find(found(context, place, &flows));
        }
    }
}

/// Whether a flow that enters by this kind comes from outside: surely, or perhaps; `None` where it starts inside.
fn from_outside(kind: Option<ComponentKind>) -> Option<bool> {
    use ComponentKind as Kind;
    match kind {
        Some(Kind::Client | Kind::External | Kind::Cdn | Kind::Waf | Kind::LoadBalancer | Kind::Gateway) => Some(true),
        None | Some(Kind::Service | Kind::Function | Kind::Model) => Some(false),
        Some(_) => None,
    }
}

/// The first components that work for a flow and that no limit stands before.
fn unlimited(context: &Context<'_>, view: FlowView<'_>, entry: ComponentIndex) -> Vec<ComponentIndex> {
    use ComponentKind as Kind;
    let mut places = Vec::new();
    let mut open = vec![entry];
    let mut seen = HashSet::from_iter([entry]);
    while let Some(index) = open.pop() {
        let component = context.component_at(index);
        let asks = matches!(component.kind, Some(Kind::Client | Kind::External));
        let passes_on = asks || matches!(component.kind, Some(Kind::Cdn | Kind::Waf | Kind::LoadBalancer));
        if (!asks && component.rate_limit.is_some()) || component.kind.is_some_and(Kind::is_store) {
            continue;
        }
        let mut behind: Vec<_> = Vec::new();
        if passes_on {
            behind = view.steps_of(index).flatten().filter(|made| made.synchronous).map(|made| made.to).collect();
        }
        if behind.is_empty() && !asks {
            places.push(index);
        }
        open.extend(behind.into_iter().filter(|next| seen.insert(*next)));
    }
    places.sort_unstable();
    places
}

fn found(context: &Context<'_>, place: ComponentIndex, flows: &[(FlowView<'_>, bool)]) -> Draft {
    let component = context.component_at(place);
    let id = component.id();
    let critical = flows.iter().any(|(view, at_edge)| view.is_critical() && *at_edge);
    let at_edge = flows.iter().any(|(_, at_edge)| *at_edge);
    let envelope = envelope(context, component);
    let limit = envelope.as_ref().and_then(super::envelope::Envelope::limit);
    let remedy = match (&limit, &envelope) {
        (Some(limit), _) => format!(
            "set rate_limit = \"{limit}\" on {id}, a tenth below what the flows sustain, and less for each caller"
        ),
        (None, Some(envelope)) if envelope.sustains.is_finite() => format!(
            "set a rate_limit for each caller of {id}; in total it serves {} times today's load, which is less than is expected",
            significant(envelope.sustains, 3)
        ),
        _ => format!("set a rate_limit for each caller of {id}, and one in total a tenth below what the system serves"),
    };
    let ids: Vec<String> = flows.iter().map(|(view, _)| view.flow.id().to_owned()).collect();
    let element = Element::Component(id.to_owned());
    let mut draft = Draft::new(
        element.clone(),
        format!("nothing on the way into {id} limits how often one caller asks: it can take what everybody else needs"),
        remedy,
    )
    .severity(if critical { Severity::Medium } else { Severity::Low })
    .fact("flows", Figure::Count(ids.len() as f64))
    .flows(ids)
    .key("rate_limit");
    if !at_edge {
        draft = draft.confidence(Confidence::Heuristic);
    }
    if let Some((limit, entity)) = limit.zip(context.entity(&element)) {
        draft = draft.fix(Fix::set(FixSafety::Suggested, entity, "rate_limit", limit));
    }
    draft
}
