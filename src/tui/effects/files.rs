//! Files: the review, the document beside it, and what other programs do to the review.
//!
//! Must not know what a text means. Everything is read and written by one thread in the order it was asked for; the
//! thread that draws never waits for a disk.

use super::Incoming;
use super::beside::rename_beside;
use super::export::export;
use super::session::Session;
use crate::document::files::{FileWatch, Overlay, ReviewFile, SaveError, Theirs};
use crate::model::Renaming;
use crate::report::Custom;
use crate::workbench::{Msg, Opened, SaveReport};
use jiff::civil::Date;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// Another program's change is looked at after this long: programs write in several steps.
const SETTLE: Duration = Duration::from_millis(40);

#[derive(Debug)]
enum Task {
    Save { path: PathBuf, text: String, expected: Option<String> },
    Export { text: String, review: PathBuf, custom: Arc<Custom> },
    RenameBeside { review: PathBuf, renames: Vec<Renaming> },
    Open { path: PathBuf },
    Look,
    Stop,
}

/// The thread that reads and writes, as the others see it.
pub struct Files {
    tasks: Sender<Task>,
    finished: Receiver<()>,
    sender: UnboundedSender<Incoming>,
}

impl Files {
    /// Begins to watch the review's file, if there is one.
    pub fn new(
        file: Option<ReviewFile>,
        session: Session,
        (today, config): (Date, Option<PathBuf>),
        sender: UnboundedSender<Incoming>,
    ) -> Self {
        let (tasks, receiver) = channel();
        let (done, finished) = channel();
        let mut desk = Desk {
            file,
            told: None,
            today,
            config,
            session,
            sender: sender.clone(),
            watch: None,
            looks: tasks.clone(),
        };
        // Where no thread can be had, the receiver is gone and every task is answered with a failure.
        let _ = thread::Builder::new().name("files".to_owned()).spawn(move || {
            desk.session.begin();
            desk.watch();
            desk.serve(&receiver);
            let _ = done.send(());
        });
        Self { tasks, finished, sender }
    }

    /// Saves a text, if the file holds what is expected.
    pub fn save(&self, path: PathBuf, text: String, expected: Option<String>) {
        if self.tasks.send(Task::Save { path, text, expected }).is_err() {
            let _ = self.sender.send(Incoming::Msg(Msg::Saved(SaveReport::Failed(BROKEN.to_owned()))));
        }
    }

    /// Writes the document of a review beside it.
    pub fn export(&self, text: String, review: PathBuf, custom: Arc<Custom>) {
        if self.tasks.send(Task::Export { text, review, custom }).is_err() {
            let _ = self.sender.send(Incoming::Msg(Msg::Exported(Err(BROKEN.to_owned()))));
        }
    }

    /// Gives elements their new names in what stands beside a review.
    pub fn rename_beside(&self, review: PathBuf, renames: Vec<Renaming>) {
        if self.tasks.send(Task::RenameBeside { review, renames }).is_err() {
            let failed = vec![BROKEN.to_owned()];
            let _ = self.sender.send(Incoming::Msg(Msg::RenamedBeside { changed: Vec::new(), failed }));
        }
    }

    /// Reads a review and turns to it.
    pub fn open(&self, path: PathBuf) {
        if self.tasks.send(Task::Open { path }).is_err() {
            let _ = self.sender.send(Incoming::Msg(Msg::Opened(Err(BROKEN.to_owned()))));
        }
    }

    /// Waits until everything that was asked for is done, but no longer than this.
    pub fn finish(&self, longest: Duration) {
        if self.tasks.send(Task::Stop).is_ok() {
            let _ = self.finished.recv_timeout(longest);
        }
    }
}

/// The method and the document template that hold for a review.
pub fn custom(review: &Path, config: Option<&Path>) -> Arc<Custom> {
    Overlay::of(review, config).map(|overlay| Arc::new(Custom::new(overlay))).unwrap_or_default()
}

const BROKEN: &str = "the part of the program that writes files has stopped.";

/// The thread's own things.
struct Desk {
    file: Option<ReviewFile>,
    /// What another program wrote and the application was told of.
    told: Option<Theirs>,
    today: Date,
    config: Option<PathBuf>,
    session: Session,
    sender: UnboundedSender<Incoming>,
    watch: Option<FileWatch>,
    looks: Sender<Task>,
}

