//! KP504: a component that no team answers for.

use crate::model::{Component, ComponentKind, Element, Fix, FixSafety};
use crate::rules::context::{Context, FlowView};
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use foldhash::{HashMap, HashMapExt};

declare_rule! {
    "KP504" "no-owner", Medium, Certain;
    summary: "a component that no team answers for";
    reads: ["component.owner", "component.kind", "component.deploys_with", "flow.critical"];
    settings: [];
    detects: "A component without an `owner` that is not a `client` or an `external` system: medium on a critical flow, low elsewhere. Where no \
        component of the review names an owner, one finding about the review stands for all of them, with low weight: nobody got to it yet.";
    why: "An alert of a component without an owner wakes whoever is on call for something else. They find no runbook, no context and nobody \
        to ask, and they may not deploy it. After the incident nobody takes the action. Such components are also the ones that are never upgraded.";
    example: [
        "`pricing` is on the way of every order, and nobody's:",
        "",
        "```toml",
        r#"component = [{ id = "api", owner = "team-checkout" }, { id = "pricing" }, { id = "tax", owner = "team-finance" }]"#,
        r#"dependency = [{ from = "api", to = "pricing", timeout = "1s" }, { from = "pricing", to = "tax", timeout = "1s" }]"#,
        r#"flow = [{ id = "quote", entry = "api", critical = true, calls = [{ from = "api", to = "pricing" }, { from = "pricing", to = "tax" }] }]"#,
        "```",
    ];
    remedy: "Name the team that is called at three in the morning, and see that it may deploy, has the dashboards and agrees. Where nobody wants \
        it, decide in the review who keeps it, or plan its end.";
    verify: "Page the owner of a random component of the fast path: a person who can deploy it answers within the agreed time.";
    accept: "When one team owns everything: write its name on each component once, and it is done.";
    references: "The guide, *Optimize for operability* and *Architecture scalability* (teams). Skelton, Pais, *Team Topologies*.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let ours = |component: &Component| !matches!(component.kind, Some(ComponentKind::Client | ComponentKind::External));
    let components: Vec<_> = context.components().map(|(_, component)| component).filter(|c| ours(c)).collect();
    if components.len() > 1 && components.iter().all(|component| owner(component).is_none()) {
        report.find(nobody(context, components.len()));
        return;
    }
    let mut of_unit: HashMap<&str, Vec<&str>> = HashMap::new();
    for component in &components {
        if let (Some(unit), Some(owner)) = (unit(component), owner(component)) {
            of_unit.entry(unit).or_default().push(owner);
        }
    }
    for component in components {
        if owner(component).is_some() {
            report.pass();
            continue;
        }
        let id = component.id();
        let element = Element::Component(id.to_owned());
        let critical = context.weight(&element).is_critical();
        let severity = if critical { Severity::Medium } else { Severity::Low };
        if report.is_crowded_out(&element, severity) {
            continue;
        }
        let likely = unit(component)
            .and_then(|unit| of_unit.get(unit))
            .and_then(|owners| agreed(owners.iter().copied()))
            .map(|owner| (owner, "owns what it is deployed with"))
            .or_else(|| neighbour(context, id));
        let remedy = match likely {
            Some((owner, why)) => format!("ask {owner}, who {why}, and write owner = \"{owner}\""),
            None => format!("name the team that is called when {id} fails at three in the morning"),
        };
        let entity = context.entity(&element);
        let mut draft =
            Draft::new(element, format!("no team answers for {id}"), remedy).severity(severity).key("owner");
        if let (Some((owner, _)), Some(entity)) = (likely, entity) {
            draft = draft.fact("likely_owner", Figure::Text(owner.to_owned())).fix(Fix::set(
                FixSafety::Suggested,
                entity,
                "owner",
                owner,
            ));
        }
        report.find(draft);
    }
}

fn nobody(context: &Context<'_>, count: usize) -> Draft {
    let critical: Vec<String> =
        context.flows().filter(FlowView::is_critical).map(|view| view.flow.id().to_owned()).collect();
    Draft::new(
        Element::Review,
        format!("none of the {count} components names the team that answers for it"),
        "write owner on each component, those of the critical flows first",
    )
    .severity(Severity::Low)
    .fact("components", Figure::Count(count as f64))
    .flows(critical)
}

/// The owner of all callers, or else of all callees, where they agree.
fn neighbour<'a>(context: &Context<'a>, id: &str) -> Option<(&'a str, &'static str)> {
    let callers = context.callers(id);
    let callees = context.callees(id);
    let owned = |name: &str| context.component(name).and_then(owner);
    agreed(callers.iter().filter_map(|caller| owned(caller.from())))
        .map(|owner| (owner, "owns everything that calls it"))
        .or_else(|| {
            agreed(callees.iter().filter_map(|callee| owned(callee.to())))
                .map(|owner| (owner, "owns everything that it calls"))
        })
}

/// The one name, where there is only one.
fn agreed<'a>(mut names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let first = names.next()?;
    names.all(|name| name == first).then_some(first)
}

fn owner(component: &Component) -> Option<&str> {
    component.owner.as_deref().map(str::trim).filter(|owner| !owner.is_empty())
}

fn unit(component: &Component) -> Option<&str> {
    component.deploys_with.as_deref().map(str::trim).filter(|unit| !unit.is_empty())
}
