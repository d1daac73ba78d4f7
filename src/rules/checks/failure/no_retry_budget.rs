//! KP409: retries that nothing limits as a share of the calls.

use super::edges::{Edge, waited_for};
use crate::capacity::Resource;
use crate::graph::ComponentIndex;
use crate::model::{Element, Fix, FixSafety};
use crate::rules::checks::load::{expected_load, rate_of};
use crate::rules::checks::worst_case::retries;
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{PerSecond, Quantity, significant};
use foldhash::{HashMap, HashMapExt};

declare_rule! {
    "KP409" "no-retry-budget", Medium, Likely;
    summary: "retries without a budget, and a callee that cannot carry them";
    reads: ["dependency.retry.attempts", "dependency.retry.budget", "dependency.breaker.error_ratio", "component.workers", "flow.rate"];
    settings: [];
    detects: "A synchronous dependency of a flow's answer whose `retry` has attempts and no `budget`. While its callee fails, the calls over it \
        grow by 1 + attempts; with a breaker that opens at `error_ratio` e only up to that share of failures, by (1 − e^(n+1)) ÷ (1 − e). \
        Where the callee's fullest resource, at the load that the review expects, would be full with that much more from this \
        caller, it is medium on a critical flow and low elsewhere. Where nothing is known of the callee's limits it is low. Where the \
        callee would carry all of it, or is full at that load even without retries (`KP601`), the rule passes.";
    why: "Retries are load that comes when there is least room for it. Two attempts more triple the traffic of a callee that fails because \
        it is full, and after the cause is gone the retries of the retries keep it down: it does not recover before the callers are \
        stopped. A limit for each single request does not help, because all of them retry.";
    example: [
        "Two more attempts: 300/s become 900/s when `stock`, full at 500/s, starts to fail:",
        "",
        "```toml",
        r#"component = [{ id = "api" }, { id = "stock", workers = 10, service_time = "20ms" }]"#,
        r#"dependency = [{ from = "api", to = "stock", mode = "sync", timeout = "100ms", retry = { attempts = 2, backoff = "exponential", base = "20ms", jitter = true } }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true, rate = "300/s", calls = [{ from = "api", to = "stock" }] }]"#,
        "```",
    ];
    remedy: "Count retries over all requests of a client and stop them at a tenth of its calls (a token bucket that each first attempt fills \
        by 0.1 and each retry empties by 1). Normal days never notice it; a bad one adds 10 % instead of 200 %.";
    verify: "Let every call to the callee fail for a minute at peak load: its request rate rises by the budget and not more, and falls back \
        at once when it recovers.";
    accept: "When the caller is a single background job whose retries can never be more than a few a second.";
    references: "`KP401` retry-without-backoff-or-jitter, `KP403` retry-amplification, `KP404` no-circuit-breaker. The guide, *Failure signature: \
        retry amplification*. Google SRE book, *Handling overload*: retry budgets (10 %).";
}

/// The share that the Google SRE book gives as its own per-client retry budget.
const BUDGET: &str = "0.1";

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let fullest = fullest(context);
    let mut asked: Option<HashMap<ComponentIndex, f64>> = None;
    for edge in waited_for(context).iter().filter(|edge| !edge.uses.is_empty()) {
        let Some(retry) = edge.dependency.retry.as_ref().filter(|_| retries(edge.dependency) > 0.0) else { continue };
        if retry.budget.is_some() {
            report.pass();
            continue;
        }
        let growth = growth(edge);
        let calls = |times: fn(&Context<'_>, &Edge<'_>, usize) -> f64| -> f64 {
            (0..edge.uses.len())
                .filter_map(|at| {
                    Some(rate_of(context, edge.uses[at].view)? * edge.uses[at].per_request * times(context, edge, at))
                })
                .sum()
        };
        let today = calls(|_, _, _| 1.0);
        let expected = calls(|context, edge, at| expected_load(context, edge.uses[at].view));
        let all = asked.get_or_insert_with(|| arrivals(context)).get(&edge.to_index).copied().unwrap_or_default();
        let load = if today > 0.0 { expected / today } else { 1.0 };
        let full_at = fullest.get(edge.to.id()).map(|resource| resource.saturates_at.likely);
        let filled = full_at.filter(|_| all > 0.0 && today > 0.0).map(|at| {
            let share = (today / all).min(1.0);
            (load / at, load / at * (1.0 + share * (growth - 1.0)))
        });
        match filled {
            Some((before, with)) if before >= 1.0 || with < 1.0 => report.pass(),
            filled => report.find(found(context, edge, growth, expected, filled)),
        }
    }
}

