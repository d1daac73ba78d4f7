//! KP309: a component without which a critical flow has no answer, and of which there is one.

use crate::graph::ComponentIndex;
use crate::model::{
    Component, ComponentKind, Criticality, Dependency, Element, FailureMode, Fix, FixSafety, Response, Standby,
};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::Quantity;
use foldhash::HashSet;
use std::collections::BTreeMap;

declare_rule! {
    "KP309" "single-point-of-failure", High, Certain;
    summary: "a critical flow has no answer without a component of which there is one, or which stands in one zone";
    reads: ["component.replicas", "component.autoscale.min", "component.zones", "component.regions", "component.recovery.standby",
        "component.data.read_replicas", "component.data.shards", "flow.critical", "dependency.criticality", "dependency.on_failure",
        "failure.response"];
    settings: [];
    detects: "On critical flows, the components that the answer cannot do without: reached from the entry over calls that are waited for, hard, \
        and without a fallback, degradation or queue for when they are down. Of these: one replica (`replicas` of 1, and no \
        `autoscale.min` above), with nothing that takes over (`recovery.standby` active, `data.read_replicas`, a store in two zones): \
        high. A store that keeps data and whose `recovery.standby` is `none` or `backup`, with nothing else said: high, likely. \
        A cache in front of the origin that its misses go to: medium. One zone (`zones` of 1 and one region): medium, low with a standby. \
        `client`, `external`, `function` and `cdn` components are left out except for a stated single zone of your own ones; \
        `client` and `external` always. How many there are cannot be told where a component on which others hang (a cut vertex of the flow) \
        or a database says neither replicas nor zones nor standby. A component with several replicas in several zones passes, however \
        many others it separates.";
    why: "Machines are replaced, kernels are patched, disks die. With one of it, each of these is an outage of the flow, and so is every \
        deployment; the time until it is back is the time until somebody notices, finds the runbook and has a replacement. With one \
        zone it is the provider who chooses the day.";
    example: [
        "One replica carries every order:",
        "",
        "```toml",
        r#"component = [{ id = "gateway", kind = "gateway", replicas = 3, zones = 3 }, { id = "pricing", kind = "service", replicas = 1 }]"#,
        r#"dependency = [{ from = "gateway", to = "pricing", mode = "sync" }]"#,
        r#"flow = [{ id = "checkout", entry = "gateway", critical = true, calls = [{ from = "gateway", to = "pricing" }] }]"#,
        "```",
    ];
    remedy: "Run two of what keeps no state, in two zones, behind something that notices a dead one. Give a store a copy that takes over without \
        a person, and try it. Or make the flow do without: answer with less, or accept now and do it later.";
    verify: "Kill the one there is at a quiet hour, then at peak: the flow keeps answering, and nobody was called. Then take its zone away.";
    accept: "When the flow may be away for as long as a replacement takes, and the error budget says so.";
    references: "The guide, *Design for failure* and *Prefer stateless compute*. `KP607` loses-one-cannot-carry for whether the rest \
        carries the load, `KP411` no-recovery-objectives. AWS Well-Architected, *Reliability pillar*: fault isolation.";
}

/// What the critical flows need of a component.
#[derive(Default)]
struct Needed<'a> {
    flows: Vec<&'a str>,
    /// Whether other components of a flow are reached only through it.
    cuts: bool,
    /// Whether calls are made on a miss of it: then its callers know another way.
    has_origin: bool,
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut all: BTreeMap<ComponentIndex, Needed<'_>> = BTreeMap::new();
    for view in context.flows().filter(FlowView::is_critical) {
        let cuts: HashSet<ComponentIndex> = context.graph.cut_vertices(view.expansion.flow).into_iter().collect();
        let origins: HashSet<ComponentIndex> = view
            .expansion
            .made()
            .filter_map(|made| context.graph.component(view.call(made)?.on_miss.as_ref()?.as_str()))
            .collect();
        for index in needed_by(context, view) {
            let needed = all.entry(index).or_default();
            needed.flows.push(view.flow.id());
            needed.cuts |= cuts.contains(&index) || view.expansion.entry == Some(index);
            needed.has_origin |= origins.contains(&index);
        }
    }
    for (index, needed) in all {
        let component = context.component_at(index);
        if !matches!(component.kind, Some(ComponentKind::Client | ComponentKind::External)) {
            judge(context, report, component, &needed);
        }
    }
}

