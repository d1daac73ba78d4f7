//! KP321: a write that becomes so many writes that their consumers cannot follow.

use crate::capacity::{Resource, ResourceKind};
use crate::graph::ComponentIndex;
use crate::model::{Component, Element, Operation};
use crate::rules::checks::load::load_of;
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Multiple, PerSecond, Quantity, Seconds, significant, thousands};
use foldhash::{HashMap, HashMapExt};
use std::collections::BTreeMap;

declare_rule! {
    "KP321" "fan-out-on-write", Medium, Certain;
    summary: "the asynchronous fan-out of a write outgrows its consumers, or one heavy write occupies them for long";
    reads: ["flow.calls.count", "flow.operation", "dependency.operation", "flow.rate", "growth.traffic", "component.workers",
        "component.replicas", "component.service_time", "dependency.network"];
    settings: [
        fan_out = 10.0, "From so many calls for one write it is a fan-out.",
            "Below it the write and its copies are of one order, and other rules judge them.";
        heavy = 60.0, "One heavy write may keep all consumers busy for so many seconds.",
            "A minute: after it the other writes are visibly late; your own promise of freshness is better.";
    ];
    detects: "In a flow that writes (`operation` of the flow, or of the dependency), a call outside the answer with a `count` of 10 or more. It fires where the consumer that makes the \
        calls, or the component that takes them, is past saturation at today's rate × growth (peaks wait in the line before it), at least half of it by these calls: \
        medium, high where today's rate is too much already. And where `count` is a range whose high end, the heavy few, keeps all workers \
        of the consumer busy for longer than 60 seconds (high end × (network + service time) ÷ its workers): medium, likely. It passes where both fit: a hybrid, which \
        does not fan out for the heavy few, shows as a smaller high end. Where the consumer's workers or the time of one of the calls are \
        missing, the rule cannot tell.";
    why: "Writes arrive at a rate, and each becomes hundreds. The product is what the consumers must carry, and it grows with the square of a \
        social product: more users, and more followers for each. The few with millions of followers are the worst: one sentence of \
        theirs fills the line, and everybody else's is late behind it.";
    example: [
        "40 posts a second, 150 entries each, and workers for 4,000 entries a second:",
        "",
        "```toml",
        r#"growth = { traffic = 1.5, peak = 2.0, horizon = "12mo" }"#,
        r#"component = [{ id = "api" }, { id = "posts", kind = "stream" }, { id = "fanout", kind = "worker", replicas = 4, workers = 2 },"#,
        r#"             { id = "timelines", kind = "database", service_time = "1ms", workers = 64 }]"#,
        r#"dependency = [{ from = "api", to = "posts" }, { from = "posts", to = "fanout", mode = "stream" },"#,
        r#"              { from = "fanout", to = "timelines", network = "1ms", operation = "write" }]"#,
        r#"flow = [{ id = "publish", entry = "api", rate = "40/s", operation = "write", calls = [{ from = "api", to = "posts" },"#,
        r#"          { from = "posts", to = "fanout" }, { from = "fanout", to = "timelines", count = 150 }] }]"#,
        "```",
    ];
    remedy: "Fan out for the many and not for the few: above a number of followers, merge at read time. Write in batches, skip readers who are \
        away, and give heavy writers a line of their own.";
    verify: "Let the heaviest writer write at peak in a test: the age of the oldest entry of the others stays within the promise.";
    accept: "When the audience is bounded by the product (a team, a room), and the bound is in the range.";
    references: "The guide, *Example 2: Social feed*. `KP606` backlog-does-not-drain, `KP202` wide-sync-fan-out for fan-out within an answer.";
}

/// A fan-out: who makes the calls and who takes them.
struct FanOut<'a> {
    flows: Vec<&'a str>,
    /// Calls a second, today.
    rate: f64,
    /// Growth over today, weighted by calls.
    grown: f64,
    /// Calls of one write: likely, and for the heaviest.
    count: f64,
    most: f64,
    /// Time of one call, in seconds.
    each: Option<f64>,
    missing: Option<(Element, &'static str)>,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let least = report.threshold("fan_out");
    let mut found: BTreeMap<(ComponentIndex, ComponentIndex), FanOut<'_>> = BTreeMap::new();
    for view in context.flows() {
        collect(context, view, least, &mut found);
    }
    if found.is_empty() {
        return;
    }
    let mut workers: HashMap<&str, &Resource> = HashMap::new();
    for resource in context.capacity.resources.iter().filter(|resource| resource.kind == ResourceKind::Workers) {
        if let Element::Component(id) = &resource.element {
            workers.insert(id, resource);
        }
    }
    for ((from, to), fan_out) in found {
        judge(context, report, (context.component_at(from), context.component_at(to)), &fan_out, &workers);
    }
}

