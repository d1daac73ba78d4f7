//! What a failure reaches: from an element to the flows and SLOs it takes along.

use super::system::{ComponentIndex, FlowIndex, SloOf, SystemGraph};
use crate::model::Element;

/// What goes wrong when an element fails.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Blast {
    /// The flows that give no answer, at least for the requests that come that way; in file order.
    pub flows_hard: Vec<FlowIndex>,
    /// The flows that still answer, with less (a soft call) or with work undone (behind an asynchronous one).
    pub flows_soft: Vec<FlowIndex>,
    /// The SLOs of the flows that fail and of the components that fail with it: positions in the review's list.
    pub slos: Vec<usize>,
}

impl SystemGraph {
    /// What fails and what is left with less when a component, a dependency or a flow fails.
    ///
    /// A failure travels from callee to caller over synchronous calls that are hard (see [`super::is_hard`]), and stops
    /// at soft and asynchronous ones. A failed caller takes its callees' work along only where no other way leads there,
    /// which does not fail those callees, so it does not travel down.
    pub fn blast_radius(&self, element: &Element) -> Blast {
        let mut blast = Blast::default();
        for flow in self.flows_through(element) {
            if self.fails(flow, element) {
                blast.flows_hard.push(flow);
            } else {
                blast.flows_soft.push(flow);
            }
        }
        let failed = self.failed_components(element);
        for (position, slo) in self.slos.iter().enumerate() {
            let hurt = match slo {
                SloOf::Flow(flow) => blast.flows_hard.binary_search(flow).is_ok(),
                SloOf::Component(component) => failed.binary_search(component).is_ok(),
                SloOf::Nothing => false,
            };
            if hurt {
                blast.slos.push(position);
            }
        }
        blast
    }

    /// The components that fail with an element, itself included where it is one; in file order.
    fn failed_components(&self, element: &Element) -> Vec<ComponentIndex> {
        let first = match self.ends_of(element) {
            Some((component, None)) => Some(component),
            // Without the connection the caller fails where it is a hard one, the callee goes on.
            Some((from, Some(to))) => self
                .dependency(from, to)
                .and_then(|dependency| self.edges[dependency.0])
                .filter(|(_, _, edge)| edge.synchronous && edge.hard)
                .map(|_| from),
            None => None,
        };
        let Some(first) = first else { return Vec::new() };
        let mut failed = self.dependents(first);
        failed.push(first);
        failed.sort_unstable();
        failed
    }

    fn fails(&self, flow: FlowIndex, element: &Element) -> bool {
        let Some(expansion) = self.expansion(flow) else { return false };
        match self.ends_of(element) {
            Some((component, None)) => expansion.visit(component).is_some_and(|visit| visit.fails_flow),
            Some((from, Some(to))) => {
                expansion.calls.iter().any(|call| call.from == from && call.to == to && call.fails_flow)
            }
            None => true,
        }
    }
}
