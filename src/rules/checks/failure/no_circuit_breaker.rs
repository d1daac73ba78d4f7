//! KP404: nothing stops the caller from asking what does not answer.

use super::edges::{Edge, awaited, decided, stands_in};
use crate::model::{Change, ComponentKind, FailureMode, Fix, FixSafety};
use crate::rules::checks::load::rate_of;
use crate::rules::checks::worst_case::{longest_wait, longest_wait_in_words, retries, tightest_threshold};
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Seconds, significant};

declare_rule! {
    "KP404" "no-circuit-breaker", Medium, Likely;
    summary: "a call without a breaker, although its caller retries or has a stand-in to switch to";
    reads: ["dependency.breaker", "dependency.timeout", "dependency.retry.attempts", "dependency.on_failure", "failure.response",
        "flow.critical", "slo.threshold"];
    settings: [
        share = 0.1, "The share of a flow's latency threshold that waiting for a dead callee may take before every stand-in", "own choice: a tenth is what a tail of one in ten slow calls would add anyway";
    ];
    detects: "A synchronous dependency in the answer of a flow that somebody waits for, with a `timeout` and no `breaker`, where a breaker would \
        save something: the caller *retries*; or a *stand-in* is decided (fallback, degrade or queue) and the wait before it, timeout × \
        attempts + backoff, is at least `share` of the tightest latency threshold of the flows: medium on a critical flow, low elsewhere and where \
        no threshold is said. On a critical flow also, low, a callee that is no store and that is simply failed with: each request waits the \
        timeout for an answer that is known. Otherwise the rule passes. Workers that fill with waiting are `KP405`'s, an `external` \
        callee on a critical flow is `KP207`'s, a call without a timeout `KP203`'s.";
    why: "A callee that is down costs its caller the whole timeout on every request, again and again, although the answer is known since the \
        first hundred. The waiting fills the caller, the repeated attempts keep the callee from coming back, and a stand-in that is \
        reached only after the timeout makes every page slow instead of a little poorer.";
    example: [
        "Best sellers are ready, but each page first waits 400 ms for `recommendations`:",
        "",
        "```toml",
        r#"component = [{ id = "shop" }, { id = "recommendations", kind = "service" }]"#,
        r#"dependency = [{ from = "shop", to = "recommendations", mode = "sync", timeout = "400ms", criticality = "soft", on_failure = "degrade" }]"#,
        r#"flow = [{ id = "browse", entry = "shop", critical = true, calls = [{ from = "shop", to = "recommendations" }] }]"#,
        r#"slo = [{ id = "browse-fast", flow = "browse", indicator = "latency", objective = 99, threshold = "500ms" }]"#,
        "```",
    ];
    remedy: "Open a breaker when half of at least twenty calls have failed within ten seconds or so, stay open for some seconds, then let one \
        call try. While it is open use the stand-in at once, or fail at once. Count timeouts as failures, and show the state on a dashboard.";
    verify: "Let the callee hang under load. After one window the caller's latency is back at its usual value, requests to the callee \
        fall to a trickle, and within a few seconds of its return everything is as before.";
    accept: "When the client library limits the calls in flight adaptively, or a mesh breaks the circuit for it: write the breaker down then.";
    references: "`KP207` third-party-on-fast-path, `KP405` no-bulkhead, `KP409` no-retry-budget. The guide, *Resilience* and *Fast path \
        checklist*. Nygard, *Release It!*, chapter *Stability patterns*.";
}