fn collect<'a>(
    context: &Context<'a>,
    view: FlowView<'a>,
    least: f64,
    found: &mut BTreeMap<(ComponentIndex, ComponentIndex), FanOut<'a>>,
) {
    for made in view.expansion.made().filter(|made| !made.in_answer) {
        let Some(count) = view.call(made).and_then(|call| call.count).filter(|count| count.high().value() >= least)
        else {
            continue;
        };
        let dependency = context.dependency_of(made);
        let operation = dependency.and_then(|dependency| dependency.operation).or(view.flow.operation);
        // What a publisher hands to a broker is one message for all; who takes it fans it out.
        if !operation.is_some_and(Operation::writes) {
            continue;
        }
        let callee = context.component_at(made.to);
        let time = view.call(made).and_then(|call| call.service_time).or(callee.service_time);
        let network = dependency.and_then(|dependency| dependency.network).map_or(0.0, |network| network.value());
        let fan_out = found.entry((made.from, made.to)).or_insert_with(|| FanOut {
            flows: Vec::new(),
            rate: 0.0,
            grown: 0.0,
            count: 0.0,
            most: 0.0,
            each: None,
            missing: None,
        });
        if fan_out.flows.last() != Some(&view.flow.id()) {
            fan_out.flows.push(view.flow.id());
        }
        match load_of(context, view) {
            Some(load) => {
                fan_out.rate += load.today * made.per_request.likely;
                fan_out.grown += load.steady * made.per_request.likely;
            }
            None => fan_out.missing = Some((Element::Flow(view.flow.id().to_owned()), "flow.rate")),
        }
        match time {
            Some(time) => fan_out.each = Some(fan_out.each.unwrap_or(0.0).max(time.mean.value() + network)),
            None => fan_out.missing = Some((Element::Component(callee.id().to_owned()), "component.service_time")),
        }
        fan_out.count = fan_out.count.max(count.value());
        fan_out.most = fan_out.most.max(count.high().value());
    }
}

fn judge(
    context: &Context<'_>,
    report: &mut Report<'_>,
    ends: (&Component, &Component),
    fan_out: &FanOut<'_>,
    workers: &HashMap<&str, &Resource>,
) {
    let (from, to) = (ends.0.id(), ends.1.id());
    let element = Element::Dependency(from.to_owned(), to.to_owned());
    let growth = if fan_out.rate > 0.0 { fan_out.grown / fan_out.rate } else { 1.0 };
    let full = [from, to].into_iter().filter_map(|id| {
        let resource = workers.get(id)?;
        let today = resource.utilisation.likely / context.capacity.load;
        // What other work fills is no matter of the fan-out: half of it at least must be these calls.
        let calls = fan_out.rate * fan_out.each? / resource.capacity.likely;
        (today * growth > 1.0 + 1e-9 && calls >= today / 2.0).then_some((id, today, *resource))
    });
    let worst = full.max_by(|a, b| a.1.total_cmp(&b.1));
    let slots = workers.get(from).map(|resource| resource.capacity.likely).filter(|slots| *slots > 0.0);
    let heavy = fan_out.each.zip(slots).map(|(each, slots)| fan_out.most * each / slots);
    let too_heavy = heavy.filter(|seconds| *seconds > report.threshold("heavy") && fan_out.most > fan_out.count);
    let draft = if let Some((id, today, resource)) = worst {
        let fits = fan_out.count / (today * growth);
        Draft::new(
            element,
            format!(
                "one write becomes {} calls of {from} to {to}, {} today: the {} of {id} are full at {} today's load, and {} is expected without any peak",
                thousands(fan_out.count),
                PerSecond::new(fan_out.rate),
                resource.kind.called(),
                Multiple::new((1.0 / today).max(f64::MIN_POSITIVE)),
                Multiple::new(growth)
            ),
            format!(
                "fan out to fewer than {} a write on average (merge heavy writers at read time, write in batches), or give {id} {} times its workers",
                significant(fits.floor().max(1.0), 4),
                significant(today * growth, 2)
            ),
        )
        .severity(if today > 1.0 { Severity::High } else { Severity::Medium })
        .fact("full_at_load", Figure::Count(1.0 / today))
        .fact("expected_load", Figure::Count(growth))
    } else if let Some(seconds) = too_heavy {
        Draft::new(
            element,
            format!(
                "the heaviest write becomes {} calls of {from} to {to}, {} on average: it alone keeps all workers of {from} busy for {}",
                thousands(fan_out.most),
                thousands(fan_out.count),
                Seconds::new(seconds)
            ),
            format!(
                "do not fan out above {} calls a write: merge those few at read time, or give them a line of their own",
                thousands((fan_out.most * report.threshold("heavy") / seconds).floor().max(1.0))
            ),
        )
        .confidence(Confidence::Likely)
        .fact("heaviest_write", Figure::Seconds(seconds))
    } else {
        match (&fan_out.missing, slots) {
            (Some((element, key)), _) => report.cannot_tell(element.clone(), key),
            (None, None) => report.cannot_tell(Element::Component(from.to_owned()), "component.workers"),
            (None, Some(_)) => report.pass(),
        }
        return;
    };
    report.find(
        draft
            .fact("calls_per_write", Figure::Count(fan_out.count))
            .fact("call_rate", Figure::PerSecond(fan_out.rate))
            .flows(fan_out.flows.iter().map(|flow| (*flow).to_owned()).collect())
            .key("count"),
    );
}
