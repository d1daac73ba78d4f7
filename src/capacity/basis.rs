//! What the load and the replicas are taken to be: as the review says they are today, or as somebody scales them.

use crate::model::{Component, Flow, Review};
use crate::units::{Count, Estimate, PerSecond};

/// What one flow brings.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Brings {
    /// Requests a second at its entry, where that is said.
    pub rate: Option<Estimate<PerSecond>>,
    /// Users that ask again and again, where that is said.
    pub users: Option<Estimate<Count>>,
}

/// The load of the flows and the replicas of the components, each by position in the review.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Basis {
    /// What each flow brings.
    pub flows: Vec<Brings>,
    /// How many replicas each component has, where that is said.
    pub replicas: Vec<Option<Estimate<Count>>>,
}

impl Basis {
    /// As the review says.
    pub fn today(review: &Review) -> Self {
        let flow = |flow: &Flow| Brings { rate: flow.rate, users: flow.users };
        let replicas = |component: &Component| component.replicas;
        Self {
            flows: review.flows.iter().map(flow).collect(),
            replicas: review.components.iter().map(replicas).collect(),
        }
    }

    pub(super) fn of_flow(&self, position: usize) -> Brings {
        self.flows.get(position).copied().unwrap_or_default()
    }

    pub(super) fn replicas_of(&self, position: usize) -> Option<Estimate<Count>> {
        self.replicas.get(position).copied().flatten()
    }
}
