//! The knowledge that holds for a review: the embedded one, or one with a reader's files over it.
//!
//! Must not know where those files are. Embedded knowledge stays unparsed until somebody asks for a section.

use super::{Knowledge, KnowledgeProblem};
use std::ops::Deref;
use std::sync::Arc;

/// The knowledge in force. A copy costs nothing; the default is the embedded one.
#[derive(Debug, Clone, Default)]
pub struct InForce(Option<Arc<Knowledge>>);

impl InForce {
    /// The embedded knowledge under a reader's files, as [`Knowledge::with_overlay`] has it.
    pub fn with_overlay(files: &[(String, String)]) -> (Self, Vec<KnowledgeProblem>) {
        if files.is_empty() {
            return (Self::default(), Vec::new());
        }
        let (knowledge, problems) = Knowledge::with_overlay(files);
        (Self(Some(Arc::new(knowledge))), problems)
    }
}

impl Deref for InForce {
    type Target = Knowledge;
    fn deref(&self) -> &Knowledge {
        self.0.as_deref().unwrap_or_else(|| Knowledge::embedded())
    }
}

impl PartialEq for InForce {
    /// Whether both are the same knowledge, not whether they say the same.
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(&raw const **self, &raw const **other)
    }
}
