//! Reviews on disk: opened, saved whole or not at all, watched, and recovered after a crash; as they were in a revision;
//! and a team's folder.
//!
//! The only part of the document layer that touches files. Must not know what the text says.

mod error;
mod overlay;
mod recovery;
mod review_file;
mod revision;
mod watch;

pub use error::{OpenError, SaveError};
pub use overlay::{Overlay, Unread};
pub use recovery::{Found, Recovered, Recovery};
pub use review_file::{Opened, ReviewFile, SaveOutcome, Theirs};
pub use revision::{RevisionError, RevisionPath, committed, revision};
pub use watch::FileWatch;
