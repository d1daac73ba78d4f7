//! KP211: one path on which more than one layer retries.

use crate::graph::{ComponentIndex, MadeCall};
use crate::model::{Change, Element, Fix, FixSafety};
use crate::rules::checks::worst_case::retries;
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::significant;
use foldhash::{HashMap, HashMapExt};
use std::collections::BTreeMap;

declare_rule! {
    "KP211" "retry-at-every-layer", Low, Certain;
    summary: "more than one layer of a path retries, none of them within a budget";
    reads: ["dependency.retry.attempts", "dependency.retry.budget", "dependency.mode", "flow.calls"];
    settings: [
        layers = 1.0, "The most layers of one path that may retry without a budget; one more fires.",
            "Google SRE book, *Addressing cascading failures*: retry at one layer, the one directly above the failure.";
    ];
    detects: "A way through a flow on which each component waits for the next and more than `layers` of the calls have \
        `retry.attempts` above 0 and no `retry.budget`. Of each flow the way with the most such layers is told, from the first call that \
        retries to the last; flows that share it share one finding. It is low because `KP403` weighs the multiplied attempts: \
        this rule names the layers.";
    why: "Each layer repeats everything the layers behind it already repeat. Three layers with two retries each send 27 requests for one click, \
        and they do it when the last component has the least to spare. Nobody decided that: each team added its own retries for itself.";
    example: [
        "Gateway and API both try three times:",
        "",
        "```toml",
        r#"component = [{ id = "gateway" }, { id = "api" }, { id = "pricing" }]"#,
        r#"dependency = [{ from = "gateway", to = "api", mode = "sync", timeout = "1s", retry = { attempts = 2 } },"#,
        r#"              { from = "api", to = "pricing", mode = "sync", timeout = "100ms", retry = { attempts = 2 } }]"#,
        r#"flow = [{ id = "quote", entry = "gateway", calls = [{ from = "gateway", to = "api" }, { from = "api", to = "pricing" }] }]"#,
        "```",
    ];
    remedy: "Keep the retries of the layer next to what fails, with backoff, jitter and a budget, and take them out of all layers in front. Let an \
        answer say that retrying is pointless (an overloaded callee has been asked often enough).";
    verify: "Let the last component fail every request for a minute: its rate rises by the attempts of one layer, not by their product.";
    accept: "When the outer retry is for another failure (a lost connection to a dead replica) and cannot follow an answer of the inner one.";
    references: "`KP403` retry-amplification, `KP409` no-retry-budget. The guide, *Resilience* and the signature of retry amplification.";
}

/// The way to a component on which most calls retry.
#[derive(Debug, Clone, Copy)]
struct Way<'a> {
    layers: usize,
    attempts: f64,
    last: Option<&'a MadeCall>,
}

const START: Way<'static> = Way { layers: 0, attempts: 1.0, last: None };

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let allowed = report.threshold("layers");
    let mut found: BTreeMap<Vec<ComponentIndex>, Vec<FlowView<'_>>> = BTreeMap::new();
    for view in context.flows() {
        let (path, layers) = worst_way(context, view);
        if layers as f64 > allowed {
            found.entry(path).or_default().push(view);
        } else if layers > 0 {
            report.pass();
        }
    }
    for (path, flows) in found {
        report.find(told(context, &path, &flows));
    }
}

