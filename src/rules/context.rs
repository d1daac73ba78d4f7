//! What a check may look at: the review, its graph, what was computed and measured, and the day.
//!
//! Every look-up is constant time, so that rules stay linear on large reviews.

use super::engine::Options;
use super::finding::Severity;
use super::impact::{Weight, Weights};
use super::rule::RuleInfo;
use super::shortlist::Terms;
use crate::capacity::Capacity;
use crate::graph::{ComponentIndex, DependencyIndex, FlowExpansion, FlowIndex, MadeCall, SystemGraph};
use crate::knowledge::Knowledge;
use crate::model::{
    Call, Component, ComponentKind, Dependency, Element, EntityKind, EntityRef, Evidence, Failure, FailureMode, Flow,
    Indicator, Review, Slo,
};
use crate::reliability::{FlowReliability, Reliability};
use crate::units::Quantity;
use foldhash::{HashMap, HashMapExt};
use jiff::civil::Date;
use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A flow with what the graph made of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FlowView<'a> {
    pub(crate) flow: &'a Flow,
    pub(crate) expansion: &'a FlowExpansion,
}

impl<'a> FlowView<'a> {
    /// Whether the flow is said to be on the fast path.
    pub(crate) fn is_critical(&self) -> bool {
        self.flow.critical == Some(true)
    }

    /// The call of the file that was made.
    pub(crate) fn call(&self, made: &MadeCall) -> Option<&'a Call> {
        self.flow.calls.as_deref().unwrap_or_default().get(made.call)
    }

    /// Whether the file says of a call that it is made: neither 0 times nor with a probability of 0.
    pub(crate) fn is_ever_made(&self, made: &MadeCall) -> bool {
        self.call(made).is_none_or(|call| {
            call.count.is_none_or(|count| count.high().value() > 0.0)
                && call.probability.is_none_or(|probability| probability.high().value() > 0.0)
        })
    }

    /// The calls that a component makes in this flow: one after another, groups together.
    pub(crate) fn steps_of(&self, component: ComponentIndex) -> impl Iterator<Item = Vec<&'a MadeCall>> {
        let expansion = self.expansion;
        let steps = expansion.visit(component).map_or(&[][..], |visit| visit.steps.as_slice());
        steps.iter().map(|step| step.calls().iter().map(|call| &expansion.calls[*call]).collect())
    }
}

