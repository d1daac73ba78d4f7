//! KP205: a component on a flow that works on any number of requests at once.

use crate::graph::ComponentIndex;
use crate::model::{Component, ComponentKind, Element, Fix, FixSafety, Overflow};
use crate::rules::checks::load::rate_of;
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Estimate, Quantity, thousands};
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

declare_rule! {
    "KP205" "unbounded-concurrency", Medium, Certain;
    summary: "a component on a flow that takes on any number of requests at once";
    reads: ["component.workers", "component.queue.limit", "component.rate_limit", "component.autoscale.max", "dependency.pool.size",
        "flow.users"];
    settings: [];
    detects: "A component that runs the team's own code (gateway, service, worker, function, model, or no `kind` given), is visited by \
        a flow and has no `workers` and no `rate_limit`; a `function` may have `autoscale.max` instead. Medium where nothing in front \
        limits it either: work reaches it from outside, or asynchronously, without passing a component with `workers`, a \
        `rate_limit` or a `pool` on the way. Low where its callers' limits hold it back, and where nothing at all is said about its \
        size. An entry that also refuses nothing is left to `KP408`. With a `queue` that states neither `limit` nor `wait` \
        it cannot tell; nor with a `queue` that has a `limit` and refuses, where only the number \
        of `workers` is missing.";
    why: "A component without a limit has one all the same: memory, file handles, or the patience of what it calls. When a \
        dependency slows down by ten, ten times as many requests are inside at the same arrival rate (L = λ·W), each holding memory and \
        a connection, until the process dies and its share moves to the others. A consumer without a limit does it after every \
        outage: it takes the whole backlog at once and passes it on to its store.";
    example: [
        "The mailer takes every event of the backlog at once:",
        "",
        "```toml",
        r#"component = [{ id = "api", kind = "service", workers = 16 }, { id = "events", kind = "queue" },"#,
        r#"             { id = "mailer", kind = "worker", replicas = 2 }]"#,
        r#"dependency = [{ from = "api", to = "events", mode = "async" }, { from = "events", to = "mailer", mode = "async" }]"#,
        r#"flow = [{ id = "order", entry = "api", calls = [{ from = "api", to = "events" }, { from = "events", to = "mailer" }] }]"#,
        "```",
    ];
    remedy: "Give it `workers`: threads, permits of a semaphore, prefetched messages, whatever the runtime calls it. Begin with twice the mean \
        number inside at the peak (arrival rate × holding time ÷ replicas) and let the next one wait in a short queue or be refused. \
        Check the framework: its default is a number, often a very large one.";
    verify: "Make the slowest dependency ten times slower at peak load. Requests in flight stop at the limit, memory stays flat, and the \
        excess is refused in milliseconds.";
    accept: "When the platform enforces a limit that the file cannot say, or the component is a proxy that holds no state for a request.";
    references: "`KP408` no-backpressure for entries, `KP307` connection-overcommit. The guide, *Control concurrency everywhere* and *Fast path checklist*. \
        Little, *A Proof for the Queuing Formula L = λW* (1961).";
}

/// Twice the mean leaves room for the ups and downs of arrivals.
const ROOM: f64 = 2.0;

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let reached = reached_without_limit(context);
    let mut needed = None;
    for (index, component) in context.components() {
        let element = Element::Component(component.id().to_owned());
        if !is_own_code(component) {
            continue;
        }
        let flows = context.flows_through(&element);
        if flows.is_empty() {
            continue;
        }
        if is_limited(component) {
            match &component.queue {
                Some(queue) if component.workers.is_some() && queue.limit.is_none() && queue.wait.is_none() => {
                    report.cannot_tell(element, "component.queue.limit");
                }
                _ => report.pass(),
            }
            continue;
        }
        if is_left_to_entries(context, component, index, &flows) {
            continue;
        }
        // Where something waits and is refused, somebody counts: only the number is not written down.
        if component.workers.is_none() && sheds_behind_a_limit(component) {
            report.cannot_tell(element, "component.workers");
            continue;
        }
        let needed = needed.get_or_insert_with(|| slots_needed(context));
        report.find(found(context, component, index, reached.contains(&index), needed));
    }
}

