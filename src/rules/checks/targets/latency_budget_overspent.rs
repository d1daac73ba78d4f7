//! KP107: timeouts and attempts of a flow that together allow more than its objective.

use super::unattainable_latency::missed;
use crate::graph::Step;
use crate::model::{Change, Element, EntityRef, Fix, FixSafety, Slo};
use crate::reliability::{WorstCase, longest_wait_in_words, needs_no_timeout, rounded_down, waits_of, written};
use crate::rules::checks::patience::fits;
use crate::rules::checks::worst_case::last_threshold;
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Seconds, significant};
use foldhash::{HashSet, HashSetExt};

declare_rule! {
    "KP107" "latency-budget-overspent", Medium, Certain;
    summary: "timeouts × attempts along a flow allow more time than the threshold of its latency SLO";
    reads: ["slo.threshold", "dependency.timeout", "dependency.retry", "dependency.pool.wait", "dependency.mode", "flow.calls",
        "component.service_time"];
    settings: [];
    detects: "A flow with a latency SLO whose answer may take longer than the threshold by its own policies, while every timeout in \
        front is counted: (pool wait + timeout) × attempts + backoff of each call the entry makes, one after another added up, \
        a `group` by its longest. A timeout caps everything behind it; where a call has none, what is behind it counts down to \
        the next timeout. Of several SLOs the one with the longest threshold is taken. Medium on a critical flow where timeouts, \
        attempts and backoff alone are too much although only components hang that wait for nobody; low elsewhere. Where a \
        component in between would have to hang, a connection that several flows share is passed over: its one timeout is \
        for the most patient of them. A call without a timeout leaves the \
        rule undecided unless the rest is too long already; so does one behind a connection that other flows share. The cause is the sum of policies against the objective: one caller \
        less patient than its callee is `KP204`; a flow whose work alone takes too long is `KP106`, and then this rule \
        is silent.";
    why: "When a dependency hangs, the flow still waits and repeats long after the answer stopped counting. The user has reloaded by \
        then, which adds a request, and workers and connections are held for answers that nobody reads. The fallback exists and \
        comes too late.";
    example: [
        "300 ms are promised; three attempts of 250 ms are allowed:",
        "",
        "```toml",
        r#"component = [{ id = "api", service_time = "5ms" }, { id = "payments", kind = "external", service_time = "20ms" }]"#,
        r#"dependency = [{ from = "api", to = "payments", mode = "sync", timeout = "250ms", retry = { attempts = 2 } }]"#,
        r#"flow = [{ id = "checkout", entry = "api", critical = true, calls = [{ from = "api", to = "payments" }] }]"#,
        r#"slo = [{ id = "checkout-fast", flow = "checkout", indicator = "latency", objective = 99, threshold = "300ms" }]"#,
        "```",
    ];
    remedy: "Give the flow one deadline at the entry and hand down what is left of it; a call that cannot finish in time is not started. \
        Without deadlines, divide the threshold: fewer attempts, shorter timeouts, calls that do not need each other in one `group`.";
    verify: "Let the named callee accept connections and never answer: the flow answers (with its fallback or an error) within the \
        threshold, at the p99 of that test.";
    accept: "When the requests that meet a hanging dependency are few enough for the error budget and a late answer is worth more than none: \
        say so, with the measured share.";
    references: "The guide, *Timeouts to prevent resource starvation* and *Step 4*. Google SRE book, *Addressing Cascading Failures*: \
        latency and deadlines. `KP106` unattainable-latency, `KP203` missing-timeout, `KP204` timeout-inversion.";
}

