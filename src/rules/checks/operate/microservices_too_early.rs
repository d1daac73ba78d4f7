//! KP508: more services than teams to run them, and they wait for each other.

use crate::graph::ComponentIndex;
use crate::model::{Component, ComponentKind, Element};
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use crate::units::significant;
use foldhash::{HashMap, HashMapExt, HashSet};

declare_rule! {
    "KP508" "microservices-too-early", Low, Heuristic;
    summary: "many services for few owners, and they wait for each other";
    reads: ["component.kind", "component.owner", "component.deploys_with", "dependency.mode", "migration.phase"];
    settings: [
        services = 6.0, "The fewest separately deployed services before the rule looks at all.",
            "Our judgement: with fewer a team can keep all of them in its head.";
        services_per_owner = 4.0, "The most services an owner may have on average.",
            "Our judgement: half a dozen people keep about four services deployed, patched and on call.";
        chain = 2.0, "The most service-to-service waits in a row that are still no sign of a split by layers.",
            "Our judgement: one service may ask a second, which may ask a third.";
    ];
    detects: "Components of kind `service`, `worker` or `function`, those with the same `deploys_with` counted as one. The rule fires when \
        there are at least `services` of them, more than `services_per_owner` an owner, and somewhere more than `chain` of them \
        wait for each other in a row on one flow. It is likely instead of heuristic when `[migration]` says that a phase \
        before 4 (split) is under way. Where owners are missing it cannot tell, unless the named owners alone are enough.";
    why: "A service is worth its network hop, its pipeline and its pager when a team can change and run it alone. With one team for ten of \
        them the hops stay and the independence is not used: every change touches several, releases go out in step, and the latency \
        and failures of a call have replaced a function call.";
    example: [
        "One team, six services, each waiting for the next:",
        "",
        "```toml",
        r#"component = [{ id = "a", kind = "service", owner = "shop" }, { id = "b", kind = "service", owner = "shop" },"#,
        r#"             { id = "c", kind = "service", owner = "shop" }, { id = "d", kind = "service", owner = "shop" },"#,
        r#"             { id = "e", kind = "service", owner = "shop" }, { id = "f", kind = "service", owner = "shop" }]"#,
        r#"dependency = [{ from = "a", to = "b" }, { from = "b", to = "c" }, { from = "c", to = "d" }]"#,
        r#"flow = [{ id = "order", entry = "a", calls = [{ from = "a", to = "b" }, { from = "b", to = "c" }, { from = "c", to = "d" }] }]"#,
        "```",
    ];
    remedy: "Merge services that one team owns and that answer only together into one deployable with modules inside. Keep apart what \
        scales, fails or is deployed for different reasons, and let those talk through events where they can.";
    verify: "Count over a month: releases that needed another service's release, and incidents that crossed a service boundary inside one team.";
    accept: "When the split follows different scaling or compliance needs, or the teams are being hired: name the date.";
    references: "The guide, *Migration path* and *Anti-patterns*. Fowler, *MonolithFirst*. Skelton, Pais, *Team Topologies*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let services: Vec<_> = context.components().map(|(_, component)| component).filter(|c| is_service(c)).collect();
    let units: HashSet<&str> = services.iter().map(|component| unit(component)).collect();
    if services.is_empty() {
        return;
    }
    let fewest = report.threshold("services");
    let most = report.threshold("services_per_owner");
    let allowed = report.threshold("chain");
    let (chain, flow) = longest_chain(context);
    if (units.len() as f64) < fewest || chain.len() as f64 <= allowed + 1.0 {
        report.pass();
        return;
    }
    let owners: HashSet<&str> = services.iter().filter_map(|component| owner(component)).collect();
    let orphans: Vec<_> = services.iter().filter(|component| owner(component).is_none()).collect();
    // Every service without an owner may have one of its own.
    let at_most = owners.len() + orphans.len();
    if units.len() as f64 <= most * owners.len() as f64 {
        report.pass();
        return;
    }
    if units.len() as f64 <= most * at_most as f64 {
        for component in orphans {
            report.cannot_tell(Element::Component(component.id().to_owned()), "component.owner");
        }
        return;
    }
    let before_split = context
        .review
        .migration
        .as_ref()
        .and_then(|migration| migration.phase)
        .is_some_and(|phase| phase.value() < 4.0);
    let names = context.graph.path_names(&chain);
    let per_owner = units.len() as f64 / at_most as f64;
    let waits = chain.len().saturating_sub(1);
    report.find(
        Draft::new(
            Element::Review,
            format!(
                "{} services for {at_most} {} ({} each), and {waits} of their calls wait in a row: {}",
                units.len(),
                if at_most == 1 { "owner" } else { "owners" },
                significant(per_owner, 2),
                names.join(" → ")
            ),
            format!("merge what one owner deploys and what waits in a row; start with {}", names.join(", ")),
        )
        .confidence(if before_split { Confidence::Likely } else { Confidence::Heuristic })
        .fact("services", Figure::Count(units.len() as f64))
        .fact("owners", Figure::Count(at_most as f64))
        .fact("services_per_owner", Figure::Count(per_owner))
        .fact("chain", Figure::List(names))
        .flows(flow.into_iter().collect()),
    );
}

fn is_service(component: &Component) -> bool {
    matches!(component.kind, Some(ComponentKind::Service | ComponentKind::Worker | ComponentKind::Function))
}

/// What is deployed as one.
fn unit(component: &Component) -> &str {
    component.deploys_with.as_deref().map(str::trim).filter(|unit| !unit.is_empty()).unwrap_or(component.id())
}

fn owner(component: &Component) -> Option<&str> {
    component.owner.as_deref().map(str::trim).filter(|owner| !owner.is_empty())
}

/// The longest run of services on one flow in which each waits for the next and none is deployed with the one before.
fn longest_chain(context: &Context<'_>) -> (Vec<ComponentIndex>, Option<String>) {
    let mut longest: (usize, Option<ComponentIndex>, Option<String>) = (0, None, None);
    let mut way_of_longest: HashMap<ComponentIndex, ComponentIndex> = HashMap::new();
    for view in context.flows() {
        let mut runs: HashMap<ComponentIndex, usize> = HashMap::new();
        let mut came_from: HashMap<ComponentIndex, ComponentIndex> = HashMap::new();
        let mut best: (usize, Option<ComponentIndex>) = (0, None);
        for visit in &view.expansion.components {
            let from = context.component_at(visit.component);
            if !is_service(from) {
                continue;
            }
            let run = *runs.entry(visit.component).or_insert(1);
            if run > best.0 {
                best = (run, Some(visit.component));
            }
            for made in view.steps_of(visit.component).flatten().filter(|made| made.synchronous) {
                let to = context.component_at(made.to);
                if is_service(to) && unit(to) != unit(from) && run + 1 > runs.get(&made.to).copied().unwrap_or(1) {
                    runs.insert(made.to, run + 1);
                    came_from.insert(made.to, visit.component);
                }
            }
        }
        if best.0 > longest.0 {
            longest = (best.0, best.1, Some(view.flow.id().to_owned()));
            way_of_longest = came_from;
        }
    }
    let mut chain: Vec<_> = longest.1.into_iter().collect();
    while let Some(before) = chain.last().and_then(|last| way_of_longest.get(last)) {
        chain.push(*before);
    }
    chain.reverse();
    (chain, longest.2)
}