impl Desk {
    fn serve(&mut self, tasks: &Receiver<Task>) {
        while let Ok(mut task) = tasks.recv() {
            if matches!(task, Task::Look) {
                thread::sleep(SETTLE);
                // One look for all that was asked for meanwhile.
                let mut next = tasks.try_recv();
                while matches!(next, Ok(Task::Look)) {
                    next = tasks.try_recv();
                }
                self.look();
                let Ok(after) = next else { continue };
                task = after;
            }
            match task {
                Task::Look => self.look(),
                Task::Save { path, text, expected } => {
                    let report = self.save(&path, text, expected.as_deref());
                    self.say(Msg::Saved(report));
                }
                Task::Export { text, review, custom } => {
                    let exported = export(&text, &review, self.today, &custom);
                    self.say(Msg::Exported(exported));
                }
                Task::RenameBeside { review, renames } => {
                    let (changed, failed) = rename_beside(&review, &renames);
                    if !changed.is_empty() || !failed.is_empty() {
                        self.say(Msg::RenamedBeside { changed, failed });
                    }
                }
                Task::Open { path } => {
                    let opened = self.open(path);
                    self.say(Msg::Opened(opened));
                    self.watch();
                }
                Task::Stop => return,
            }
        }
    }

    fn say(&self, msg: Msg) {
        let _ = self.sender.send(Incoming::Msg(msg));
    }

    fn watch(&mut self) {
        let Some(file) = &self.file else { return };
        let looks = self.looks.clone();
        match FileWatch::start(file.path(), move || drop(looks.send(Task::Look))) {
            Ok(watch) => self.watch = Some(watch),
            Err(sentence) => self.say(Msg::Failed(sentence)),
        }
        // What was written between reading the file and watching it.
        self.look();
    }

    fn look(&mut self) {
        let Some(file) = &self.file else { return };
        match file.theirs() {
            Ok(Some(theirs)) => {
                if self.told.as_ref() != Some(&theirs) {
                    let text = theirs.text.clone();
                    self.told = Some(theirs);
                    self.say(Msg::ChangedOnDisk(text));
                }
            }
            // Changed and changed back: the application believes in the change.
            Ok(None) if self.told.is_some() => {
                let Ok(opened) = ReviewFile::open(file.path()) else { return };
                if !opened.new {
                    self.told = None;
                    self.say(Msg::ChangedOnDisk(opened.text));
                }
            }
            Ok(None) | Err(_) => {}
        }
    }

    fn open(&mut self, path: PathBuf) -> Result<Opened, String> {
        let opened = ReviewFile::open(&path).map_err(|error| format!("{error}."))?;
        if opened.new {
            return Err(format!("{} is not there any more.", path.display()));
        }
        let recovered = self.session.switch(&path, &opened.text).recovered;
        self.session.begin();
        self.file = Some(opened.file);
        self.told = None;
        let custom = custom(&path, self.config.as_deref());
        Ok(Opened { path, text: opened.text, recovered, custom })
    }

