//! KP604: a configured limit is reached while the processors idle, and nothing that watches processors notices.

use super::places::{Place, places, reaches};
use crate::capacity::{Resource, ResourceKind};
use crate::model::{Component, Element};
use crate::rules::context::Context;
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::{Quantity, Ratio, significant};
use foldhash::{HashMap, HashMapExt};

declare_rule! {
    "KP604" "pool-before-processor", Medium, Likely;
    summary: "workers or a pool are full while the processors idle, so that scaling by processor never starts, or hardware is paid for nothing";
    reads: ["component.workers", "component.cores", "component.service_time", "component.autoscale.metric", "component.autoscale.target",
        "dependency.pool.size", "growth.peak"];
    settings: [
        idle = 0.5, "Processors less busy than this share idle, where no autoscaling target says otherwise", "own choice: half of what is paid for stands still";
    ];
    detects: "A component that runs code, and the workers or a pool of its own that fill first as load rises from today's. How busy its \
        processors are then follows from the computed utilisations (`cores`, or the own work of the workers where every worker is taken to \
        have one). Two cases. *Blind scaling*: it autoscales by a processor metric (`metric` names cpu or processor), the share is below its \
        `target`, and today's replicas do not carry the expected peak: nothing will start more. High where a critical flow waits for it, else \
        medium. *Idle hardware*: without such autoscaling, the workers or pool are full at the expected peak (`KP601` says so) with \
        processors less busy than `idle`: low, it tells where not to spend.";
    why: "The request waits for a free worker or connection, not for a processor, so the one graph that everybody looks at and that scaling follows \
        stays green. Autoscaling that watches it sees a component that becomes less busy the slower it gets, and at worst takes \
        replicas away. Larger machines change nothing.";
    example: [
        "Workers wait for a provider; at 100 % of them the processors are at 5 %, and scaling waits for 60 %:",
        "",
        "```toml",
        r#"growth = { peak = 4.0 }"#,
        r#"component = [{ id = "api", kind = "service", replicas = 2, workers = 16, cores = 4, service_time = "2ms", autoscale = { min = 2, max = 10, metric = "cpu", target = 0.6 } }, { id = "provider", service_time = "150ms" }]"#,
        r#"dependency = [{ from = "api", to = "provider", mode = "sync", network = "8ms" }]"#,
        r#"flow = [{ id = "quote", entry = "api", critical = true, rate = "100/s", calls = [{ from = "api", to = "provider" }] }]"#,
        "```",
    ];
    remedy: "Scale by what fills: requests in flight, or the share of busy workers or connections. Or raise the limit until the processors are \
        what fills, if what is behind it can take that. Shorten what the workers wait for.";
    verify: "Raise the load step by step with scaling on: replicas are added before the workers are full, and waiting for a worker or \
        connection stays near nothing.";
    accept: "When the limit is there to protect what is behind it, and the excess is refused on purpose.";
    references: "`KP601` saturates-at-peak, `KP319` autoscaling-too-slow, `KP701` processor-fine-tail-not. The guide, *Failure signature: \"CPU is \
        fine, but p99 is not\"*.";
}

/// What fills first of a component's own limits, and how busy its processors are then.
struct First<'a> {
    resource: &'a Resource,
    processors: f64,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let idle = report.threshold("idle");
    let first = first(context);
    // For each component its fullest place at the peak: the worst is what has to be scaled for.
    let mut worst: HashMap<&str, &Place<'_>> = HashMap::new();
    let places = places(context);
    for place in places.iter().filter(|place| place.answers) {
        worst.entry(place.owner.id()).or_insert(place);
    }
    for (_, component) in context.components() {
        let (Some(first), Some(place)) = (first.get(component.id()), worst.get(component.id())) else { continue };
        let compute = component.kind.is_none_or(crate::model::ComponentKind::is_compute);
        if !compute || first.resource.kind == ResourceKind::Cores {
            continue;
        }
        let scaling = scaling(component);
        let full_at = first.resource.saturates_at.likely;
        match scaling {
            Scaling::At(target) if first.processors < target && reaches(place.peak(), full_at) => {
                report.find(blind(component, place, first, target));
            }
            Scaling::AtUnsaid if reaches(place.peak(), full_at) && first.processors < 1.0 => {
                report.cannot_tell(Element::Component(component.id().to_owned()), "component.autoscale.target");
            }
            Scaling::Otherwise if first.processors < idle && reaches(place.at_peak(), 1.0) => {
                report.find(idling(component, place, first));
            }
            _ => report.pass(),
        }
    }
}

