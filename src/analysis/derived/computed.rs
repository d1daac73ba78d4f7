//! Answers that no key holds: they follow from the flows and from the computed capacity.

use super::vote::Vote;
use super::{Citation, Ground, MissingKey};
use crate::analysis::promise::{multiple, named};
use crate::capacity::{Missing, Resource, Saturation};
use crate::graph::ComponentIndex;
use crate::knowledge::{Among, Computed};
use crate::model::{Element, EntityKind, EntityRef};
use crate::units::significant;
use std::collections::HashMap;

/// Asks for a computed answer.
pub(super) fn cast(ground: &Ground<'_>, what: Computed) -> Vote {
    match what {
        Computed::EveryRequest => every_request(ground),
        Computed::FirstLimits => limits(ground, 0, 2),
        Computed::NextLimit => limits(ground, 1, 1),
        Computed::WorkingOrWaiting => working_or_waiting(ground),
        Computed::Envelope => envelope(ground),
        Computed::Opinions => opinions(ground),
    }
}

fn entity_of(ground: &Ground<'_>, element: &Element) -> Option<EntityRef> {
    let graph = ground.members.graph;
    match element {
        Element::Component(id) => graph.component(id).map(|at| EntityRef::new(EntityKind::Component, at.0)),
        Element::Dependency(from, to) => {
            let at = graph.dependency(graph.component(from)?, graph.component(to)?)?;
            Some(EntityRef::new(EntityKind::Dependency, at.0))
        }
        Element::Flow(id) => graph.flow(id).map(|at| EntityRef::new(EntityKind::Flow, at.0)),
        _ => None,
    }
}

fn cite(ground: &Ground<'_>, element: &Element, text: String) -> Citation {
    Citation { text, entity: entity_of(ground, element), keys: Vec::new(), finding: None }
}

fn lack(ground: &Ground<'_>, vote: &mut Vote, missing: &Missing) {
    let at = if missing.element == Element::Review { String::new() } else { missing.element.to_string() };
    vote.lack(|| MissingKey { key: missing.key.clone(), at, entity: entity_of(ground, &missing.element) });
}

/// What is missing and could change which limit comes first.
fn decisive<'a>(ground: &'a Ground<'_>) -> impl Iterator<Item = &'a Missing> {
    ground.capacity.missing.iter().filter(|missing| missing.decisive)
}

/// The components that every flow visits. A flow without an entry leaves it open.
fn every_request(ground: &Ground<'_>) -> Vote {
    let mut vote = Vote { strict: true, ..Vote::default() };
    let flows = ground.members.of(Among::SecondFlow);
    let mut visits: HashMap<ComponentIndex, usize> = HashMap::new();
    let mut walked = 0;
    for flow in &flows.members {
        let expansion = ground.members.graph.expansions().get(flow.index);
        if let Some(expansion) = expansion.filter(|expansion| expansion.entry.is_some()) {
            walked += 1;
            for visit in &expansion.components {
                *visits.entry(visit.component).or_insert(0) += 1;
            }
        } else {
            let at = ground.members.element(*flow).to_string();
            vote.lack(|| MissingKey { key: "flow.entry".to_owned(), at, entity: Some(*flow) });
        }
    }
    let mut shared: Vec<ComponentIndex> =
        visits.into_iter().filter(|(_, count)| walked > 1 && *count == walked).map(|(at, _)| at).collect();
    shared.sort_unstable();
    let none = shared.is_empty();
    vote.says = if none {
        format!("no component is on all {walked} flows")
    } else {
        format!("{} on all {walked} flows", crate::analysis::words::counted(shared.len(), "component"))
    };
    for at in shared {
        let element = Element::Component(ground.members.graph.name(at).to_owned());
        vote.hold(|| cite(ground, &element, format!("{element}: on all {walked} flows")));
    }
    if none {
        for flow in flows.members.iter().filter(|_| walked > 0) {
            let element = ground.members.element(*flow);
            let entry = ground.members.review.flows.get(flow.index).map(|flow| flow.entry().to_owned());
            vote.hold(|| cite(ground, &element, format!("{element}: enters at {}", entry.unwrap_or_default())));
        }
    }
    vote
}

fn saturation<'a>(ground: &Ground<'a>, position: usize) -> Option<(&'a Saturation, &'a Resource)> {
    let saturation = ground.capacity.saturations.get(position)?;
    Some((saturation, ground.capacity.resources.get(saturation.resource)?))
}

