//! Ways through a flow's answer: the longest chain of waiting, and the components every way needs.

use super::flow::{FlowExpansion, Step};
use super::system::{ComponentIndex, FlowIndex, SystemGraph};
use petgraph::algo::dominators::simple_fast;
use petgraph::graph::{DiGraph, NodeIndex};

impl SystemGraph {
    /// The longest chain of components of a flow in which each waits for the next, from the entry on.
    ///
    /// Hops are counted along the flow's own calls, parallel or not, one a call whatever its count. Of two chains of the
    /// same length the one whose calls stand first in the file wins. `None` where the flow does not exist, its entry is
    /// unknown, or nothing is waited for.
    pub fn longest_sync_chain(&self, flow: FlowIndex) -> Option<Vec<ComponentIndex>> {
        let expansion = self.expansion(flow)?;
        // The longest rest of a chain from each component: hops, and the call that starts it. Callees stand later.
        let mut rest: Vec<(usize, Option<usize>)> = vec![(0, None); expansion.components.len()];
        for position in (0..expansion.components.len()).rev() {
            let mut calls: Vec<usize> = calls_of(expansion, position).collect();
            calls.sort_unstable();
            for call in calls {
                let made = &expansion.calls[call];
                let hops = rest[expansion.position[&made.to]].0 + 1;
                if made.synchronous && hops > rest[position].0 {
                    rest[position] = (hops, Some(call));
                }
            }
        }
        let mut chain = vec![expansion.entry?];
        let mut position = 0;
        while let Some((_, Some(call))) = rest.get(position) {
            let to = expansion.calls[*call].to;
            chain.push(to);
            position = expansion.position[&to];
        }
        (chain.len() > 1).then_some(chain)
    }

    /// The components of a flow without which its entry cannot reach some other component that its answer needs.
    ///
    /// Only hard synchronous calls count. The entry itself, without which nothing is reached, is left out, and so are
    /// the last components of a chain, whose loss takes only themselves. In the order in which they are visited.
    ///
    /// These are the inner nodes of the dominator tree (Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm).
    pub fn cut_vertices(&self, flow: FlowIndex) -> Vec<ComponentIndex> {
        let Some(expansion) = self.expansion(flow) else { return Vec::new() };
        if expansion.components.is_empty() {
            return Vec::new();
        }
        let mut graph: DiGraph<(), ()> = DiGraph::new();
        for _ in &expansion.components {
            graph.add_node(());
        }
        for call in expansion.calls.iter().filter(|call| call.fails_flow) {
            let ends = (expansion.position[&call.from], expansion.position[&call.to]);
            graph.add_edge(NodeIndex::new(ends.0), NodeIndex::new(ends.1), ());
        }
        let dominators = simple_fast(&graph, NodeIndex::new(0));
        let mut needed = vec![false; expansion.components.len()];
        for node in graph.node_indices() {
            if let Some(dominator) = dominators.immediate_dominator(node) {
                needed[dominator.index()] = true;
            }
        }
        let inner = expansion.components.iter().zip(needed).skip(1).filter(|(_, needed)| *needed);
        inner.map(|(visit, _)| visit.component).collect()
    }
}

fn calls_of(expansion: &FlowExpansion, position: usize) -> impl Iterator<Item = usize> {
    expansion.components[position].steps.iter().flat_map(Step::calls).copied()
}
