//! Kneepoint: a terminal workbench for architecture reviews.
//!
//! | Layer | Module | Holds | Must not know |
//! |---|---|---|---|
//! | L0 | [`units`], [`assets`] | quantities with units; embedded data | anything else of the crate |
//! | L1 | [`model`] | the review as pure data, declared once | where the text came from |
//! | L2 | [`document`], [`graph`], [`knowledge`], [`metrics`] | text ⇄ model, the system graph, the method, the metrics server | each other |
//! | L3 | [`capacity`] | arrival rates, utilisation, saturation | rules, screens |
//! | L4 | [`rules`] | findings | how they are shown |
//! | L5 | [`analysis`] | `analyze()`, the one entry | who asks |
//! | L6 | [`report`], [`workbench`] | documents; the headless application | terminals, sockets, files |
//! | L7 | [`tui`] | drawing, event loop, effects | command-line arguments |
//! | L8 | [`cli`] | arguments, printing, exit codes | – |
//!
//! Each layer imports only lower ones; `tests/architecture.rs` proves it.

pub mod analysis;
pub mod assets;
pub mod capacity;
pub mod cli;
pub mod document;
pub mod graph;
pub mod knowledge;
pub mod metrics;
pub mod model;
pub mod report;
pub mod rules;
pub mod tui;
pub mod units;
pub mod workbench;
