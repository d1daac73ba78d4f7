//! KP204: a caller that gives up before its callee may.

use crate::graph::{ComponentIndex, MadeCall};
use crate::model::{Dependency, Element};
use crate::rules::checks::worst_case::{longest_wait, longest_wait_in_words, timeout};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Seconds, significant};
use std::collections::{HashMap, HashSet};

declare_rule! {
    "KP204" "timeout-inversion", Medium, Certain;
    summary: "a caller's timeout is shorter than what its callee may take by its own timeouts and retries";
    reads: ["dependency.timeout", "dependency.retry", "dependency.mode", "flow.calls.group", "flow.calls.count"];
    settings: [];
    detects: "A dependency with a `timeout` whose callee may spend longer than that on its own calls: timeout × attempts + backoff \
        of each call the callee makes in one flow, one after another added up, calls of one `group` counted by the longest. \
        Calls that are only made sometimes count, because the worst case is when they are. The callee's own work and its \
        queues are not added, so what is found is a lower bound. Where no flow uses the dependency, the callee's longest \
        single call is compared.";
    why: "The caller gives up and asks again while the callee still works for the first request. The work is thrown away, the \
        callee holds workers and connections for nobody, and each retry adds another abandoned request exactly when \
        the callee is slow. The callee's own fallback never reaches anybody, because it fires too late.";
    example: [
        "`gateway` leaves after 200 ms; `pricing` allows itself 1 s for `tax`:",
        "",
        "```toml",
        r#"component = [{ id = "gateway" }, { id = "pricing" }, { id = "tax" }]"#,
        r#"dependency = [{ from = "gateway", to = "pricing", mode = "sync", timeout = "200ms" },"#,
        r#"              { from = "pricing", to = "tax", mode = "sync", timeout = "500ms", retry = { attempts = 1 } }]"#,
        r#"flow = [{ id = "quote", entry = "gateway", calls = [{ from = "gateway", to = "pricing" }, { from = "pricing", to = "tax" }] }]"#,
        "```",
    ];
    remedy: "Hand the remaining time down with the request (a deadline), or set the numbers so that every callee's timeouts, attempts \
        and backoff together fit into its caller's timeout with room for its own work. Shorten below before lengthening above: \
        the limit at the top is what the user sees.";
    verify: "Slow the last callee to just below its timeout. The caller in front must receive an answer or an error, never be gone \
        already; traces show no span that outlives its parent.";
    accept: "When the callee's work is wanted even though nobody waits (it fills a cache, it completes an accepted order) and the \
        caller's retry is idempotent.";
    references: "`KP203` missing-timeout. The guide, *Resilience*. Google SRE book, *Addressing cascading failures*: deadline propagation.";
}

/// The share of a timeout that counts as rounding.
const ROUNDING: f64 = 1e-9;

/// The longest a component may take for its own calls.
#[derive(Debug, Clone, Default)]
struct Worst {
    seconds: f64,
    /// The parts, largest first when told: `tax 500 ms × 2`.
    parts: Vec<(f64, String)>,
    /// Calls without a timeout: they may take for ever, but nobody said so.
    without_timeout: Vec<(ComponentIndex, ComponentIndex)>,
    flow: Option<String>,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut in_flow: HashMap<(usize, ComponentIndex), Worst> = HashMap::new();
    let mut told = HashSet::new();
    for dependency in context.dependencies().filter(|dependency| context.waits(dependency)) {
        let Some(timeout) = timeout(dependency) else { continue };
        let element = Element::Dependency(dependency.from().to_owned(), dependency.to().to_owned());
        let Some(callee) = context.graph.component(dependency.to()) else { continue };
        let flows = context.flows_through(&element);
        let mut worst = if flows.is_empty() { longest_single(context, dependency.to()) } else { Worst::default() };
        let mut without_timeout = std::mem::take(&mut worst.without_timeout);
        // Sums of milliseconds are a little off; what fits exactly fits.
        let limit = timeout * (1.0 + ROUNDING);
        let mut hurt = Vec::new();
        for view in &flows {
            let here =
                in_flow.entry((view.expansion.flow.0, callee)).or_insert_with(|| worst_in_flow(context, *view, callee));
            without_timeout.extend(here.without_timeout.iter().copied());
            if here.seconds > limit {
                hurt.push(*view);
            }
            if here.seconds > worst.seconds {
                worst = here.clone();
            }
        }
        if worst.seconds > limit {
            report.find(found(dependency, element, timeout, worst, &hurt));
        } else if without_timeout.is_empty() {
            report.pass();
        } else {
            for (from, to) in without_timeout.into_iter().filter(|pair| told.insert(*pair)) {
                let name = |index| context.graph.name(index).to_owned();
                report.cannot_tell(Element::Dependency(name(from), name(to)), "dependency.timeout");
            }
        }
    }
}

