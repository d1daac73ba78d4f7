//! The terminal itself: its modes, put on once and taken off once, and the bytes of a frame in one piece.
//!
//! Must not know the application. Whoever takes the modes off (a normal end, a panic, a signal, `$EDITOR`), they are
//! taken off exactly once, and nothing is written to the terminal while they are off: half a frame that is left over
//! after a panic goes nowhere.

use super::draw::Screen;
use super::event_loop::Host;
use super::theme::Theme;
use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste, EventStream};
use crossterm::style::{Attribute, Colored, SetAttribute};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::backend::CrosstermBackend;
use std::io::{self, IsTerminal, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

/// Presses and the wheel in cells of any size. Not every motion: that would be a message a cell.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";
/// The size of a terminal that does not know its size.
const USUAL_SIZE: (u16, u16) = (80, 24);
/// A smaller piece is on the screen at once anyway.
const WORTH_SYNCHRONISING: usize = 64;

/// Whether the modes are on. There is one terminal.
static MODES_ON: AtomicBool = AtomicBool::new(false);
/// Whether the mouse is among them.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// Whether there is a terminal to draw on.
pub fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Puts the modes on: raw keys, the alternate screen, marked pastes, the mouse, no cursor.
fn put_on() -> io::Result<()> {
    enable_raw_mode()?;
    MODES_ON.store(true, Ordering::SeqCst);
    let mut stdout = io::stdout().lock();
    execute!(stdout, EnterAlternateScreen, EnableBracketedPaste, Hide, Clear(ClearType::All))?;
    if MOUSE.load(Ordering::SeqCst) {
        stdout.write_all(MOUSE_ON)?;
    }
    stdout.flush()
}

/// Takes the modes off, if they are on. From any thread, also while it panics.
pub(super) fn take_off() {
    if !MODES_ON.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut bytes = Vec::with_capacity(64);
    if MOUSE.load(Ordering::SeqCst) {
        bytes.extend_from_slice(MOUSE_OFF);
    }
    let _ = queue!(
        bytes,
        EndSynchronizedUpdate,
        SetAttribute(Attribute::Reset),
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show
    );
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(&bytes).and_then(|()| stdout.flush());
    let _ = disable_raw_mode();
}

/// The size of the terminal, in cells.
fn size() -> (u16, u16) {
    match crossterm::terminal::size() {
        Ok((width @ 1.., height @ 1..)) => (width, height),
        _ => USUAL_SIZE,
    }
}

/// Takes frames and gives each to the terminal in one piece, between marks that let it show the piece at once.
#[derive(Debug, Default)]
pub struct Output {
    frame: Vec<u8>,
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.frame.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.frame.is_empty() {
            return Ok(());
        }
        let mut frame = std::mem::take(&mut self.frame);
        if !MODES_ON.load(Ordering::SeqCst) {
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        if frame.len() >= WORTH_SYNCHRONISING {
            let mut piece = Vec::with_capacity(frame.len() + 16);
            queue!(piece, BeginSynchronizedUpdate)?;
            piece.append(&mut frame);
            queue!(piece, EndSynchronizedUpdate)?;
            frame = piece;
        }
        stdout.write_all(&frame)?;
        stdout.flush()
    }
}

/// The real terminal. Dropping it takes its modes off.
#[derive(Debug)]
pub struct Terminal {
    screen: Screen<CrosstermBackend<Output>>,
}

impl Terminal {
    /// Takes the terminal over.
    ///
    /// # Errors
    ///
    /// Where there is none, or it does not take its modes; they are off again then.
    pub fn take_over(theme: Theme, mouse: bool) -> io::Result<Self> {
        MOUSE.store(mouse, Ordering::SeqCst);
        Colored::set_ansi_color_disabled(!theme.colour);
        put_on().inspect_err(|_| take_off())?;
        let (width, height) = size();
        Ok(Self { screen: Screen::new(CrosstermBackend::new(Output::default()), theme, width, height) })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        take_off();
    }
}

impl Host for Terminal {
    type Backend = CrosstermBackend<Output>;
    type Events = EventStream;

    fn events(&mut self) -> EventStream {
        EventStream::new()
    }

    fn screen(&mut self) -> &mut Screen<Self::Backend> {
        &mut self.screen
    }

    fn wake_keys(&mut self) {
        // Setting the line's modes wakes whoever waits for it, also where no new key has come.
        let _ = disable_raw_mode().and_then(|()| enable_raw_mode());
    }

    fn leave(&mut self) {
        take_off();
    }

    fn size(&self) -> (u16, u16) {
        size()
    }

    fn enter(&mut self) -> io::Result<()> {
        // Off first: who wrote to the terminal meanwhile may have changed the modes we believe to be on.
        take_off();
        put_on()
    }

    fn sleep(&mut self) -> io::Result<()> {
        // The whole process group, so that whatever started the program sleeps too and the shell is awake again. Where
        // no shell looks after the group, the system ignores the signal and the program goes on at once.
        Command::new("sh").args(["-c", "kill -TSTP 0"]).stdin(Stdio::null()).status().map(drop)
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        let mut bytes = Vec::new();
        queue!(bytes, CopyToClipboard::to_clipboard_from(text))?;
        let mut stdout = io::stdout().lock();
        stdout.write_all(&bytes)?;
        stdout.flush()
    }
}