/// The components that the answer of a flow cannot do without, in the order of the flow. One pass, callers first.
fn needed_by(context: &Context<'_>, view: FlowView<'_>) -> Vec<ComponentIndex> {
    let mut needed: HashSet<ComponentIndex> = view.expansion.entry.into_iter().collect();
    let mut all = Vec::new();
    for visit in &view.expansion.components {
        if !needed.contains(&visit.component) {
            continue;
        }
        all.push(visit.component);
        for made in view.steps_of(visit.component).flatten() {
            let survives = context.dependency_of(made).is_some_and(|dependency| survives_without(context, dependency));
            if made.synchronous && made.hard && !survives && view.is_ever_made(made) {
                needed.insert(made.to);
            }
        }
    }
    all
}

/// Whether the flow answers when the callee is down, by what the file says.
fn survives_without(context: &Context<'_>, dependency: &Dependency) -> bool {
    let answers =
        |response: Option<Response>| matches!(response, Some(Response::Fallback | Response::Degrade | Response::Queue));
    dependency.criticality == Some(Criticality::Soft)
        || answers(dependency.on_failure)
        || answers(context.failure(dependency, FailureMode::Down).and_then(|failure| failure.response))
}

/// What the review says about how many there are of a component.
struct Copies {
    /// Instances, likely; `None` where nothing says.
    replicas: Option<f64>,
    /// The most that the range of the replicas allows.
    at_most: Option<f64>,
    zones: Option<f64>,
    regions: usize,
    /// Whether a copy stands ready.
    standby: bool,
    /// Whether it is said that none does.
    no_standby: bool,
    read_replicas: f64,
}

fn copies(component: &Component) -> Copies {
    let floor = component.autoscale.as_ref().and_then(|autoscale| autoscale.min).map(|min| min.value());
    let stated = component.replicas;
    let data = component.data.as_ref();
    // Each shard is a store of its own: four replicas of four shards are one of each.
    let shards = data.and_then(|data| data.shards).map_or(1.0, |shards| shards.value()).max(1.0);
    let larger = |replicas: Option<f64>| match (replicas, floor) {
        (Some(replicas), Some(floor)) => Some(replicas.max(floor) / shards),
        (replicas, floor) => replicas.or(floor).map(|replicas| replicas / shards),
    };
    let recovery = component.recovery.as_ref().and_then(|recovery| recovery.standby);
    let mut regions: Vec<&str> = component.regions.as_deref().unwrap_or_default().iter().map(|r| r.trim()).collect();
    regions.sort_unstable();
    regions.dedup();
    Copies {
        replicas: larger(stated.map(|replicas| replicas.value())),
        at_most: larger(stated.map(|replicas| replicas.high().value())),
        zones: component.zones.map(|zones| zones.value()),
        regions: regions.len(),
        standby: matches!(recovery, Some(Standby::ActivePassive | Standby::ActiveActive)),
        no_standby: matches!(recovery, Some(Standby::None | Standby::Backup)),
        read_replicas: data.and_then(|data| data.read_replicas).map_or(0.0, |copies| copies.value()),
    }
}

