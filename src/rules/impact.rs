//! What a finding hurts, and therefore where it stands in the list: flows first, and their SLOs.

use super::context::{Context, FlowView};
use super::finding::Finding;
use crate::graph::{ComponentIndex, DependencyIndex, FlowExpansion, FlowIndex, Step};
use crate::model::{Element, Indicator};
use foldhash::{HashMap, HashMapExt, HashSet};
use std::cmp::{Ordering, Reverse};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// More flows than this are counted in the evidence instead of listed: nobody reads them, and a finding a component
/// times a flow a component would be quadratic.
pub(crate) const LISTED: usize = 50;

/// How much the flows of a finding matter: compared before the identity decides.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Weight {
    critical: bool,
    value_share: f64,
    flows: usize,
}

impl Weight {
    /// Whether a flow among them is on the fast path.
    pub(crate) fn is_critical(&self) -> bool {
        self.critical
    }

    /// How many flows they are.
    pub(crate) fn flows(&self) -> usize {
        self.flows
    }

    /// What hurts more in front.
    pub(crate) fn worst_first(&self, other: &Self) -> Ordering {
        other
            .critical
            .cmp(&self.critical)
            .then(other.value_share.total_cmp(&self.value_share))
            .then(other.flows.cmp(&self.flows))
    }
}

/// The weights of all components and dependencies, each list worked out when it is first asked for.
#[derive(Debug, Default)]
pub(crate) struct Weights {
    components: OnceLock<Vec<Weight>>,
    dependencies: OnceLock<Vec<Weight>>,
}

impl Weights {
    /// How much the flows through an element matter.
    pub(crate) fn of(&self, context: &Context<'_>, element: &Element) -> Weight {
        let graph = context.graph;
        match element {
            Element::Component(id) => {
                let all = self.components.get_or_init(|| {
                    let all = (0..graph.component_count()).map(ComponentIndex);
                    all.map(|index| weigh(context, graph.flows_that_visit(index))).collect()
                });
                graph.component(id).and_then(|index| all.get(index.0).copied()).unwrap_or_default()
            }
            Element::Dependency(from, to) => {
                let (Some(from), Some(to)) = (graph.component(from), graph.component(to)) else {
                    return Weight::default();
                };
                let Some(index) = graph.dependency(from, to) else {
                    return weigh(context, graph.flows_that_call(from, to));
                };
                let all = self.dependencies.get_or_init(|| {
                    let all = (0..context.review.dependencies.len()).map(DependencyIndex);
                    let flows = |index| graph.ends(index).map_or(&[][..], |(from, to)| graph.flows_that_call(from, to));
                    all.map(|index| weigh(context, flows(index))).collect()
                });
                all.get(index.0).copied().unwrap_or_default()
            }
            element => weigh(context, &flows_of(context, element)),
        }
    }
}

/// How much some flows matter.
pub(crate) fn weigh(context: &Context<'_>, flows: &[FlowIndex]) -> Weight {
    let views = || flows.iter().filter_map(|index| context.flow_at(*index));
    Weight {
        critical: views().any(|view| view.is_critical()),
        value_share: views().filter_map(|view| view.flow.value_share).map(|share| share.value()).sum(),
        flows: flows.len(),
    }
}

/// The flows of these ids.
pub(crate) fn given(context: &Context<'_>, ids: &[String]) -> Vec<FlowIndex> {
    ids.iter().filter_map(|id| context.graph.flow(id)).collect()
}

fn flows_of(context: &Context<'_>, element: &Element) -> Vec<FlowIndex> {
    let Element::Slo(_) = element else { return context.graph.flows_through(element) };
    let entity = context.entity(element);
    let slo = entity.and_then(|entity| context.review.slos.get(entity.index));
    let flow = slo.and_then(|slo| slo.flow.as_ref());
    flow.and_then(|flow| context.graph.flow(flow.as_str())).into_iter().collect()
}

/// Completes findings: what is asked for again is worked out once.
pub(crate) struct Impact<'a> {
    context: &'a Context<'a>,
    dependents: HashMap<String, Vec<String>>,
    /// The calls that the answer of a flow with SLOs waits for.
    waited_for: OnceLock<HashSet<(FlowIndex, ComponentIndex, ComponentIndex)>>,
}

impl<'a> Impact<'a> {
    pub(crate) fn new(context: &'a Context<'a>) -> Self {
        Self { context, dependents: HashMap::new(), waited_for: OnceLock::new() }
    }

