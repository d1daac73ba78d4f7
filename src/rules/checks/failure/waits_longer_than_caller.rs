//! KP419: a waiting room in which requests outlive the patience of whoever sent them.

use crate::model::{Element, Fix, FixSafety};
use crate::rules::checks::worst_case::first_to_give_up;
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Seconds, significant};
use foldhash::{HashMap, HashMapExt};

declare_rule! {
    "KP419" "waits-longer-than-caller", Medium, Certain;
    summary: "a request may wait in a queue or for a connection for as long as its caller's whole timeout";
    reads: ["component.queue.wait", "dependency.pool.wait", "dependency.timeout", "flow.critical"];
    settings: [];
    detects: "A component whose `queue.wait` is at least the shortest timeout of its synchronous callers, and a synchronous dependency whose \
        `pool.wait` is at least the shortest timeout of those who call its caller: what has waited that long is then worked on for \
        nobody. Waits of 0 are no waits, and timeouts of 0 none. Medium on a critical flow, low elsewhere.";
    why: "Under overload the queue fills up to its limit, and from then on every request that leaves it has waited the full time. If that is as \
        long as its caller's patience, the system works at full speed on answers that nobody receives any more: all of its throughput \
        is thrown away, the callers retry, and it does not recover by itself. It is the usual form of a brown-out.";
    example: [
        "Requests may wait two seconds for a caller that leaves after one:",
        "",
        "```toml",
        r#"component = [{ id = "gateway" }, { id = "api", workers = 32, queue = { limit = 500, wait = "2s", overflow = "reject" } }]"#,
        r#"dependency = [{ from = "gateway", to = "api", mode = "sync", timeout = "1s" }]"#,
        "```",
    ];
    remedy: "Let nothing wait longer than half of its caller's timeout, so that half is left for the work, and refuse what would. Or take the \
        newest first when the queue is long, and drop what is too old before working on it.";
    verify: "Overload the component for a minute: the requests it answers are answered in time, and the share of finished work whose \
        caller was gone is near nothing.";
    accept: "When the caller's deadline travels with the request and is checked before the work begins.";
    references: "`KP204` timeout-inversion, `KP408` no-backpressure. The guide, *Little's Law: why queues become latency*. Amazon Builders' \
        Library, *Avoiding insurmountable queue backlogs*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    for (_, component) in context.components() {
        let wait = component.queue.as_ref().and_then(|queue| queue.wait).map_or(0.0, |wait| wait.value());
        let Some((timeout, caller)) = first_to_give_up(context, component.id()).filter(|_| wait > 0.0) else {
            continue;
        };
        if wait < timeout {
            report.pass();
            continue;
        }
        let id = component.id();
        let message = format!(
            "a request may wait {} in the queue of {id}, and {caller} leaves after {}",
            Seconds::new(wait),
            Seconds::new(timeout)
        );
        report.find(found(context, &Element::Component(id.to_owned()), message, "queue.wait", wait, timeout));
    }
    let mut patience: HashMap<&str, Option<(f64, &str)>> = HashMap::new();
    for dependency in context.dependencies().filter(|dependency| context.waits(dependency)) {
        let wait = dependency.pool.as_ref().and_then(|pool| pool.wait).map_or(0.0, |wait| wait.value());
        if wait <= 0.0 {
            continue;
        }
        let (from, to) = (dependency.from(), dependency.to());
        let first = *patience.entry(from).or_insert_with(|| first_to_give_up(context, from));
        let Some((timeout, caller)) = first else { continue };
        if wait < timeout {
            report.pass();
            continue;
        }
        let message = format!(
            "{from} may wait {} for a connection to {to}, and {caller}, who waits for {from}, leaves after {}",
            Seconds::new(wait),
            Seconds::new(timeout)
        );
        let element = Element::Dependency(from.to_owned(), to.to_owned());
        report.find(found(context, &element, message, "pool.wait", wait, timeout));
    }
}

fn found(
    context: &Context<'_>,
    element: &Element,
    message: String,
    key: &'static str,
    wait: f64,
    timeout: f64,
) -> Draft {
    let critical: Vec<String> = context
        .flows_through(element)
        .iter()
        .filter(|view| view.is_critical())
        .map(|view: &FlowView<'_>| view.flow.id().to_owned())
        .collect();
    let severity = if critical.is_empty() { Severity::Low } else { Severity::Medium };
    let half = format!("{}ms", significant(timeout * 500.0, 3));
    let remedy =
        format!("set {key} = \"{half}\" on {element}, half of that timeout, so that there is time left for the work");
    let mut draft = Draft::new(element.clone(), message, remedy)
        .severity(severity)
        .fact("wait", Figure::Seconds(wait))
        .fact("timeout", Figure::Seconds(timeout))
        .key(key);
    if !critical.is_empty() {
        draft = draft.flows(critical);
    }
    match context.entity(element) {
        Some(entity) => draft.fix(Fix::set(FixSafety::Suggested, entity, key, half)),
        None => draft,
    }
}
