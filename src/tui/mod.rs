//! The terminal: drawing, the event loop, and everything the workbench asks the outside for.
//!
//! The only place that knows ratatui, crossterm and a runtime of its own. Must not know command-line arguments, nor
//! decide what a key does or a screen shows.
//!
//! | Module | Does |
//! |---|---|
//! | [`event_loop`] | waits, takes everything that is there, draws once |
//! | [`draw`], [`theme`] | views become cells, meanings become looks |
//! | `terminal` | modes on and off, exactly once |
//! | `events`, `signals` | what the terminal and the system say, as messages |
//! | [`effects`] | jobs, files, recovery, the metrics server, `$EDITOR` |
//! | `crash` | what remains of a panic |
//! | `chooser` | which review, or which template, where that is not said |

mod application;
mod chooser;
mod crash;
pub mod draw;
pub mod effects;
pub mod event_loop;
mod events;
mod signals;
mod terminal;
pub mod theme;

pub use event_loop::ExitReason;

use crate::document::files::{OpenError, Recovered, Recovery, ReviewFile};
use crate::model::visible;
use crate::workbench::{Start, Workbench};
use chooser::Chooser;
use effects::Services;
use effects::session::Session;
use event_loop::{Application, Signal, drive};
use jiff::civil::Date;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use terminal::Terminal;
use theme::Theme;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::UnboundedReceiver;

/// What to open, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The review; it need not exist yet. None: one of the choices, else one of the templates, else `text`.
    pub path: Option<PathBuf>,
    /// The text of a review that has no file yet.
    pub text: String,
    /// Reviews to choose from.
    pub choices: Vec<PathBuf>,
    /// Templates to choose from: name and text.
    pub templates: Vec<(String, String)>,
    /// A sentence to greet with.
    pub greeting: Option<String>,
    /// The day.
    pub today: Date,
    /// Whether the mouse is listened to.
    pub mouse: bool,
    /// Whether the terminal's colours are used; see [`wants_colour`].
    pub colour: bool,
    /// Where crash files and (in `recovery`) recovery files go; none: nowhere, which the user is told.
    pub state_dir: Option<PathBuf>,
}

impl Options {
    /// The usual ones: nothing to open, the mouse, colour and the folder for state as the environment says.
    pub fn new(today: Date) -> Self {
        Self {
            path: None,
            text: String::new(),
            choices: Vec::new(),
            templates: Vec::new(),
            greeting: None,
            today,
            mouse: true,
            colour: wants_colour(),
            state_dir: Recovery::folder().and_then(|folder| folder.parent().map(Path::to_path_buf)),
        }
    }
}

/// Whether the environment wants colours: not with `NO_COLOR` set to anything, not on a terminal called `dumb`.
pub fn wants_colour() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Why the workbench did not run, or did not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    /// There is nothing to draw on; nothing was written to it.
    #[error("the workbench needs a terminal; stdout is none")]
    NotATerminal,
    /// The review cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The terminal or the system refuses.
    #[error("the terminal cannot be used: {0}")]
    Terminal(#[from] io::Error),
    /// A defect of the program. The terminal works again.
    #[error("{}", crashed(message, crash_file.as_deref(), *kept))]
    Crashed {
        /// What went wrong, and where in the program; none of the review's text.
        message: String,
        /// The crash file.
        crash_file: Option<PathBuf>,
        /// Whether unsaved work is kept and will be offered.
        kept: bool,
    },
}

fn crashed(message: &str, file: Option<&Path>, kept: bool) -> String {
    let mut text = format!("kneepoint broke, which is its own fault: {message}");
    if let Some(file) = file {
        text.push_str(&format!("\nA report without any text of the review is in {}", visible(&file.to_string_lossy())));
    }
    text.push_str(if kept {
        "\nUnsaved work is kept: open the review again and it is offered"
    } else {
        "\nUnsaved work could not be kept"
    });
    text
}

