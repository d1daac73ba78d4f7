//! The calls that callers wait for, with the flows whose answer waits for them: what the rules about failure share.
//!
//! One pass over the calls of all flows. Must not know thresholds or severities.

use crate::graph::{ComponentIndex, DependencyIndex};
use crate::model::{Component, Criticality, Dependency, Element, FailureMode, Response};
use crate::rules::checks::load::is_background;
use crate::rules::context::{Context, FlowView};

/// A flow whose answer waits for a dependency.
#[derive(Debug, Clone, Copy)]
pub(super) struct Use<'a> {
    pub(super) view: FlowView<'a>,
    /// Calls a request of the flow; likely value.
    pub(super) per_request: f64,
    /// Whether somebody waits for the flow: not where a clock, a worker or a broker starts it.
    pub(super) awaited: bool,
}

/// A dependency that is waited for.
#[derive(Debug, Clone)]
pub(super) struct Edge<'a> {
    pub(super) dependency: &'a Dependency,
    pub(super) from: &'a Component,
    pub(super) to: &'a Component,
    pub(super) from_index: ComponentIndex,
    pub(super) to_index: ComponentIndex,
    /// In file order; empty where no flow's answer waits for it.
    pub(super) uses: Vec<Use<'a>>,
}

impl<'a> Edge<'a> {
    pub(super) fn element(&self) -> Element {
        Element::Dependency(self.from.id().to_owned(), self.to.id().to_owned())
    }

    /// Whether the answer of a critical flow waits for it.
    pub(super) fn is_critical(&self) -> bool {
        self.uses.iter().any(|used| used.view.is_critical())
    }

    /// The flows whose answer waits for it; only critical ones where there are any.
    pub(super) fn flows(&self) -> Vec<String> {
        let critical = self.is_critical();
        let hurt = self.uses.iter().filter(|used| !critical || used.view.is_critical());
        hurt.map(|used| used.view.flow.id().to_owned()).collect()
    }

    /// The views of the same flows.
    pub(super) fn views(&self) -> Vec<FlowView<'a>> {
        let critical = self.is_critical();
        self.uses.iter().map(|used| used.view).filter(|view| !critical || view.is_critical()).collect()
    }
}

/// Every dependency that is waited for, in file order, whether or not a flow uses it.
pub(super) fn waited_for<'a>(context: &Context<'a>) -> Vec<Edge<'a>> {
    let (review, graph) = (context.review, context.graph);
    let mut place: Vec<Option<usize>> = vec![None; review.dependencies.len()];
    let mut edges: Vec<Edge<'a>> = Vec::new();
    for (position, dependency) in review.dependencies.iter().enumerate() {
        let index = DependencyIndex(position);
        let Some((from, to)) = graph.ends(index).filter(|_| graph.waits(index)) else { continue };
        place[position] = Some(edges.len());
        edges.push(Edge {
            dependency,
            from: context.component_at(from),
            to: context.component_at(to),
            from_index: from,
            to_index: to,
            uses: Vec::new(),
        });
    }
    for view in context.flows() {
        let awaited = !is_background(context, view);
        for made in view.expansion.made().filter(|made| made.in_answer && view.is_ever_made(made)) {
            let edge = made.dependency.and_then(|index| place[index.0]).map(|at| &mut edges[at]);
            let Some(edge) = edge else { continue };
            let per_request = made.per_request.likely;
            match edge.uses.last_mut().filter(|last| last.view.expansion.flow == view.expansion.flow) {
                Some(last) => last.per_request += per_request,
                None => edge.uses.push(Use { view, per_request, awaited }),
            }
        }
    }
    edges
}

/// The same with only the flows that somebody waits for, where there are any.
pub(super) fn awaited<'a>(context: &Context<'a>) -> Vec<Edge<'a>> {
    let mut edges = waited_for(context);
    for edge in &mut edges {
        edge.uses.retain(|used| used.awaited);
    }
    edges.retain(|edge| !edge.uses.is_empty());
    edges
}

/// What was decided for a failure of a dependency: a `[[failure]]` answer for it, or else its `on_failure`.
pub(super) fn decided(context: &Context<'_>, dependency: &Dependency, mode: FailureMode) -> Option<Response> {
    context.failure(dependency, mode).and_then(|failure| failure.response).or(dependency.on_failure)
}

/// Whether a response gives the flow something else to answer with.
pub(super) fn stands_in(response: Option<Response>) -> bool {
    matches!(response, Some(Response::Fallback | Response::Degrade | Response::Queue))
}

/// Whether the flow answers without the callee, by what the file says.
pub(super) fn survives_without(context: &Context<'_>, dependency: &Dependency) -> bool {
    dependency.criticality == Some(Criticality::Soft)
        || stands_in(dependency.on_failure)
        || [FailureMode::Down, FailureMode::Slow]
            .into_iter()
            .any(|mode| stands_in(context.failure(dependency, mode).and_then(|failure| failure.response)))
}

/// Whether a sentence of the review says something: "none", "tbd" and the like do not.
pub(super) fn says_something(text: Option<&String>) -> bool {
    text.is_some_and(|text| {
        let word = text.trim().trim_end_matches(['.', '!', '?']).to_lowercase();
        !matches!(
            word.as_str(),
            "" | "-" | "–" | "none" | "no" | "nothing" | "tbd" | "todo" | "unknown" | "n/a" | "not yet" | "?"
        )
    })
}

/// Names in a sentence: three at most, the rest counted.
pub(super) fn named(names: &[String]) -> String {
    let shown = names.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > 3 { format!("{shown} and {} more", names.len() - 3) } else { shown }
}
