//! Files: the review, its recovery file, the document beside it, and what other programs do to the review.
//!
//! Must not know what a text means. Everything is written by one thread in the order it was asked for; the thread that
//! draws never waits for a disk.

use super::disk::{self, Written};
use super::recovery::Store;
use super::{Incoming, Place};
use crate::analysis::{Settings, analyze};
use crate::document::parse;
use crate::knowledge::Knowledge;
use crate::model::Evidence;
use crate::report::{Subject, Template, markdown, merge_keeps};
use crate::workbench::{Msg, SaveReport};
use jiff::civil::Date;
use notify::RecommendedWatcher;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// Another program's change is looked at after this long: programs write in several steps.
const SETTLE: Duration = Duration::from_millis(50);
/// What an exported document says near its beginning; others are not overwritten.
const SIGNATURE: &str = "Written by kneepoint.";

#[derive(Debug)]
enum Task {
    Save { path: PathBuf, text: String, expected: Option<String> },
    Export { text: String, review: PathBuf },
    Look,
}

/// The thread that reads and writes.
pub struct Files {
    tasks: Option<Sender<Task>>,
    finished: Receiver<()>,
}

impl Files {
    /// Begins to watch the review's file, if there is one.
    pub fn new(place: Place, recovery: RecoveryStore, sender: UnboundedSender<Incoming>) -> Self {
        let (tasks, receiver) = channel();
        let (done, finished) = channel();
        let weak = tasks.clone();
        let mut desk = Desk {
            review: place.review.clone(),
            known: place.on_disk,
            today: place.today,
            recovery,
            sender,
            watcher: None,
            looks: weak,
        };
        let spawned = thread::Builder::new().name("files".to_owned()).spawn(move || {
            desk.watch();
            desk.serve(&receiver);
            let _ = done.send(());
        });
        // Without the thread every task fails as it is sent: said where it is asked for.
        Self { tasks: spawned.is_ok().then_some(tasks), finished }
    }
}
