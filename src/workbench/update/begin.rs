//! Beginning: the reviews that are there, or the templates where there is none.

use crate::workbench::message::{Effect, Opened};
use crate::workbench::overlays::{Find, Finder, Found, Overlay};
use crate::workbench::session::Session;
use crate::workbench::view::{Line, Role};
use crate::workbench::{Offer, Workbench};
use std::sync::Arc;

impl Workbench {
    /// Offers what there is to begin with.
    pub(in crate::workbench) fn make_offer(&mut self) {
        let found: Vec<Found> = self
            .offers
            .iter()
            .enumerate()
            .map(|(index, offer)| match offer {
                Offer::Review(path) => {
                    Found { text: path.display().to_string(), right: "review".to_owned(), find: Find::Offer(index) }
                }
                Offer::Template(name, about, _) => {
                    Found {
                        text: format!("{name} — {about}"), right: "template".to_owned(), find: Find::Offer(index)
                    }
                }
            })
            .collect();
        if found.is_empty() {
            return;
        }
        let reviews = self.offers.iter().any(|offer| matches!(offer, Offer::Review(_)));
        let title = if reviews { "Open a review" } else { "There is no review here yet. Begin with" };
        self.overlays.push(Overlay::Find(Finder::new(title, found)));
    }

    pub(super) fn take_offer(&mut self, index: usize) -> Vec<Effect> {
        match self.offers.get(index).cloned() {
            Some(Offer::Review(path)) => vec![Effect::Open { path }],
            Some(Offer::Template(name, _, text)) => {
                self.begin(Session::new(text, None, None, self.session.today, Arc::clone(&self.session.custom)));
                self.say(Line::plain(format!(
                    "A new review from the template {name}. Nothing is written before you save (w)."
                )));
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    pub(super) fn opened(&mut self, result: Result<Opened, String>) -> Vec<Effect> {
        match result {
            Ok(opened) => {
                let today = self.session.today;
                let Opened { path, text, recovered, custom } = opened;
                self.begin(Session::new(text.clone(), Some(path), Some(text), today, custom));
                self.say_custom();
                if let Some((text, when)) = recovered {
                    self.offer_recovery(text, &when);
                }
            }
            Err(why) => {
                self.warn(why);
                self.make_offer();
            }
        }
        Vec::new()
    }

    /// Says that something is wrong with the team's folder, after what is said already.
    pub(in crate::workbench) fn say_custom(&mut self) {
        let custom = Arc::clone(&self.session.custom);
        let (Some(folder), count @ 1..) = (&custom.folder, custom.problems.len()) else { return };
        let before = self.toast.take().map(|toast| format!("{} ", toast.line.text())).unwrap_or_default();
        let are = if count == 1 { "is 1 problem".to_owned() } else { format!("are {count} problems") };
        self.warn(format!("{before}There {are} in {folder}: p shows what was left out."));
    }

    fn begin(&mut self, session: Session) {
        self.session = session;
        self.analysis_wanted = None;
        self.recovery_revision = self.session.document.revision();
        self.say(Line::of(Role::Dim, "? shows the keys."));
        self.tell_problems();
    }
}
