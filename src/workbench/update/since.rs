//! What is different since the last commit: asking for the committed text, comparing, stopping.

use crate::analysis::difference::Difference;
use crate::workbench::Workbench;
use crate::workbench::job::{Job, Slot};
use crate::workbench::message::Effect;
use crate::workbench::place::Place;
use crate::workbench::since::{Asked, rows};
use crate::workbench::view::Line;
use std::path::Path;
use std::sync::Arc;

impl Workbench {
    /// Goes there, and asks anew: the last commit may be another one by now.
    pub(super) fn since_commit(&mut self) -> Vec<Effect> {
        self.navigation.go(Place::SinceCommit);
        self.ask_commit().into_iter().collect()
    }

    fn ask_commit(&mut self) -> Option<Effect> {
        let path = self.session.path.clone();
        let since = &mut self.session.since;
        since.generation += 1;
        since.path.clone_from(&path);
        let Some(path) = path else {
            since.asked = Asked::Failed("This review has no file yet, so nothing of it was committed.".to_owned());
            return None;
        };
        since.asked = Asked::Asking;
        Some(Effect::ReadCommitted { generation: since.generation, path })
    }

    /// Stops asking, if something is asked.
    pub(super) fn stop_since(&mut self) -> Option<Effect> {
        let since = &mut self.session.since;
        (since.asked == Asked::Asking).then(|| {
            since.generation += 1;
            since.asked = Asked::Failed("Stopped before git answered.".to_owned());
            Effect::CancelCommitted
        })
    }

    /// The committed text arrived, or why it did not. What was not asked for any more is dropped.
    pub(super) fn committed(&mut self, generation: u64, path: &Path, text: Result<String, String>) {
        let since = &mut self.session.since;
        if since.generation != generation || since.path.as_deref() != Some(path) || since.asked != Asked::Asking {
            return;
        }
        since.asked = match text {
            Ok(text) => Asked::Read(Arc::from(text)),
            Err(why) => {
                since.rows = Arc::default();
                Asked::Failed(why)
            }
        };
    }

    /// A comparison is done; one with another commit, or of an older text than is shown, is dropped.
    pub(super) fn compared(&mut self, generation: u64, revision: u64, difference: &Difference) {
        let since = &mut self.session.since;
        let newer = since.compared.is_none_or(|(of, shown)| of != generation || shown <= revision);
        if since.generation == generation && newer {
            since.rows = Arc::new(rows(difference));
            since.compared = Some((generation, revision));
        }
    }

    /// What has to be done in the background for where one is.
    pub(super) fn since_background(&mut self) -> Option<Effect> {
        if self.navigation.place() != Place::SinceCommit {
            // Nobody waits for it any more.
            return self.stop_since();
        }
        if self.session.since.asked != Asked::Not && self.session.since.path != self.session.path {
            // Saved under another name meanwhile: that is another file with other commits.
            return self.ask_commit();
        }
        let revision = self.session.document.revision();
        let generation = self.session.since.generation;
        let Asked::Read(committed) = &self.session.since.asked else { return None };
        if self.session.since.wanted == Some((generation, revision)) {
            return None;
        }
        let job = Job::Compare {
            generation,
            revision,
            committed: Arc::clone(committed),
            text: self.session.document.text().to_owned(),
            review: self.session.review.clone(),
            evidence: Arc::new(self.session.evidence()),
            settings: self.session.settings(),
        };
        self.session.since.wanted = Some((generation, revision));
        Some(Effect::Work(Slot::Compare, job))
    }

    /// `ctrl-k`: stops what is asked: git here, the metrics server everywhere.
    pub(super) fn stop_asking(&mut self) -> Vec<Effect> {
        match self.stop_since() {
            Some(effect) => {
                self.say(Line::plain("Stopped asking git; V asks again."));
                vec![effect]
            }
            None => self.stop_measure(),
        }
    }
}