fn judge(context: &Context<'_>, report: &mut Report<'_>, component: &Component, needed: &Needed<'_>) {
    let id = component.id();
    let element = Element::Component(id.to_owned());
    let copies = copies(component);
    let keeps = component.kind.is_some_and(ComponentKind::is_store) || component.data.is_some();
    let on_platform = matches!(component.kind, Some(ComponentKind::Function | ComponentKind::Cdn));
    // A store in two zones has a copy in the other one; one replica of a service can only be in one of them.
    let elsewhere = copies.regions > 1 || keeps && copies.zones.is_some_and(|zones| zones > 1.0);
    let taken_over = copies.standby || copies.read_replicas > 0.0 || elsewhere;
    let behind = if needed.cuts { ", and everything behind it with it" } else { "" };
    let critical = some(&needed.flows);
    if !on_platform && !taken_over && copies.replicas.is_some_and(|replicas| replicas <= 1.0) {
        let certain = copies.at_most.is_none_or(|most| most <= 1.0);
        let medium = needed.has_origin && component.kind == Some(ComponentKind::Cache);
        let what = if medium {
            format!("run 2 nodes of {id}, or read its origin with a limit while it is down and say so (on_failure)")
        } else if keeps {
            format!(
                "give {id} a copy in another zone that takes over by itself (recovery.standby), and try the failover"
            )
        } else {
            format!("run at least 2 replicas of {id} in 2 zones")
        };
        let shards = component.data.as_ref().and_then(|data| data.shards).map_or(1.0, |shards| shards.value());
        let there = if shards > 1.0 {
            format!("each of the {shards} shards of {id} has one replica")
        } else {
            format!("there is one replica of {id}")
        };
        let mut draft = Draft::new(
            element.clone(),
            format!("{there} and nothing that takes over: without it {critical} has no answer{behind}"),
            format!("{what}; or decide what is answered without it"),
        )
        .severity(if medium { Severity::Medium } else { Severity::High })
        .confidence(if certain { Confidence::Certain } else { Confidence::Likely })
        .fact("replicas", Figure::Count(copies.replicas.unwrap_or(1.0)))
        .key("replicas");
        let scalable = !keeps && component.stateless == Some(true) && copies.zones.is_none_or(|zones| zones > 1.0);
        if let Some(entity) = context.entity(&element).filter(|_| scalable) {
            draft = draft.fix(Fix::set(FixSafety::Suggested, entity, "replicas", "2"));
        }
        report.find(draft.flows(owned(&needed.flows)));
    } else if keeps && copies.no_standby && copies.replicas.is_none() && !taken_over {
        report.find(
            Draft::new(
                element,
                format!("nothing stands ready to take over from {id}: without it {critical} has no answer{behind}"),
                format!("give {id} a copy in another zone that takes over by itself (recovery.standby), and try the failover"),
            )
            .confidence(Confidence::Likely)
            .flows(owned(&needed.flows))
            .key("recovery.standby"),
        );
    } else if copies.zones.is_some_and(|zones| zones <= 1.0) && copies.regions <= 1 {
        report.find(
            Draft::new(
                element,
                format!("{id} stands in one zone: without that zone {critical} has no answer{behind}"),
                format!("spread {id} over at least 2 zones, with what is left of it able to carry the peak"),
            )
            .severity(if copies.standby { Severity::Low } else { Severity::Medium })
            .fact("zones", Figure::Count(1.0))
            .flows(owned(&needed.flows))
            .key("zones"),
        );
    } else if !on_platform && copies.replicas.is_none() && copies.zones.is_none() && !taken_over {
        // What hangs on nothing else is asked about only where it keeps the data.
        if component.kind == Some(ComponentKind::Database) {
            report.cannot_tell(element, "component.recovery.standby");
        } else if needed.cuts && !keeps {
            report.cannot_tell(element, "component.replicas");
        }
    } else {
        report.pass();
    }
}

fn owned(flows: &[&str]) -> Vec<String> {
    flows.iter().map(|flow| (*flow).to_owned()).collect()
}

fn some(flows: &[&str]) -> String {
    match flows {
        [first, rest @ ..] if !rest.is_empty() => format!("{first} (and {} more)", rest.len()),
        flows => flows.join(""),
    }
}