/// The share of a threshold that counts as rounding.
const ROUNDING: f64 = 1e-9;

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for view in context.flows() {
        let Some((threshold, slo)) = last_threshold(context, view) else { continue };
        let Some(worst) = context.reliability_of(view).and_then(|figures| figures.worst_case.as_ref()) else {
            continue;
        };
        if worst.seconds.likely <= threshold * (1.0 + ROUNDING) {
            for call in &worst.without_timeout {
                let made = &view.expansion.calls[*call];
                let name = |index| context.graph.name(index).to_owned();
                report.cannot_tell(Element::Dependency(name(made.from), name(made.to)), "dependency.timeout");
            }
            if worst.without_timeout.is_empty() {
                report.pass();
            }
            continue;
        }
        let objective = slo.objective.map_or(0.0, |objective| objective.value() / 100.0);
        let by_leaves = worst.by_leaves.likely > threshold * (1.0 + ROUNDING);
        if !by_leaves && is_for_others(context, view, worst) {
            report.pass();
            continue;
        }
        // What stands behind a shared connection ends it for this flow, once it has a timeout of its own (`KP203`).
        let behind = endless_calls(context, view, worst);
        if !behind.is_empty() && is_for_others(context, view, worst) {
            for element in behind {
                report.cannot_tell(element, "dependency.timeout");
            }
            continue;
        }
        // Where the work alone is too long, no timeout is the reason.
        let by_work = worst.largest.is_empty() || missed(context, view, threshold, objective).is_some();
        if !by_work {
            report.find(found(context, view, slo, threshold, worst));
        }
    }
}

/// The calls of the answer that should have a timeout and have none, those behind a timeout included.
fn endless_calls(context: &Context<'_>, view: FlowView<'_>, worst: &WorstCase) -> Vec<Element> {
    let name = |index| context.graph.name(index).to_owned();
    let calls = view.expansion.calls.iter().zip(&worst.calls);
    calls
        .filter(|(made, limit)| {
            made.in_answer && limit.is_some_and(|limit| !limit.limited) && !needs_no_timeout(context.review, made)
        })
        .map(|(made, _)| Element::Dependency(name(made.from), name(made.to)))
        .collect()
}

/// Whether the largest term is a timeout that another flow shares: it is set for the most patient of them.
fn is_for_others(context: &Context<'_>, view: FlowView<'_>, worst: &WorstCase) -> bool {
    worst.largest.last().is_some_and(|call| {
        let made = &view.expansion.calls[*call];
        let name = |index| context.graph.name(index).to_owned();
        context.flows_through(&Element::Dependency(name(made.from), name(made.to))).len() > 1
    })
}

fn found(context: &Context<'_>, view: FlowView<'_>, slo: &Slo, threshold: f64, worst: &WorstCase) -> Draft {
    let id = view.flow.id();
    let calls = &view.expansion.calls;
    let Mended { way, remedy, fix } = mended(context, view, worst, threshold);
    let first = way.first().map(|call| calls[*call].from);
    let path: Vec<_> = first.into_iter().chain(way.iter().map(|call| calls[*call].to)).collect();
    let path = context.graph.path_names(&path);
    let seconds = worst.seconds.likely;
    let takes = if seconds.is_finite() { Seconds::new(seconds).to_string() } else { "without end".to_owned() };
    let terms: Vec<_> = way[worst.largest.len().saturating_sub(1)..]
        .iter()
        .take(3)
        .map(|call| {
            let made = &calls[*call];
            let (from, to) = (context.graph.name(made.from), context.graph.name(made.to));
            format!("{from} waits for {to} up to {}", term(context, view, worst, *call))
        })
        .collect();
    let mut message = format!(
        "{id} may take {takes} by its own timeouts, and {} allows {}: {}: {}",
        slo.id(),
        Seconds::new(threshold),
        if path.len() > 8 { format!("{} → … → {}", path[0], path[path.len() - 1]) } else { path.join(" → ") },
        terms.join(", and of that ")
    );
    if let Some(others) = others(worst, seconds) {
        message = format!("{message}; everything else takes {}", Seconds::new(others));
    }
    let by_policy = worst.by_leaves.likely > threshold * (1.0 + ROUNDING);
    let range = slo.threshold.map_or(threshold, |threshold| threshold.high().value());
    let certain = worst.seconds.low > range * (1.0 + ROUNDING);
    let mut draft = Draft::new(Element::Path(id.to_owned(), path), message, remedy)
        .severity(if by_policy && view.is_critical() { Severity::Medium } else { Severity::Low })
        .confidence(if certain { Confidence::Certain } else { Confidence::Likely })
        .fact("slo", Figure::Text(slo.id().to_owned()))
        .fact("threshold", Figure::Seconds(threshold))
        .fact("worst_case", Figure::Seconds(seconds));
    if let Some(fix) = fix {
        draft = draft.fix(fix);
    }
    draft
}

