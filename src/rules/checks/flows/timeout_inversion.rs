//! KP204: a caller that gives up before its callee may.

use crate::graph::{ComponentIndex, DependencyIndex};
use crate::model::{Dependency, Element};
use crate::reliability::{WorstCase, longest_call, longest_wait, longest_wait_in_words, needs_no_timeout, timeout};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Seconds, Span, significant};
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

declare_rule! {
    "KP204" "timeout-inversion", Medium, Certain;
    summary: "a caller's timeout is shorter than what its callee may take by its own timeouts and retries";
    reads: ["dependency.timeout", "dependency.retry", "dependency.mode", "dependency.pool.wait", "component.service_time",
        "flow.calls.group", "flow.calls.count"];
    settings: [];
    detects: "A dependency with a `timeout` whose callee may spend longer than that in one flow by what the file allows it: for \
        each of its calls timeout × attempts + backoff, one after another added up, calls of one `group` counted by the longest. \
        Where that fits and only waits for connections (`pool.wait`) and its own service time are too much, the finding is low. Queue \
        waits are left out. A call of the callee that has no timeout lasts as long as \
        whatever is behind it, down to the next timeout, so that the whole subtree counts. Calls that are only made sometimes \
        count, because the worst case is when they are. Where no flow uses the dependency, the callee's longest single call is \
        compared. The cause is always one caller that is less patient than its callee: a flow whose timeouts are in order and \
        still too long for its objective is `KP107`, one that is too slow without any failure is `KP106`.";
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
    references: "`KP203` missing-timeout, `KP107` latency-budget-overspent. The guide, *Resilience*. Google SRE book, *Addressing cascading failures*: deadline propagation.";
}

/// The share of a timeout that counts as rounding.
const ROUNDING: f64 = 1e-9;

/// The longest a callee may take for one call of a dependency, over all flows.
struct Longest<'a> {
    seconds: Span,
    /// The same by timeouts, attempts and backoff alone.
    by_policy: Span,
    /// The flow it is of, with its worst case; none where no flow makes the call.
    within: Option<(FlowView<'a>, &'a WorstCase)>,
    /// The flows in which it is longer than the timeout.
    hurt: Vec<FlowView<'a>>,
    /// The flows in which the callee may take for ever, because a call of its own has no timeout.
    endless: Vec<FlowView<'a>>,
}

/// The longest single call of a component.
struct Single {
    seconds: Span,
    by_policy: Span,
    /// Whether a call of it has no timeout.
    is_open: bool,
    /// Those that have none; taken by the first caller for whom it matters, because they are said once.
    without_timeout: Vec<(ComponentIndex, ComponentIndex)>,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut in_flows = in_flows(context);
    // Of a callee that no flow makes calls through, once for all its callers.
    let mut singles: HashMap<ComponentIndex, Single> = HashMap::new();
    let mut looked_at = HashSet::new();
    for dependency in context.dependencies().filter(|dependency| context.waits(dependency)) {
        let Some(timeout) = timeout(dependency) else { continue };
        let Some((index, _, callee)) = context.placed(dependency) else { continue };
        let longest = in_flows.remove(&index);
        let single = match longest {
            Some(_) => None,
            None => Some(singles.entry(callee).or_insert_with(|| longest_single(context, dependency.to()))),
        };
        let longest = longest.unwrap_or_else(|| Longest {
            seconds: single.as_ref().map_or(Span::ZERO, |single| single.seconds),
            by_policy: single.as_ref().map_or(Span::ZERO, |single| single.by_policy),
            within: None,
            hurt: Vec::new(),
            endless: Vec::new(),
        });
        if longest.seconds.likely > timeout.likely * (1.0 + ROUNDING) {
            let element = Element::Dependency(dependency.from().to_owned(), dependency.to().to_owned());
            let severity = severity(timeout, &longest);
            let crowded_out = if longest.hurt.is_empty() {
                report.is_crowded_out(&element, severity)
            } else {
                report.is_crowded_out_in(&element, severity, longest.hurt.iter().map(|view| view.expansion.flow))
            };
            if !crowded_out {
                report.find(found(context, dependency, timeout, &longest));
            }
            continue;
        }
        let open = single.as_ref().is_some_and(|single| single.is_open);
        let mut without_timeout = single.map(|single| std::mem::take(&mut single.without_timeout)).unwrap_or_default();
        let undecided = !longest.endless.is_empty() || open;
        for view in longest.endless.iter().filter(|view| looked_at.insert((view.expansion.flow, callee))) {
            without_timeout.extend(calls_without_timeout(context, *view, callee));
        }
        for (from, to) in without_timeout {
            let name = |index| context.graph.name(index).to_owned();
            report.cannot_tell(Element::Dependency(name(from), name(to)), "dependency.timeout");
        }
        if !undecided {
            report.pass();
        }
    }
}

