//! Rules: what the linter of architectures knows, one rule a file.
//!
//! A rule says finding, pass or cannot tell about each element it applies to; the engine selects, ranks, applies the
//! ledger and counts. Must not know how findings are shown, nor do I/O.

pub mod baseline;
mod checks;
mod context;
mod engine;
mod finding;
mod impact;
mod peak;
pub mod registry;
mod report;
mod rule;
mod select;
mod shortlist;
mod triage;

pub use baseline::{Baseline, Ratchet, StaleId};
pub use engine::{MOST_OF_A_RULE, Options, Outcome, run};
pub use finding::{
    CannotTell, Confidence, Fact, FailedRule, Figure, Finding, Severity, Standing, Summary, Tally, TriageMark,
};
pub use rule::{Family, Rule, RuleInfo, SECTIONS, Setting};
pub use select::{UnknownSelector, chosen, selects};
pub use triage::names_finding;
