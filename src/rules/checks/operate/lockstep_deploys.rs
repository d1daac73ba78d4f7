//! KP509: components that can only be released together.

use crate::model::{Component, Element};
use crate::rules::context::Context;
use crate::rules::finding::{Confidence, Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use std::collections::{BTreeMap, BTreeSet};

declare_rule! {
    "KP509" "lockstep-deploys", Medium, Certain;
    summary: "components of several teams, or with a network between them, that can only be deployed together";
    reads: ["component.deploys_with", "component.owner", "dependency.network", "dependency.mode"];
    settings: [];
    detects: "Components that name the same unit in `deploys_with`. Medium where they have more than one `owner`: a release needs two teams. Low and \
        likely where one team owns them and one waits for another over a `network` above zero: they pay for the hop and cannot use the \
        independence. Silent where they are one process (a `network` of zero, or no call between them and one owner). Where some owners are missing \
        and the rest is one team it cannot tell. The finding stands at the member whose id comes first in the alphabet.";
    why: "A release of one is a release of all: it waits for the slowest test, the second team's calendar and the widest change window, so releases \
        become rare and large. A rollback of one is a rollback of all, and half-way through both versions meet and must understand each other.";
    example: [
        "Two teams, one release train:",
        "",
        "```toml",
        r#"component = [{ id = "orders", owner = "team-a", deploys_with = "shop" }, { id = "pricing", owner = "team-b", deploys_with = "shop" }]"#,
        r#"dependency = [{ from = "orders", to = "pricing", mode = "sync", timeout = "1s" }]"#,
        "```",
    ];
    remedy: "Make the contract between them one that the old and the new version both keep (add before you use, remove after nobody uses), test it on each \
        side, and release one alone. Where they truly change together, they are one component: give it to one team and one process.";
    verify: "Count over a month the releases in which only one of them changed; then release one alone, twice.";
    accept: "During a migration whose end is dated, or where a regulator approves them as one.";
    references: "The guide, *Migration path*, phase 2 and 4 (deploy safety, ownership). Forsgren, Humble, Kim, *Accelerate*. `KP508` microservices-too-early.";
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let mut units: BTreeMap<&str, Vec<&Component>> = BTreeMap::new();
    for (_, component) in context.components() {
        if let Some(unit) = stated(component.deploys_with.as_deref()) {
            units.entry(unit).or_default().push(component);
        }
    }
    // Calls inside a unit over a network, counted in one pass over the dependencies.
    let mut calls: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for dependency in context.dependencies() {
        let unit = |id: &str| context.component(id).and_then(|component| stated(component.deploys_with.as_deref()));
        let over_network = dependency.network.is_some_and(|network| network.value() > 0.0);
        if let (Some(from), Some(to)) = (unit(dependency.from()), unit(dependency.to()))
            && from == to
            && over_network
            && context.waits(dependency)
        {
            calls.entry(from).or_default().push((dependency.from(), dependency.to()));
        }
    }
    for (unit, mut members) in units {
        if members.len() < 2 {
            continue;
        }
        members.sort_by_key(|component| component.id());
        let owners: BTreeSet<&str> =
            members.iter().filter_map(|component| stated(component.owner.as_deref())).collect();
        let without: Vec<_> = members.iter().filter(|component| stated(component.owner.as_deref()).is_none()).collect();
        let waits = calls.get(unit).map_or(&[][..], Vec::as_slice);
        if owners.len() > 1 {
            report.find(of_teams(unit, &members, &owners));
        } else if owners.len() == 1 && !without.is_empty() {
            for component in without {
                report.cannot_tell(Element::Component(component.id().to_owned()), "component.owner");
            }
        } else if let Some((from, to)) = waits.first() {
            report.find(of_one_team(unit, &members, from, to, waits.len()));
        } else {
            report.pass();
        }
    }
}

fn of_teams(unit: &str, members: &[&Component], owners: &BTreeSet<&str>) -> Draft {
    let teams: Vec<&str> = owners.iter().copied().collect();
    drafted(
        unit,
        members,
        format!("a release of {unit} needs {} teams at once ({}): {}", teams.len(), some(&teams), some(&ids(members))),
        format!(
            "let {} be released without the others: keep its contract compatible over two versions",
            members[0].id()
        ),
    )
    .fact("owners", Figure::List(teams.iter().map(|team| (*team).to_owned()).collect()))
}

fn of_one_team(unit: &str, members: &[&Component], from: &str, to: &str, calls: usize) -> Draft {
    let more = match calls {
        0 | 1 => String::new(),
        2 => ", beside another such call".to_owned(),
        calls => format!(", beside {} more such calls", calls - 1),
    };
    drafted(
        unit,
        members,
        format!(
            "{} are only deployed together, and still {from} waits for {to} over the network{more}",
            some(&ids(members))
        ),
        format!("put {from} and {to} into one process, or keep their contract compatible and deploy them apart"),
    )
    .severity(Severity::Low)
    .confidence(Confidence::Likely)
}

fn drafted(unit: &str, members: &[&Component], message: String, remedy: String) -> Draft {
    let names: Vec<String> = members.iter().take(LISTED).map(|component| component.id().to_owned()).collect();
    Draft::new(Element::Component(members[0].id().to_owned()), message, remedy)
        .fact("unit", Figure::Text(unit.to_owned()))
        .fact("components", Figure::Count(members.len() as f64))
        .fact("members", Figure::List(names))
        .key("deploys_with")
}

const LISTED: usize = 20;

fn ids<'a>(members: &[&'a Component]) -> Vec<&'a str> {
    members.iter().map(|component| component.id()).collect()
}

/// The first of a list in words.
fn some(names: &[&str]) -> String {
    const SHOWN: usize = 5;
    if names.len() <= SHOWN {
        return names.join(", ");
    }
    format!("{} and {} more", names[..SHOWN].join(", "), names.len() - SHOWN)
}

fn stated(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