fn found(
    context: &Context<'_>,
    component: &Component,
    index: ComponentIndex,
    unheld: bool,
    needed: &HashMap<ComponentIndex, Option<f64>>,
) -> Draft {
    let id = component.id();
    let sized = component.replicas.is_some()
        || component.autoscale.is_some()
        || component.cores.is_some()
        || component.service_time.is_some()
        || component.queue.is_some();
    let most = if unheld { None } else { most_from_callers(context, id) };
    let message = match most {
        _ if unheld => {
            format!("{id} takes on any number of requests at once, and nothing in front of it holds them back")
        }
        Some(most) => format!(
            "{id} has no limit of its own: it takes on as many at once as its callers can send, {}",
            thousands(most)
        ),
        None => format!("{id} has no limit of its own: it takes on as many at once as its callers can send"),
    };
    let replicas = component.replicas.map_or(1.0, |replicas| replicas.value()).max(1.0);
    let computed = needed.get(&index).copied().flatten().map(|busy| (ROOM * busy / replicas).ceil().max(1.0));
    let workers = match (computed, most) {
        (Some(computed), _) => Some((computed, "twice the mean at the expected peak")),
        (None, Some(most)) => Some(((most / replicas).ceil().max(1.0), "what its callers can send, a replica")),
        (None, None) => None,
    };
    let workers = workers.filter(|(count, _)| (1.0..1e6).contains(count));
    let key = if component.kind == Some(ComponentKind::Function) { "autoscale.max" } else { "workers" };
    let remedy = match workers {
        Some((count, why)) => format!("set workers of {id} to {} or fewer: {why}", thousands(count)),
        None => format!("set {key} of {id}: arrival rate × holding time at the peak ÷ replicas, twice over"),
    };
    let mut draft = Draft::new(Element::Component(id.to_owned()), message, remedy)
        .severity(if unheld && sized { Severity::Medium } else { Severity::Low })
        .key(key);
    if let Some(most) = most {
        draft = draft.fact("callers_can_send", Figure::Count(most));
    }
    if let Some((count, _)) = workers {
        draft = draft.fact("workers", Figure::Count(count));
        if let Some(entity) = context.entity(&Element::Component(id.to_owned())) {
            draft = draft.fix(Fix::set(FixSafety::Suggested, entity, "workers", format!("{count:.0}")));
        }
    }
    draft
}

fn is_own_code(component: &Component) -> bool {
    let keeps = component.data.is_some() || component.cache.is_some() || component.broker.is_some();
    component.kind.map_or(!keeps, |kind| kind.is_compute() && kind != ComponentKind::Scheduler)
}

/// Zero is how many servers write "no limit".
fn positive<Q: Quantity>(stated: Option<Estimate<Q>>) -> Option<f64> {
    stated.map(|stated| stated.value()).filter(|value| *value > 0.0)
}

fn is_limited(component: &Component) -> bool {
    let scaled = component.autoscale.as_ref().and_then(|autoscale| positive(autoscale.max));
    positive(component.workers).is_some()
        || component.rate_limit.is_some()
        || (component.kind == Some(ComponentKind::Function) && scaled.is_some())
}

/// Whether it has a queue with an end, which says that there is a limit in front of which things queue.
fn sheds_behind_a_limit(component: &Component) -> bool {
    component.queue.as_ref().is_some_and(|queue| {
        positive(queue.limit).is_some() && matches!(queue.overflow, Some(Overflow::Reject | Overflow::DropOldest))
    })
}

/// Whether it passes requests on from outside without holding them back.
fn is_outside(component: &Component) -> bool {
    let overflow = component.queue.as_ref().and_then(|queue| queue.overflow);
    let sheds = matches!(overflow, Some(Overflow::Reject | Overflow::DropOldest));
    component.rate_limit.is_none()
        && !sheds
        && matches!(
            component.kind,
            Some(
                ComponentKind::Client
                    | ComponentKind::External
                    | ComponentKind::Cdn
                    | ComponentKind::Waf
                    | ComponentKind::LoadBalancer
            )
        )
}

