//! KP405: one hanging dependency can take all workers of its caller.

use super::edges::{Edge, awaited, named, survives_without};
use crate::capacity::ResourceKind;
use crate::graph::{ComponentIndex, FlowIndex};
use crate::model::{Change, Component, Dependency, Element, Fix, FixSafety};
use crate::rules::checks::load::{expected_load, is_background, most_replicas, most_slots, rate_of};
use crate::rules::checks::worst_case::{longest_wait, longest_wait_in_words, retries, timeout};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{PerSecond, Quantity, Seconds, significant, thousands};
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

declare_rule! {
    "KP405" "no-bulkhead", Medium, Likely;
    summary: "a hanging dependency can hold all workers of its caller, and work that does not need it stops too";
    reads: ["component.workers", "component.replicas", "component.autoscale.max", "dependency.timeout", "dependency.retry",
        "dependency.pool.size", "dependency.pool.wait", "flow.rate", "flow.calls"];
    settings: [];
    detects: "A synchronous dependency whose calls, if each takes as long as its own limits allow (timeout × attempts + backoff), hold at \
        least as many workers as its caller has: calls/s × that time, at the load that the review expects (growth × peak) and with the \
        caller scaled out. A `pool` caps it: at most `size` a replica are held, and of the calls that find none free, the rest × \
        `pool.wait`. It counts only where the same workers serve somebody who would be fine: a flow that visits the caller without this \
        call, or one that survives without it; work that a clock, a worker or a broker starts does not count, it waits. High where such a flow is critical and no `breaker` ends the hanging, else medium. \
        Without a timeout, a rate or, where a pool alone would not decide, `pool.wait`, the rule cannot tell. Callers without \
        `workers` are `KP205`'s.";
    why: "Workers do not know whom they wait for. When one dependency stops answering, each request that needs it parks a worker until the \
        timeout, and after some seconds all of them are parked. From then on the flows that never call it fail as well: a slow \
        recommendation takes the checkout down, and the dashboards show a healthy database and idle processors. A breaker alone does not \
        help against answers that come just before the timeout.";
    example: [
        "Sixteen workers; while `quotes` hangs, 40/s × 1 s wait for it, and `pay`, which does not need it, waits behind them:",
        "",
        "```toml",
        r#"component = [{ id = "api", workers = 16 }, { id = "quotes" }, { id = "ledger" }]"#,
        r#"dependency = [{ from = "api", to = "quotes", mode = "sync", timeout = "1s" }, { from = "api", to = "ledger", mode = "sync", timeout = "100ms" }]"#,
        r#"flow = [{ id = "look", entry = "api", rate = "40/s", calls = [{ from = "api", to = "quotes" }] },"#,
        r#"        { id = "pay", entry = "api", rate = "10/s", critical = true, calls = [{ from = "api", to = "ledger" }] }]"#,
        "```",
    ];
    remedy: "Give the dependency a pool of its own, smaller than the workers: what it needs at the peak and a little more, with a wait of \
        milliseconds and a refusal behind it. Shorten the timeout as far as its p99.9 allows. Or serve what must not stop from \
        workers of its own.";
    verify: "Let the callee hang under peak load: workers in use rise to the size of the pool and stay there, the other flows keep their \
        latency, and the refused calls get their stand-in within milliseconds.";
    accept: "When the caller holds no worker while it waits (an event loop without a limit of its own): leave `workers` out then, and say \
        what does limit it.";
    references: "`KP203` missing-timeout, `KP404` no-circuit-breaker. The guide, *Resilience* (bulkheads) and *Control concurrency \
        everywhere*. Little's law: held = rate × time.";
}