/// What a breaker would save.
struct Saves {
    words: Vec<String>,
    /// Whether it is more than a few wasted attempts.
    weighs: bool,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let share = report.threshold("share");
    for edge in &awaited(context) {
        let dependency = edge.dependency;
        if dependency.breaker.is_some() {
            report.pass();
            continue;
        }
        // Somebody else's system on a critical flow is KP207's, and without a timeout nothing ever counts as failed.
        if edge.to.kind == Some(ComponentKind::External) && edge.is_critical() {
            continue;
        }
        let Some(wait) = longest_wait(dependency) else { continue };
        let saves = saves(context, edge, wait, share);
        if saves.words.is_empty() {
            report.pass();
            continue;
        }
        let (from, to) = (edge.from.id(), edge.to.id());
        let severity = if edge.is_critical() && saves.weighs { Severity::Medium } else { Severity::Low };
        let flows = edge.views().into_iter().map(|view| view.expansion.flow);
        if report.is_crowded_out_in(&edge.element(), severity, flows) {
            continue;
        }
        let window = window(context, edge);
        let mut draft = Draft::new(
            edge.element(),
            format!("{from} goes on asking {to} while it is down: {}", saves.words.join("; ")),
            format!(
                "add a breaker to {from} -> {to} that opens when half of the calls within {} fail, and stays open for 5 s",
                Seconds::new(window)
            ),
        )
        .severity(severity)
        .fact("wait", Figure::Seconds(wait))
        .fact("attempts", Figure::Count(1.0 + retries(dependency)))
        .flows(edge.flows())
        .key("breaker");
        if dependency.mode.is_none() {
            draft = draft.confidence(Confidence::Heuristic);
        }
        if let Some(entity) = context.entity(&edge.element()) {
            let set = |key: &str, value: String| Change::Set { entity, key: format!("breaker.{key}"), value };
            draft = draft.fix(Fix {
                title: format!("break the circuit at half failures within {}", Seconds::new(window)),
                safety: FixSafety::Suggested,
                changes: vec![
                    set("error_ratio", "0.5".to_owned()),
                    set("window", format!("{window}s")),
                    set("open_for", "5s".to_owned()),
                ],
            });
        }
        report.find(draft);
    }
}

fn saves(context: &Context<'_>, edge: &Edge<'_>, wait: f64, share: f64) -> Saves {
    let mut saves = Saves { words: Vec::new(), weighs: false };
    let retries = retries(edge.dependency);
    if retries > 0.0 {
        saves.weighs = true;
        saves.words.push(format!("every request is sent {} times", significant(1.0 + retries, 6)));
    }
    let stand_in =
        [FailureMode::Down, FailureMode::Slow].map(|mode| stands_in(decided(context, edge.dependency, mode)));
    if stand_in.contains(&true) {
        let waited = Seconds::new(wait);
        match tightest_threshold(context, &edge.views()) {
            Some((threshold, slo)) if wait >= share * threshold => {
                saves.weighs = true;
                let words = if edge.dependency.retry.is_some() {
                    format!(" ({})", longest_wait_in_words(edge.dependency))
                } else {
                    String::new()
                };
                let limit = Seconds::new(threshold);
                saves
                    .words
                    .push(format!("the stand-in comes only after {waited}{words} each time, and {slo} allows {limit}"));
            }
            Some(_) => {}
            None => saves.words.push(format!("the stand-in comes only after {waited} each time")),
        }
    }
    let store = edge.to.kind.is_some_and(ComponentKind::is_store);
    if saves.words.is_empty() && edge.is_critical() && !store && !stand_in.contains(&true) {
        saves.words.push(format!("every request waits {} to fail", Seconds::new(wait)));
    }
    saves
}

/// The calls that a breaker counts before it decides (the default of Hystrix: 20 in a window of 10 s).
const CALLS: f64 = 20.0;

/// Long enough for twenty calls of one replica at today's rate, between ten seconds and a minute; whole seconds.
fn window(context: &Context<'_>, edge: &Edge<'_>) -> f64 {
    let replicas = edge.from.replicas.map_or(1.0, |replicas| replicas.value()).max(1.0);
    let rate: f64 =
        edge.uses.iter().filter_map(|used| Some(rate_of(context, used.view)? * used.per_request)).sum::<f64>()
            / replicas;
    if rate > 0.0 { (CALLS / rate).ceil().clamp(10.0, 60.0) } else { 10.0 }
}