/// What a check may look at.
///
/// Only the first entity of an id counts, and only dependencies whose both ends exist: the rest are problems of the
/// file, not of the system.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) review: &'a Review,
    pub(crate) graph: &'a SystemGraph,
    pub(crate) capacity: &'a Capacity,
    pub(crate) reliability: &'a Reliability,
    pub(crate) evidence: &'a Evidence,
    pub(crate) knowledge: &'a Knowledge,
    pub(crate) today: Date,
    /// How findings are ranked, and what of them is kept.
    pub(crate) terms: Terms<'a>,
    /// Ids of everything found so far, with how much it hurts; empty until the system has been judged, and where nothing in
    /// the review refers to a finding.
    pub(crate) found: HashMap<String, Severity>,
    /// Codes of the rules that ran.
    pub(crate) ran: HashSet<&'static str>,
    /// Computed when the first rule asks for it.
    at_peak: OnceLock<Capacity>,
    weights: Weights,
    least_patient: OnceLock<Vec<Option<usize>>>,
    /// Tables that several checks share, by what they are.
    tables: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
    thresholds: &'a BTreeMap<String, f64>,
    outgoing: Vec<Vec<&'a Dependency>>,
    incoming: Vec<Vec<&'a Dependency>>,
    /// Whether the caller waits, by the place of the dependency in the review.
    waits: Vec<bool>,
    slos_of_flow: HashMap<&'a str, Vec<usize>>,
    slos_of_component: HashMap<&'a str, Vec<usize>>,
    failures: HashMap<String, Vec<usize>>,
    entities: HashMap<(EntityKind, &'a str), usize>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        review: &'a Review,
        graph: &'a SystemGraph,
        capacity: &'a Capacity,
        reliability: &'a Reliability,
        evidence: &'a Evidence,
        options: &'a Options,
    ) -> Self {
        let mut context = Self {
            review,
            graph,
            capacity,
            reliability,
            evidence,
            knowledge: &options.knowledge,
            today: options.today,
            terms: Terms::new(review, options),
            weights: Weights::default(),
            least_patient: OnceLock::new(),
            tables: Mutex::default(),
            found: HashMap::new(),
            ran: HashSet::new(),
            at_peak: OnceLock::new(),
            thresholds: &options.thresholds,
            outgoing: vec![Vec::new(); review.components.len()],
            incoming: vec![Vec::new(); review.components.len()],
            waits: Vec::with_capacity(review.dependencies.len()),
            slos_of_flow: HashMap::new(),
            slos_of_component: HashMap::new(),
            failures: HashMap::new(),
            entities: HashMap::new(),
        };
        context.index();
        context
    }

    fn index(&mut self) {
        let review = self.review;
        for (position, dependency) in review.dependencies.iter().enumerate() {
            let index = DependencyIndex(position);
            self.waits.push(crate::graph::is_synchronous(dependency.mode, self.kind(dependency.to())));
            if let Some((from, to)) = self.graph.ends(index) {
                self.outgoing[from.0].push(dependency);
                self.incoming[to.0].push(dependency);
            }
        }
        for (position, slo) in review.slos.iter().enumerate() {
            self.name(EntityKind::Slo, slo.id(), position);
            match (&slo.flow, &slo.component) {
                (Some(flow), _) => self.slos_of_flow.entry(flow.as_str()).or_default().push(position),
                (None, Some(component)) => {
                    self.slos_of_component.entry(component.as_str()).or_default().push(position);
                }
                (None, None) => {}
            }
        }
        for (position, failure) in review.failures.iter().enumerate() {
            let place = match Element::ends(failure.at()) {
                Some((from, to)) => format!("{from}->{to}"),
                None => failure.at().trim().to_owned(),
            };
            self.failures.entry(place).or_default().push(position);
        }
        for (position, decision) in review.decisions.iter().enumerate() {
            self.name(EntityKind::Decision, decision.id(), position);
        }
        for (position, action) in review.actions.iter().enumerate() {
            self.name(EntityKind::Action, action.id(), position);
        }
        for (position, triage) in review.triage.iter().enumerate() {
            self.name(EntityKind::Triage, triage.finding(), position);
        }
    }

    fn name(&mut self, kind: EntityKind, id: &'a str, position: usize) {
        self.entities.entry((kind, id)).or_insert(position);
    }

    /// A table over the whole review that several checks look things up in: made by the first that asks, once for each
    /// type.
    pub(crate) fn table<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        let known = || self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = known().get(&TypeId::of::<T>()).cloned().and_then(|table| table.downcast().ok()) {
            return table;
        }
        let table = Arc::new(make());
        known().insert(TypeId::of::<T>(), Arc::<T>::clone(&table));
        table
    }

    /// The capacity at the peak that the review expects, every flow at its own, and with all replicas that autoscaling
    /// may start. Its multiples are of that peak; figures only.
    pub(crate) fn at_peak(&self) -> &Capacity {
        self.at_peak.get_or_init(|| {
            crate::capacity::compute_figures(self.review, self.graph, &super::peak::scaled(self.review))
        })
    }

    /// How much the flows through an element matter.
    pub(crate) fn weight(&self, element: &Element) -> Weight {
        self.weights.of(self, element)
    }

    /// The threshold of a rule's key: what the settings say for `CODE.key`, or else the default.
    pub(crate) fn threshold(&self, rule: &RuleInfo, key: &str) -> f64 {
        let set = self.thresholds.get(&format!("{}.{key}", rule.code)).copied().filter(|value| value.is_finite());
        set.or_else(|| rule.settings.iter().find(|setting| setting.key == key).map(|setting| setting.default))
            .unwrap_or_default()
    }

    /// Every component once, in file order.
    pub(crate) fn components(&self) -> impl Iterator<Item = (ComponentIndex, &'a Component)> + '_ {
        let review = self.review;
        review
            .components
            .iter()
            .enumerate()
            .map(|(position, component)| (ComponentIndex(position), component))
            .filter(|(index, component)| self.graph.component(component.id()) == Some(*index))
    }

    /// The component at an index of the graph.
    pub(crate) fn component_at(&self, index: ComponentIndex) -> &'a Component {
        let review = self.review;
        &review.components[index.0]
    }

    /// The component of an id.
    pub(crate) fn component(&self, id: &str) -> Option<&'a Component> {
        self.graph.component(id).map(|index| self.component_at(index))
    }

    /// What a component is, where the file says so.
    pub(crate) fn kind(&self, id: &str) -> Option<ComponentKind> {
        self.component(id).and_then(|component| component.kind)
    }

    /// Every usable dependency, in file order.
    pub(crate) fn dependencies(&self) -> impl Iterator<Item = &'a Dependency> + '_ {
        let review = self.review;
        review
            .dependencies
            .iter()
            .enumerate()
            .filter(|(position, _)| self.graph.ends(crate::graph::DependencyIndex(*position)).is_some())
            .map(|(_, dependency)| dependency)
    }

    /// The dependency of a call, where the file declares one.
    pub(crate) fn dependency_of(&self, made: &MadeCall) -> Option<&'a Dependency> {
        let review = self.review;
        made.dependency.map(|index| &review.dependencies[index.0])
    }

    /// What a component depends on, in file order.
    pub(crate) fn callees(&self, id: &str) -> Vec<&'a Dependency> {
        self.graph.component(id).map(|index| self.outgoing[index.0].clone()).unwrap_or_default()
    }

    /// What depends on a component, in file order.
    pub(crate) fn callers(&self, id: &str) -> Vec<&'a Dependency> {
        self.graph.component(id).map(|index| self.incoming[index.0].clone()).unwrap_or_default()
    }

    /// The one of a component's callers that `first` picks of all of them, by its place: worked out once, so that who asks
    /// for every call of a component with many callers does not look at them each time.
    pub(crate) fn least_patient(
        &self,
        component: &str,
        first: impl Fn(&[&'a Dependency]) -> Option<usize>,
    ) -> Option<&'a Dependency> {
        let at = self.graph.component(component)?;
        let all = self.least_patient.get_or_init(|| self.incoming.iter().map(|callers| first(callers)).collect());
        self.incoming[at.0].get(all[at.0]?).copied()
    }

    /// Whether the caller of a dependency waits for the answer.
    pub(crate) fn waits(&self, dependency: &Dependency) -> bool {
        self.place(dependency).and_then(|place| self.waits.get(place).copied()).unwrap_or_default()
    }

    /// The usable dependency of the review that this is, with its ends.
    pub(crate) fn placed(&self, dependency: &Dependency) -> Option<(DependencyIndex, ComponentIndex, ComponentIndex)> {
        let index = DependencyIndex(self.place(dependency)?);
        let (from, to) = self.graph.ends(index)?;
        Some((index, from, to))
    }

    /// Who makes the calls of a dependency.
    pub(crate) fn caller(&self, dependency: &Dependency) -> Option<&'a Component> {
        self.placed(dependency).map(|(_, from, _)| self.component_at(from))
    }

    /// Who answers the calls of a dependency.
    pub(crate) fn callee(&self, dependency: &Dependency) -> Option<&'a Component> {
        self.placed(dependency).map(|(_, _, to)| self.component_at(to))
    }

    /// Where a dependency of the review stands in its list: told by where it lies in memory, because rules hold
    /// references and a look-up by its ends would cost two hashes each time.
    fn place(&self, dependency: &Dependency) -> Option<usize> {
        let first = self.review.dependencies.as_ptr() as usize;
        let offset = (std::ptr::from_ref(dependency) as usize).checked_sub(first)?;
        let place = offset / size_of::<Dependency>();
        (place < self.review.dependencies.len()).then_some(place)
    }

    /// Every flow once, in file order.
    pub(crate) fn flows(&self) -> impl Iterator<Item = FlowView<'a>> + '_ {
        let review = self.review;
        (0..review.flows.len())
            .map(FlowIndex)
            .filter(move |index| self.graph.flow(review.flows[index.0].id()) == Some(*index))
            .filter_map(|index| self.flow_at(index))
    }

    /// The flow at an index of the graph.
    pub(crate) fn flow_at(&self, index: FlowIndex) -> Option<FlowView<'a>> {
        let (review, graph) = (self.review, self.graph);
        Some(FlowView { flow: review.flows.get(index.0)?, expansion: graph.expansion(index)? })
    }

    /// What a flow can promise by its dependencies and policies.
    pub(crate) fn reliability_of(&self, view: FlowView<'_>) -> Option<&'a FlowReliability> {
        self.reliability.flow(view.expansion.flow)
    }

    /// The flows that visit or call an element, in file order.
    pub(crate) fn flows_through(&self, element: &Element) -> Vec<FlowView<'a>> {
        self.graph.flows_through(element).into_iter().filter_map(|index| self.flow_at(index)).collect()
    }

    /// The SLOs of a flow.
    pub(crate) fn slos_of_flow(&self, flow: &str) -> impl Iterator<Item = &'a Slo> + '_ {
        let review = self.review;
        self.slos_of_flow.get(flow).into_iter().flatten().map(|position| &review.slos[*position])
    }

    /// The SLOs of a flow with an indicator.
    pub(crate) fn slos_with(&self, flow: &str, indicator: Indicator) -> impl Iterator<Item = &'a Slo> + '_ {
        self.slos_of_flow(flow).filter(move |slo| slo.indicator == Some(indicator))
    }

    /// The SLOs of a component.
    pub(crate) fn slos_of_component(&self, id: &str) -> impl Iterator<Item = &'a Slo> + '_ {
        let review = self.review;
        self.slos_of_component.get(id).into_iter().flatten().map(|position| &review.slos[*position])
    }

    /// Whether any component has an SLO of its own.
    pub(crate) fn components_have_slos(&self) -> bool {
        !self.slos_of_component.is_empty()
    }

    /// What was decided for the failure of a dependency: for itself, or else for its callee.
    pub(crate) fn failure(&self, dependency: &Dependency, mode: FailureMode) -> Option<&'a Failure> {
        if self.failures.is_empty() {
            return None;
        }
        let review = self.review;
        let edge = format!("{}->{}", dependency.from(), dependency.to());
        [edge.as_str(), dependency.to()].into_iter().find_map(|place| {
            let answers = self.failures.get(place)?.iter().map(|position| &review.failures[*position]);
            answers.into_iter().find(|failure| failure.when == Some(mode))
        })
    }

    /// The entity of the file that an element is.
    pub(crate) fn entity(&self, element: &Element) -> Option<EntityRef> {
        let graph = self.graph;
        let named = |kind, id: &str| self.entities.get(&(kind, id)).map(|index| EntityRef::new(kind, *index));
        match element {
            Element::Review => Some(EntityRef::only(EntityKind::Head)),
            Element::Component(id) => graph.component(id).map(|index| EntityRef::new(EntityKind::Component, index.0)),
            Element::Dependency(from, to) => graph
                .dependency(graph.component(from)?, graph.component(to)?)
                .map(|index| EntityRef::new(EntityKind::Dependency, index.0)),
            Element::Flow(id) | Element::Path(id, _) => {
                graph.flow(id).map(|index| EntityRef::new(EntityKind::Flow, index.0))
            }
            Element::Slo(id) => named(EntityKind::Slo, id),
            Element::Other(table, id) => {
                let kind = EntityKind::of_table(table)?;
                named(kind, id).or_else(|| {
                    let number: usize = id.parse().ok()?;
                    (1..=self.review.count(kind)).contains(&number).then(|| EntityRef::new(kind, number - 1))
                })
            }
        }
    }
}