    /// Fills in the flows a finding hurts, those that matter most in front, and the SLOs.
    pub(crate) fn complete(&mut self, finding: &mut Finding, flows_given: bool) {
        let context = self.context;
        let mut flows = if flows_given { given(context, &finding.flows) } else { flows_of(context, &finding.element) };
        let value = |view: FlowView<'_>| view.flow.value_share.map_or(0.0, |share| share.value());
        flows.sort_by(|a, b| {
            let (Some(a), Some(b)) = (context.flow_at(*a), context.flow_at(*b)) else { return Ordering::Equal };
            Reverse(a.is_critical()).cmp(&Reverse(b.is_critical())).then(value(b).total_cmp(&value(a)))
        });
        if flows.len() > LISTED {
            let figure = super::finding::Figure::Count(flows.len() as f64);
            finding.evidence.push(super::finding::Fact { name: "flows_in_all", figure });
            flows.truncate(LISTED);
        }
        finding.flows = flows.iter().map(|index| context.review.flows[index.0].id().to_owned()).collect();
        finding.slos = self.slos(&finding.element, &flows);
    }

    /// The SLOs of the flows whose answer waits for the element, of the element, and of what fails with it. Flows that
    /// only hand work over to it keep their latency and availability, not their freshness.
    fn slos(&mut self, element: &Element, flows: &[FlowIndex]) -> Vec<String> {
        let context = self.context;
        if let Element::Slo(id) = element {
            return vec![id.clone()];
        }
        let mut slos = BTreeSet::new();
        for view in flows.iter().filter_map(|index| context.flow_at(*index)) {
            let mut of_flow = context.slos_of_flow(view.flow.id()).peekable();
            if of_flow.peek().is_none() {
                continue;
            }
            let waits = self.answer_waits(view, element);
            let hurt = of_flow.filter(|slo| {
                waits || !matches!(slo.indicator, None | Some(Indicator::Latency | Indicator::Availability))
            });
            slos.extend(hurt.map(|slo| slo.id().to_owned()));
        }
        let component = match element {
            Element::Component(id) => Some(id.as_str()),
            Element::Dependency(from, _) => Some(from.as_str()),
            _ => None,
        };
        if let Some(id) = component.filter(|_| context.components_have_slos()) {
            slos.extend(context.slos_of_component(id).map(|slo| slo.id().to_owned()));
            slos.extend(self.slos_of_dependents(id));
        }
        slos.remove("");
        slos.into_iter().collect()
    }

    fn slos_of_dependents(&mut self, id: &str) -> Vec<String> {
        if let Some(slos) = self.dependents.get(id) {
            return slos.clone();
        }
        let context = self.context;
        let dependents = context.graph.component(id).map(|index| context.graph.dependents(index)).unwrap_or_default();
        let slos: Vec<String> = dependents
            .into_iter()
            .flat_map(|index| context.slos_of_component(context.component_at(index).id()))
            .map(|slo| slo.id().to_owned())
            .take(LISTED)
            .collect();
        self.dependents.insert(id.to_owned(), slos.clone());
        slos
    }

    fn answer_waits(&self, view: FlowView<'_>, element: &Element) -> bool {
        let graph = self.context.graph;
        match element {
            Element::Component(id) => {
                let visit = graph.component(id).and_then(|index| view.expansion.visit(index));
                visit.is_some_and(|visit| visit.in_answer)
            }
            Element::Dependency(from, to) => {
                let (Some(from), Some(to)) = (graph.component(from), graph.component(to)) else { return false };
                self.waited_for.get_or_init(|| self.all_waited_for()).contains(&(view.expansion.flow, from, to))
            }
            _ => true,
        }
    }

    fn all_waited_for(&self) -> HashSet<(FlowIndex, ComponentIndex, ComponentIndex)> {
        let with_slos = |view: &FlowView<'_>| self.context.slos_of_flow(view.flow.id()).next().is_some();
        let calls = |view: FlowView<'a>| {
            let FlowExpansion { flow, components, calls, .. } = view.expansion;
            let steps = components.iter().flat_map(|visit| &visit.steps).flat_map(Step::calls);
            let waited_for = steps.map(|call| &calls[*call]).filter(|call| call.in_answer);
            waited_for.map(move |call| (*flow, call.from, call.to))
        };
        let all = (0..self.context.review.flows.len()).filter_map(|at| self.context.flow_at(FlowIndex(at)));
        all.filter(with_slos).flat_map(calls).collect()
    }
}
