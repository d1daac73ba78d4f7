//! The invariants of the graph, checked: for tests.

use super::flow::{FlowExpansion, Step};
use super::system::{ComponentIndex, SystemGraph};
use crate::units::Span;

impl SystemGraph {
    /// Checks every invariant that the rest of the program relies on.
    ///
    /// # Errors
    /// The first invariant that does not hold, in words.
    pub fn verify(&self) -> Result<(), String> {
        ensure(self.graph.node_count() == self.names.len(), || "a node for each component".to_owned())?;
        for (position, name) in self.names.iter().enumerate() {
            let first = self.component(name);
            ensure(name.is_empty() || first.is_some_and(|first| first.0 <= position), || {
                format!("{name:?} is the first of its id or has one before it")
            })?;
            let alone = self.graph.neighbors_undirected(petgraph::graph::NodeIndex::new(position)).next().is_none();
            ensure(first == Some(ComponentIndex(position)) || alone, || format!("second {name:?} has no edges"))?;
        }
        let usable = self.edges.iter().flatten().count();
        ensure(usable == self.graph.edge_count() && usable == self.dependencies.len(), || {
            "each usable dependency is one edge".to_owned()
        })?;
        for (position, edge) in self.edges.iter().enumerate() {
            let Some((from, to, edge)) = edge else { continue };
            ensure(from != to && edge.dependency.0 == position, || format!("edge {position} is in its place"))?;
            ensure(self.dependency(*from, *to) == Some(edge.dependency), || format!("edge {position} is found"))?;
        }
        for (position, expansion) in self.expansions.iter().enumerate() {
            ensure(expansion.flow.0 == position, || format!("flow {position} is in its place"))?;
            verify_flow(expansion).map_err(|what| format!("flow {position}: {what}"))?;
        }
        Ok(())
    }
}

fn verify_flow(expansion: &FlowExpansion) -> Result<(), String> {
    ensure(expansion.position.len() == expansion.components.len(), || "each component once".to_owned())?;
    ensure(expansion.entry == expansion.components.first().map(|visit| visit.component), || {
        "the entry stands first".to_owned()
    })?;
    let mut arrived = vec![Span::ZERO; expansion.components.len()];
    if let Some(first) = arrived.first_mut() {
        *first = Span::ONE;
    }
    let mut stepped = 0;
    for (position, visit) in expansion.components.iter().enumerate() {
        for &index in visit.steps.iter().flat_map(Step::calls) {
            stepped += 1;
            let call = &expansion.calls[index];
            ensure(call.from == visit.component, || format!("call {} leaves from its visit", call.call))?;
            let Some(&callee) = expansion.position.get(&call.to) else {
                return Err(format!("call {} leads to a visit", call.call));
            };
            ensure(callee > position, || format!("call {} leads forward", call.call))?;
            ensure(!call.in_answer || visit.in_answer, || format!("call {} is in the answer", call.call))?;
            ensure(in_order(call.per_visit) && in_order(call.per_request), || format!("call {} in order", call.call))?;
            arrived[callee] = arrived[callee] + call.per_request;
        }
    }
    ensure(stepped == expansion.calls.len(), || "each call is one step's".to_owned())?;
    for (visit, arrived) in expansion.components.iter().zip(arrived) {
        let equal = |a: f64, b: f64| a == b || (a - b).abs() <= 1e-9 * a.abs().max(b.abs());
        ensure(equal(visit.visits.likely, arrived.likely), || format!("visits of {:?} add up", visit.component))?;
    }
    Ok(())
}

fn in_order(span: Span) -> bool {
    span.low >= 0.0 && span.low <= span.likely && span.likely <= span.high
}

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}
