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

mod application;
mod crash;
pub mod draw;
pub mod effects;
pub mod event_loop;
mod events;
mod signals;
mod terminal;
pub mod theme;

pub use event_loop::ExitReason;

use crate::document::files::{OpenError, Recovery, ReviewFile};
use crate::model::visible;
use crate::workbench::{Offer, Start, Workbench};
use effects::Services;
use effects::session::Session;
use event_loop::{Application, Signal, drive};
use jiff::civil::Date;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use terminal::Terminal;
use theme::Theme;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::UnboundedReceiver;

/// What to open, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The review; it need not exist yet.
    pub path: Option<PathBuf>,
    /// What to choose from where no review is given: reviews that are there, or templates where there is none.
    pub offers: Vec<Offer>,
    /// A sentence to greet with.
    pub greeting: Option<String>,
    /// The day.
    pub today: Date,
    /// The configuration that holds instead of the one in the repository's folder.
    pub config: Option<PathBuf>,
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
            offers: Vec::new(),
            greeting: None,
            today,
            config: None,
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
    #[error("kneepoint broke, which is its own fault: {message}")]
    Crashed {
        /// What went wrong, and where in the program; none of the review's text.
        message: String,
        /// The crash file.
        crash_file: Option<PathBuf>,
        /// Whether unsaved work is kept and will be offered.
        kept: bool,
    },
}

impl TuiError {
    /// What to do about it, each a clause.
    pub fn hints(&self) -> Vec<String> {
        let Self::Crashed { crash_file, kept, .. } = self else { return Vec::new() };
        let file = crash_file
            .as_ref()
            .map(|file| format!("a report without any text of the review is in {}", visible(&file.to_string_lossy())));
        let work = if *kept {
            "unsaved work is kept: open the review again and it is offered"
        } else {
            "unsaved work could not be kept"
        };
        file.into_iter().chain([work.to_owned()]).collect()
    }
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

fn run_on(runtime: &Runtime, options: Options) -> Result<ExitReason, TuiError> {
    let mut signals = runtime.block_on(async { signals::listen() })?;
    let look = Look { theme: Theme { colour: options.colour }, mouse: options.mouse };
    let crash_dir = options.state_dir.clone();
    let (today, config) = (options.today, options.config.clone());
    let (start, file, session) = open(options)?;
    let mut workbench = Workbench::new(start);
    let first = workbench.start();
    let services = Services::new(runtime.handle().clone(), file, session, today, config);
    show(runtime, &mut workbench, services, first, &mut signals, look, crash_dir)
}

/// How the terminal is used.
#[derive(Debug, Clone, Copy)]
struct Look {
    theme: Theme,
    mouse: bool,
}

/// The name under which unsaved work on a review without a file is kept, in the folder where it was begun.
const UNTITLED: &str = "untitled.review.toml";

/// Reads the review and what an earlier session left of it.
fn open(options: Options) -> Result<(Start, Option<ReviewFile>, Session), TuiError> {
    let opened = options.path.as_deref().map(ReviewFile::open).transpose()?;
    let on_disk = opened.as_ref().filter(|opened| !opened.new).map(|opened| opened.text.clone());
    let folder = options.state_dir.as_ref().map(|folder| folder.join("recovery"));
    let session = Session::new(folder);
    let path = options.path.clone().unwrap_or_else(|| PathBuf::from(UNTITLED));
    let left = session.switch(&path, on_disk.as_deref().unwrap_or_default());
    let elsewhere =
        left.open_in.map(|process| format!("This review is open in another session too (process {process})."));
    let start = Start {
        text: on_disk.clone().unwrap_or_default(),
        path: options.path,
        on_disk,
        recovered: left.recovered,
        offers: options.offers,
        greeting: elsewhere.or(options.greeting),
        today: options.today,
        custom: effects::files::custom(&path, options.config.as_deref()),
    };
    Ok((start, opened.map(|opened| opened.file), session))
}

/// Shows an application on the terminal until it ends; then everything is written that is to be written.
fn show(
    runtime: &Runtime,
    app: &mut impl Application,
    (mut services, incoming): (Services, UnboundedReceiver<effects::Incoming>),
    first: Vec<crate::workbench::Effect>,
    signals: &mut UnboundedReceiver<Signal>,
    look: Look,
    crash_dir: Option<PathBuf>,
) -> Result<ExitReason, TuiError> {
    let rescue = services.rescue();
    let kept = crash_dir.is_some();
    let crash_dir = crash_dir.unwrap_or_else(std::env::temp_dir);
    let guard = crash::Guard::install(&crash_dir, move || rescue.flush());
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let mut terminal = Terminal::take_over(look.theme, look.mouse)?;
        Ok(runtime.block_on(drive(app, &mut terminal, &mut services, first, incoming, signals)))
    }));
    services.finish();
    ended.unwrap_or_else(|_| {
        let report = guard.report();
        let (message, crash_file) = report.map_or_else(Default::default, |report| (report.message, report.file));
        Err(TuiError::Crashed { message, crash_file, kept })
    })
}
