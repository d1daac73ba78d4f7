//! KP201: a chain of synchronous hops that is too long.

use crate::graph::{ComponentIndex, MadeCall};
use crate::model::{Element, Indicator};
use crate::rules::checks::worst_case::longest_wait;
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Seconds, significant};
use foldhash::{HashMap, HashMapExt};

declare_rule! {
    "KP201" "deep-sync-chain", Medium, Certain;
    summary: "a chain of synchronous hops longer than 4 on a flow";
    reads: ["flow.calls", "dependency.mode", "flow.critical"];
    settings: [
        hops = 4.0, "The most hops a chain may have; one more fires.",
            "Our judgement: edge, gateway, service, store are three hops, and one is left for another service.";
    ];
    detects: "A way through a flow on which each component waits for the next over more hops than the setting allows, counted from the \
        entry to a component that waits for nobody. A hop is one synchronous call, whatever its count. For each such end \
        the longest way to it is reported, with the whole path. High on a critical flow.";
    why: "Every hop adds its own tail and its own failures, and each holds a worker of every caller in front of it for the whole time \
        behind it. If each hop is slow for one request in a hundred, five hops are slow for one in twenty, and a slow last \
        component fills the workers of all the others.";
    example: [
        "Five hops before the first row is read:",
        "",
        "```toml",
        r#"component = [{ id = "gateway" }, { id = "bff" }, { id = "cart" }, { id = "pricing" }, { id = "tax" }, { id = "tax-db" }]"#,
        r#"dependency = [{ from = "gateway", to = "bff" }, { from = "bff", to = "cart" }, { from = "cart", to = "pricing" },"#,
        r#"              { from = "pricing", to = "tax" }, { from = "tax", to = "tax-db" }]"#,
        r#"flow = [{ id = "quote", entry = "gateway", calls = [{ from = "gateway", to = "bff" }, { from = "bff", to = "cart" },"#,
        r#"        { from = "cart", to = "pricing" }, { from = "pricing", to = "tax" }, { from = "tax", to = "tax-db" }] }]"#,
        "```",
    ];
    remedy: "Ask of each hop whether the answer needs it now. Move what does not behind a queue; keep a copy of slowly changing data where \
        it is used; let the entry call two services side by side instead of through each other; merge services that never \
        answer without each other.";
    verify: "A trace of the flow shows at most the allowed depth, and the time between the entry and the deepest span is a small \
        part of the latency objective.";
    accept: "When the deep end is a store or platform component with a tight timeout and the measured p99 of the whole flow has \
        kept its objective at peak.";
    references: "The guide, *Minimize synchronous dependencies* and *Anti-patterns*. Dean, Barroso, *The Tail at Scale* (CACM, 2013).";
}

/// The most chains of one flow that are told: ends beyond these share most of their path with the longer ones.
const TOLD: usize = 20;

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let allowed = report.threshold("hops");
    for view in context.flows() {
        // The longest way from the entry to each component that is waited for, callers before callees.
        let mut ways: HashMap<ComponentIndex, (usize, Option<&MadeCall>)> = HashMap::new();
        ways.extend(view.expansion.entry.map(|entry| (entry, (0, None))));
        let mut ends = Vec::new();
        for visit in &view.expansion.components {
            let Some((hops, _)) = ways.get(&visit.component).copied() else { continue };
            let mut waits = false;
            let waited = |made: &&MadeCall| made.synchronous && view.is_ever_made(made);
            for made in view.steps_of(visit.component).flatten().filter(waited) {
                waits = true;
                let way = ways.entry(made.to).or_insert((0, None));
                if hops + 1 > way.0 {
                    *way = (hops + 1, Some(made));
                }
            }
            if !waits && hops > 0 {
                ends.push((hops, visit.component));
            }
        }
        let mut deep: Vec<_> = ends.into_iter().filter(|(hops, _)| *hops as f64 > allowed).collect();
        if deep.is_empty() {
            if !view.expansion.components.is_empty() {
                report.pass();
            }
            continue;
        }
        deep.sort_by_key(|(hops, end)| (std::cmp::Reverse(*hops), *end));
        for (hops, end) in deep.into_iter().take(TOLD) {
            let mut calls = Vec::new();
            let mut at = end;
            while let Some((_, Some(made))) = ways.get(&at) {
                calls.push(*made);
                at = made.from;
            }
            calls.reverse();
            report.find(found(context, view, hops, &calls, allowed));
        }
    }
}

fn found(context: &Context<'_>, view: FlowView<'_>, hops: usize, calls: &[&MadeCall], allowed: f64) -> Draft {
    let id = view.flow.id();
    let first = calls.first().map(|made| made.from);
    let path = context.graph.path_names(&first.into_iter().chain(calls.iter().map(|made| made.to)).collect::<Vec<_>>());
    let mut message = format!("{id} waits over {hops} hops: {}", shown(&path));
    // The first call's own policy bounds the whole wait; without one the longest known wait on the way is a lower bound.
    let bound = |made: &MadeCall| context.dependency_of(made).and_then(longest_wait);
    let longest = calls.first().and_then(|made| bound(made)).filter(|seconds| seconds.is_finite());
    if let Some(longest) = longest {
        message = format!("{message}; worst case {}", Seconds::new(longest));
    }
    let thresholds = context.slos_with(id, Indicator::Latency).filter_map(|slo| slo.threshold.map(|t| t.value()));
    let threshold = thresholds.min_by(f64::total_cmp);
    if let Some(threshold) = threshold {
        message = format!("{message}; the flow's objective is {}", Seconds::new(threshold));
    }
    let surplus = (hops as f64 - allowed).max(1.0);
    let last = path.last().cloned().unwrap_or_default();
    let remedy = format!(
        "take {} of the hops out of the wait: start with {last}, which every component before it waits for",
        significant(surplus.ceil(), 6)
    );
    let mut draft = Draft::new(Element::Path(id.to_owned(), path), message, remedy)
        .severity(if view.is_critical() { Severity::High } else { Severity::Medium })
        .fact("hops", Figure::Count(hops as f64))
        .fact("allowed", Figure::Count(allowed));
    if let Some(longest) = longest {
        draft = draft.fact("worst_case", Figure::Seconds(longest));
    }
    if let Some(threshold) = threshold {
        draft = draft.fact("threshold", Figure::Seconds(threshold));
    }
    draft.key("calls")
}

/// A path in words, its middle cut where nobody would read on.
fn shown(path: &[String]) -> String {
    const ENDS: usize = 6;
    if path.len() <= 2 * ENDS {
        return path.join(" → ");
    }
    let left_out = path.len() - 2 * ENDS;
    format!("{} → … {left_out} more … → {}", path[..ENDS].join(" → "), path[path.len() - ENDS..].join(" → "))
}