/// What all flows ask of each component a second today. One pass over their calls.
fn arrivals(context: &Context<'_>) -> HashMap<ComponentIndex, f64> {
    let mut arrivals: HashMap<ComponentIndex, f64> = HashMap::new();
    for view in context.flows() {
        let Some(rate) = rate_of(context, view) else { continue };
        for visit in &view.expansion.components {
            *arrivals.entry(visit.component).or_default() += rate * visit.visits.likely;
        }
    }
    arrivals
}

/// By how much calls grow while they fail: every attempt, or what a breaker lets happen before it opens.
fn growth(edge: &Edge<'_>) -> f64 {
    let attempts = 1.0 + retries(edge.dependency);
    let ratio = edge.dependency.breaker.as_ref().and_then(|breaker| breaker.error_ratio).map(|ratio| ratio.value());
    match ratio {
        Some(ratio) if ratio < 1.0 => (1.0 - ratio.powf(attempts)) / (1.0 - ratio),
        _ => attempts,
    }
}

/// Of each component the resource that is full first; pools belong to their callers.
fn fullest<'a>(context: &Context<'a>) -> HashMap<&'a str, &'a Resource> {
    let mut fullest: HashMap<&str, &Resource> = HashMap::new();
    for resource in &context.capacity.resources {
        if let Element::Component(id) = &resource.element {
            let least = fullest.entry(id.as_str()).or_insert(resource);
            if resource.saturates_at.likely < least.saturates_at.likely {
                *least = resource;
            }
        }
    }
    fullest
}

fn found(context: &Context<'_>, edge: &Edge<'_>, growth: f64, calls: f64, filled: Option<(f64, f64)>) -> Draft {
    let (from, to) = (edge.from.id(), edge.to.id());
    let times = significant(growth, 3);
    let grows = if calls > 0.0 {
        format!("{} become {}", PerSecond::new(calls), PerSecond::new(calls * growth))
    } else {
        format!("every call becomes {times}")
    };
    let (then, severity, confidence) = match filled {
        Some((before, with)) => (
            format!("; {to} is {} % full before and would need {} % then", percent(before), percent(with)),
            if edge.is_critical() { Severity::Medium } else { Severity::Low },
            Confidence::Likely,
        ),
        None => (format!("; what {to} can carry is not known"), Severity::Low, Confidence::Heuristic),
    };
    let mut draft = Draft::new(
        edge.element(),
        format!("while {to} fails, nothing limits the retries of {from}: {grows}{then}"),
        format!("set retry.budget = {BUDGET} on {from} -> {to}: at most a tenth more instead of {times} times as much"),
    )
    .severity(severity)
    .confidence(confidence)
    .fact("growth", Figure::Count(growth))
    .fact("calls", Figure::PerSecond(calls))
    .flows(edge.flows())
    .key("retry");
    if let Some((before, with)) = filled {
        draft = draft.fact("utilisation", Figure::Ratio(before)).fact("utilisation_with_retries", Figure::Ratio(with));
    }
    match context.entity(&edge.element()) {
        Some(entity) => draft.fix(Fix::set(FixSafety::Suggested, entity, "retry.budget", BUDGET)),
        None => draft,
    }
}

fn percent(share: f64) -> String {
    significant(share * 100.0, 3)
}