/// Whether the rule about entries says it already: the component is where a flow comes in, and it refuses nothing.
fn is_left_to_entries(
    context: &Context<'_>,
    component: &Component,
    index: ComponentIndex,
    flows: &[FlowView<'_>],
) -> bool {
    let queue = component.queue.as_ref();
    let refuses = queue.is_some_and(|queue| queue.limit.is_some() || queue.wait.is_some() || queue.overflow.is_some());
    let from_outside = || {
        context.callers(component.id()).iter().any(|caller| {
            let call = Element::Dependency(caller.from().to_owned(), caller.to().to_owned());
            context.waits(caller)
                && context.component(caller.from()).is_some_and(is_outside)
                && !context.graph.flows_through(&call).is_empty()
        })
    };
    !refuses && (flows.iter().any(|view| view.expansion.entry == Some(index)) || from_outside())
}

/// The components without a limit that work reaches without passing one.
fn reached_without_limit(context: &Context<'_>) -> HashSet<ComponentIndex> {
    let mut onward: HashMap<ComponentIndex, Vec<ComponentIndex>> = HashMap::new();
    let mut open = Vec::new();
    for view in context.flows() {
        let closed = view.flow.users.is_some();
        let scheduled = |index| context.component_at(index).kind == Some(ComponentKind::Scheduler);
        open.extend(view.expansion.entry.filter(|entry| !closed && !scheduled(*entry)));
        for made in view.expansion.made().filter(|made| view.is_ever_made(made)) {
            let pooled = context
                .dependency_of(made)
                .is_some_and(|dependency| dependency.pool.as_ref().is_some_and(|pool| pool.size.is_some()));
            if !made.synchronous {
                if !scheduled(made.from) {
                    open.push(made.to);
                }
            } else if !pooled {
                onward.entry(made.from).or_default().push(made.to);
            }
        }
    }
    let mut reached = HashSet::new();
    while let Some(index) = open.pop() {
        let component = context.component_at(index);
        if !is_limited(component) && reached.insert(index) {
            open.extend(onward.remove(&index).unwrap_or_default());
        }
    }
    reached
}

/// How many requests the callers that wait can have in a component at once, scaled out; `None` where one does not say.
fn most_from_callers(context: &Context<'_>, id: &str) -> Option<f64> {
    let mut most = 0.0;
    for dependency in context.callers(id).into_iter().filter(|caller| context.waits(caller)) {
        let caller = context.caller(dependency)?;
        let scaled = caller.autoscale.as_ref().and_then(|autoscale| autoscale.max);
        let replicas = scaled.or(caller.replicas).map_or(1.0, |replicas| replicas.value());
        let pool = dependency.pool.as_ref().and_then(|pool| positive(pool.size));
        most += replicas * pool.or_else(|| positive(caller.workers))?;
    }
    (most > 0.0).then_some(most)
}

/// Busy slots of the components that wait for nobody, at the expected peak: arrival rate × service time. `None` where
/// the file does not say enough.
fn slots_needed(context: &Context<'_>) -> HashMap<ComponentIndex, Option<f64>> {
    let growth = &context.review.growth;
    let mut needed: HashMap<ComponentIndex, Option<f64>> = HashMap::new();
    for view in context.flows() {
        let traffic = growth.traffic.map_or(1.0, |traffic| traffic.value());
        let peak = view.flow.peak.or(growth.peak).map_or(1.0, |peak| peak.value());
        let rate = rate_of(context, view).map(|rate| rate * (traffic * peak).max(1.0));
        let mut add = |index: ComponentIndex, times: f64, time: Option<f64>| {
            let slot = needed.entry(index).or_insert(Some(0.0));
            *slot = slot.zip(rate).zip(time).map(|((sum, rate), time)| sum + rate * times * time);
        };
        let own = |index| context.component_at(index).service_time.map(|time| time.mean.value());
        if let Some(entry) = view.expansion.entry {
            add(entry, 1.0, own(entry));
        }
        for made in view.expansion.made() {
            let time = view.call(made).and_then(|call| call.service_time).map(|time| time.mean.value());
            add(made.to, made.per_request.likely, time.or_else(|| own(made.to)));
            if made.synchronous {
                // Waiting holds its slots too, for a time that is not said here.
                add(made.from, 0.0, None);
            }
        }
    }
    needed
}
