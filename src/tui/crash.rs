//! What remains of a panic: a terminal that works, the work in the recovery file, and a crash file for a bug report.
//!
//! Must not know the application. A panic on the thread that draws ends the program; a panic anywhere else is one
//! failed job, and the screen stays as it is. The crash file holds no text of the review: keys typed into a field are
//! left out, and so is whatever a message quotes.

use super::terminal::take_off;
use crate::workbench::{Key, KeyCode};
use jiff::Timestamp;
use std::backtrace::Backtrace;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::panic::{self, PanicHookInfo};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};

/// How many keys a crash file tells.
const KEYS: usize = 40;
/// How many crash files one run writes at most.
const FILES: usize = 3;

type Hook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

/// Whether a text is being typed: what is typed is the review's.
static TYPING: AtomicBool = AtomicBool::new(false);
static LAST_KEYS: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

/// Says whether keys are text now.
pub(super) fn typing(typing: bool) {
    TYPING.store(typing, Ordering::Relaxed);
}

/// Remembers a key for the crash file.
pub(super) fn note(key: Key) {
    let is_text = matches!(key.code, KeyCode::Char(_)) && !key.ctrl && !key.alt;
    let shown = if is_text && TYPING.load(Ordering::Relaxed) { "·".to_owned() } else { key.to_string() };
    let mut keys = LAST_KEYS.lock().unwrap_or_else(PoisonError::into_inner);
    if keys.len() == KEYS {
        keys.pop_front();
    }
    keys.push_back(shown);
}

/// What is known of a panic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What went wrong, and where in the program.
    pub message: String,
    /// The crash file; none where it could not be written.
    pub file: Option<PathBuf>,
}

#[derive(Debug, Default)]
struct Reports {
    drawing: Option<Report>,
    files: usize,
}

/// Stands guard over panics until it is dropped; then panics are handled as before.
pub struct Guard {
    reports: Arc<Mutex<Reports>>,
    previous: Arc<Hook>,
}

impl Guard {
    /// Stands guard. The calling thread is the one that draws. `rescue` is called once the terminal works again.
    pub fn install(state_dir: &Path, rescue: impl Fn() + Send + Sync + 'static) -> Self {
        let previous: Arc<Hook> = Arc::from(panic::take_hook());
        let reports = Arc::new(Mutex::new(Reports::default()));
        let (drawing, shared, state_dir) = (thread::current().id(), Arc::clone(&reports), state_dir.to_path_buf());
        panic::set_hook(Box::new(move |info| seen(info, drawing, &shared, &state_dir, &rescue)));
        Self { reports, previous }
    }

    /// What the thread that draws died of.
    pub fn report(&self) -> Option<Report> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).drawing.clone()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !thread::panicking() {
            let previous = Arc::clone(&self.previous);
            panic::set_hook(Box::new(move |info| previous(info)));
        }
    }
}

fn seen(info: &PanicHookInfo<'_>, drawing: ThreadId, reports: &Mutex<Reports>, state_dir: &Path, rescue: &impl Fn()) {
    let on_drawing_thread = thread::current().id() == drawing;
    if on_drawing_thread {
        take_off();
        rescue();
    }
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let message = format!("{} ({place})", without_quotes(payload(info.payload())));
    let mut reports = reports.lock().unwrap_or_else(PoisonError::into_inner);
    let mut file = None;
    if reports.files < FILES {
        reports.files += 1;
        let thread = if on_drawing_thread { "the drawing thread" } else { "a background thread" };
        let content = content(&message, thread, &Backtrace::force_capture());
        file = write(state_dir, reports.files, &content).ok();
    }
    if on_drawing_thread {
        reports.drawing = Some(Report { message, file });
    }
}

/// The text of a panic's payload.
pub(super) fn payload(payload: &(dyn std::any::Any + Send)) -> &str {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "no message",
    }
}

/// A message on one line without what it quotes: that may be the review's. Names of the language stay.
pub(super) fn without_quotes(message: &str) -> String {
    let mut kept = String::new();
    let mut rest = message;
    while let Some(start) = rest.find(['`', '"']) {
        let quote = if rest[start..].starts_with('`') { '`' } else { '"' };
        kept.push_str(&rest[..=start]);
        rest = &rest[start + 1..];
        // The last quote of its kind: quoted text may hold quotes itself.
        let end = if quote == '`' && rest.split('`').next().is_some_and(of_the_language) {
            rest.find(quote)
        } else {
            rest.rfind(quote)
        };
        let Some(end) = end else {
            kept.push('…');
            rest = "";
            break;
        };
        kept.push_str(if of_the_language(&rest[..end]) { &rest[..end] } else { "…" });
        kept.push(quote);
        rest = &rest[end + 1..];
    }
    kept.push_str(rest);
    kept.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect()
}

fn of_the_language(text: &str) -> bool {
    matches!(text, "None" | "Some" | "Ok" | "Err" | "Option::unwrap()" | "Result::unwrap()" | "Result::unwrap_err()")
}

fn content(message: &str, thread: &str, backtrace: &Backtrace) -> String {
    let mut content = format!(
        "kneepoint {} on {} {}\n{message}\non {thread}\n\nlast keys (text is left out):",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
    );
    if let Ok(keys) = LAST_KEYS.try_lock() {
        for key in keys.iter() {
            let _ = write!(content, " {key}");
        }
    }
    let _ = write!(content, "\n\n{backtrace}\n");
    content
}

/// Writes a crash file that only its owner can read.
fn write(state_dir: &Path, number: usize, content: &str) -> std::io::Result<PathBuf> {
    fs::create_dir_all(state_dir)?;
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    let path = state_dir.join(format!("crash-{time}-{}-{number}.txt", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_keeps_its_words_and_loses_what_it_quotes() {
        let cases = [
            ("index out of bounds: the len is 3", "index out of bounds: the len is 3"),
            ("called `Option::unwrap()` on a `None` value", "called `Option::unwrap()` on a `None` value"),
            ("byte index 1 is not a boundary of `secret `quoted` shop`", "byte index 1 is not a boundary of `…`"),
            ("`Result::unwrap()` on `Err`: \"secret\"", "`Result::unwrap()` on `Err`: \"…\""),
            ("open `secret", "open `…"),
            ("two\nlines\u{1b}[2J", "two lines [2J"),
        ];
        for (message, kept) in cases {
            assert_eq!(without_quotes(message), kept);
        }
    }

    #[test]
    fn a_crash_file_is_its_owners_only_and_tells_no_typed_text() {
        let dir = tempfile::tempdir().expect("a directory");
        typing(true);
        note(Key::char('s'));
        typing(false);
        note(Key::char('Q'));
        let text = content("broken", "a thread", &Backtrace::force_capture());
        assert!(text.contains("· Q"), "{text}");
        let path = write(&dir.path().join("new"), 1, &text).expect("written");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        }
        assert!(fs::read_to_string(path).expect("read").contains("broken"));
    }
}
