//! A flow's calls as a tree to look at: every way to a component is a node of its own, as far as there is room.

use super::flow::Step;
use super::system::{ComponentIndex, FlowIndex, SystemGraph};
use crate::units::Span;
use std::collections::VecDeque;

/// A node of a [call tree](SystemGraph::call_tree): one way to reach a component.
#[derive(Debug, Clone, PartialEq)]
pub struct CallNode {
    /// The component.
    pub component: ComponentIndex,
    /// The call that leads here: its position in the flow's `calls`; `None` for the entry.
    pub call: Option<usize>,
    /// Calls between the entry and here.
    pub depth: usize,
    /// How often a request comes this way.
    pub per_request: Span,
    /// Whether the caller waits.
    pub synchronous: bool,
    /// Whether the answer waits.
    pub in_answer: bool,
    /// How many of its calls have no node because the tree is full ("+n more").
    pub more: usize,
}

impl SystemGraph {
    /// The calls of a flow as a tree in the order of a walk: a node, then what it calls.
    ///
    /// At most `limit` nodes, those near the entry first; a flow may have more ways through it than there are atoms.
    pub fn call_tree(&self, flow: FlowIndex, limit: usize) -> Vec<CallNode> {
        let Some(expansion) = self.expansion(flow) else { return Vec::new() };
        let Some(entry) = expansion.entry.filter(|_| limit > 0) else { return Vec::new() };
        let root = CallNode {
            component: entry,
            call: None,
            depth: 0,
            per_request: Span::ONE,
            synchronous: true,
            in_answer: true,
            more: 0,
        };
        let mut nodes = vec![root];
        let mut children: Vec<Vec<usize>> = vec![Vec::new()];
        let mut open = VecDeque::from([0]);
        while let Some(index) = open.pop_front() {
            let node = nodes[index].clone();
            let Some(visit) = expansion.visit(node.component) else { continue };
            for &position in visit.steps.iter().flat_map(Step::calls) {
                if nodes.len() >= limit {
                    nodes[index].more += 1;
                    continue;
                }
                let call = &expansion.calls[position];
                children[index].push(nodes.len());
                open.push_back(nodes.len());
                children.push(Vec::new());
                nodes.push(CallNode {
                    component: call.to,
                    call: Some(call.call),
                    depth: node.depth + 1,
                    per_request: node.per_request * call.per_visit,
                    synchronous: call.synchronous,
                    in_answer: node.in_answer && call.synchronous,
                    more: 0,
                });
            }
        }
        let mut walk = Vec::with_capacity(nodes.len());
        let mut open = vec![0];
        while let Some(index) = open.pop() {
            walk.push(nodes[index].clone());
            open.extend(children[index].iter().rev());
        }
        walk
    }
}
