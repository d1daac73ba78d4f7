//! Effects, performed off the thread that draws; what comes of them returns as messages.
//!
//! Must not know why the application asks. Nothing here waits for a disk, a server or a job, but [`Services::flush`]
//! and [`Services::finish`], which see to it that nothing is lost.

pub(super) mod editor;
mod files;
mod measure;
mod recovery;
mod work;

use crate::workbench::{Effect, Msg};
use files::Files;
use jiff::civil::Date;
use measure::Measuring;
use recovery::Recovery;
use std::path::PathBuf;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use work::{Ended, Work};

pub use recovery::Rescue;

/// A text for the clipboard is cut here: terminals refuse more than about 75,000 characters of base64.
const LARGEST_COPY: usize = 56_000;
/// How long the end of the program waits for a file that is being written.
const LAST_WRITING: Duration = Duration::from_secs(10);

/// What services say.
#[derive(Debug)]
pub enum Incoming {
    /// A message for the application.
    Msg(Msg),
    /// A job ended.
    Work(Ended),
}

/// What only the loop can do, since the terminal is its own.
#[derive(Debug, PartialEq, Eq)]
pub enum Control {
    /// End.
    Quit,
    /// Sleep until woken.
    Suspend,
    /// Put a text on the clipboard.
    Copy(String),
    /// Open a text in the editor.
    Edit {
        /// The text.
        text: String,
        /// The line, from 1.
        line: usize,
    },
}

/// Which files the services work on.
#[derive(Debug, Clone)]
pub struct Place {
    /// The review; none where it has no file yet.
    pub review: Option<PathBuf>,
    /// What the review's file held when it was read.
    pub on_disk: Option<String>,
    /// Where recovery files are kept; none where there is no such place.
    pub state_dir: Option<PathBuf>,
    /// The day for which exported documents are written.
    pub today: Date,
}

/// Performs effects.
pub struct Services {
    handle: Handle,
    sender: UnboundedSender<Incoming>,
    work: Work,
    measuring: Measuring,
    recovery: Recovery,
    files: Files,
}

impl Services {
    /// Services on a runtime, and what they will say.
    pub fn new(handle: Handle, place: Place) -> (Self, UnboundedReceiver<Incoming>) {
        let (sender, receiver) = unbounded_channel();
        let failures = sender.clone();
        let store = files::RecoveryStore::new(place.state_dir.clone(), place.review.clone());
        let recovery = Recovery::new(store.clone(), move |sentence| {
            let _ = failures.send(Incoming::Msg(Msg::RecoveryFailed(sentence)));
        });
        let services = Self {
            work: Work::new(handle.clone(), sender.clone()),
            measuring: Measuring::default(),
            recovery,
            files: Files::new(place, store, sender.clone()),
            handle,
            sender,
        };
        (services, receiver)
    }

    /// For a panic on the thread that draws.
    pub fn rescue(&self) -> Rescue {
        self.recovery.rescue()
    }

    /// Begins to perform an effect; returns what the loop has to do itself.
    pub fn perform(&mut self, effect: Effect) -> Option<Control> {
        match effect {
            Effect::Work(slot, job) => self.work.start(slot, move |cancelled| job.run(cancelled)),
            Effect::Save { path, text, expected } => self.files.save(path, text, expected),
            Effect::WriteRecovery { text } => self.recovery.write(text),
            Effect::DiscardRecovery => self.recovery.discard(),
            Effect::Measure { generation, source, queries } => {
                self.measuring.start(&self.handle, self.sender.clone(), source, queries, generation);
            }
            Effect::CancelMeasure => self.measuring.cancel(),
            Effect::Export { text, review } => self.files.export(text, review),
            Effect::OpenEditor { text, line } => return Some(Control::Edit { text, line }),
            Effect::Copy(text) => return Some(Control::Copy(cut(text))),
            Effect::Suspend => return Some(Control::Suspend),
            Effect::Quit => return Some(Control::Quit),
        }
        None
    }

    /// Takes what a service said; returns the message for the application.
    pub fn accept(&mut self, incoming: Incoming) -> Option<Msg> {
        match incoming {
            Incoming::Msg(msg) => Some(msg),
            Incoming::Work(ended) => match self.work.ended(ended) {
                Ok(done) => done.map(Msg::Done),
                Err(panic) => Some(Msg::Failed(format!("A background job broke: {panic}. Your work is not affected."))),
            },
        }
    }

    /// Writes the recovery file now, if its text is waiting.
    pub fn flush(&self) {
        self.recovery.flush();
    }

    /// Ends everything: what is to be written is written, everything else is dropped.
    pub fn finish(mut self) {
        self.measuring.cancel();
        self.work.cancel_all();
        self.recovery.flush();
        self.files.finish(LAST_WRITING);
    }
}

fn cut(mut text: String) -> String {
    if text.len() > LARGEST_COPY {
        text.truncate(text.floor_char_boundary(LARGEST_COPY));
    }
    text
}