/// What the calls over an edge hold of their caller, once the callee hangs.
struct Hang {
    /// Calls a second at the expected load.
    calls: f64,
    /// How long each waits.
    wait: f64,
    /// Workers of the caller at its largest.
    slots: f64,
    /// Workers that would be held, with what the pool allows.
    held: f64,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut visitors: Visitors<'_> = HashMap::new();
    for edge in &awaited(context) {
        let Some(slots) = most_slots(edge.from).filter(|slots| *slots > 0.0) else { continue };
        let pool = edge.dependency.pool.as_ref();
        let size = pool.and_then(|pool| pool.size).map(|size| size.value() * replicas_of(edge.from));
        let Some(wait) = hanging(edge.dependency) else {
            if size.is_none() && !victims(context, edge, &mut visitors).is_empty() {
                report.cannot_tell(edge.element(), "dependency.timeout");
            }
            continue;
        };
        let rate = |view| rate_of(context, view).map(|rate| rate * expected_load(context, view));
        let calls: f64 = edge.uses.iter().filter_map(|used| Some(rate(used.view)? * used.per_request)).sum();
        let alone = if calls == 0.0 { 0.0 } else { calls * wait };
        if alone < slots {
            let unknown = edge.uses.iter().find(|used| rate_of(context, used.view).is_none());
            match unknown.filter(|_| size.is_none() && !victims(context, edge, &mut visitors).is_empty()) {
                Some(used) => report.cannot_tell(Element::Flow(used.view.flow.id().to_owned()), "flow.rate"),
                None => report.pass(),
            }
            continue;
        }
        let held = match size {
            None => alone,
            Some(size) if size >= slots => alone,
            Some(size) => {
                let refused = (calls - size / wait).max(0.0);
                let Some(queueing) = pool.and_then(|pool| pool.wait).map(|wait| wait.value()) else {
                    if !victims(context, edge, &mut visitors).is_empty() {
                        report.cannot_tell(edge.element(), "dependency.pool.wait");
                    }
                    continue;
                };
                size + refused * queueing
            }
        };
        let starved = if held >= slots { victims(context, edge, &mut visitors) } else { Vec::new() };
        if starved.is_empty() {
            report.pass();
            continue;
        }
        report.find(found(context, edge, &Hang { calls, wait, slots, held }, &starved));
    }
}

/// How long a call hangs by its own limits, the wait for a connection left out: that is held as well, and counted apart.
fn hanging(dependency: &Dependency) -> Option<f64> {
    let waiting = dependency.pool.as_ref().and_then(|pool| pool.wait).map_or(0.0, |wait| wait.value());
    let all = longest_wait(dependency)?;
    let shortest = timeout(dependency).unwrap_or_default();
    Some((all - waiting * (1.0 + retries(dependency))).max(shortest))
}

/// Replicas of a caller when it has scaled out as far as it may.
fn replicas_of(component: &Component) -> f64 {
    most_replicas(component).unwrap_or(1.0)
}

/// Who uses the workers of a caller: critical flows first, and only those that somebody waits for.
type Visitors<'a> = HashMap<ComponentIndex, Vec<FlowView<'a>>>;

/// Flows that need the caller's workers and not the callee, critical ones first; no more than anybody reads.
fn victims<'a>(context: &Context<'a>, edge: &Edge<'a>, visitors: &mut Visitors<'a>) -> Vec<FlowView<'a>> {
    let all = visitors.entry(edge.from_index).or_insert_with(|| {
        let mut flows = context.flows_through(&Element::Component(edge.from.id().to_owned()));
        flows.retain(|view| !is_background(context, *view));
        flows.sort_by_key(|view| !view.is_critical());
        flows
    });
    let survives = survives_without(context, edge.dependency);
    let needing: HashSet<FlowIndex> =
        if survives { HashSet::new() } else { edge.uses.iter().map(|used| used.view.expansion.flow).collect() };
    all.iter().filter(|view| !needing.contains(&view.expansion.flow)).take(LISTED).copied().collect()
}

/// As many flows as a finding lists.
const LISTED: usize = 50;

