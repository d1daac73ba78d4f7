//! The loop: waits for something to happen, takes everything that is there, draws once.
//!
//! Must not know what anything means: events become messages, messages go to the application, effects to the services,
//! views to the screen. Nothing ticks: with nothing happening, nothing runs. Generic over the application, the terminal
//! and its events, so that the real loop runs in tests.

use super::crash;
use super::draw::Screen;
use super::effects::{Control, Incoming, Services, editor};
use super::events;
use crate::workbench::view::View;
use crate::workbench::{Effect, Key, KeyCode, Msg};
use crossterm::event::Event;
use futures_util::Stream;
use ratatui::backend::Backend;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;

/// A flood of messages is interrupted for a frame after this long.
const LONGEST_DRAIN: Duration = Duration::from_millis(30);

/// What the loop runs: the workbench, or a test's stand-in.
pub trait Application {
    /// Takes a message; returns what it asks for.
    fn update(&mut self, msg: Msg) -> Vec<Effect>;
    /// What is on the screen now.
    fn view(&mut self) -> View;
}

/// The terminal as the loop sees it.
pub trait Host {
    /// What the screen draws on.
    type Backend: Backend;
    /// What the terminal says.
    type Events: Stream<Item = io::Result<Event>> + Unpin;

    /// Begins to listen. Whatever listened before has been dropped.
    fn events(&mut self) -> Self::Events;
    /// The screen.
    fn screen(&mut self) -> &mut Screen<Self::Backend>;
    /// Makes keys that are stuck behind a lost event arrive.
    fn wake_keys(&mut self);
    /// Gives the terminal back: to `$EDITOR`, to the shell.
    fn leave(&mut self);
    /// Takes the terminal over again.
    ///
    /// # Errors
    ///
    /// Where it is gone.
    fn enter(&mut self) -> io::Result<()>;
    /// The terminal's size in cells, asked now.
    fn size(&self) -> (u16, u16);
    /// Puts the program to sleep; returns when it was woken.
    ///
    /// # Errors
    ///
    /// Where the system does not do it.
    fn sleep(&mut self) -> io::Result<()>;
    /// Puts a text on the clipboard.
    ///
    /// # Errors
    ///
    /// Where the terminal is gone.
    fn copy(&mut self, text: &str) -> io::Result<()>;
}

/// What the system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// End: the number of the signal.
    End(i32),
    /// An interrupt (2), which programs in the foreground take for themselves.
    Interrupt,
    /// The program was asleep.
    Woken,
    /// The terminal has another size.
    Resized,
}

/// Why the loop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitReason {
    /// The user left.
    Quit,
    /// A signal asked for it: its number.
    Signal(i32),
    /// The terminal is gone.
    TerminalLost,
}

impl ExitReason {
    /// The exit code that shells expect: 0, 128 + the signal's number, 129 for a lost terminal.
    pub fn code(self) -> u8 {
        match self {
            Self::Quit => 0,
            Self::Signal(number) => 128_u8.saturating_add(u8::try_from(number).unwrap_or(0)),
            Self::TerminalLost => 129,
        }
    }
}

/// Everything the loop listens to.
struct Inputs<'a, E> {
    events: Option<E>,
    services: UnboundedReceiver<Incoming>,
    signals: &'a mut UnboundedReceiver<Signal>,
    /// Whose turn it is, so that a flood of one kind does not hide the others.
    turn: u8,
}

enum Input {
    Event(Event),
    Service(Incoming),
    Signal(Signal),
    TerminalLost,
}

