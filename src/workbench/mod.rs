//! The workbench: the whole application without a terminal. Messages in, effects and a view out.
//!
//! Pure but for its own state: no file, socket, clock or terminal. Must not know how anything is drawn or performed.

mod coach;
mod command;
mod input;
mod job;
mod key;
mod message;
mod overlays;
mod place;
pub mod rendered;
mod screens;
mod session;
mod show;
mod since;
mod update;
pub mod view;

pub use command::{COMMANDS, Command, CommandSpec, Scope};
pub use job::{Job, Slot};
pub use key::{Key, KeyCode, Mouse, MouseAction};
pub use message::{Done, Effect, Msg, Opened, SaveReport};
pub use place::Place;
pub use screens::{GraphPlan, GraphRequest};
pub use session::{Session, SharedReview};

use crate::report::Custom;
use jiff::civil::Date;
use overlays::Overlay;
use place::Navigation;
use screens::{Drawn, GraphScreen};
use std::path::PathBuf;
use std::sync::Arc;
use view::{Area, Areas, Line};

/// What a workbench starts with.
#[derive(Debug, Clone)]
pub struct Start {
    /// The text of the review.
    pub text: String,
    /// Where it is saved; none for a review without a file.
    pub path: Option<PathBuf>,
    /// What the file holds; none where there is no file yet.
    pub on_disk: Option<String>,
    /// A newer text that a crashed session left behind, and when it was written, in words.
    pub recovered: Option<(String, String)>,
    /// What to choose from at the start: reviews that are there, or templates where there is none.
    pub offers: Vec<Offer>,
    /// A sentence to greet with.
    pub greeting: Option<String>,
    /// The day.
    pub today: Date,
    /// The method and the document template.
    pub custom: Arc<Custom>,
}

/// Something to begin with.
#[derive(Debug, Clone)]
pub enum Offer {
    /// A review that is there.
    Review(PathBuf),
    /// A template: its name, a sentence about it, its text.
    Template(String, String, String),
}

/// A message at the bottom of the screen.
#[derive(Debug, Clone)]
struct Toast {
    line: Line,
    /// Whether it stays until a key is pressed after it was seen.
    sticky: bool,
}

/// The text of the document preview.
#[derive(Debug, Default)]
struct Preview {
    wanted: Option<u64>,
    text: Option<Result<rendered::Rendered, String>>,
    first: usize,
}

/// The whole application.
#[derive(Debug)]
pub struct Workbench {
    session: Session,
    navigation: Navigation,
    overlays: Vec<Overlay>,
    /// What was left by Escape with something typed in it.
    kept: Option<Overlay>,
    graph: GraphScreen,
    preview: Preview,
    toast: Option<Toast>,
    size: (u16, u16),
    show_coach: bool,
    show_outline: bool,
    /// The last drawn geometry, for the mouse.
    areas: Areas,
    drawn: Drawn,
    outline_first: usize,
    anchor: Area,
    offers: Vec<Offer>,
    recovered: Option<String>,
    collision: Option<update::Collision>,
    quit_after_save: bool,
    /// The name of the save that is under way, where it is not the review's.
    saving_as: Option<PathBuf>,
    /// Why the last save failed, until one succeeds.
    not_saved: Option<String>,
    /// Why a recovery file could not be written the last time that was told.
    no_recovery: Option<String>,
    /// The revision whose analysis was asked for last.
    analysis_wanted: Option<u64>,
    recovery_revision: u64,
}

impl Workbench {
    /// Opens a review. The first effects come from [`Workbench::start`].
    pub fn new(start: Start) -> Self {
        let session = Session::new(start.text, start.path, start.on_disk, start.today, start.custom);
        let mut workbench = Self {
            session,
            navigation: Navigation::default(),
            overlays: Vec::new(),
            kept: None,
            graph: GraphScreen::default(),
            preview: Preview::default(),
            toast: None,
            size: (80, 24),
            show_coach: true,
            show_outline: true,
            areas: Areas::default(),
            drawn: Drawn::default(),
            outline_first: 0,
            anchor: Area::default(),
            offers: start.offers,
            recovered: None,
            collision: None,
            quit_after_save: false,
            saving_as: None,
            not_saved: None,
            no_recovery: None,
            analysis_wanted: None,
            recovery_revision: 0,
        };
        if let Some(greeting) = start.greeting {
            workbench.say(Line::plain(greeting));
        } else {
            workbench.tell_problems();
        }
        workbench.say_custom();
        workbench.make_offer();
        if let Some((text, when)) = start.recovered {
            workbench.offer_recovery(text, &when);
        }
        workbench
    }

    /// Says that the file could not be read as a whole, and where that is shown.
    fn tell_problems(&mut self) {
        let count = self.session.document.problems().len();
        if count > 0 {
            let told = if count == 1 { "One line" } else { "Some lines" };
            self.toast = Some(Toast {
                line: Line::of(
                    view::Role::Warn,
                    format!("{told} of the file could not be understood; all else works. p shows where ({count})."),
                ),
                sticky: true,
            });
        }
    }

    /// What to do before the first message: the analysis.
    pub fn start(&mut self) -> Vec<Effect> {
        self.background()
    }

    /// The open review.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Where one is.
    pub fn place(&self) -> Place {
        self.navigation.place()
    }

    /// Whether something lies over the place.
    pub fn has_overlay(&self) -> bool {
        !self.overlays.is_empty()
    }

    /// The text at the bottom, where there is one.
    pub fn message(&self) -> Option<String> {
        self.toast.as_ref().map(|toast| toast.line.text())
    }

    /// Draw with plain characters only.
    pub fn set_ascii(&mut self, ascii: bool) {
        self.graph.ascii = ascii;
    }
}
