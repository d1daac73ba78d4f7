//! The real loop on a terminal in memory, with events from the test.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use futures_util::Stream;
use kneepoint::document::files::ReviewFile;
use kneepoint::tui::draw::Screen;
use kneepoint::tui::effects::{Services, session::Session};
use kneepoint::tui::event_loop::{Application, ExitReason, Host, Signal, drive};
use kneepoint::tui::theme::Theme;
use kneepoint::workbench::view::View;
use kneepoint::workbench::{Effect, Msg, Start, Workbench};
use ratatui::backend::{CrosstermBackend, TestBackend};
use std::io::{self, Write};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const WHOLE: &str = include_str!("data/whole-format.toml");
const SIZE: (u16, u16) = (100, 30);

type Events = Arc<Mutex<UnboundedReceiver<io::Result<Event>>>>;

/// Events as they are sent; the end when the sender is gone.
struct Sent(Events);

impl Stream for Sent {
    type Item = io::Result<Event>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.lock().expect("not poisoned").poll_recv(context)
    }
}

/// A terminal in memory, and a diary of what was asked of it.
struct Fake<B: ratatui::backend::Backend> {
    screen: Screen<B>,
    events: Events,
    diary: Arc<Mutex<Vec<String>>>,
    size: Arc<Mutex<(u16, u16)>>,
}

impl<B: ratatui::backend::Backend> Fake<B> {
    fn note(&self, what: impl Into<String>) {
        self.diary.lock().expect("not poisoned").push(what.into());
    }
}

impl<B: ratatui::backend::Backend> Host for Fake<B> {
    type Backend = B;
    type Events = Sent;

    fn events(&mut self) -> Sent {
        self.note("listen");
        Sent(Arc::clone(&self.events))
    }

    fn screen(&mut self) -> &mut Screen<B> {
        &mut self.screen
    }

    fn size(&self) -> (u16, u16) {
        *self.size.lock().expect("not poisoned")
    }

    fn wake_keys(&mut self) {}

    fn leave(&mut self) {
        self.note("leave");
    }

    fn enter(&mut self) -> io::Result<()> {
        self.note("enter");
        Ok(())
    }

    fn sleep(&mut self) -> io::Result<()> {
        self.note("sleep");
        Ok(())
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        self.note(format!("copy {text}"));
        Ok(())
    }
}

/// An application that counts what happens to it, around another one or alone.
#[derive(Default)]
struct Counted {
    inner: Option<Workbench>,
    messages: Vec<String>,
    views: usize,
    answers: Vec<(&'static str, Vec<Effect>)>,
}

impl Application for Counted {
    fn update(&mut self, msg: Msg) -> Vec<Effect> {
        let name = format!("{msg:?}");
        let mut effects = self.inner.as_mut().map(|inner| inner.update(msg)).unwrap_or_default();
        if let Some(place) = self.answers.iter().position(|(start, _)| name.starts_with(start)) {
            effects.extend(self.answers.remove(place).1);
        }
        self.messages.push(name);
        effects
    }

    fn view(&mut self) -> View {
        self.views += 1;
        self.inner.as_mut().map(Workbench::view).unwrap_or_default()
    }
}

fn key(c: char) -> Event {
    Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE))
}

fn workbench(path: &Path) -> Workbench {
    Workbench::new(Start {
        text: WHOLE.to_owned(),
        path: Some(path.to_path_buf()),
        on_disk: Some(WHOLE.to_owned()),
        recovered: None,
        offers: Vec::new(),
        greeting: None,
        today: jiff::civil::date(2026, 11, 23),
        custom: std::sync::Arc::default(),
    })
}

/// What a run needs, and what is left of it.
struct Run {
    dir: tempfile::TempDir,
    events: Option<UnboundedSender<io::Result<Event>>>,
    signals: UnboundedSender<Signal>,
    diary: Arc<Mutex<Vec<String>>>,
    size: Arc<Mutex<(u16, u16)>>,
    receivers: Option<(Events, UnboundedReceiver<Signal>)>,
}