/// What a call may take, in words: `2·(250 ms × 3 + 20 ms of backoff)`.
fn term(context: &Context<'_>, view: FlowView<'_>, worst: &WorstCase, call: usize) -> String {
    let Some(limit) = worst.calls[call] else { return String::new() };
    let dependency = context.dependency_of(&view.expansion.calls[call]);
    let words = match dependency.filter(|_| limit.limited) {
        Some(dependency) => longest_wait_in_words(dependency),
        None => format!("{} without a timeout", Seconds::new(limit.once.likely)),
    };
    let count = limit.all.likely / limit.once.likely;
    if count > 1.0 { format!("{}·({words})", significant(count, 4)) } else { words }
}

/// What is not the largest term.
fn others(worst: &WorstCase, seconds: f64) -> Option<f64> {
    let call = worst.largest.last().and_then(|call| worst.calls[*call])?;
    let others = seconds - call.all.likely;
    (others.is_finite() && others > seconds * ROUNDING).then_some(others)
}

/// How a flow is brought within its threshold.
struct Mended {
    /// The calls from the entry to the last one that has to change.
    way: Vec<usize>,
    remedy: String,
    fix: Option<Fix>,
}

/// The way to the timeout that is too long: the largest term, and where that is only an upper end of what its callee
/// allows itself, on to the callee's largest term.
fn way_to_blame(view: FlowView<'_>, worst: &WorstCase, threshold: f64) -> Vec<usize> {
    let mut way = worst.largest.clone();
    if worst.by_leaves.likely <= threshold * (1.0 + ROUNDING) {
        return way;
    }
    while let Some(last) = way.last().copied() {
        let below = view.expansion.place(view.expansion.calls[last].to).map(|place| &worst.visits[place]);
        let Some(below) = below.filter(|below| !below.endless) else { break };
        let (Some(next), Some(limit)) = (below.largest, worst.calls[last]) else { break };
        if limit.by_leaves.likely >= limit.by_policy.likely * (1.0 - ROUNDING) {
            break;
        }
        way.push(next);
    }
    way
}

/// The most calls of one way that are shortened together.
const DEEPEST: usize = 6;

/// What to set, and the edit that sets it where it breaks nothing below.
///
/// The largest term first; where its callee would not fit any more, the largest term of the callee with it, and so on;
/// then all the calls in front together.
fn mended(context: &Context<'_>, view: FlowView<'_>, worst: &WorstCase, threshold: f64) -> Mended {
    let way = way_to_blame(view, worst, threshold);
    let limited = |call: &usize| worst.calls[*call].is_some_and(|limit| limit.limited);
    let mut chain: Vec<usize> = way.last().copied().filter(limited).into_iter().collect();
    let mut longer = way.clone();
    while let Some(last) = chain.last().copied().filter(|_| chain.len() <= DEEPEST) {
        if let Some((remedy, fix)) = set(context, view, worst, &chain, &chain[chain.len() - 1..]) {
            return Mended { way: longer, remedy, fix };
        }
        let below = view.expansion.place(view.expansion.calls[last].to).and_then(|place| worst.visits[place].largest);
        let Some(next) = below.filter(limited) else { break };
        chain.push(next);
        longer.push(next);
    }
    let front = in_front(view, worst);
    if let Some((remedy, fix)) = set(context, view, worst, &front, &front) {
        return Mended { way, remedy, fix };
    }
    let waits = way.last().and_then(|call| context.dependency_of(&view.expansion.calls[*call])).filter(|dependency| {
        let waits = waits_of(dependency).likely;
        waits >= threshold
    });
    let remedy = if let Some(dependency) = waits {
        format!(
            "set retry.cap and fewer retry.attempts on {} -> {}: the waits between its attempts alone are longer than {}",
            dependency.from(),
            dependency.to(),
            Seconds::new(threshold)
        )
    } else {
        deadline(context, view, worst, threshold)
    };
    Mended { way, remedy, fix: None }
}