/// Whether a component scales by its processors, and at which share.
enum Scaling {
    Otherwise,
    AtUnsaid,
    At(f64),
}

fn scaling(component: &Component) -> Scaling {
    let Some(autoscale) = &component.autoscale else { return Scaling::Otherwise };
    let metric = autoscale.metric.as_deref().unwrap_or_default().to_lowercase();
    if !metric.contains("cpu") && !metric.contains("processor") {
        return Scaling::Otherwise;
    }
    autoscale.target.map_or(Scaling::AtUnsaid, |target| Scaling::At(target.value()))
}

/// Of each component, of its workers and pools the one that fills first at today's replicas.
fn first<'a>(context: &'a Context<'a>) -> HashMap<&'a str, First<'a>> {
    let mut cores: HashMap<&str, f64> = HashMap::new();
    let mut own_work: HashMap<&str, f64> = HashMap::new();
    let mut first: HashMap<&str, &Resource> = HashMap::new();
    for resource in &context.capacity.resources {
        let id = match &resource.element {
            Element::Component(id) | Element::Dependency(id, _) => id.as_str(),
            _ => continue,
        };
        match resource.kind {
            ResourceKind::Cores => _ = cores.insert(id, resource.utilisation.likely),
            ResourceKind::Workers => _ = own_work.insert(id, resource.own_work),
            _ => {}
        }
        if matches!(resource.kind, ResourceKind::Cores | ResourceKind::Workers | ResourceKind::Pool) {
            first.entry(id).or_insert(resource);
        }
    }
    first
        .into_iter()
        .filter_map(|(id, resource)| {
            let busy = cores.get(id).or_else(|| own_work.get(id))?;
            let processors = busy / context.capacity.load * resource.saturates_at.likely;
            processors.is_finite().then_some((id, First { resource, processors }))
        })
        .collect()
}

fn blind(component: &Component, place: &Place<'_>, first: &First<'_>, target: f64) -> Draft {
    let id = component.id();
    let (resource, share) = (first.resource, Ratio::new(first.processors.clamp(0.0, 1.0)));
    let severity = if place.critical { Severity::High } else { Severity::Medium };
    Draft::new(
        Element::Component(id.to_owned()),
        format!(
            "{id} scales when its processors are {} busy, and they are {share} busy when the {} of {} are full, at {} times today's load: it never scales, and the peak is {} times",
            Ratio::new(target),
            resource.kind.called(),
            resource.name(),
            significant(resource.saturates_at.likely, 3),
            significant(place.peak(), 3)
        ),
        format!(
            "scale {id} by requests in flight (autoscale.metric) at {} of its {}",
            Ratio::new(target),
            resource.kind.called()
        ),
    )
    .severity(severity)
    .fact("processors_then", Figure::Ratio(first.processors))
    .fact("target", Figure::Ratio(target))
    .fact("saturates_at", Figure::Count(resource.saturates_at.likely))
    .fact("peak", Figure::Count(place.peak()))
    .key("autoscale.metric")
}

fn idling(component: &Component, place: &Place<'_>, first: &First<'_>) -> Draft {
    let id = component.id();
    let (resource, share) = (first.resource, Ratio::new(first.processors.clamp(0.0, 1.0)));
    Draft::new(
        Element::Component(id.to_owned()),
        format!(
            "when the {} of {} are full, the processors of {id} are {share} busy: the limit is a number in a configuration, not a machine",
            resource.kind.called(),
            resource.name()
        ),
        format!("raise the {} of {} before buying machines for {id}, or shorten what they wait for", resource.kind.called(), resource.name()),
    )
    .severity(Severity::Low)
    .fact("processors_then", Figure::Ratio(first.processors))
    .fact("saturates_at", Figure::Count(resource.saturates_at.likely))
    .fact("utilisation_at_peak", Figure::Ratio(place.at_peak()))
}