impl Run {
    fn new() -> Self {
        let (events, event_receiver) = unbounded_channel();
        let (signals, signal_receiver) = unbounded_channel();
        Self {
            dir: tempfile::tempdir().expect("a directory"),
            events: Some(events),
            signals,
            diary: Arc::default(),
            size: Arc::new(Mutex::new(SIZE)),
            receivers: Some((Arc::new(Mutex::new(event_receiver)), signal_receiver)),
        }
    }

    fn send_key(&self, event: Event) {
        self.send(Ok(event));
    }

    fn send(&self, event: io::Result<Event>) {
        self.events.as_ref().expect("still there").send(event).expect("the loop listens");
    }

    fn path(&self) -> std::path::PathBuf {
        self.dir.path().join("shop.review.toml")
    }

    async fn run<B: ratatui::backend::Backend>(&mut self, app: &mut Counted, backend: B) -> (ExitReason, Screen<B>) {
        std::fs::write(self.path(), WHOLE).expect("written");
        let (events, mut signals) = self.receivers.take().expect("one run");
        let session = Session::new(Some(self.dir.path().join("recovery")));
        session.switch(&self.path(), WHOLE);
        let file = ReviewFile::open(&self.path()).expect("readable").file;
        let today = jiff::civil::date(2026, 11, 23);
        let (mut services, incoming) =
            Services::new(tokio::runtime::Handle::current(), Some(file), session, today, None);
        let screen = Screen::new(backend, Theme { colour: true }, SIZE.0, SIZE.1);
        let (diary, size) = (Arc::clone(&self.diary), Arc::clone(&self.size));
        let mut host = Fake { screen, events, diary, size };
        let first = app.inner.as_mut().map(Workbench::start).unwrap_or_default();
        let driven = drive(app, &mut host, &mut services, first, incoming, &mut signals);
        let reason = tokio::time::timeout(Duration::from_secs(20), driven).await.expect("it ends");
        services.finish();
        (reason, host.screen)
    }

    fn kept(&self) -> String {
        let entries = std::fs::read_dir(self.dir.path().join("recovery")).into_iter().flatten().flatten();
        entries.filter_map(|entry| std::fs::read_to_string(entry.path()).ok()).collect()
    }
}

fn test_backend() -> TestBackend {
    TestBackend::new(SIZE.0, SIZE.1)
}

#[tokio::test]
async fn two_hundred_keys_at_once_are_drawn_in_a_few_frames_and_none_is_lost() {
    let mut run = Run::new();
    for _ in 0..200 {
        run.send_key(key('j'));
    }
    run.send_key(key('q'));
    let mut app = Counted::default();
    app.answers.push(("Key(Key { code: Char('q')", vec![Effect::Quit]));
    let (reason, _) = run.run(&mut app, test_backend()).await;
    assert_eq!(reason, ExitReason::Quit);
    assert_eq!(app.messages.iter().filter(|message| message.contains("'j'")).count(), 200);
    assert!(app.views <= 10, "{} frames", app.views);
}

#[tokio::test]
async fn the_workbench_is_shown_and_left() {
    let mut run = Run::new();
    run.send_key(key('2'));
    run.send_key(key('q'));
    let mut app = Counted { inner: Some(workbench(&run.path())), ..Counted::default() };
    let (reason, screen) = run.run(&mut app, test_backend()).await;
    assert_eq!(reason, ExitReason::Quit);
    let text: String = screen.backend().buffer().content.iter().map(ratatui::buffer::Cell::symbol).collect();
    assert!(text.contains("kneepoint"), "{text}");
}

