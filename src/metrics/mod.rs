//! The metrics server: what a review's measured numbers are, and how they are fetched without ever being in the way.
//!
//! Instant queries against the Prometheus HTTP API in the background, the states an answer can be in kept apart
//! (value, zero, no series, no traffic, partial, failed), the dialects that know the usual metric names, and the
//! evidence file that lets a review be read again without a server.
//!
//! It must not know the document, the graph, the knowledge or any screen: elements, signals and queries are plain
//! strings here. Nothing is initialised (no TLS provider, no runtime, no connection) before the first query.

mod answer;
mod asked;
mod client;
mod connection;
mod dialects;
mod envelope;
mod evidence;
mod exchange;
mod failure;
mod poller;
mod run;
mod sanitise;
mod source;
mod transport;
mod unit;

pub use answer::{Answer, Labels, Reading};
pub use asked::{WINDOW, query_of, source_of};
pub use client::{Client, Settings};
pub use connection::Connection;
pub use dialects::{DIALECTS, Dialect, DialectQuery, Place, dialect};
pub use evidence::{EvidenceFile, EvidenceProblem, EvidenceRecord, EvidenceState, EvidenceTime};
pub use failure::{Failure, Position};
pub use poller::{MetricsEvent, PollTicket, Poller};
pub use run::{Query, ask_all};
pub use sanitise::clean;
pub use source::{HeaderValueSource, Source, without_userinfo};
pub use unit::Unit;