    fn save(&mut self, path: &Path, text: String, expected: Option<&str>) -> SaveReport {
        let elsewhere = self.file.as_ref().is_none_or(|file| file.path() != path);
        let opened = match &self.file {
            Some(file) if elsewhere => Ok(file.elsewhere(path)),
            Some(file) => Ok(file.clone()),
            None => ReviewFile::open(path).map(|opened| opened.file.elsewhere(path)),
        };
        let mut file = match opened {
            Ok(file) => file,
            Err(error) => return SaveReport::Failed(format!("{error}.")),
        };
        if let Some(theirs) = &self.told
            && !elsewhere
            && expected == Some(theirs.text.as_str())
        {
            file.accept(theirs);
        }
        match file.save(&text) {
            Ok(_) => {
                self.file = Some(file);
                self.told = None;
                self.session.saved(path, &text);
                if elsewhere {
                    self.watch();
                }
                SaveReport::Saved { path: path.to_path_buf(), text }
            }
            Err(SaveError::ChangedOnDisk { theirs }) => {
                let text = theirs.text.clone();
                if !elsewhere {
                    self.told = Some(*theirs);
                }
                SaveReport::Changed { theirs: text }
            }
            Err(error) => SaveReport::Failed(format!("{error}.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    fn desk(path: &Path) -> (Files, UnboundedReceiver<Incoming>) {
        let file = ReviewFile::open(path).expect("readable").file;
        let (sender, receiver) = unbounded_channel();
        let session = Session::new(None);
        (Files::new(Some(file), session, (Date::constant(2026, 1, 2), None), sender), receiver)
    }

    fn next(receiver: &mut UnboundedReceiver<Incoming>) -> Msg {
        let until = std::time::Instant::now() + Duration::from_secs(10);
        loop {
            match receiver.try_recv() {
                Ok(Incoming::Msg(msg)) => return msg,
                Ok(other) => panic!("{other:?}"),
                Err(_) => assert!(std::time::Instant::now() < until, "nothing is said"),
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_file_that_others_change_is_told_once_and_saved_after_it_was_taken_over() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.review.toml");
        fs::write(&path, "one").expect("written");
        let (files, mut said) = desk(&path);
        thread::sleep(Duration::from_millis(100));
        fs::write(&path, "theirs").expect("written");
        let Msg::ChangedOnDisk(text) = next(&mut said) else { panic!("the change is told") };
        assert_eq!(text, "theirs");
        files.save(path.clone(), "mine".to_owned(), Some("one".to_owned()));
        let Msg::Saved(SaveReport::Changed { theirs }) = next(&mut said) else { panic!("not overwritten") };
        assert_eq!(theirs, "theirs");
        files.save(path.clone(), "both".to_owned(), Some("theirs".to_owned()));
        assert!(matches!(next(&mut said), Msg::Saved(SaveReport::Saved { .. })));
        assert_eq!(fs::read_to_string(&path).expect("there"), "both");
        thread::sleep(Duration::from_millis(200));
        assert!(said.try_recv().is_err(), "one's own save is no change");
        files.finish(Duration::from_secs(5));
    }

    #[test]
    fn a_review_is_opened_and_written_with_the_folder_beside_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.review.toml");
        fs::write(&path, "format = 1\n").expect("written");
        fs::create_dir_all(dir.path().join(".kneepoint/reports")).expect("made");
        let template = dir.path().join(".kneepoint/reports/review.md.jinja");
        fs::write(&template, "Written by kneepoint. OURS\n").expect("written");
        let (files, mut said) = desk(&path);
        files.open(path.clone());
        let Msg::Opened(Ok(opened)) = next(&mut said) else { panic!("opened") };
        files.export(opened.text, path.clone(), opened.custom);
        let Msg::Exported(Ok(written)) = next(&mut said) else { panic!("written") };
        assert_eq!(fs::read_to_string(&written).expect("there"), "Written by kneepoint. OURS\n");
        fs::write(&template, "{{ nothing.there }}").expect("written");
        files.export("format = 1\n".to_owned(), path.clone(), custom(&path, None));
        let Msg::Exported(Err(sentence)) = next(&mut said) else { panic!("refused") };
        assert!(sentence.contains("review.md.jinja:1: "), "{sentence}");
        assert_eq!(fs::read_to_string(&written).expect("there"), "Written by kneepoint. OURS\n");
    }

    #[test]
    fn a_change_that_is_taken_back_is_told_too() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.review.toml");
        fs::write(&path, "one").expect("written");
        let (_files, mut said) = desk(&path);
        thread::sleep(Duration::from_millis(100));
        for text in ["two", "one"] {
            fs::write(&path, text).expect("written");
            let Msg::ChangedOnDisk(told) = next(&mut said) else { panic!("the change is told") };
            assert_eq!(told, text);
        }
    }

    #[test]
    fn saving_elsewhere_never_overwrites_and_failing_keeps_the_old_place() {
        let dir = tempfile::tempdir().expect("a directory");
        let (path, other) = (dir.path().join("a.review.toml"), dir.path().join("b.review.toml"));
        fs::write(&path, "one").expect("written");
        fs::write(&other, "somebody's").expect("written");
        let (files, mut said) = desk(&path);
        files.save(other.clone(), "mine".to_owned(), None);
        assert!(matches!(next(&mut said), Msg::Saved(SaveReport::Changed { .. })));
        files.save(dir.path().join("nowhere/c.review.toml"), "mine".to_owned(), None);
        let Msg::Saved(SaveReport::Failed(sentence)) = next(&mut said) else { panic!("it fails") };
        assert!(sentence.contains("does not exist") && sentence.ends_with('.'), "{sentence}");
        files.save(path.clone(), "mine".to_owned(), Some("one".to_owned()));
        assert!(matches!(next(&mut said), Msg::Saved(SaveReport::Saved { .. })));
        assert_eq!(fs::read_to_string(&other).expect("there"), "somebody's");
    }
}