/// Where no set of shorter timeouts fits what the callees allow themselves: one deadline, with its number.
fn deadline(context: &Context<'_>, view: FlowView<'_>, worst: &WorstCase, threshold: f64) -> String {
    let front = worst.largest.last().and_then(|call| {
        let fits = fits(context, view, worst, |index| (index == *call).then_some(f64::INFINITY));
        let fit = fits.into_iter().nth(*call).flatten()?;
        let made = &view.expansion.calls[*call];
        let (from, to) = (context.graph.name(made.from), context.graph.name(made.to));
        let (most, takes) = (Seconds::new(rounded_down(fit.timeout)), Seconds::new(fit.callee_takes));
        Some(format!(
            "set timeout ≤ {most} on {from} -> {to} and hand it down as a deadline, because {to} allows itself {takes}: {}",
            fit.because()
        ))
    });
    front.unwrap_or_else(|| {
        format!(
            "hand one deadline of {} down from {}, and do not start a call that cannot end before it: no single timeout is \
             short enough",
            Seconds::new(threshold),
            view.flow.entry()
        )
    })
}

/// The calls with a timeout that are not behind another one.
fn in_front(view: FlowView<'_>, worst: &WorstCase) -> Vec<usize> {
    let mut open = vec![false; view.expansion.components.len()];
    if let Some(first) = open.first_mut() {
        *first = true;
    }
    let mut front = Vec::new();
    for position in 0..open.len() {
        if !open[position] {
            continue;
        }
        for &call in view.expansion.components[position].steps.iter().flat_map(Step::calls) {
            match worst.calls[call] {
                Some(limit) if limit.limited => front.push(call),
                Some(_) => {
                    if let Some(callee) = view.expansion.place(view.expansion.calls[call].to) {
                        open[callee] = true;
                    }
                }
                None => {}
            }
        }
    }
    front
}

/// The order to set the timeouts of some calls, and the edit; `None` where one of them does not fit, or a callee of
/// `ends` would have less than it allows itself.
fn set(
    context: &Context<'_>,
    view: FlowView<'_>,
    worst: &WorstCase,
    calls: &[usize],
    ends: &[usize],
) -> Option<(String, Option<Fix>)> {
    let mut wanted = vec![false; view.expansion.calls.len()];
    for call in calls {
        wanted[*call] = true;
    }
    let fits = fits(context, view, worst, |call| wanted[call].then_some(f64::INFINITY));
    let fit_of = |call: usize| fits.get(call).and_then(Option::as_ref);
    let first = fit_of(*calls.first()?)?;
    let mut orders = Vec::new();
    let mut changes: Vec<(EntityRef, String)> = Vec::new();
    let mut safe = true;
    let mut changed = HashSet::new();
    for &call in calls {
        let fit = fit_of(call)?;
        let made = &view.expansion.calls[call];
        let seconds = rounded_down(fit.timeout);
        if ends.contains(&call) && seconds < fit.callee_takes {
            return None;
        }
        let stated = context.dependency_of(made).and_then(|dependency| dependency.timeout);
        if stated.is_some_and(|stated| stated.value() <= seconds) {
            continue;
        }
        let name = |index| context.graph.name(index).to_owned();
        let element = Element::Dependency(name(made.from), name(made.to));
        let entity = context.entity(&element)?;
        if !changed.insert(entity) {
            continue;
        }
        safe &= fit.leaves_room() && context.flows_through(&element).len() == 1;
        orders.push(format!("timeout ≤ {} on {element}", Seconds::new(seconds)));
        changes.push((entity, written(seconds)));
    }
    let told: Vec<_> = orders.iter().take(3).cloned().collect();
    let more = if orders.len() > 3 { format!(" and {} more", orders.len() - 3) } else { String::new() };
    let words = format!("set {}{more}: {}", told.join(", "), first.because());
    let title = match changes.as_slice() {
        [] => return None,
        [(_, value)] => format!("set timeout = {value}"),
        several => format!("shorten {} timeouts", several.len()),
    };
    let safety = if safe && changes.len() == 1 { FixSafety::Safe } else { FixSafety::Suggested };
    let set = |(entity, value)| Change::Set { entity, key: "timeout".to_owned(), value };
    Some((words, Some(Fix { title, safety, changes: changes.into_iter().map(set).collect() })))
}