/// From the first retrying call to the last on the way with the most of them, and how many they are.
fn worst_way(context: &Context<'_>, view: FlowView<'_>) -> (Vec<ComponentIndex>, usize) {
    let mut ways: HashMap<ComponentIndex, Way<'_>> = HashMap::new();
    let mut worst = START;
    // Callers stand before callees, so a way is complete before it is gone on from.
    for visit in &view.expansion.components {
        let here = ways.get(&visit.component).copied().unwrap_or(START);
        for made in view.steps_of(visit.component).flatten().filter(|made| view.is_ever_made(made)) {
            if !made.synchronous {
                continue;
            }
            let attempts = attempts(context, made);
            let way = Way {
                layers: here.layers + usize::from(attempts > 1.0),
                attempts: here.attempts * attempts,
                last: Some(made),
            };
            let known = ways.entry(made.to).or_insert(way);
            if is_worse(&way, known) {
                *known = way;
            }
            if attempts > 1.0 && is_worse(&way, &worst) {
                worst = way;
            }
        }
    }
    let mut calls = Vec::new();
    let mut next = worst.last;
    while let Some(made) = next {
        calls.push(made);
        next = ways.get(&made.from).and_then(|way| way.last);
    }
    calls.reverse();
    let first = calls.iter().position(|made| attempts(context, made) > 1.0).unwrap_or(calls.len());
    let calls = &calls[first..];
    let path = calls.first().map(|made| made.from).into_iter().chain(calls.iter().map(|made| made.to)).collect();
    (path, worst.layers)
}

fn is_worse(way: &Way<'_>, than: &Way<'_>) -> bool {
    way.layers > than.layers || (way.layers == than.layers && way.attempts > than.attempts)
}

/// Attempts of a call at the most; 1 where a budget keeps the retries a small share of all calls.
fn attempts(context: &Context<'_>, made: &MadeCall) -> f64 {
    let dependency = context.dependency_of(made);
    let budgeted = dependency.and_then(|d| d.retry.as_ref()).is_some_and(|retry| retry.budget.is_some());
    if budgeted { 1.0 } else { 1.0 + dependency.map_or(0.0, retries) }
}

fn told(context: &Context<'_>, path: &[ComponentIndex], flows: &[FlowView<'_>]) -> Draft {
    let review = context.review;
    let names = context.graph.path_names(path);
    let mut product = 1.0;
    let mut layers = Vec::new();
    let mut retried = Vec::new();
    for pair in path.windows(2) {
        let Some(index) = context.graph.dependency(pair[0], pair[1]) else { continue };
        let dependency = &review.dependencies[index.0];
        let budgeted = dependency.retry.as_ref().is_some_and(|retry| retry.budget.is_some());
        let attempts = 1.0 + retries(dependency);
        if attempts > 1.0 && !budgeted {
            product *= attempts;
            layers.push(format!("{} → {} × {}", dependency.from(), dependency.to(), significant(attempts, 4)));
            retried.push(dependency);
        }
    }
    let count = layers.len();
    let shown =
        if count > 6 { format!("{} and {} more", layers[..5].join(", "), count - 5) } else { layers.join(", ") };
    // The flow that names the finding: the first in the alphabet, so that the order of the file does not matter.
    let flow = flows.iter().map(|view| view.flow.id()).min().unwrap_or_default();
    let last = retried.last().map_or(String::new(), |last| format!("{} -> {}", last.from(), last.to()));
    let mut draft = Draft::new(
        Element::Path(flow.to_owned(), names.clone()),
        format!(
            "{count} layers of one path retry, up to {} attempts behind one request: {shown}",
            significant(product, 4)
        ),
        format!("keep the retries of {last}, with a budget, and take those of the {} in front away", many(count - 1)),
    )
    .fact("layers", Figure::Count(count as f64))
    .fact("attempts", Figure::Count(product))
    .fact("path", Figure::List(names))
    .flows(flows.iter().map(|view| view.flow.id().to_owned()).collect())
    .key("calls");
    let changes: Option<Vec<Change>> = retried[..count.saturating_sub(1)]
        .iter()
        .map(|dependency| {
            let element = Element::Dependency(dependency.from().to_owned(), dependency.to().to_owned());
            let entity = context.entity(&element)?;
            Some(Change::Set { entity, key: "retry.attempts".to_owned(), value: "0".to_owned() })
        })
        .collect();
    if let Some(changes) = changes.filter(|changes| !changes.is_empty() && changes.len() <= 6) {
        let title = format!("retry only {last}");
        draft = draft.fix(Fix { title, safety: FixSafety::Suggested, changes });
    }
    draft
}

fn many(count: usize) -> String {
    if count == 1 { "layer".to_owned() } else { format!("{count} layers") }
}
