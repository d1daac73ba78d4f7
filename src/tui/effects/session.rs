//! The session's recovery file: which review it is for, what is saved of it, and what an earlier session left.
//!
//! Must not know when to write: that is `recovery`'s. Shared between the thread that saves, which knows what is on the
//! disk, and the one that writes the recovery file.

use super::recovery::Store;
use crate::document::files::{Recovered, Recovery};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// What others left about a review.
#[derive(Debug, Default)]
pub struct Left {
    /// A text that an earlier session did not save, and when it was written, in words.
    pub recovered: Option<(String, String)>,
    /// A process that has the review open now.
    pub open_in: Option<u32>,
}

/// The recovery file of this session. Clones are the same.
#[derive(Debug, Clone)]
pub struct Session(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// Where recovery files are kept; none where there is no such place.
    folder: Option<PathBuf>,
    review: PathBuf,
    /// What the review's file holds, as far as is known.
    saved: String,
    recovery: Option<Recovery>,
    /// Whether the file holds work that is saved nowhere else.
    holds_work: bool,
    /// What an earlier session left and this one was offered.
    offered: Option<Recovered>,
}

impl Session {
    /// With the folder for recovery files, if there is one. [`Session::switch`] says what it is about.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self(Arc::new(Mutex::new(State {
            folder,
            review: PathBuf::new(),
            saved: String::new(),
            recovery: None,
            holds_work: false,
            offered: None,
        })))
    }

    /// Turns to a review, which need not exist yet, with what its file holds; returns what others left about it.
    pub fn switch(&self, review: &Path, saved: &str) -> Left {
        let mut state = self.state();
        let found = state.folder.as_ref().and_then(|folder| Recovery::find(folder, review, saved).ok());
        let found = found.unwrap_or_default();
        state.turn(review, saved);
        state.offered = found.lost.into_iter().next();
        Left {
            recovered: state.offered.as_ref().map(|offered| (offered.text.clone(), age(offered))),
            open_in: found.open_in.first().copied(),
        }
    }

    /// Makes this session known to others that open the review.
    pub fn begin(&self) {
        // A failure shows when something is to be kept.
        let _ = self.state().recovery();
    }

    /// The review's file, perhaps a new one, holds a text now.
    pub fn saved(&self, review: &Path, text: &str) {
        let mut state = self.state();
        text.clone_into(&mut state.saved);
        if state.review != review {
            // What the old name's recovery file holds is saved under the new name.
            state.holds_work = false;
            state.turn(review, text);
            let _ = state.recovery();
        }
    }

    /// What an earlier session left is not wanted.
    ///
    /// # Errors
    ///
    /// A sentence where it cannot be removed.
    pub fn discard_offered(&self) -> Result<(), String> {
        match self.state().offered.take() {
            Some(offered) => offered.discard().map_err(|error| format!("what was offered is still there: {error}.")),
            None => Ok(()),
        }
    }

    /// Ends the session: nothing of it is left but work that is saved nowhere else.
    pub fn end(&self) {
        self.state().leave();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn turn(&mut self, review: &Path, saved: &str) {
        self.leave();
        review.clone_into(&mut self.review);
        saved.clone_into(&mut self.saved);
        self.holds_work = false;
    }

    /// Lets go of the recovery file; it stays where it holds work that is saved nowhere else.
    fn leave(&mut self) {
        let recovery = self.recovery.take();
        if !self.holds_work
            && let Some(recovery) = recovery
        {
            let _ = recovery.end();
        }
    }

    fn recovery(&mut self) -> Result<&Recovery, String> {
        if self.recovery.is_none() {
            let folder = self.folder.as_ref().ok_or("there is no folder for it; KNEEPOINT_STATE_DIR can name one.")?;
            let started = Recovery::start(folder, &self.review);
            self.recovery = Some(started.map_err(|error| refusal(folder, &error))?);
        }
        self.recovery.as_ref().ok_or_else(|| "it could not be made.".to_owned())
    }
}