fn found(context: &Context<'_>, edge: &Edge<'_>, hang: &Hang, starved: &[FlowView<'_>]) -> Draft {
    let (from, to) = (edge.from.id(), edge.to.id());
    let Hang { calls, wait, slots, held } = *hang;
    let critical = starved.iter().any(FlowView::is_critical);
    let hurt: Vec<String> =
        starved.iter().filter(|view| !critical || view.is_critical()).map(|view| view.flow.id().to_owned()).collect();
    let severity = if critical && edge.dependency.breaker.is_none() { Severity::High } else { Severity::Medium };
    let pool = edge.dependency.pool.as_ref().and_then(|pool| pool.size);
    let why = match pool {
        None => String::new(),
        Some(size) if size.value() * replicas_of(edge.from) >= slots => {
            format!(", and its pool of {size} is no smaller than the workers")
        }
        Some(size) => format!(", {size} of its pool each and the rest waiting for one"),
    };
    let message = format!(
        "while {to} hangs, its calls would hold {} workers of {from}, which has {}: {} × {}{}{why}; {} does not need {to} and stops too",
        thousands(held.ceil()),
        thousands(slots),
        PerSecond::new(calls),
        Seconds::new(wait),
        if edge.dependency.retry.is_some() {
            format!(" ({})", longest_wait_in_words(edge.dependency))
        } else {
            String::new()
        },
        named(&hurt)
    );
    let sized = size(context, edge, hang);
    let remedy = match &sized {
        Some((size, wait)) => format!(
            "give {from} -> {to} a pool of {size} a replica with a wait of {}: at most {size} of {} workers then hang",
            Seconds::new(*wait),
            significant(slots / replicas_of(edge.from), 6)
        ),
        None => format!(
            "make the timeout of {from} -> {to} shorter than {}, or serve {} from workers of its own",
            Seconds::new(slots / calls),
            named(&hurt)
        ),
    };
    let mut draft = Draft::new(edge.element(), message, remedy)
        .severity(severity)
        .fact("held", Figure::Count(held.ceil()))
        .fact("workers", Figure::Count(slots))
        .fact("calls", Figure::PerSecond(calls))
        .fact("wait", Figure::Seconds(wait))
        .flows(hurt)
        .key("pool");
    if let Some(((size, wait), entity)) = sized.zip(context.entity(&edge.element())) {
        let set = |key: &str, value: String| Change::Set { entity, key: key.to_owned(), value };
        draft = draft.fix(Fix {
            title: format!("give it a pool of {size} with a wait of {}", Seconds::new(wait)),
            safety: FixSafety::Suggested,
            changes: vec![set("pool.size", size.to_string()), set("pool.wait", format!("{}ms", wait * 1e3))],
        });
    }
    draft
}

/// Where the workers of each component stand among the resources.
struct Workers(HashMap<String, usize>);

fn workers(context: &Context<'_>) -> Workers {
    let mut places = HashMap::new();
    for (place, resource) in context.capacity.resources.iter().enumerate() {
        if let (ResourceKind::Workers, Element::Component(id)) = (resource.kind, &resource.element) {
            places.entry(id.clone()).or_insert(place);
        }
    }
    Workers(places)
}

/// A pool that carries twice what the calls hold in good health at the expected load, leaves half of the workers free
/// while the callee hangs, and the wait that goes with it; `None` where there is none.
fn size(context: &Context<'_>, edge: &Edge<'_>, hang: &Hang) -> Option<(u64, f64)> {
    let replicas = replicas_of(edge.from);
    let half = hang.slots / replicas / 2.0;
    let today: f64 = edge.uses.iter().filter_map(|used| Some(rate_of(context, used.view)? * used.per_request)).sum();
    // Workers that wait for the callee in good health, as computed, brought to the expected load.
    let workers = context.capacity.resources.get(*context.table(|| workers(context)).0.get(edge.from.id())?)?;
    let waiting = workers.waiting_for.iter().find(|(name, _)| name == edge.to.id()).map_or(0.0, |(_, share)| *share);
    let healthy = waiting * workers.capacity.likely / context.capacity.load.max(f64::MIN_POSITIVE);
    let needed = (2.0 * healthy * hang.calls / today / replicas).ceil().max(1.0);
    // Of the half that may hang, what the pool does not hold may wait for it.
    let size = needed.min((half / 2.0).floor().max(1.0));
    if !needed.is_finite() || size < needed || size * 2.0 > half * 2.0 - 1.0 {
        return None;
    }
    let longest = (half - size).max(0.0) * replicas / hang.calls;
    let wait = [0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001].into_iter().find(|wait| *wait <= longest)?;
    Some((size as u64, wait))
}
