//! Rules: what the linter of architectures knows, one rule a file.
//!
//! Must not know how findings are shown, nor do I/O.

mod finding;

pub use finding::{CannotTell, Confidence, Fact, Figure, Finding, Severity, Standing, Summary, TriageMark};