/// What the callees of all dependencies with a timeout may take: one pass over the calls of the flows.
fn in_flows<'a>(context: &Context<'a>) -> HashMap<DependencyIndex, Longest<'a>> {
    let mut longest: HashMap<DependencyIndex, Longest<'a>> = HashMap::new();
    for view in context.flows() {
        let Some(worst) = context.reliability_of(view).and_then(|figures| figures.worst_case.as_ref()) else {
            continue;
        };
        for (call, made) in view.expansion.calls.iter().enumerate() {
            let Some(index) = made.dependency.filter(|_| made.synchronous) else { continue };
            let all = longest.entry(index).or_insert_with(|| Longest {
                seconds: Span::ZERO,
                by_policy: Span::ZERO,
                within: None,
                hurt: Vec::new(),
                endless: Vec::new(),
            });
            let (Some(_), Some(place)) = (worst.calls[call], view.expansion.place(made.to)) else { continue };
            let callee = &worst.visits[place];
            let own = view.call(made).and_then(|call| call.service_time);
            let own = own.or(context.component_at(made.to).service_time);
            let seconds = callee.seconds + own.map_or(Span::ZERO, |time| Span::of(&time.mean));
            let same =
                |last: Option<&FlowView<'_>>| last.is_some_and(|last| last.expansion.flow == view.expansion.flow);
            let timeout = timeout(&context.review.dependencies[index.0]).map_or(f64::INFINITY, |all| all.likely);
            // Sums of milliseconds are a little off; what fits exactly fits.
            if seconds.likely > timeout * (1.0 + ROUNDING) && !same(all.hurt.last()) {
                all.hurt.push(view);
            }
            all.by_policy = all.by_policy.larger(callee.by_policy);
            if callee.endless && !same(all.endless.last()) {
                all.endless.push(view);
            }
            if all.within.is_none() || seconds.likely > all.seconds.likely {
                (all.seconds, all.within) = (seconds, Some((view, worst)));
            }
        }
    }
    longest
}

/// The calls of a component that should have a timeout and have none.
fn calls_without_timeout(
    context: &Context<'_>,
    view: FlowView<'_>,
    component: ComponentIndex,
) -> Vec<(ComponentIndex, ComponentIndex)> {
    view.steps_of(component)
        .flatten()
        .filter(|made| made.synchronous && view.is_ever_made(made) && !needs_no_timeout(context.review, made))
        .filter(|made| context.dependency_of(made).and_then(timeout).is_none())
        .map(|made| (made.from, made.to))
        .collect()
}

fn severity(timeout: Span, longest: &Longest<'_>) -> Severity {
    let critical = longest.hurt.iter().any(FlowView::is_critical);
    match (longest.by_policy.likely > timeout.likely * (1.0 + ROUNDING), critical) {
        (false, _) => Severity::Low,
        (true, true) => Severity::High,
        (true, false) => Severity::Medium,
    }
}

