//! The system as a graph: who waits for whom, what a flow visits, what a failure reaches, and how it is laid out.
//!
//! petgraph stays inside. Must not know text, rules or screens.

mod blast;
mod call_tree;
mod chains;
mod flow;
pub mod layout;
pub mod picture;
mod reach;
mod system;
mod verify;

pub use blast::Blast;
pub use call_tree::CallNode;
pub use flow::{FlowExpansion, FlowIssue, MadeCall, Step, Visit, caches_missed};
pub use reach::Cycle;
pub use system::{ComponentIndex, DependencyIndex, FlowIndex, SystemGraph, is_hard, is_synchronous};
