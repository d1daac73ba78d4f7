//! The review's components and dependencies as a graph, with the expansion of its flows.
//!
//! Broken reviews are the usual case: the first of two entities with one id is used, and what names nothing is left out.
//! Must not know rates, rules or screens.

use super::flow::FlowExpansion;
use crate::model::{ComponentKind, Criticality, Dependency, Element, Mode, Response, Review};
use foldhash::{HashMap, HashMapExt};
use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

/// A component: its position in the review's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ComponentIndex(pub usize);

/// A dependency: its position in the review's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DependencyIndex(pub usize);

/// A flow: its position in the review's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlowIndex(pub usize);

/// What the graph knows about an SLO: whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SloOf {
    Flow(FlowIndex),
    Component(ComponentIndex),
    Nothing,
}

/// The ends of a dependency and whether its caller waits for it and needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) dependency: DependencyIndex,
    pub(super) synchronous: bool,
    pub(super) hard: bool,
}

/// The graph of a review: who calls whom, who waits for whom, and what each flow visits.
///
/// Building it is linear in the size of the review. It holds no reference to the review, and knows it only as it was.
#[derive(Debug, Clone)]
pub struct SystemGraph {
    /// Node `i` is component `i`; second components of one id and components without an id have no edges.
    pub(super) graph: DiGraph<(), Edge>,
    pub(super) names: Vec<String>,
    pub(super) components: HashMap<String, ComponentIndex>,
    /// Usable dependencies by their ends.
    pub(super) dependencies: HashMap<(ComponentIndex, ComponentIndex), DependencyIndex>,
    /// By position: the usable ends of a dependency.
    pub(super) edges: Vec<Option<(ComponentIndex, ComponentIndex, Edge)>>,
    pub(super) flows: HashMap<String, FlowIndex>,
    pub(super) expansions: Vec<FlowExpansion>,
    pub(super) flows_of_component: HashMap<ComponentIndex, Vec<FlowIndex>>,
    pub(super) flows_of_pair: HashMap<(ComponentIndex, ComponentIndex), Vec<FlowIndex>>,
    pub(super) slos: Vec<SloOf>,
}

/// Whether the caller waits for the answer of a callee.
///
/// `sync` waits; `async`, `stream` and `batch` do not. Where the mode is not said the caller waits, except where the
/// callee is a queue or a stream: handing work over is what those are for, so a publish without a mode is asynchronous.
pub fn is_synchronous(mode: Option<Mode>, callee: Option<ComponentKind>) -> bool {
    match mode {
        Some(mode) => mode == Mode::Sync,
        None => !callee.is_some_and(ComponentKind::is_broker),
    }
}

/// Whether the caller fails with the callee.
///
/// What is said counts; where nothing is said, a stated fallback, degradation or queue makes it soft, and otherwise it
/// is hard: an undecided failure is a failure.
pub fn is_hard(dependency: &Dependency) -> bool {
    match dependency.criticality {
        Some(criticality) => criticality == Criticality::Hard,
        None => !matches!(dependency.on_failure, Some(Response::Fallback | Response::Degrade | Response::Queue)),
    }
}

impl SystemGraph {
    /// From a review.
    pub fn new(review: &Review) -> Self {
        let mut graph = DiGraph::with_capacity(review.components.len(), review.dependencies.len());
        let mut components = HashMap::new();
        for (position, component) in review.components.iter().enumerate() {
            graph.add_node(());
            if !component.id().is_empty() {
                components.entry(component.id().to_owned()).or_insert(ComponentIndex(position));
            }
        }
        let mut dependencies = HashMap::new();
        let mut edges = Vec::with_capacity(review.dependencies.len());
        for (position, dependency) in review.dependencies.iter().enumerate() {
            let (from, to) = (components.get(dependency.from()), components.get(dependency.to()));
            let usable = match (from, to) {
                (Some(&from), Some(&to)) if from != to && !dependencies.contains_key(&(from, to)) => {
                    let index = DependencyIndex(position);
                    let edge = Edge {
                        dependency: index,
                        synchronous: is_synchronous(dependency.mode, review.components[to.0].kind),
                        hard: is_hard(dependency),
                    };
                    dependencies.insert((from, to), index);
                    graph.add_edge(NodeIndex::new(from.0), NodeIndex::new(to.0), edge);
                    Some((from, to, edge))
                }
                _ => None,
            };
            edges.push(usable);
        }
        let mut flows = HashMap::new();
        for (position, flow) in review.flows.iter().enumerate() {
            if !flow.id().is_empty() {
                flows.entry(flow.id().to_owned()).or_insert(FlowIndex(position));
            }
        }
        let slos = review
            .slos
            .iter()
            .map(|slo| match (&slo.flow, &slo.component) {
                (Some(flow), _) => flows.get(flow.as_str()).map_or(SloOf::Nothing, |flow| SloOf::Flow(*flow)),
                (None, Some(name)) => components.get(name.as_str()).map_or(SloOf::Nothing, |c| SloOf::Component(*c)),
                (None, None) => SloOf::Nothing,
            })
            .collect();
        let mut system = Self {
            graph,
            names: review.components.iter().map(|component| component.id().to_owned()).collect(),
            components,
            dependencies,
            edges,
            flows,
            expansions: Vec::new(),
            flows_of_component: HashMap::new(),
            flows_of_pair: HashMap::new(),
            slos,
        };
        system.expand(review);
        system
    }

