//! The review as pure data: entities declared once, names, shapes, problems.
//!
//! Knows what a review may say and what a valid one refers to. Must not know TOML, files, graphs or screens.

mod change;
pub(crate) mod declare;
mod display;
mod entities;
mod evidence;
mod field;
mod key;
mod kind;
mod names;
mod node;
mod problem;
mod renaming;
mod resolve;
mod review;

pub use change::{Change, Fix, FixSafety};
pub use display::{INVALID_BYTES, visible, visible_lines};
pub use entities::*;
pub use evidence::{Evidence, Measurement};
pub use field::{
    Field, FieldSpec, LONGEST_TEXT, RANGE_KEYS, Reader, ServiceTime, Shape, Target, is_bidirectional_control,
};
pub use key::Key;
pub use kind::{EntityKind, EntityRef, field_at};
pub(crate) use names::matches_part;
pub use names::{
    ComponentName, Element, ElementName, FindingName, FlowName, Id, Name, PatternName, QuestionName, as_id, is_id,
};
pub use node::{Entry, Node, Span, Table, TableForm, Value};
pub use problem::{Gravity, Problem, ProblemKind, did_you_mean, nearest, quote};
pub use renaming::Renaming;
pub use resolve::resolve;
pub use review::Review;
