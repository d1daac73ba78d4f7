//! What happens to the workbench, and what it asks for: plain values both ways.

use super::job::{Job, Slot};
use super::key::{Key, Mouse};
use crate::analysis::Analysis;
use crate::analysis::difference::Difference;
use crate::metrics::{MetricsEvent, Query, Source};
use crate::model::Renaming;
use crate::report::Custom;
use std::path::PathBuf;
use std::sync::Arc;

/// Something that happened.
#[derive(Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// The mouse did something.
    Mouse(Mouse),
    /// The screen has a new size: columns, rows.
    Resize(u16, u16),
    /// Background work is done.
    Done(Done),
    /// A save ended.
    Saved(SaveReport),
    /// The file was changed by another program; this is its text now.
    ChangedOnDisk(String),
    /// The recovery file could not be written; says why.
    RecoveryFailed(String),
    /// The metrics server answered, or a run of questions began or ended.
    Metrics(MetricsEvent),
    /// Files beside the review have the new names of its elements, or keep the old ones: a sentence for each of those.
    RenamedBeside {
        /// What changed.
        changed: Vec<PathBuf>,
        /// What did not.
        failed: Vec<String>,
    },
    /// An export ended: the path, or what went wrong.
    Exported(Result<PathBuf, String>),
    /// `$EDITOR` came back with a text, or with what went wrong.
    EditorReturned(Result<String, String>),
    /// The last committed version of a file was read, or could not be; says why.
    Committed {
        /// The number of the request.
        generation: u64,
        /// The file.
        path: PathBuf,
        /// Its text in the last commit.
        text: Result<String, String>,
    },
    /// Something in the background broke; a sentence.
    Failed(String),
    /// A file was opened, or could not be; says why.
    Opened(Result<Opened, String>),
    /// The terminal or the system asks to end (hang-up, terminate).
    Terminate,
}

/// The result of background work.
#[derive(Debug)]
pub enum Done {
    /// An analysis of a revision.
    Analysed {
        /// The revision that was analysed.
        revision: u64,
        /// What follows from it.
        analysis: Box<Analysis>,
    },
    /// A layout of the graph.
    LaidOut {
        /// The revision it is of.
        revision: u64,
        /// The picture's plan.
        plan: Box<super::screens::GraphPlan>,
    },
    /// The difference to the last commit.
    Compared {
        /// The number of the request that the committed text answered.
        generation: u64,
        /// The revision that was compared with it.
        revision: u64,
        /// What is different.
        difference: Box<Difference>,
    },
    /// What the edits that are looked at would bring.
    Tried {
        /// The revision they are for.
        revision: u64,
        /// In the order of the edits; none for one that cannot be made.
        tried: Vec<Option<super::overlays::Tried>>,
    },
    /// The document as it would be written.
    Previewed {
        /// The revision it is of.
        revision: u64,
        /// The Markdown, or what is wrong with the template.
        text: Result<String, String>,
    },
}

/// A review that was read from its file.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The file.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// A newer text that a crashed session left behind, and when it was written, in words.
    pub recovered: Option<(String, String)>,
    /// The method and the document template that hold for it.
    pub custom: Arc<Custom>,
}

/// How a save ended.
#[derive(Debug)]
pub enum SaveReport {
    /// The file holds the text of this revision.
    Saved {
        /// The file.
        path: PathBuf,
        /// The text that was written.
        text: String,
    },
    /// Nothing was written; says why and what to do.
    Failed(String),
    /// Another program changed the file; nothing was written.
    Changed {
        /// The file's text now.
        theirs: String,
    },
}

/// Something the workbench asks the runtime for.
#[derive(Debug)]
pub enum Effect {
    /// Work in the background; newer work of a slot makes older work of it void.
    Work(Slot, Job),
    /// Write the text to the review's file, if the file still holds `expected`.
    Save {
        /// Where to; none where the runtime knows.
        path: PathBuf,
        /// What to write.
        text: String,
        /// What the file must hold before (`None`: it must not exist).
        expected: Option<String>,
    },
    /// Give elements their new names in what stands beside a review that was just saved: the recorded evidence,
    /// and the baselines of its folder.
    RenameBeside {
        /// The review's file.
        review: PathBuf,
        /// The names, in order.
        renames: Vec<Renaming>,
    },
    /// Read a review: answered with [`Msg::Opened`].
    Open {
        /// The file.
        path: PathBuf,
    },
    /// Write the recovery file.
    WriteRecovery {
        /// The whole text.
        text: String,
    },
    /// Remove the recovery file: everything is saved or given up.
    DiscardRecovery,
    /// Remove the unsaved work of an earlier session that was offered: it is not wanted.
    DiscardRecovered,
    /// Ask the metrics server.
    Measure {
        /// The number of this request.
        generation: u64,
        /// The server.
        source: Source,
        /// What to ask, by position of the measure.
        queries: Vec<Query>,
    },
    /// Stop asking the metrics server.
    CancelMeasure,
    /// Read a file as it was committed last: answered with [`Msg::Committed`].
    ReadCommitted {
        /// The number of this request.
        generation: u64,
        /// The file.
        path: PathBuf,
    },
    /// Stop reading what was committed.
    CancelCommitted,
    /// Write the Markdown document of a review file beside it, keeping what people wrote between keep marks.
    Export {
        /// The review's text.
        text: String,
        /// The review's file.
        review: PathBuf,
        /// The method and the document template.
        custom: Arc<Custom>,
    },
    /// Open a text in `$EDITOR` at a line.
    OpenEditor {
        /// The text.
        text: String,
        /// The line, from 1.
        line: usize,
    },
    /// Put a text on the clipboard.
    Copy(String),
    /// Stop the program until it is woken.
    Suspend,
    /// End the program.
    Quit,
}
