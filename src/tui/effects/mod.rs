//! Effects, performed off the thread that draws; what comes of them returns as messages.
//!
//! Must not know why the application asks. Nothing here waits for a disk, a server or a job, but [`Services::flush`]
//! and [`Services::finish`], which see to it that nothing is lost.

mod beside;
mod committed;
pub(super) mod editor;
mod export;
pub(super) mod files;
mod measure;
mod recovery;
pub mod session;
mod work;

use crate::document::files::ReviewFile;
use crate::workbench::{Effect, Msg};
use committed::Committed;
use files::Files;
use jiff::civil::Date;
use measure::Measuring;
use recovery::Recovery;
use session::Session;
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

/// Performs effects.
pub struct Services {
    handle: Handle,
    sender: UnboundedSender<Incoming>,
    work: Work,
    measuring: Measuring,
    committed: Committed,
    recovery: Recovery,
    session: Session,
    files: Files,
}

impl Services {
    /// Services on a runtime, for a review's file (none where it has none yet) and the session on it; and what they
    /// will say. `today` is the day of exported documents.
    pub fn new(
        handle: Handle,
        file: Option<ReviewFile>,
        session: Session,
        today: Date,
        config: Option<PathBuf>,
    ) -> (Self, UnboundedReceiver<Incoming>) {
        let (sender, receiver) = unbounded_channel();
        let failures = sender.clone();
        let recovery = Recovery::new(session.clone(), move |sentence| {
            let _ = failures.send(Incoming::Msg(Msg::RecoveryFailed(sentence)));
        });
        let services = Self {
            work: Work::new(handle.clone(), sender.clone()),
            measuring: Measuring::default(),
            committed: Committed::default(),
            recovery,
            files: Files::new(file, session.clone(), (today, config), sender.clone()),
            session,
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
            Effect::RenameBeside { review, renames } => self.files.rename_beside(review, renames),
            Effect::Open { path } => self.files.open(path),
            Effect::WriteRecovery { text } => self.recovery.write(text),
            Effect::DiscardRecovery => self.recovery.discard(),
            Effect::DiscardRecovered => {
                if let Err(sentence) = self.session.discard_offered() {
                    let _ = self.sender.send(Incoming::Msg(Msg::RecoveryFailed(sentence)));
                }
            }
            Effect::Measure { generation, source, queries } => {
                self.measuring.start(&self.handle, self.sender.clone(), source, queries, generation);
            }
            Effect::CancelMeasure => self.measuring.cancel(),
            Effect::ReadCommitted { generation, path } => {
                self.committed.ask(&self.handle, self.sender.clone(), generation, path);
            }
            Effect::CancelCommitted => self.committed.cancel(),
            Effect::Export { text, review, custom } => self.files.export(text, review, custom),
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
        self.committed.cancel();
        self.work.cancel_all();
        self.recovery.flush();
        self.files.finish(LAST_WRITING);
        // A save that ended just now made the recovery file void; one that failed did not.
        self.session.end();
    }
}

fn cut(mut text: String) -> String {
    if text.len() > LARGEST_COPY {
        text.truncate(text.floor_char_boundary(LARGEST_COPY));
    }
    text
}
