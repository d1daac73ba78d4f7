//! What a finding hurts, and therefore where it stands in the list: flows first, and their SLOs.

use super::context::{Context, FlowView};
use super::finding::Finding;
use crate::graph::FlowIndex;
use crate::model::{Element, Indicator};
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeSet, HashMap};

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
    /// What hurts more in front.
    pub(crate) fn worst_first(&self, other: &Self) -> Ordering {
        other
            .critical
            .cmp(&self.critical)
            .then(other.value_share.total_cmp(&self.value_share))
            .then(other.flows.cmp(&self.flows))
    }
}

/// The flows and SLOs of elements, each worked out once.
pub(crate) struct Impact<'a> {
    context: &'a Context<'a>,
    flows: HashMap<Element, (Vec<FlowIndex>, Weight)>,
    dependents: HashMap<String, Vec<String>>,
}

impl<'a> Impact<'a> {
    pub(crate) fn new(context: &'a Context<'a>) -> Self {
        Self { context, flows: HashMap::new(), dependents: HashMap::new() }
    }

    /// How much the flows of a finding matter.
    pub(crate) fn weight(&mut self, finding: &Finding, flows_given: bool) -> Weight {
        if flows_given {
            return self.weigh(&self.given(finding));
        }
        self.flows_of(&finding.element).1
    }

    fn given(&self, finding: &Finding) -> Vec<FlowIndex> {
        finding.flows.iter().filter_map(|id| self.context.graph.flow(id)).collect()
    }

    fn flows_of(&mut self, element: &Element) -> &(Vec<FlowIndex>, Weight) {
        if !self.flows.contains_key(element) {
            let flows = match element {
                Element::Slo(_) => {
                    let entity = self.context.entity(element);
                    let slo = entity.and_then(|entity| self.context.review.slos.get(entity.index));
                    let flow = slo.and_then(|slo| slo.flow.as_ref());
                    flow.and_then(|flow| self.context.graph.flow(flow.as_str())).into_iter().collect()
                }
                element => self.context.graph.flows_through(element),
            };
            let weight = self.weigh(&flows);
            self.flows.insert(element.clone(), (flows, weight));
        }
        &self.flows[element]
    }

    fn weigh(&self, flows: &[FlowIndex]) -> Weight {
        let views = || flows.iter().filter_map(|index| self.context.flow_at(*index));
        Weight {
            critical: views().any(|view| view.is_critical()),
            value_share: views().filter_map(|view| view.flow.value_share).map(|share| share.value()).sum(),
            flows: flows.len(),
        }
    }

    /// Fills in the flows a finding hurts, those that matter most in front, and the SLOs.
    pub(crate) fn complete(&mut self, finding: &mut Finding, flows_given: bool) {
        let mut flows = if flows_given { self.given(finding) } else { self.flows_of(&finding.element).0.clone() };
        let context = self.context;
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
            let waits = answer_waits(context, view, element);
            let hurt = context.slos_of_flow(view.flow.id()).filter(|slo| {
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
}

fn answer_waits(context: &Context<'_>, view: FlowView<'_>, element: &Element) -> bool {
    let visit = |id: &str| context.graph.component(id).and_then(|index| view.expansion.visit(index));
    match element {
        Element::Component(id) => visit(id).is_some_and(|visit| visit.in_answer),
        Element::Dependency(from, to) => {
            let Some(to) = context.graph.component(to) else { return false };
            let calls = visit(from).into_iter().flat_map(|visit| &visit.steps).flat_map(crate::graph::Step::calls);
            calls.map(|call| &view.expansion.calls[*call]).any(|call| call.to == to && call.in_answer)
        }
        _ => true,
    }
}
