//! Changes of a review as values: what a fix, or an option of a decision, would do to the file.
//!
//! Whoever holds the text performs them; who proposes them need not know how.

use super::kind::{EntityKind, EntityRef};

/// One change of a review.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Change {
    /// A key of an entity gets a value.
    Set {
        /// The entity.
        entity: EntityRef,
        /// The key, dotted where it is inside another (`retry.jitter`).
        key: String,
        /// As it would be typed into the key's cell: `250ms`, `true`, `team-checkout`.
        value: String,
    },
    /// An entity is added behind those of its kind.
    Add {
        /// Its table.
        kind: EntityKind,
        /// Its keys, dotted where they are inside another, with their values as typed.
        fields: Vec<(String, String)>,
    },
}

/// How far a fix can be trusted without being looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FixSafety {
    /// A policy whose value follows from the rest of the file and makes no flow slower or less available:
    /// `check --fix` applies it.
    Safe,
    /// It states a fact or an intention that only people know: applied one at a time, by a person.
    Suggested,
}

impl FixSafety {
    /// The word in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Suggested => "suggested",
        }
    }
}

/// An edit that would mend a finding.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fix {
    /// What it does, as an order of a few words: "set timeout = 180ms".
    pub title: String,
    /// Whether it may be applied without being looked at.
    pub safety: FixSafety,
    /// What changes, all or nothing.
    pub changes: Vec<Change>,
}

impl Fix {
    /// A fix that sets one key of an entity.
    pub fn set(safety: FixSafety, entity: EntityRef, key: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        let title = format!("set {key} = {value}");
        Self { title, safety, changes: vec![Change::Set { entity, key: key.to_owned(), value }] }
    }
}