fn found(dependency: &Dependency, element: Element, timeout: f64, mut worst: Worst, hurt: &[FlowView<'_>]) -> Draft {
    let (from, to) = (dependency.from(), dependency.to());
    worst.parts.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut parts: Vec<_> = worst.parts.iter().take(3).map(|(_, part)| part.as_str()).collect();
    let more = format!("{} more", worst.parts.len().saturating_sub(3));
    if worst.parts.len() > 3 {
        parts.push(&more);
    }
    let longest =
        if worst.seconds.is_finite() { Seconds::new(worst.seconds).to_string() } else { "without end".to_owned() };
    let message = format!(
        "{from} gives up on {to} after {}, while {to} may take {longest} by its own limits: {}",
        Seconds::new(timeout),
        parts.join(" + ")
    );
    let remedy = format!(
        "let the calls of {to} end within {} together, attempts and backoff included, or hand the deadline down; \
         otherwise {from} must wait {longest}",
        Seconds::new(timeout)
    );
    let critical = hurt.iter().any(FlowView::is_critical);
    let mut draft = Draft::new(element, message, remedy)
        .severity(if critical { Severity::High } else { Severity::Medium })
        .fact("timeout", Figure::Seconds(timeout))
        .fact("callee_may_take", Figure::Seconds(worst.seconds))
        .key("timeout");
    if dependency.mode.is_none() {
        draft = draft.confidence(Confidence::Likely);
    }
    if !hurt.is_empty() {
        draft = draft.flows(hurt.iter().map(|view| view.flow.id().to_owned()).collect());
    }
    if let Some(flow) = worst.flow {
        draft = draft.fact("worst_in_flow", Figure::Text(flow));
    }
    draft
}

/// What a component may spend on its calls in a flow: steps one after another, the calls of a group by the longest.
fn worst_in_flow(context: &Context<'_>, view: FlowView<'_>, component: ComponentIndex) -> Worst {
    let mut worst = Worst { flow: Some(view.flow.id().to_owned()), ..Worst::default() };
    for step in view.steps_of(component) {
        let mut longest: Option<(f64, String)> = None;
        for made in step.into_iter().filter(|made| made.synchronous && view.is_ever_made(made)) {
            match one_call(context, view, made) {
                Some(call) if longest.as_ref().is_none_or(|longest| call.0 > longest.0) => longest = Some(call),
                Some(_) => {}
                None => {
                    worst.without_timeout.push((made.from, made.to));
                }
            }
        }
        if let Some((seconds, part)) = longest {
            worst.seconds += seconds;
            worst.parts.push((seconds, part));
        }
    }
    worst
}

/// The longest all repetitions of a call take, and how that comes about; `None` without a timeout.
fn one_call(context: &Context<'_>, view: FlowView<'_>, made: &MadeCall) -> Option<(f64, String)> {
    let dependency = context.dependency_of(made)?;
    let count = view.call(made).and_then(|call| call.count).map_or(1.0, |count| count.value().max(1.0));
    let part = format!("{} {}", dependency.to(), longest_wait_in_words(dependency));
    let part = if count > 1.0 { format!("{}·({part})", significant(count, 4)) } else { part };
    Some((longest_wait(dependency)? * count, part))
}

fn longest_single(context: &Context<'_>, component: &str) -> Worst {
    let mut worst = Worst::default();
    for dependency in context.callees(component).into_iter().filter(|dependency| context.waits(dependency)) {
        match longest_wait(dependency) {
            Some(seconds) if seconds > worst.seconds => {
                worst.seconds = seconds;
                worst.parts = vec![(seconds, format!("{} {}", dependency.to(), longest_wait_in_words(dependency)))];
            }
            Some(_) => {}
            None => {
                let ends = (context.graph.component(dependency.from()), context.graph.component(dependency.to()));
                worst.without_timeout.extend(ends.0.zip(ends.1));
            }
        }
    }
    worst
}
