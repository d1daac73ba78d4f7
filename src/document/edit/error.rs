//! Why an edit was refused, in a sentence for the person who made it.

use crate::model::EntityKind;

/// Why an edit was refused. The text is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The entity is not there (any more).
    #[error("there is no {} here any more", .0.called())]
    NoEntity(EntityKind),
    /// The format has no such key.
    #[error("{table} has no key `{key}`")]
    NoKey {
        /// The table as it is written in the file.
        table: String,
        /// The key.
        key: String,
    },
    /// Nothing stands at the key, so nothing can be taken away or moved.
    #[error("`{0}` has no value to change")]
    NoValue(String),
    /// What was typed is not a value for the key; holds what one looks like.
    #[error("{0}")]
    Invalid(String),
    /// The id is taken.
    #[error("there is already a {} with the id `{id}`", kind.called())]
    Taken {
        /// The kind of the entity that has it.
        kind: EntityKind,
        /// The id.
        id: String,
    },
    /// The text around the place is broken, so that the edit would break more.
    #[error("the file is not readable around this place ({0}); mend that first, in the editor")]
    Breaks(String),
    /// The text could not be edited so that only this changes (keys that stand twice, mixed forms).
    #[error(
        "this place is written in a form that cannot be edited here (a key that stands twice, or a list that is not closed?); use the editor"
    )]
    Tangled,
}
