//! Which entities of a review are what a question can be about: its stores, its writes, its critical flows …
//!
//! Each set is found once, by one walk over a list. Must not know questions or what is made of the sets.

use crate::graph::{DependencyIndex, FlowIndex, SystemGraph};
use crate::knowledge::Among;
use crate::model::{Component, ComponentKind, Dependency, Element, EntityKind, EntityRef, Flow, Response, Review};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// The members of a set, and who may be one but does not say so.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    /// In file order.
    pub(super) members: Vec<EntityRef>,
    /// The key that would tell, the first entity that lacks it, and how many do.
    pub(super) unsaid: Option<(&'static str, EntityRef, usize)>,
}

/// Whether an entity is a member.
enum Is {
    Yes,
    No,
    /// It depends on a key that is not there.
    Unsaid(&'static str),
}

impl From<bool> for Is {
    fn from(is: bool) -> Self {
        if is { Self::Yes } else { Self::No }
    }
}

/// The sets of a review.
#[derive(Debug)]
pub(super) struct Members<'a> {
    pub(super) review: &'a Review,
    pub(super) graph: &'a SystemGraph,
    on_flow: Vec<bool>,
    found: RefCell<HashMap<Among, Rc<Found>>>,
}

impl<'a> Members<'a> {
    pub(super) fn new(review: &'a Review, graph: &'a SystemGraph) -> Self {
        let mut on_flow = vec![false; review.components.len()];
        for visit in graph.expansions().iter().flat_map(|expansion| &expansion.components) {
            if let Some(seen) = on_flow.get_mut(visit.component.0) {
                *seen = true;
            }
        }
        Self { review, graph, on_flow, found: RefCell::default() }
    }

    /// Whether the review describes no system at all: neither a component nor a flow has a name.
    pub(super) fn nothing_described(&self) -> bool {
        self.review.components.iter().all(|component| component.id().is_empty())
            && self.review.flows.iter().all(|flow| flow.id().is_empty())
    }

    /// The members of a set.
    pub(super) fn of(&self, among: Among) -> Rc<Found> {
        if let Some(found) = self.found.borrow().get(&among) {
            return Rc::clone(found);
        }
        let found = Rc::new(self.find(among));
        self.found.borrow_mut().insert(among, Rc::clone(&found));
        found
    }

    /// The element of an entity; entities without a name of their own go by their position from 1.
    pub(super) fn element(&self, entity: EntityRef) -> Element {
        let review = self.review;
        let at = entity.index;
        let other = |id: &str| {
            let id = if id.is_empty() { (at + 1).to_string() } else { id.to_owned() };
            Element::Other(entity.kind.table(), id)
        };
        let found = match entity.kind {
            EntityKind::Component => review.components.get(at).map(|one| Element::Component(one.id().to_owned())),
            EntityKind::Flow => review.flows.get(at).map(|one| Element::Flow(one.id().to_owned())),
            EntityKind::Slo => review.slos.get(at).map(|one| Element::Slo(one.id().to_owned())),
            EntityKind::Dependency => {
                review.dependencies.get(at).map(|one| Element::Dependency(one.from().to_owned(), one.to().to_owned()))
            }
            EntityKind::Hotspot => review.hotspots.get(at).map(|one| other(one.id())),
            EntityKind::Failure => review.failures.get(at).map(|one| other(one.at())),
            EntityKind::Decision => review.decisions.get(at).map(|one| other(one.id())),
            EntityKind::LoadTest => Some(other("")),
            _ => None,
        };
        found.unwrap_or(Element::Review)
    }

    fn find(&self, among: Among) -> Found {
        let review = self.review;
        let only = |kind, there: bool| Found {
            members: if there { vec![EntityRef::only(kind)] } else { Vec::new() },
            unsaid: None,
        };
        let all = |kind, count: usize| Found {
            members: (0..count).map(|index| EntityRef::new(kind, index)).collect(),
            unsaid: None,
        };
        match among {
            Among::Growth => only(EntityKind::Growth, true),
            Among::Peak => self.peak(),
            Among::Tenancy => only(EntityKind::Tenancy, review.tenancy.is_some()),
            Among::Migration => only(EntityKind::Migration, review.migration.is_some()),
            Among::Objective => all(EntityKind::Slo, review.slos.len()),
            Among::Hotspot => all(EntityKind::Hotspot, review.hotspots.len()),
            Among::Failure => all(EntityKind::Failure, review.failures.len()),
            Among::LoadTest => all(EntityKind::LoadTest, review.load_tests.len()),
            Among::Decision => all(EntityKind::Decision, review.decisions.len()),
            Among::Flow => self.flows(|_| Is::Yes),
            Among::CriticalFlow => self.critical_flows(),
            Among::SecondFlow => {
                let flows = self.flows(|_| Is::Yes);
                if flows.members.len() < 2 { Found::default() } else { flows }
            }
            Among::Regional => self.regional(),
            _ if among.kind() == EntityKind::Dependency => self.dependencies(among),
            _ => self.components(among),
        }
    }

    fn collect(kind: EntityKind, each: impl Iterator<Item = (usize, Is)>) -> Found {
        let mut found = Found::default();
        for (index, is) in each {
            let entity = EntityRef::new(kind, index);
            match is {
                Is::Yes => found.members.push(entity),
                Is::No => {}
                Is::Unsaid(key) => {
                    let (_, _, count) = found.unsaid.get_or_insert((key, entity, 0));
                    *count += 1;
                }
            }
        }
        found
    }

    /// Flows that are the first of their id.
    fn flows(&self, is: impl Fn(&Flow) -> Is) -> Found {
        let flows = self.review.flows.iter().enumerate();
        let first = flows.filter(|(index, flow)| self.graph.flow(flow.id()) == Some(FlowIndex(*index)));
        Self::collect(EntityKind::Flow, first.map(|(index, flow)| (index, is(flow))))
    }