/// Why nothing could be written in the folder. The same sentence each time: what the system says may name a file that is
/// called differently at every try, and the user is told once.
fn refusal(folder: &Path, error: &std::io::Error) -> String {
    let folder = folder.display();
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!("the disk that holds {folder} is full. Save often.")
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            format!("{folder} may not be written. Save often.")
        }
        kind => format!("{folder} cannot be written ({kind}). Save often."),
    }
}

/// How long ago it was written, in words.
fn age(recovered: &Recovered) -> String {
    let seconds = SystemTime::now().duration_since(recovered.written).unwrap_or_default().as_secs();
    let told = |count: u64, what: &str| format!("{count} {what}{} ago", if count == 1 { "" } else { "s" });
    let when = match seconds {
        0..60 => "less than a minute ago".to_owned(),
        60..3_600 => told(seconds / 60, "minute"),
        3_600..86_400 => told(seconds / 3_600, "hour"),
        _ => told(seconds / 86_400, "day"),
    };
    if recovered.base_is_on_disk { when } else { format!("{when}; the file has changed since") }
}

impl Store for Session {
    fn write(&self, text: &str) -> Result<(), String> {
        let mut state = self.state();
        let saved = std::mem::take(&mut state.saved);
        let folder = state.folder.clone().unwrap_or_default();
        let result =
            state.recovery().and_then(|recovery| recovery.keep(text, &saved).map_err(|error| refusal(&folder, &error)));
        state.saved = saved;
        result?;
        state.holds_work = true;
        // Taken over: it is in this session's file now.
        if let Some(offered) = state.offered.take_if(|offered| offered.text == text) {
            let _ = offered.discard();
        }
        Ok(())
    }

    fn discard(&self) -> Result<(), String> {
        let mut state = self.state();
        state.holds_work = false;
        match &state.recovery {
            Some(recovery) => recovery.forget().map_err(|error| format!("it could not be removed: {error}.")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_outlives_the_session_unless_it_was_saved_and_what_was_taken_over_is_not_offered_again() {
        let dir = tempfile::tempdir().expect("a directory");
        let (folder, review) = (dir.path().join("state"), dir.path().join("a.review.toml"));
        let lost = |on_disk| Recovery::find(&folder, &review, on_disk).expect("readable").lost;
        let session = |saved| {
            let session = Session::new(Some(folder.clone()));
            let left = session.switch(&review, saved);
            (session, left.recovered.map(|(text, _)| text))
        };
        let (first, offered) = session("old");
        assert_eq!(offered, None);
        first.begin();
        first.write("typed").expect("kept");
        first.end();
        drop(first);

        let (second, offered) = session("old");
        assert_eq!(offered.as_deref(), Some("typed"));
        second.write("typed").expect("kept");
        drop(second);
        assert_eq!(lost("old").len(), 1, "one file, not two");

        let (third, _) = session("old");
        third.discard_offered().expect("removed");
        third.write("more").expect("kept");
        third.saved(&review, "more");
        third.discard().expect("removed");
        third.end();
        drop(third);
        assert!(lost("more").is_empty());
        assert_eq!(std::fs::read_dir(&folder).expect("there").count(), 0, "nothing is left behind");
    }

    #[test]
    fn no_place_for_it_is_a_sentence() {
        let session = Session::new(None);
        assert!(session.write("x").is_err_and(|sentence| sentence.contains("KNEEPOINT_STATE_DIR")));
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_told_in_the_same_words_every_time() {
        let dir = tempfile::tempdir().expect("a directory");
        let folder = dir.path().join("state");
        let session = Session::new(Some(folder.clone()));
        let _ = session.switch(&dir.path().join("a.review.toml"), "old");
        session.begin();
        session.write("one").expect("kept");
        std::fs::remove_dir_all(&folder).expect("removed");
        let (first, second) = (session.write("two").expect_err("gone"), session.write("three").expect_err("gone"));
        assert_eq!(first, second);
        assert!(first.contains("state") && first.ends_with("Save often."), "{first}");
        let full = |folder: &Path| refusal(folder, &ErrorKind::StorageFull.into());
        assert_eq!(full(Path::new("/s")), "the disk that holds /s is full. Save often.");
    }
}
