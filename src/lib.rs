//! Kneepoint: a terminal workbench for architecture reviews.
//!
//! # Layers
//!
//! Each layer imports only lower ones; modules of one layer do not import each other.
//!
//! | Layer | Module | Holds | Must not know |
//! |---|---|---|---|
//! | L0 | [`units`], [`assets`] | quantities with units; embedded data | anything else of the crate |
//! | L1 | [`model`] | the review as pure data, declared once | where the text came from |
//! | L2 | [`document`], [`graph`], [`knowledge`], [`metrics`] | text ⇄ model, the system graph, the method, the metrics server | each other |
//! | L3 | [`capacity`] | arrival rates, utilisation, saturation | rules, screens |
//! | L3 | [`reliability`] | attainable availability, worst case, least latency, repetition | rules, objectives, screens |
//! | L4 | [`rules`] | findings | how they are shown |
//! | L5 | [`analysis`] | `analyze()`, the one entry | who asks |
//! | L5 | [`config`] | what a team decides about the rules | where the text came from |
//! | L6 | [`report`] | documents, diagrams, the texts and JSON of every command | files, terminals |
//! | L6 | [`simulated_source`] | a metrics server of made-up numbers, for the worked examples | files, screens |
//! | L7 | [`workbench`] | the headless application | how anything is drawn or performed |
//! | L8 | [`tui`] | drawing, event loop, effects | command-line arguments |
//! | L9 | [`cli`] | arguments, printing, exit codes | – |
//!
//! # Fences
//!
//! Where each dependency may be named. A dependency without a row here is not allowed.
//!
//! | Dependency | Only in |
//! |---|---|
//! | `toml_parser`, `annotate-snippets`, `notify`, `etcetera` | [`document`] |
//! | `toml` | [`knowledge`] |
//! | `petgraph` | [`graph`], in no public signature |
//! | `reqwest`, `rustls` | [`metrics`] |
//! | `tokio`, `futures-util` | [`metrics`], [`tui`] |
//! | `ratatui`, `crossterm` | [`tui`] |
//! | `clap`, `clap_complete`, `clap_mangen` | [`cli`] |
//! | `minijinja` | [`report`] |
//! | `nucleo-matcher`, `tui-input` | [`workbench`] |
//! | `strsim` | [`model`] |
//! | `tempfile` | [`document`], [`tui`], [`cli`] |
//! | `thiserror`, `foldhash`, `pulldown-cmark`, `unicode-width`, `unicode-segmentation`, `serde`, `serde_json`, `jiff` | anywhere |
//!
//! Files, sockets, processes, threads, the environment and the clock are for [`document`], [`metrics`], [`tui`] and
//! [`cli`] only; printing is for [`cli`] only. [`simulated_source`] may open sockets, start threads and read the clock,
//! and nothing else of that.
//! The engine of [`rules`] may run its checks on several threads at a time and waits for them.
//!
//! `tests/architecture.rs` reads these tables and proves them.

pub mod analysis;
pub mod assets;
pub mod capacity;
pub mod cli;
pub mod config;
pub mod document;
pub mod graph;
pub mod knowledge;
pub mod metrics;
pub mod model;
pub mod reliability;
pub mod report;
pub mod rules;
pub mod simulated_source;
pub mod tui;
pub mod units;
pub mod workbench;