#[tokio::test]
async fn a_lost_terminal_and_a_signal_keep_the_work_before_the_end() {
    for lost in [true, false] {
        let mut run = Run::new();
        let mut app = Counted::default();
        app.answers.push(("Terminate", vec![Effect::WriteRecovery { text: "typed".to_owned() }]));
        let expected = if lost {
            run.events = None;
            ExitReason::TerminalLost
        } else {
            run.signals.send(Signal::End(15)).expect("listening");
            ExitReason::Signal(15)
        };
        let (reason, _) = run.run(&mut app, test_backend()).await;
        assert_eq!(reason, expected);
        assert!(run.kept().contains("typed"), "{}", run.kept());
    }
    assert_eq!(ExitReason::Signal(15).code(), 143);
    assert_eq!(ExitReason::TerminalLost.code(), 129);
}

#[tokio::test]
async fn a_failing_stream_is_a_lost_terminal_and_no_spin() {
    let mut run = Run::new();
    run.send(Err(io::Error::other("gone")));
    let (reason, _) = run.run(&mut Counted::default(), test_backend()).await;
    assert_eq!(reason, ExitReason::TerminalLost);
}

#[tokio::test]
async fn sleeping_gives_the_terminal_away_and_takes_it_back_with_its_new_size() {
    let mut run = Run::new();
    run.send_key(key('z'));
    run.send_key(key('q'));
    *run.size.lock().expect("not poisoned") = (60, 20);
    let mut app = Counted::default();
    app.answers.push(("Key(Key { code: Char('z')", vec![Effect::Suspend, Effect::Copy("name".to_owned())]));
    app.answers.push(("Key(Key { code: Char('q')", vec![Effect::Quit]));
    let (reason, screen) = run.run(&mut app, TestBackend::new(60, 20)).await;
    assert_eq!(reason, ExitReason::Quit);
    assert_eq!(*run.diary.lock().expect("not poisoned"), ["listen", "leave", "sleep", "enter", "listen", "copy name"]);
    assert_eq!(screen.size(), (60, 20));
    assert!(app.messages[0].starts_with("Resize(60, 20)"), "{:?}", app.messages);
}

#[tokio::test]
async fn a_save_that_was_asked_for_is_finished_before_the_end() {
    let mut run = Run::new();
    run.send_key(key('q'));
    let mut app = Counted::default();
    let save = Effect::Save { path: run.path(), text: "saved".to_owned(), expected: Some(WHOLE.to_owned()) };
    app.answers.push(("Key(Key { code: Char('q')", vec![save, Effect::Quit]));
    run.run(&mut app, test_backend()).await;
    assert_eq!(std::fs::read_to_string(run.path()).expect("there"), "saved");
}

/// Counts what every frame writes.
#[derive(Clone, Default)]
struct Meter(Arc<Mutex<Vec<usize>>>);

impl Write for Meter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut frames = self.0.lock().expect("not poisoned");
        if let Some(last) = frames.last_mut() {
            *last += bytes.len();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_move_of_the_cursor_writes_less_than_three_kilobytes() {
    let meter = Meter::default();
    let mut bench = workbench(Path::new("shop.review.toml"));
    let mut screen = Screen::new(CrosstermBackend::new(meter.clone()), Theme { colour: true }, SIZE.0, SIZE.1);
    bench.update(Msg::Resize(SIZE.0, SIZE.1));
    screen.draw(&bench.view()).expect("in memory");
    for c in "jjjkkljjh".chars() {
        meter.0.lock().expect("not poisoned").push(0);
        bench.update(Msg::Key(kneepoint::workbench::Key::char(c)));
        screen.draw(&bench.view()).expect("in memory");
    }
    let frames = meter.0.lock().expect("not poisoned").clone();
    assert!(frames.iter().all(|bytes| *bytes <= 3000), "{frames:?}");
    assert!(frames.iter().any(|bytes| *bytes > 0), "{frames:?}");
    meter.0.lock().expect("not poisoned").push(0);
    screen.draw(&bench.view()).expect("in memory");
    assert_eq!(meter.0.lock().expect("not poisoned").last(), Some(&0), "the same view writes nothing");
}