impl<E: Stream<Item = io::Result<Event>> + Unpin> Inputs<'_, E> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Input> {
        for _ in 0..3 {
            self.turn = (self.turn + 1) % 3;
            let input = match self.turn {
                0 => self.poll_event(context),
                1 => match self.services.poll_recv(context) {
                    Poll::Ready(Some(incoming)) => Poll::Ready(Input::Service(incoming)),
                    _ => Poll::Pending,
                },
                _ => match self.signals.poll_recv(context) {
                    Poll::Ready(Some(signal)) => Poll::Ready(Input::Signal(signal)),
                    _ => Poll::Pending,
                },
            };
            if input.is_ready() {
                return input;
            }
        }
        Poll::Pending
    }

    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Input> {
        let Some(events) = &mut self.events else { return Poll::Pending };
        match Pin::new(events).poll_next(context) {
            Poll::Ready(Some(Ok(event))) => Poll::Ready(Input::Event(event)),
            Poll::Ready(Some(Err(error))) if error.kind() == io::ErrorKind::Interrupted => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            // A lost terminal would say so for ever: never ask it again.
            Poll::Ready(_) => {
                self.events = None;
                Poll::Ready(Input::TerminalLost)
            }
            Poll::Pending => Poll::Pending,
        }
    }

    async fn next(&mut self) -> Input {
        poll_fn(|context| self.poll(context)).await
    }

    /// What is there already. Polls with the task's own waker: the event stream keeps the first waker it is given.
    async fn waiting(&mut self) -> Option<Input> {
        poll_fn(|context| match self.poll(context) {
            Poll::Ready(input) => Poll::Ready(Some(input)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }
}

/// The loop's parts.
struct Loop<'a, A, H: Host> {
    app: &'a mut A,
    host: &'a mut H,
    services: &'a mut Services,
    inputs: Inputs<'a, H::Events>,
}

/// Runs the application on a terminal until it ends. `first` is what the application asks for at its start; the first
/// frame is drawn before.
pub async fn drive<A: Application, H: Host>(
    app: &mut A,
    host: &mut H,
    services: &mut Services,
    first: Vec<Effect>,
    incoming: UnboundedReceiver<Incoming>,
    signals: &mut UnboundedReceiver<Signal>,
) -> ExitReason {
    let inputs = Inputs { events: None, services: incoming, signals, turn: 0 };
    let mut this = Loop { app, host, services, inputs };
    let reason = this.run(first).await;
    // Dropped before the terminal's modes are taken off: nobody may read what the user types to the shell.
    this.inputs.events = None;
    reason
}

impl<A: Application, H: Host> Loop<'_, A, H> {
    async fn run(&mut self, first: Vec<Effect>) -> ExitReason {
        // Listening begins before the size is asked, so that no change of it is missed.
        self.inputs.events = Some(self.host.events());
        let (width, height) = self.host.size();
        self.host.screen().resize(width, height);
        let mut start = self.app.update(Msg::Resize(width, height));
        start.extend(first);
        if !self.draw() {
            return self.end(ExitReason::TerminalLost);
        }
        if let Some(reason) = self.perform(start).await {
            return reason;
        }
        loop {
            let mut input = Some(self.inputs.next().await);
            let since = Instant::now();
            while let Some(one) = input {
                if let Some(reason) = self.take(one).await {
                    return reason;
                }
                input = if since.elapsed() < LONGEST_DRAIN { self.inputs.waiting().await } else { None };
            }
            if !self.draw() {
                return self.end(ExitReason::TerminalLost);
            }
        }
    }

    /// Draws; `false` where the terminal is gone.
    fn draw(&mut self) -> bool {
        let view = self.app.view();
        crash::typing(view.cursor.is_some());
        self.host.screen().draw(&view).is_ok()
    }

    async fn take(&mut self, input: Input) -> Option<ExitReason> {
        let msg = match input {
            // The system's signal tells the size. Of a key and a signal at the same time crossterm 0.29 loses one.
            Input::Event(Event::Resize(..)) if cfg!(unix) => {
                self.host.wake_keys();
                return None;
            }
            Input::Event(Event::Resize(..)) | Input::Signal(Signal::Resized) => {
                // Also where the size is the same again: the terminal may have moved its text about.
                self.host.screen().invalidate();
                let effects = self.resize();
                return self.perform(effects).await;
            }
            Input::Event(event) => match events::message(event)? {
                Msg::Key(key) => {
                    crash::note(key);
                    break_for_tests(key);
                    // Whatever the key means to the application, it repairs a screen that others wrote on.
                    if key == (Key { code: KeyCode::Char('l'), ctrl: true, alt: false }) {
                        self.host.screen().invalidate();
                    }
                    Msg::Key(key)
                }
                msg => msg,
            },
            Input::Service(incoming) => self.services.accept(incoming)?,
            Input::Signal(Signal::Woken) => return self.reenter().await,
            Input::Signal(Signal::Interrupt) => return Some(self.end(ExitReason::Signal(2))),
            Input::Signal(Signal::End(number)) => return Some(self.end(ExitReason::Signal(number))),
            Input::TerminalLost => return Some(self.end(ExitReason::TerminalLost)),
        };
        let effects = self.app.update(msg);
        self.perform(effects).await
    }

    /// Performs effects in their order; `Some` where the program ends.
    async fn perform(&mut self, effects: Vec<Effect>) -> Option<ExitReason> {
        let mut queue = std::collections::VecDeque::from(effects);
        while let Some(effect) = queue.pop_front() {
            match self.services.perform(effect) {
                None => {}
                Some(Control::Quit) => return Some(ExitReason::Quit),
                Some(Control::Suspend) => {
                    self.inputs.events = None;
                    self.services.flush();
                    self.host.leave();
                    let _ = self.host.sleep();
                    if let Some(reason) = Box::pin(self.reenter()).await {
                        return Some(reason);
                    }
                }
                Some(Control::Copy(text)) => match self.host.copy(&text) {
                    Ok(()) => {}
                    Err(_) => return Some(self.end(ExitReason::TerminalLost)),
                },
                Some(Control::Edit { text, line }) => {
                    self.inputs.events = None;
                    self.services.flush();
                    self.host.leave();
                    let returned = match editor::edit(text, line, self.inputs.signals).await {
                        editor::Returned::Text(text) => Ok(text),
                        editor::Returned::Failed(sentence) => Err(sentence),
                        editor::Returned::Ended(number) => return Some(self.end(ExitReason::Signal(number))),
                    };
                    if let Some(reason) = Box::pin(self.reenter()).await {
                        return Some(reason);
                    }
                    queue.extend(self.app.update(Msg::EditorReturned(returned)));
                }
            }
        }
        None
    }

    /// Takes the terminal over again and draws everything anew, whoever wrote on it.
    async fn reenter(&mut self) -> Option<ExitReason> {
        self.inputs.events = None;
        if self.host.enter().is_err() {
            return Some(self.end(ExitReason::TerminalLost));
        }
        self.inputs.events = Some(self.host.events());
        self.host.screen().invalidate();
        let effects = self.resize();
        Box::pin(self.perform(effects)).await
    }

    /// Takes the size that the terminal has now.
    fn resize(&mut self) -> Vec<Effect> {
        let (width, height) = self.host.size();
        if self.host.screen().size() == (width, height) {
            return Vec::new();
        }
        self.host.screen().resize(width, height);
        self.app.update(Msg::Resize(width, height))
    }

    /// Lets the application keep its work before the program ends.
    fn end(&mut self, reason: ExitReason) -> ExitReason {
        for effect in self.app.update(Msg::Terminate) {
            // Nobody is there any more for an editor or a clipboard; what is to be written is written.
            let _ = self.services.perform(effect);
        }
        reason
    }
}

/// Lets the tests in a real terminal see what remains of a panic. Not in released programs.
#[expect(clippy::panic, reason = "it is there to panic")]
fn break_for_tests(key: Key) {
    let wanted = cfg!(debug_assertions) && std::env::var_os("KNEEPOINT_TEST_PANIC").is_some();
    match key.code {
        KeyCode::F(12) if wanted => panic!("KNEEPOINT_TEST_PANIC wants it, not `a secret`"),
        _ => {}
    }
}
