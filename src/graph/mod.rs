//! The system as a graph: who waits for whom, what a flow visits, what a failure reaches, and how it is laid out.
//!
//! petgraph stays inside. Must not know text, rules or screens.

/// The graph of a review's components and dependencies.
#[derive(Debug)]
pub struct SystemGraph {}

impl SystemGraph {
    /// From a review.
    pub fn new(_review: &crate::model::Review) -> Self {
        Self {}
    }
}