    fn critical_flows(&self) -> Found {
        let found = self.flows(|flow| match flow.critical {
            Some(critical) => critical.into(),
            None => Is::Unsaid("flow.critical"),
        });
        // Where some flows are marked, the others are what they are not marked as.
        if found.members.is_empty() { found } else { Found { unsaid: None, ..found } }
    }

    fn peak(&self) -> Found {
        let growth = &self.review.growth;
        let stated = growth.peak.into_iter().chain(self.review.flows.iter().filter_map(|flow| flow.peak));
        let highest = stated.map(|peak| crate::units::Quantity::value(peak.high())).reduce(f64::max);
        let entity = EntityRef::only(EntityKind::Growth);
        match highest {
            Some(highest) if highest > 1.0 => Found { members: vec![entity], unsaid: None },
            Some(_) => Found::default(),
            None => Found { members: Vec::new(), unsaid: Some(("growth.peak", entity, 1)) },
        }
    }

    fn usable_components(&self) -> impl Iterator<Item = (usize, &'a Component)> + '_ {
        let all = self.review.components.iter().enumerate();
        all.filter(|(index, component)| self.graph.component(component.id()).is_some_and(|first| first.0 == *index))
    }

    /// Components with a region, where they are in more than one in all.
    fn regional(&self) -> Found {
        let regions = |component: &'a Component| component.regions.as_deref().unwrap_or_default();
        let mut different: Option<&str> = None;
        let mut several = false;
        for region in self.usable_components().flat_map(|(_, component)| regions(component)) {
            match different {
                None => different = Some(region),
                Some(first) => several |= first != region,
            }
        }
        let is = |component| Is::from(several && !regions(component).is_empty());
        Self::collect(EntityKind::Component, self.usable_components().map(|(index, one)| (index, is(one))))
    }

    fn components(&self, among: Among) -> Found {
        let on_flow = |index: usize| self.on_flow.get(index).copied().unwrap_or_default();
        let each =
            self.usable_components().map(|(index, component)| (index, is_component(among, component, on_flow(index))));
        Self::collect(EntityKind::Component, each)
    }

    fn dependencies(&self, among: Among) -> Found {
        let all = self.review.dependencies.iter().enumerate();
        let usable = all.filter(|(index, _)| self.graph.ends(DependencyIndex(*index)).is_some());
        let each = usable.map(|(index, dependency)| (index, self.is_dependency(among, index, dependency)));
        Self::collect(EntityKind::Dependency, each)
    }

    fn is_dependency(&self, among: Among, index: usize, dependency: &Dependency) -> Is {
        match among {
            Among::Call => Is::Yes,
            Among::Wait => self.graph.waits(DependencyIndex(index)).into(),
            Among::Soft => match (dependency.criticality, dependency.on_failure) {
                (Some(criticality), _) => (criticality == crate::model::Criticality::Soft).into(),
                (None, response) => {
                    matches!(response, Some(Response::Fallback | Response::Degrade | Response::Queue)).into()
                }
            },
            Among::Write => match dependency.operation {
                Some(operation) => operation.writes().into(),
                None => Is::Unsaid("dependency.operation"),
            },
            Among::Retried => {
                let attempts = dependency.retry.as_ref().and_then(|retry| retry.attempts);
                attempts.is_some_and(|attempts| crate::units::Quantity::value(attempts.high()) > 0.0).into()
            }
            Among::Pooled => dependency.pool.is_some().into(),
            Among::CacheCall => {
                let callee = self.graph.component(dependency.to());
                let kind = callee.and_then(|callee| self.review.components.get(callee.0)).map(|callee| callee.kind);
                match kind {
                    Some(Some(kind)) => (kind == ComponentKind::Cache).into(),
                    Some(None) => Is::Unsaid("component.kind"),
                    None => Is::No,
                }
            }
            _ => Is::No,
        }
    }
}

fn is_component(among: Among, component: &Component, on_flow: bool) -> Is {
    let data = component.data.as_ref();
    match among {
        Among::OnFlow => return on_flow.into(),
        Among::Autoscaled => return component.autoscale.is_some().into(),
        Among::Partitioned => {
            let shards = data.and_then(|data| data.shards);
            let several = shards.is_some_and(|shards| crate::units::Quantity::value(shards.high()) > 1.0);
            return (several || data.is_some_and(|data| data.partition_key.is_some())).into();
        }
        Among::Replicated => {
            let replicas = data.and_then(|data| data.read_replicas);
            return replicas.is_some_and(|count| crate::units::Quantity::value(count.high()) > 0.0).into();
        }
        Among::Compute if !on_flow => return Is::No,
        Among::Cache if component.cache.is_some() => return Is::Yes,
        Among::Broker if component.broker.is_some() => return Is::Yes,
        _ => {}
    }
    let Some(kind) = component.kind else { return Is::Unsaid("component.kind") };
    match among {
        Among::Compute => kind.is_compute(),
        Among::Edge => matches!(
            kind,
            ComponentKind::Client
                | ComponentKind::Cdn
                | ComponentKind::Waf
                | ComponentKind::Gateway
                | ComponentKind::LoadBalancer
        ),
        Among::Store => matches!(kind, ComponentKind::Database | ComponentKind::Search | ComponentKind::ObjectStore),
        Among::Database => kind == ComponentKind::Database,
        Among::Cache => kind == ComponentKind::Cache,
        Among::Broker => kind.is_broker(),
        Among::External => kind == ComponentKind::External,
        Among::Model => kind == ComponentKind::Model,
        _ => false,
    }
    .into()
}