/// The resources that fill, from the `skip`th on. What is missing and decisive leaves the order open.
fn limits(ground: &Ground<'_>, skip: usize, most: usize) -> Vote {
    let mut vote = Vote::default();
    for (saturation, resource) in (skip..skip + most).filter_map(|position| saturation(ground, position)) {
        let text = format!("{}: full at {}", named(resource), multiple(saturation.at_load));
        vote.hold(|| cite(ground, &resource.element, text));
    }
    for missing in decisive(ground) {
        lack(ground, &mut vote, missing);
    }
    if vote.holds == 0 && vote.unsaid == 0 && !ground.capacity.resources.is_empty() {
        // Nothing is missing and no load fills one more: that is an answer, and it rests on the first limit, or on the
        // fullest resource.
        let last = saturation(ground, 0).map(|(_, resource)| resource).or_else(|| ground.capacity.resources.first());
        if let Some(resource) = last {
            vote.hold(|| cite(ground, &resource.element, format!("{}: no other limit is in sight", named(resource))));
        }
    }
    vote.says = match (vote.holds, vote.unsaid) {
        (0, _) => "what fills cannot be computed".to_owned(),
        (_, 0) => "computed from the flows and limits".to_owned(),
        (_, open) => format!("computed, with {open} decisive keys missing"),
    };
    vote
}

fn working_or_waiting(ground: &Ground<'_>) -> Vote {
    let mut vote = Vote::default();
    if let Some((_, resource)) = saturation(ground, 0) {
        let waits: f64 = resource.waiting_for.iter().map(|(_, share)| share).sum();
        let whole = resource.own_work + waits;
        let text = if whole > 0.0 && whole.is_finite() {
            let share = significant(waits / whole * 100.0, 2);
            match resource.waiting_for.first() {
                Some((callee, _)) if waits > 0.0 => {
                    format!("{}: {share} % of its time waiting, most for {callee}", named(resource))
                }
                _ => format!("{}: its own work", named(resource)),
            }
        } else {
            format!("{}: a limit that nothing waits or works for", named(resource))
        };
        vote.hold(|| cite(ground, &resource.element, text));
    }
    let says = if vote.holds > 0 { "computed for what fills first" } else { "nothing is known to fill" };
    says.clone_into(&mut vote.says);
    for missing in decisive(ground) {
        lack(ground, &mut vote, missing);
    }
    vote
}

/// How far each critical flow goes; every flow where none is marked.
fn envelope(ground: &Ground<'_>) -> Vote {
    let critical = ground.members.of(Among::CriticalFlow);
    let flows = if critical.members.is_empty() { ground.members.of(Among::Flow) } else { critical };
    let mut vote = Vote { strict: true, ..Vote::default() };
    for entity in &flows.members {
        let element = ground.members.element(*entity);
        let Some(load) = ground.capacity.flows.get(entity.index) else { continue };
        let until = load.until.and_then(|at| ground.capacity.resources.get(at));
        match (load.sustains_load, until) {
            (Some(upto), Some(until)) => {
                let text = format!("{element}: up to {} of today's load, until {}", multiple(upto), named(until));
                vote.hold(|| cite(ground, &element, text));
            }
            _ => vote.lack(|| MissingKey {
                key: if load.arrival_rate.is_none() { "flow.rate" } else { "a limit on its way" }.to_owned(),
                at: element.to_string(),
                entity: Some(*entity),
            }),
        }
    }
    vote.says = format!("the load that {} of {} flows carry is computed", vote.holds, flows.members.len());
    vote
}

/// The inputs that are assumed or missing: what the computed answers lean on without anybody having said it.
fn opinions(ground: &Ground<'_>) -> Vote {
    let capacity = ground.capacity;
    let mut vote = Vote::default();
    for resource in capacity.resources.iter().filter(|resource| resource.assumed.is_empty()) {
        vote.hold(|| cite(ground, &resource.element, format!("{}: from numbers in the file", named(resource))));
    }
    let assumed = capacity.assumptions.iter().map(|one| (&one.key, &one.element));
    for (key, element) in assumed.chain(capacity.missing.iter().map(|one| (&one.key, &one.element))) {
        let at = if *element == Element::Review { String::new() } else { element.to_string() };
        vote.lack(|| MissingKey { key: key.clone(), at, entity: entity_of(ground, element) });
    }
    vote.says = format!(
        "{} assumed, {} missing",
        crate::analysis::words::counted(capacity.assumptions.len(), "input"),
        capacity.missing.len()
    );
    vote
}
