//! KP417: an answer that waits for another region.

use super::edges::{Edge, named, waited_for};
use crate::model::{Component, ComponentKind, Element, Writers};
use crate::rules::checks::worst_case::tightest_threshold;
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Ratio, Seconds};
use std::collections::BTreeSet;

declare_rule! {
    "KP417" "cross-region-sync-call", Medium, Certain;
    summary: "a synchronous call between regions in the answer of a flow";
    reads: ["component.regions", "dependency.mode", "dependency.network", "dependency.operation", "component.recovery.writers", "flow.critical"];
    settings: [];
    detects: "A synchronous dependency in the answer of a flow whose caller runs in a region where its callee does not: from there each call \
        crosses. Certain where they share no region, likely where the callee is in some of them. Also a call that writes to a callee of \
        several regions with `writers = \"single\"` from a caller of several regions: all but one of them write across; that is the \
        price of one writer and low. Medium on a critical flow, low elsewhere. Clients, the edge (`cdn`, `waf`) and `external` systems are left \
        out. In a review that names two regions or more, ends without `regions` on critical flows cannot be judged.";
    why: "A round trip between continents takes longer than all the rest of the answer and no money makes it shorter. And it joins what was \
        separated: when the line between the regions is cut or slow, which is the usual fault, both stop, although each has all its \
        machines.";
    example: [
        "The European shop asks a price service in America:",
        "",
        "```toml",
        r#"component = [{ id = "shop", regions = ["eu"] }, { id = "prices", regions = ["us"] }]"#,
        r#"dependency = [{ from = "shop", to = "prices", mode = "sync", network = "85ms", timeout = "300ms" }]"#,
        r#"flow = [{ id = "browse", entry = "shop", critical = true, calls = [{ from = "shop", to = "prices" }] }]"#,
        "```",
    ];
    remedy: "Bring the data to the caller's region (a replica, a stream of changes, a cache filled in the background) and read it there; hand \
        writes over to a queue and confirm them later; or send the user's whole request to the region where the data lives, once, at the \
        edge.";
    verify: "Cut the line between the regions in a test: each goes on answering its own users. No span of the flow's traces has a parent in \
        another region.";
    accept: "When the call is rare, its round trip is inside the objective, and the flow has a stand-in for the day the line is cut.";
    references: "`KP106` unattainable-latency, `KP413` multi-writer-without-conflict-rule. The guide, *High scalability architecture: global traffic \
        and multi-region*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let all: BTreeSet<String> = context.components().flat_map(|(_, component)| regions(component)).collect();
    if all.len() < 2 {
        return;
    }
    for edge in waited_for(context).iter().filter(|edge| !edge.uses.is_empty()) {
        if is_elsewhere(edge.from) || is_elsewhere(edge.to) {
            continue;
        }
        let (from, to) = (regions(edge.from), regions(edge.to));
        if from.is_empty() || to.is_empty() {
            for end in [edge.from, edge.to].into_iter().filter(|end| edge.is_critical() && regions(end).is_empty()) {
                report.cannot_tell(Element::Component(end.id().to_owned()), "component.regions");
            }
            continue;
        }
        let away: Vec<String> = from.difference(&to).cloned().collect();
        let writes = edge.dependency.operation.is_some_and(crate::model::Operation::writes);
        let one_writer = edge.to.recovery.as_ref().is_some_and(|recovery| recovery.writers == Some(Writers::Single));
        if away.is_empty() && !(writes && one_writer && from.len() > 1 && to.len() > 1) {
            report.pass();
        } else {
            report.find(found(context, edge, &away, from.len()));
        }
    }
}

/// The regions of a component by name, however written.
fn regions(component: &Component) -> BTreeSet<String> {
    let regions = component.regions.iter().flatten();
    regions.map(|region| region.trim().to_lowercase()).filter(|region| !region.is_empty()).collect()
}

/// Whether its place is not the system's to choose, or is everywhere.
fn is_elsewhere(component: &Component) -> bool {
    use ComponentKind as Kind;
    matches!(component.kind, Some(Kind::Client | Kind::External | Kind::Cdn | Kind::Waf))
}

fn found(context: &Context<'_>, edge: &Edge<'_>, away: &[String], places: usize) -> Draft {
    let (from, to) = (edge.from.id(), edge.to.id());
    let flows = edge.flows();
    let message = if away.is_empty() {
        format!(
            "{from} writes to {to} from {places} regions, and only one of them has the writer: the others wait for it"
        )
    } else {
        format!("{from} runs in {} and {to} does not: {} waits for another region", named(away), named(&flows))
    };
    let count = edge.uses.iter().filter(|used| !edge.is_critical() || used.view.is_critical());
    let calls = count.map(|used| used.per_request).fold(0.0, f64::max);
    let network = edge.dependency.network.map(|network| network.value() * calls.max(1.0));
    let mut costs = String::new();
    if let Some(network) = network {
        costs = format!(", {} of round trips a request", Seconds::new(network));
        if let Some((threshold, slo)) =
            tightest_threshold(context, &edge.views()).filter(|(threshold, _)| *threshold > 0.0)
        {
            let share = Ratio::new((network / threshold).min(1.0));
            costs = format!("{costs}, {share} of the {} of {slo}", Seconds::new(threshold));
        }
    }
    let remedy = if away.is_empty() {
        format!(
            "confirm the write from a queue in the caller's region, or send such requests to the writer's region at the edge, before {from}"
        )
    } else {
        format!("keep a copy of what {from} needs of {to} in {}, filled in the background, and read that", named(away))
    };
    let severity = if edge.is_critical() && !away.is_empty() { Severity::Medium } else { Severity::Low };
    let confidence = if away.len() == places { Confidence::Certain } else { Confidence::Likely };
    let mut draft = Draft::new(edge.element(), format!("{message}{costs}"), remedy)
        .severity(severity)
        .confidence(confidence)
        .fact("regions", Figure::List(away.to_vec()))
        .flows(flows)
        .key("mode");
    if let Some(network) = network {
        draft = draft.fact("round_trips", Figure::Seconds(network));
    }
    draft
}
