//! The promise: if load doubles, what saturates first, and what do we do about it?

use crate::capacity::Capacity;
use crate::model::Review;

/// What the promise line says.
#[derive(Debug, Clone, PartialEq)]
pub enum PromiseState {
    /// The resource at this position of [`Capacity::resources`] is full at or below twice today's load.
    Saturates {
        /// Position in [`Capacity::resources`].
        resource: usize,
        /// The multiple of today's load.
        at_load: f64,
    },
    /// Twice today's load fits; this is what fills next, if anything does.
    Holds {
        /// Position in [`Capacity::resources`] and the multiple.
        next: Option<(usize, f64)>,
    },
    /// It cannot be computed; these keys are missing.
    Unknown {
        /// The keys (`flow.rate`).
        missing: Vec<String>,
    },
}

/// The line that is always on screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Promise {
    /// What it says, as a value.
    pub state: PromiseState,
    /// One sentence: "If load doubles: …".
    pub sentence: String,
    /// What to do about it, in one sentence.
    pub remedy: String,
}

impl Promise {
    /// From the computed capacity.
    pub fn of(_review: &Review, _capacity: &Capacity) -> Self {
        Self {
            state: PromiseState::Unknown { missing: Vec::new() },
            sentence: "If load doubles: unknown.".to_owned(),
            remedy: String::new(),
        }
    }
}
