//! What a review and its analysis look like to readers: the review document, diagrams, and the texts and JSON of every
//! command.
//!
//! Everything is a pure function to a text. Must not know files, terminals or clocks; the day is passed in.

mod capacity;
mod check;
pub mod context;
mod custom;
mod diagram;
mod difference;
mod document;
mod keep;
mod markdown;
mod measure;
mod rule;
mod schema;
mod style;
mod text;

pub use capacity::{capacity_json, capacity_text};
pub use check::{
    BaselineUse, Checked, check_github, check_json, check_junit, check_markdown, check_sarif, check_text, relative,
};
pub use context::{Subject, as_of, context, target};
pub use custom::Custom;
pub use diagram::{Diagram, dot, flow as flow_diagram, mermaid};
pub use difference::{Compared, Origin, difference_json, difference_markdown, difference_text};
pub use document::document;
pub use keep::{KeepError, OverwriteError, merge_keeps, replace, write_over};
pub use markdown::{REVIEW_TEMPLATE, Template, TemplateError, json, markdown};
pub use measure::{Measured, measure_json, measure_text};
pub use rule::{rule_json, rule_markdown, rule_text, rules_json, rules_markdown, rules_text};
pub use schema::schema;
pub use style::Style;
pub use text::{block, cell, line};
