//! What a caller does without a callee, by what the file says of each dependency. Must not know flows.

use crate::graph::{ComponentIndex, SystemGraph};
use crate::model::{Criticality, Dependency, Element, FailureMode, Response, Review};
use std::collections::HashMap;

/// Whether the flow's answer survives the loss of a callee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Survival {
    /// It does not; whether that is said, or only follows from nothing being said.
    Needed { said: bool },
    /// It does: soft, degraded, queued, or answered from a place that is no component of the review.
    Answers,
    /// It does as long as this other component is there.
    Either(ComponentIndex),
}

/// By position of the dependency in the review.
pub(super) fn of_dependencies(review: &Review, graph: &SystemGraph) -> Vec<Survival> {
    let mut down: HashMap<String, Option<Response>> = HashMap::new();
    for failure in review.failures.iter().filter(|failure| failure.when == Some(FailureMode::Down)) {
        let place = match Element::ends(failure.at()) {
            Some((from, to)) => format!("{from}->{to}"),
            None => failure.at().trim().to_owned(),
        };
        down.entry(place).or_insert(failure.response);
    }
    let answer = |dependency: &Dependency| {
        let own = down.get(&format!("{}->{}", dependency.from(), dependency.to()));
        own.or_else(|| down.get(dependency.to())).copied().flatten()
    };
    review.dependencies.iter().map(|dependency| of(dependency, answer(dependency), graph)).collect()
}

fn of(dependency: &Dependency, when_down: Option<Response>, graph: &SystemGraph) -> Survival {
    if dependency.criticality == Some(Criticality::Soft) {
        return Survival::Answers;
    }
    let responses = [dependency.on_failure, when_down];
    if responses.iter().any(|response| matches!(response, Some(Response::Degrade | Response::Queue))) {
        return Survival::Answers;
    }
    let other = dependency.fallback.as_deref().map(str::trim).filter(|text| {
        let none = ["", "-", "none", "no", "nothing"];
        !none.iter().any(|none| text.eq_ignore_ascii_case(none))
    });
    let named = dependency.on_failure.is_none() && when_down.is_none() && other.is_some();
    if named || responses.contains(&Some(Response::Fallback)) {
        let component = other.and_then(|name| graph.component(name)).filter(|at| graph.name(*at) != dependency.to());
        return component.map_or(Survival::Answers, Survival::Either);
    }
    let decided = responses.contains(&Some(Response::FailFast));
    Survival::Needed { said: decided || dependency.criticality.is_some() }
}
