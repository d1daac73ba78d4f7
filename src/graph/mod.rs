//! The system as a graph: what it looks like on a grid of cells, and what can be asked of it.
//!
//! Knows the model at most. Must not know text documents, files, terminals, colours, or who asks.

pub mod layout;
pub mod picture;