/// Runs the workbench on the terminal until the user leaves or the system ends it. The terminal is as it was before,
/// however that ends.
///
/// # Errors
///
/// Where there is no terminal, the review cannot be read, or the program breaks.
pub fn run(options: Options) -> Result<ExitReason, TuiError> {
    if !terminal::is_terminal() {
        return Err(TuiError::NotATerminal);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let result = run_on(&runtime, options);
    // Jobs that do not look at their flag would be waited for.
    runtime.shutdown_background();
    result
}

fn run_on(runtime: &Runtime, mut options: Options) -> Result<ExitReason, TuiError> {
    let mut signals = runtime.block_on(async { signals::listen() })?;
    let theme = Theme { colour: options.colour };
    if options.path.is_none() && (!options.choices.is_empty() || !options.templates.is_empty()) {
        let mut chooser = Chooser::new(&options.choices, &options.templates);
        let services = Services::new(
            runtime.handle().clone(),
            None,
            Session::new(None, Path::new(UNTITLED), ""),
            options.today,
        );
        let reason = show(runtime, &mut chooser, services, Vec::new(), &mut signals, &options, theme)?;
        let Some(chosen) = chooser.chosen() else { return Ok(reason) };
        match options.choices.get(chosen) {
            Some(path) => options.path = Some(path.clone()),
            None => {
                let template = options.templates.get(chosen - options.choices.len());
                options.text = template.map(|(_, text)| text.clone()).unwrap_or_default();
            }
        }
    }
    let (start, file, session) = open(&options)?;
    let mut workbench = Workbench::new(start);
    let first = workbench.start();
    let services = Services::new(runtime.handle().clone(), file, session, options.today);
    show(runtime, &mut workbench, services, first, &mut signals, &options, theme)
}

/// The name under which unsaved work on a review without a file is kept, in the folder where it was begun.
const UNTITLED: &str = "untitled.review.toml";

/// Reads the review and what an earlier session left of it.
fn open(options: &Options) -> Result<(Start, Option<ReviewFile>, Session), TuiError> {
    let opened = options.path.as_deref().map(ReviewFile::open).transpose()?;
    let on_disk = opened.as_ref().filter(|opened| !opened.new).map(|opened| opened.text.clone());
    let path = options.path.clone().unwrap_or_else(|| PathBuf::from(UNTITLED));
    let folder = options.state_dir.as_ref().map(|folder| folder.join("recovery"));
    let saved = on_disk.clone().unwrap_or_default();
    let found = folder.as_ref().and_then(|folder| Recovery::find(folder, &path, &saved).ok()).unwrap_or_default();
    let session = Session::new(folder, &path, &saved);
    let mut recovered = None;
    if let Some(newest) = found.lost.into_iter().next() {
        recovered = Some((newest.text.clone(), age(&newest)));
        session.offered(newest);
    }
    let elsewhere = found
        .open_in
        .first()
        .map(|process| format!("This review is open in another session too (process {process})."));
    let start = Start {
        text: on_disk.clone().unwrap_or_else(|| options.text.clone()),
        path: options.path.clone(),
        on_disk,
        recovered,
        greeting: elsewhere.or_else(|| options.greeting.clone()),
        today: options.today,
    };
    Ok((start, opened.map(|opened| opened.file), session))
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

/// Shows an application on the terminal until it ends; then everything is written that is to be written.
fn show(
    runtime: &Runtime,
    app: &mut impl Application,
    (mut services, incoming): (Services, UnboundedReceiver<effects::Incoming>),
    first: Vec<crate::workbench::Effect>,
    signals: &mut UnboundedReceiver<Signal>,
    options: &Options,
    theme: Theme,
) -> Result<ExitReason, TuiError> {
    let rescue = services.rescue();
    let crash_dir = options.state_dir.clone().unwrap_or_else(std::env::temp_dir);
    let guard = crash::Guard::install(&crash_dir, move || rescue.flush());
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let mut terminal = Terminal::take_over(theme, options.mouse)?;
        Ok(runtime.block_on(drive(app, &mut terminal, &mut services, first, incoming, signals)))
    }));
    services.finish();
    match ended {
        Ok(reason) => reason,
        Err(_) => {
            let report = guard.report();
            let (message, crash_file) = report.map_or_else(Default::default, |report| (report.message, report.file));
            Err(TuiError::Crashed { message, crash_file, kept: options.state_dir.is_some() })
        }
    }
}