fn found(context: &Context<'_>, dependency: &Dependency, timeout: Span, longest: &Longest<'_>) -> Draft {
    let (from, to) = (dependency.from(), dependency.to());
    let element = Element::Dependency(from.to_owned(), to.to_owned());
    let mut parts = parts(context, to, longest);
    parts.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut told: Vec<_> = parts.iter().take(3).map(|(_, part)| part.as_str()).collect();
    let more = format!("{} more", parts.len().saturating_sub(3));
    if parts.len() > 3 {
        told.push(&more);
    }
    let seconds = longest.seconds.likely;
    let takes = if seconds.is_finite() { Seconds::new(seconds).to_string() } else { "without end".to_owned() };
    let message = format!(
        "{from} gives up on {to} after {}, while {to} may take {takes} by its own limits: {}",
        Seconds::new(timeout.likely),
        told.join(" + ")
    );
    let remedy = format!(
        "let the calls of {to} end within {} together, attempts and backoff included, or hand the deadline down; \
         otherwise {from} must wait {takes}",
        Seconds::new(timeout.likely)
    );
    let hurt = &longest.hurt;
    let severity = severity(timeout, longest);
    let certain = dependency.mode.is_some() && longest.seconds.low > timeout.high * (1.0 + ROUNDING);
    let mut draft = Draft::new(element, message, remedy)
        .severity(severity)
        .confidence(if certain { Confidence::Certain } else { Confidence::Likely })
        .fact("timeout", Figure::Seconds(timeout.likely))
        .fact("callee_may_take", Figure::Seconds(seconds))
        .key("timeout");
    if !hurt.is_empty() {
        draft = draft.flows(hurt.iter().map(|view| view.flow.id().to_owned()).collect());
    }
    if let Some((view, _)) = longest.within {
        draft = draft.fact("worst_in_flow", Figure::Text(view.flow.id().to_owned()));
    }
    draft
}

/// The terms of what a callee may take, in seconds and words.
fn parts(context: &Context<'_>, callee: &str, longest: &Longest<'_>) -> Vec<(f64, String)> {
    let Some(index) = context.graph.component(callee) else { return Vec::new() };
    let Some((view, worst)) = longest.within else {
        let single = context.callees(callee).into_iter().filter(|dependency| context.waits(dependency));
        let longest = single
            .filter_map(|dependency| Some((longest_wait(dependency)?.likely, dependency)))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let in_words = |dependency| format!("{} {}", Dependency::to(dependency), longest_wait_in_words(dependency));
        return longest.map(|(seconds, dependency)| (seconds, in_words(dependency))).into_iter().collect();
    };
    let mut parts = Vec::new();
    let mut counted = 0.0;
    let Some(visit) = view.expansion.visit(index) else { return parts };
    for step in &visit.steps {
        let limits = step.calls().iter().filter_map(|call| Some((*call, worst.calls[*call]?)));
        let Some((call, limit)) = limits.max_by(|a, b| a.1.all.likely.total_cmp(&b.1.all.likely)) else { continue };
        let made = &view.expansion.calls[call];
        let name = context.graph.name(made.to);
        let words = match context.dependency_of(made).filter(|_| limit.limited) {
            Some(dependency) => format!("{name} {}", longest_wait_in_words(dependency)),
            None => format!("{name} {} behind it, without a timeout", Seconds::new(limit.once.likely)),
        };
        let count = limit.all.likely / limit.once.likely;
        let words = if count > 1.0 { format!("{}·({words})", significant(count, 4)) } else { words };
        counted += limit.all.likely;
        if limit.all.likely > 0.0 {
            parts.push((limit.all.likely, words));
        }
    }
    let own = longest.seconds.likely - counted;
    if own > longest.seconds.likely * ROUNDING {
        parts.push((own, format!("{} of its own work", Seconds::new(own))));
    }
    parts
}

/// The longest single call of a component that no flow makes, and the same by timeouts, attempts and backoff alone.
fn longest_single(context: &Context<'_>, component: &str) -> Single {
    let mut longest = (Span::ZERO, Span::ZERO);
    let mut without_timeout = Vec::new();
    for dependency in context.callees(component).into_iter().filter(|dependency| context.waits(dependency)) {
        if let (Some(wait), Some(by_policy)) = (longest_wait(dependency), longest_call(dependency)) {
            longest = (longest.0.larger(wait), longest.1.larger(by_policy));
        } else {
            let ends = (context.graph.component(dependency.from()), context.graph.component(dependency.to()));
            without_timeout.extend(ends.0.zip(ends.1));
        }
    }
    Single { seconds: longest.0, by_policy: longest.1, is_open: !without_timeout.is_empty(), without_timeout }
}
