//! Reachability, neighbourhoods and circles of the whole graph, whatever flows use it.

use super::system::{ComponentIndex, Edge, SystemGraph};
use petgraph::Direction;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::NodeIndex;
use petgraph::visit::{EdgeFiltered, EdgeRef};
use std::collections::{HashMap, HashSet, VecDeque};

/// Components that reach each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// All of them, in file order; at least two.
    pub members: Vec<ComponentIndex>,
    /// One shortest circle through the first member: each calls the next, the last calls the first.
    pub witness: Vec<ComponentIndex>,
}

impl SystemGraph {
    /// Everything that a component waits for, directly or not, itself left out; in file order.
    pub fn sync_reachable(&self, from: ComponentIndex) -> Vec<ComponentIndex> {
        self.reached(from, Direction::Outgoing, |edge| edge.synchronous)
    }

    /// Everything that fails when a component fails: its callers over hard synchronous dependencies, theirs, and so on;
    /// itself left out; in file order.
    pub fn dependents(&self, of: ComponentIndex) -> Vec<ComponentIndex> {
        self.reached(of, Direction::Incoming, |edge| edge.synchronous && edge.hard)
    }

    fn reached(&self, from: ComponentIndex, way: Direction, follow: impl Fn(&Edge) -> bool) -> Vec<ComponentIndex> {
        if from.0 >= self.graph.node_count() {
            return Vec::new();
        }
        let start = NodeIndex::new(from.0);
        let mut seen = HashSet::from([start]);
        let mut open = vec![start];
        while let Some(node) = open.pop() {
            for edge in self.graph.edges_directed(node, way).filter(|edge| follow(edge.weight())) {
                let next = if way == Direction::Outgoing { edge.target() } else { edge.source() };
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        seen.remove(&start);
        let mut all: Vec<_> = seen.into_iter().map(|node| ComponentIndex(node.index())).collect();
        all.sort_unstable();
        all
    }

    /// The components within some hops of one, in either direction, with their distance; nearest first, itself at 0.
    pub fn neighbourhood(&self, of: ComponentIndex, hops: usize) -> Vec<(ComponentIndex, usize)> {
        if of.0 >= self.graph.node_count() {
            return Vec::new();
        }
        let start = NodeIndex::new(of.0);
        let mut distance = HashMap::from([(start, 0)]);
        let mut open = VecDeque::from([start]);
        while let Some(node) = open.pop_front() {
            let next = distance[&node] + 1;
            if next > hops {
                continue;
            }
            for neighbour in self.graph.neighbors_undirected(node) {
                distance.entry(neighbour).or_insert_with(|| {
                    open.push_back(neighbour);
                    next
                });
            }
        }
        let mut all: Vec<_> = distance.into_iter().map(|(node, hops)| (ComponentIndex(node.index()), hops)).collect();
        all.sort_unstable_by_key(|(component, hops)| (*hops, *component));
        all
    }

    /// The circles of the graph, synchronous or not: one for each set of components that reach each other.
    pub fn cycles(&self) -> Vec<Cycle> {
        self.circles(|_| true)
    }

    /// The circles of components that wait for each other.
    pub fn sync_cycles(&self) -> Vec<Cycle> {
        self.circles(|edge| edge.synchronous)
    }

    fn circles(&self, follow: impl Fn(&Edge) -> bool) -> Vec<Cycle> {
        let followed =
            EdgeFiltered::from_fn(&self.graph, |edge: petgraph::graph::EdgeReference<'_, Edge>| follow(edge.weight()));
        let mut cycles: Vec<Cycle> = kosaraju_scc(&followed)
            .into_iter()
            .filter(|members| members.len() > 1)
            .map(|nodes| {
                let mut members: Vec<_> = nodes.iter().map(|node| ComponentIndex(node.index())).collect();
                members.sort_unstable();
                let witness = self.shortest_circle(&members, &follow);
                Cycle { members, witness }
            })
            .collect();
        cycles.sort_by_key(|cycle| cycle.members.first().copied());
        cycles
    }

    /// Breadth-first from the first member, inside the members, until an edge leads back to it.
    fn shortest_circle(&self, members: &[ComponentIndex], follow: &impl Fn(&Edge) -> bool) -> Vec<ComponentIndex> {
        let Some(&first) = members.first() else { return Vec::new() };
        let inside: HashSet<_> = members.iter().copied().collect();
        let mut came_from: HashMap<ComponentIndex, ComponentIndex> = HashMap::new();
        let mut open = VecDeque::from([first]);
        while let Some(component) = open.pop_front() {
            for dependency in self.outgoing(component) {
                let Some((_, to, edge)) = self.edges[dependency.0] else { continue };
                if !follow(&edge) || !inside.contains(&to) {
                    continue;
                }
                if to == first {
                    let mut circle = vec![component];
                    while let Some(before) = circle.last().and_then(|last| came_from.get(last)) {
                        circle.push(*before);
                    }
                    circle.reverse();
                    return circle;
                }
                came_from.entry(to).or_insert_with(|| {
                    open.push_back(to);
                    component
                });
            }
        }
        Vec::new()
    }
}
