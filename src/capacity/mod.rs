//! Capacity: arrival rates, utilisation from holding time, and the load at which each resource saturates.
//!
//! First cut. Must not know rules, screens or servers.

mod figures;

pub use figures::{Assumption, Capacity, FlowLoad, Missing, Resource, ResourceKind, Saturation, Span};

use crate::graph::SystemGraph;
use crate::model::Review;

/// Computes the capacity picture of a review at a multiple of today's load.
pub fn compute(_review: &Review, _graph: &SystemGraph, load: f64) -> Capacity {
    Capacity { load, ..Capacity::default() }
}