    fn expand(&mut self, review: &Review) {
        for position in 0..review.flows.len() {
            let flow = FlowIndex(position);
            let expansion = FlowExpansion::of(review, self, flow);
            for visited in &expansion.components {
                self.flows_of_component.entry(visited.component).or_default().push(flow);
            }
            for call in expansion.made() {
                let flows = self.flows_of_pair.entry((call.from, call.to)).or_default();
                if flows.last() != Some(&flow) {
                    flows.push(flow);
                }
            }
            self.expansions.push(expansion);
        }
    }

    /// How many components the review lists, second ones of one id included.
    pub fn component_count(&self) -> usize {
        self.names.len()
    }

    /// The component of an id (the first, where a broken file has two).
    pub fn component(&self, id: &str) -> Option<ComponentIndex> {
        self.components.get(id).copied()
    }

    /// The id of a component, empty where it has none.
    pub fn name(&self, component: ComponentIndex) -> &str {
        self.names.get(component.0).map_or("", String::as_str)
    }

    /// The ids of a path.
    pub fn path_names(&self, path: &[ComponentIndex]) -> Vec<String> {
        path.iter().map(|component| self.name(*component).to_owned()).collect()
    }

    /// The usable dependency between two components: both ends exist, they differ, and it is the first of its kind.
    pub fn dependency(&self, from: ComponentIndex, to: ComponentIndex) -> Option<DependencyIndex> {
        self.dependencies.get(&(from, to)).copied()
    }

    /// The ends of a usable dependency.
    pub fn ends(&self, dependency: DependencyIndex) -> Option<(ComponentIndex, ComponentIndex)> {
        self.edges.get(dependency.0).copied().flatten().map(|(from, to, _)| (from, to))
    }

    /// Whether the caller of a usable dependency waits for the answer, see [`is_synchronous`].
    pub fn waits(&self, dependency: DependencyIndex) -> bool {
        self.edges.get(dependency.0).copied().flatten().is_some_and(|(_, _, edge)| edge.synchronous)
    }

    /// The flow of an id (the first, where a broken file has two).
    pub fn flow(&self, id: &str) -> Option<FlowIndex> {
        self.flows.get(id).copied()
    }

    /// What a flow visits and calls; `None` for a position that is not one of the review.
    pub fn expansion(&self, flow: FlowIndex) -> Option<&FlowExpansion> {
        self.expansions.get(flow.0)
    }

    /// The expansions of all flows, in file order: position `i` is flow `i`.
    pub fn expansions(&self) -> &[FlowExpansion] {
        &self.expansions
    }

    /// The usable dependencies that leave a component, in file order.
    pub fn outgoing(&self, component: ComponentIndex) -> Vec<DependencyIndex> {
        self.edges_of(component, Direction::Outgoing)
    }

    /// The usable dependencies that lead to a component, in file order.
    pub fn incoming(&self, component: ComponentIndex) -> Vec<DependencyIndex> {
        self.edges_of(component, Direction::Incoming)
    }

    /// Who calls a component, whether or not it waits, in the file order of the dependencies.
    pub fn callers(&self, component: ComponentIndex) -> Vec<ComponentIndex> {
        self.incoming(component).into_iter().filter_map(|d| self.ends(d)).map(|(from, _)| from).collect()
    }

    /// Whom a component calls, whether or not it waits, in the file order of the dependencies.
    pub fn callees(&self, component: ComponentIndex) -> Vec<ComponentIndex> {
        self.outgoing(component).into_iter().filter_map(|d| self.ends(d)).map(|(_, to)| to).collect()
    }

    fn edges_of(&self, component: ComponentIndex, direction: Direction) -> Vec<DependencyIndex> {
        let mut all: Vec<_> = self
            .graph
            .edges_directed(NodeIndex::new(component.0), direction)
            .map(|edge| edge.weight().dependency)
            .collect();
        all.sort_unstable();
        all
    }

    /// The component, or the two ends of the dependency, that an element names.
    pub(super) fn ends_of(&self, element: &Element) -> Option<(ComponentIndex, Option<ComponentIndex>)> {
        match element {
            Element::Component(id) => Some((self.component(id)?, None)),
            Element::Dependency(from, to) => Some((self.component(from)?, Some(self.component(to)?))),
            _ => None,
        }
    }

    /// The flows that visit a component, or make a call from one component to another, in file order.
    ///
    /// A flow goes through itself; other elements have none.
    pub fn flows_through(&self, element: &Element) -> Vec<FlowIndex> {
        if let Element::Flow(id) | Element::Path(id, _) = element {
            return self.flow(id).into_iter().collect();
        }
        match self.ends_of(element) {
            Some((from, Some(to))) => self.flows_that_call(from, to).to_vec(),
            Some((component, None)) => self.flows_that_visit(component).to_vec(),
            None => Vec::new(),
        }
    }

    /// The flows that visit a component, in file order.
    pub fn flows_that_visit(&self, component: ComponentIndex) -> &[FlowIndex] {
        self.flows_of_component.get(&component).map_or(&[], Vec::as_slice)
    }

    /// The flows that make a call from one component to another, in file order.
    pub fn flows_that_call(&self, from: ComponentIndex, to: ComponentIndex) -> &[FlowIndex] {
        self.flows_of_pair.get(&(from, to)).map_or(&[], Vec::as_slice)
    }
}
