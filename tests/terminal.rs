//! The program in a real terminal: a pty, and a screen model that reads what the program writes.

#![cfg(unix)]
#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(20);
const WHOLE: &str = include_str!("data/whole-format.toml");

/// What the program wrote, as bytes and as a screen.
struct Shown {
    bytes: Vec<u8>,
    screen: vt100::Parser,
}

struct Session {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    shown: Arc<Mutex<Shown>>,
    modes_before: String,
    dir: Arc<TempDir>,
}

struct Setup {
    dir: Arc<TempDir>,
    size: (u16, u16),
    environment: Vec<(String, String)>,
}

impl Setup {
    fn new() -> Self {
        let dir = Arc::new(tempfile::tempdir().expect("a directory"));
        let environment = vec![
            ("TERM".to_owned(), "xterm-256color".to_owned()),
            ("KNEEPOINT_STATE_DIR".to_owned(), dir.path().join("state").display().to_string()),
            ("HOME".to_owned(), dir.path().display().to_string()),
            ("PATH".to_owned(), std::env::var("PATH").unwrap_or_default()),
        ];
        Self { dir, size: (100, 30), environment }
    }

    fn size(mut self, columns: u16, rows: u16) -> Self {
        self.size = (columns, rows);
        self
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    fn review(&self) -> PathBuf {
        self.dir.path().join("shop.review.toml")
    }

    fn open(self, text: &str) -> Session {
        fs::write(self.review(), text).expect("written");
        let review = self.review();
        self.run(env!("CARGO_BIN_EXE_kneepoint"), &[review.to_str().expect("UTF-8")])
    }

    fn run(self, program: &str, arguments: &[&str]) -> Session {
        let size = PtySize { rows: self.size.1, cols: self.size.0, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pty");
        let modes_before = modes(pair.master.as_ref());
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.cwd(self.dir.path());
        command.env_clear();
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("started");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        let parser = vt100::Parser::new(cells(self.size.1), cells(self.size.0), 0);
        let shown = Arc::new(Mutex::new(Shown { bytes: Vec::new(), screen: parser }));
        let filled = Arc::clone(&shown);
        thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                let mut shown = filled.lock().expect("not poisoned");
                shown.bytes.extend_from_slice(&buffer[..count]);
                shown.screen.process(&buffer[..count]);
            }
        });
        Session { child, master: pair.master, writer, shown, modes_before, dir: self.dir }
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("no test is of nothing")
}

fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().expect("a terminal has modes"))
}

impl Session {
    fn text(&self) -> String {
        self.shown.lock().expect("not poisoned").screen.screen().contents()
    }

    fn bytes(&self) -> Vec<u8> {
        self.shown.lock().expect("not poisoned").bytes.clone()
    }

    fn wait(&self, what: &str, there: impl Fn(&vt100::Screen) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !there(self.shown.lock().expect("not poisoned").screen.screen()) {
            assert!(Instant::now() < until, "{what} never came:\n{}", self.text());
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn wait_for(&self, text: &str) {
        self.wait(text, |screen| screen.contents().contains(text));
    }

    /// Waits until the first frame is there.
    fn started(&self) {
        self.wait("the frame", |screen| screen.alternate_screen() && screen.contents().contains("kneepoint"));
    }

    fn keys(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).expect("the pty takes keys");
        self.writer.flush().expect("the pty takes keys");
    }

    /// Escape, and time enough not to be the beginning of something else.
    fn escape(&mut self) {
        self.keys("\x1b");
        thread::sleep(Duration::from_millis(150));
    }

    fn resize(&self, columns: u16, rows: u16) {
        // A terminal has its new size before it tells the program.
        let mut shown = self.shown.lock().expect("not poisoned");
        shown.screen.screen_mut().set_size(cells(rows), cells(columns));
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("resized");
    }

    fn signal(&self, name: &str) {
        let process = self.child.process_id().expect("it runs");
        let sent = Command::new("kill").args([format!("-{name}"), process.to_string()]).status().expect("kill");
        assert!(sent.success());
    }

    fn ends(&mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("waited") {
                // What the program wrote last may still be on its way.
                thread::sleep(Duration::from_millis(50));
                return status;
            }
            assert!(Instant::now() < until, "it never ended:\n{}", self.text());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// The terminal is as the program found it.
    fn assert_restored(&self) {
        let shown = self.shown.lock().expect("not poisoned");
        let screen = shown.screen.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is left");
        assert!(!screen.hide_cursor(), "the cursor is visible");
        assert!(!screen.bracketed_paste(), "pastes are plain");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "the mouse is the terminal's");
        assert_eq!(modes(self.master.as_ref()), self.modes_before, "the line modes are back");
    }

    fn review(&self) -> PathBuf {
        self.dir.path().join("shop.review.toml")
    }

    fn saved(&self) -> String {
        fs::read_to_string(self.review()).expect("readable")
    }

    /// The texts of all recovery files.
    fn kept(&self) -> String {
        let folder = self.dir.path().join("state/recovery");
        let mut kept = String::new();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "json") {
                let _ = write!(kept, "{}", fs::read_to_string(entry.path()).unwrap_or_default());
            }
        }
        kept
    }

    fn wait_kept(&self, text: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.kept().contains(text) {
            assert!(Instant::now() < until, "never kept: {}\n{}", self.kept(), self.text());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Edits the text through the editor, which is quicker to say than keys: appends a comment.
    fn edit(&mut self) {
        self.keys("e");
        self.wait_for("Taken over from the editor");
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An editor that appends a line.
fn with_editor(setup: Setup) -> Setup {
    let script = setup.dir.path().join("editor.sh");
    fs::write(&script, "printf '# typed in the editor\\n' >> \"$1\"\n").expect("written");
    let command = format!("sh '{}'", script.display());
    setup.set("EDITOR", &command)
}

#[test]
fn a_frame_is_shown_and_leaving_restores_the_terminal() {
    let mut session = Setup::new().open(WHOLE);
    session.started();
    session.wait_for("Targets");
    session.keys("q");
    assert!(session.ends().success());
    session.assert_restored();
    assert_eq!(session.saved(), WHOLE, "looking changes nothing");
    assert_eq!(fs::read_dir(session.dir.path().join("state/recovery")).map_or(0, Iterator::count), 0);
}

#[test]
fn an_edit_is_saved_and_the_terminal_restored() {
    let mut session = with_editor(Setup::new()).open(WHOLE);
    session.started();
    session.edit();
    session.wait("the frame after the editor", vt100::Screen::alternate_screen);
    session.keys("w");
    session.wait_for("Saved");
    assert_eq!(session.saved(), format!("{WHOLE}# typed in the editor\n"));
    session.keys("q");
    assert!(session.ends().success());
    session.assert_restored();
    assert_eq!(session.kept(), "");
}

#[test]
fn what_is_typed_into_a_cell_is_saved() {
    let mut session = Setup::new()
        .open("format = 1\n\n[review]\nsystem = \"shop\"\n\n[[component]]\nid = \"api\"\nkind = \"service\"\n");
    session.started();
    // The second step's table of components; its first column is the id.
    session.keys("2");
    session.wait_for("api");
    session.keys("R");
    session.wait_for("Rename");
    session.keys("\x15gateway\r");
    session.wait_for("gateway");
    session.keys("w");
    session.wait_for("Saved");
    assert!(session.saved().contains("id = \"gateway\""), "{}", session.saved());
    session.keys("q");
    assert!(session.ends().success());
    session.assert_restored();
}

#[test]
fn a_panic_restores_the_terminal_says_where_things_are_and_keeps_the_work() {
    let mut session = with_editor(Setup::new().set("KNEEPOINT_TEST_PANIC", "1")).open(WHOLE);
    session.started();
    session.edit();
    session.keys("\x1b[24~");
    assert_eq!(session.ends().exit_code(), 101);
    session.assert_restored();
    let text = session.text().replace('\n', "");
    assert!(text.contains("kneepoint broke") && text.contains("crash-"), "{text}");
    assert!(!text.contains("a secret"), "{text}");
    assert!(session.kept().contains("# typed in the editor"));
    let crash = fs::read_dir(session.dir.path().join("state")).expect("there").flatten().map(|entry| entry.path());
    let crash = crash.filter(|path| path.to_string_lossy().contains("crash-")).collect::<Vec<_>>();
    let [crash] = crash.as_slice() else { panic!("{crash:?}") };
    let crash = fs::read_to_string(crash).expect("readable");
    assert!(crash.contains("event_loop.rs") && crash.contains(" e f12"), "{crash}");
    assert!(!crash.contains("a secret") && !crash.contains("orders"), "{crash}");
}

#[test]
fn a_signal_restores_the_terminal_and_keeps_the_work() {
    for (name, code) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let mut session = with_editor(Setup::new()).open(WHOLE);
        session.started();
        session.edit();
        session.signal(name);
        assert_eq!(session.ends().exit_code(), code, "{name}");
        session.assert_restored();
        assert!(session.kept().contains("# typed in the editor"), "{name}");
        assert_eq!(session.saved(), WHOLE, "{name}: nobody asked to save");
    }
}

#[test]
fn kill_leaves_the_recovery_file_and_it_is_offered() {
    let setup = with_editor(Setup::new());
    let (dir, environment) = (Arc::clone(&setup.dir), setup.environment.clone());
    let mut session = setup.open(WHOLE);
    session.started();
    session.edit();
    session.wait_kept("# typed in the editor");
    session.signal("KILL");
    session.ends();
    drop(session);
    let mut again = Setup { dir, size: (100, 30), environment }.open(WHOLE);
    again.wait_for("Unsaved work was found");
    again.keys("r\r");
    again.wait_for("Recovered");
    again.keys("w");
    again.wait_for("Saved");
    assert_eq!(again.saved(), format!("{WHOLE}# typed in the editor\n"));
    again.keys("q");
    assert!(again.ends().success());
    assert_eq!(again.kept(), "", "it is not offered again");
}

#[test]
fn no_size_and_no_storm_of_sizes_breaks_it() {
    for (columns, rows) in [(1, 1), (2, 1), (1, 5), (5, 2), (10, 3), (20, 5)] {
        let mut session = Setup::new().size(columns, rows).open(WHOLE);
        session.wait("the alternate screen", vt100::Screen::alternate_screen);
        session.keys("2jjlg345f");
        session.resize(100, 30);
        session.started();
        for step in 0..40_u16 {
            session.resize(1 + (step * 37) % 130, 1 + (step * 13) % 40);
        }
        session.resize(100, 30);
        session.keys("1");
        session.wait_for("┌ Step 1");
        session.keys("q");
        assert!(session.ends().success(), "{columns}x{rows}");
        session.assert_restored();
    }
}

/// The parameters of every "select graphic rendition".
fn colours(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let sequences = text.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == ';'))?;
        (rest[end..].starts_with('m')).then(|| rest[..end].to_owned())
    });
    let is_colour = |sequence: &String| {
        sequence.split(';').any(|number| {
            let number = number.parse::<u32>().unwrap_or(0);
            (30..=49).contains(&number) && number != 39 && number != 49 || (90..=107).contains(&number)
        })
    };
    sequences.filter(is_colour).collect()
}

#[test]
fn without_colour_no_colour_is_sent_and_the_cursor_is_seen() {
    let mut coloured = Setup::new().open(WHOLE);
    coloured.started();
    coloured.keys("2");
    coloured.wait_for("Components");
    assert!(!colours(&coloured.bytes()).is_empty(), "with colour there is colour");
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let mut session = Setup::new().set(name, value).open(WHOLE);
        session.started();
        for keys in ["2jg", "f", "2"] {
            session.keys(keys);
            session.escape();
        }
        session.keys("2");
        session.wait_for("Components");
        assert_eq!(colours(&session.bytes()), Vec::<String>::new(), "{name}");
        session.wait("the cursor", |screen| {
            let (rows, columns) = screen.size();
            let cell = |row, column| screen.cell(row, column).is_some_and(vt100::Cell::inverse);
            (0..rows.get()).any(|row| (0..columns.get()).any(|column| cell(row, column)))
        });
    }
}

#[test]
fn what_a_file_says_never_steers_the_terminal() {
    let hostile = "format = 1\n[review]\nsystem = \"\\u001b]0;owned\\u0007\\u001b[2J\\u009b31mshop\"\n\
        [[component]]\nid = \"a\\u001b[31mb\"\nkind = \"service\"\nnote = \"\\u202eevil\\u001b[?1049l\"\n\
        [[component]]\nid = \"raw\u{1b}]52;c;ZXZpbA==\u{7}\"\nkind = \"ser\u{1b}[2Jvice\"\n";
    let mut session = Setup::new().open(hostile);
    session.started();
    for keys in ["2", "o", "g", "p", "m", "f", "/b", "1", "2j"] {
        session.keys(keys);
        session.escape();
    }
    let bytes = session.bytes();
    for evil in ["\x1b]0;", "\x1b[31m", "\x1b[2J\u{9b}", "\x1b]52;", "\u{9b}", "\u{202e}"] {
        let found = bytes.windows(evil.len()).any(|window| window == evil.as_bytes());
        assert!(!found, "{evil:?} got through");
    }
    let text = session.text();
    assert!(session.shown.lock().expect("not poisoned").screen.screen().alternate_screen(), "{text}");
    session.keys("q");
    assert!(session.ends().success());
    session.assert_restored();
}

#[test]
fn nothing_is_written_where_there_is_no_terminal() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("shop.review.toml");
    fs::write(&path, WHOLE).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_kneepoint"))
        .arg(&path)
        .stdin(Stdio::null())
        .env("KNEEPOINT_STATE_DIR", dir.path().join("state"))
        .output()
        .expect("run");
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("terminal") && !said.contains('\x1b'), "{said}");
}

#[test]
fn the_shell_gets_the_terminal_back_while_the_program_sleeps() {
    let setup = Setup::new();
    fs::write(setup.review(), WHOLE).expect("written");
    let mut session = setup.set("PS1", "ready> ").run("sh", &["-i"]);
    session.wait_for("ready>");
    session.keys(&format!("{} shop.review.toml\n", env!("CARGO_BIN_EXE_kneepoint")));
    session.started();
    session.keys("\x1a");
    session.wait("the shell", |screen| !screen.alternate_screen() && screen.contents().contains("topped"));
    session.keys("echo awake\n");
    session.wait_for("awake");
    session.keys("fg\n");
    session.started();
    session.keys("q");
    session.wait("the shell", |screen| !screen.alternate_screen() && !screen.hide_cursor());
    session.keys("exit\n");
    session.ends();
}

#[test]
fn another_programs_change_is_seen() {
    let session = Setup::new().open("format = 1\n[review]\nsystem = \"before\"\n");
    session.started();
    session.wait_for("before");
    fs::write(session.review(), "format = 1\n[review]\nsystem = \"afterwards\"\n").expect("written");
    session.wait_for("changed by another program");
    session.wait_for("afterwards");
}

#[test]
fn the_mouse_is_listened_to_and_idling_costs_nothing() {
    let mut session = Setup::new().open(WHOLE);
    session.started();
    session.wait("the mouse", |screen| screen.mouse_protocol_mode() == vt100::MouseProtocolMode::PressRelease);
    session.keys("\x1b[<0;3;3M\x1b[<0;3;3m\x1b[<65;50;10M");
    thread::sleep(Duration::from_millis(500));
    let process = session.child.process_id().expect("it runs");
    let spent = || {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("Linux");
        let fields: Vec<_> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        fields[11].parse::<u64>().expect("ticks") + fields[12].parse::<u64>().expect("ticks")
    };
    let (before, written) = (spent(), session.bytes().len());
    thread::sleep(Duration::from_secs(1));
    assert!(spent() - before <= 1, "nothing happens, nothing runs");
    assert_eq!(session.bytes().len(), written);
}

#[test]
fn the_demo_has_metrics_of_its_own_and_says_that_they_are_simulated() {
    let setup = Setup::new().size(120, 36);
    let folder = setup.dir.path().display().to_string();
    let mut session = setup.set("TMPDIR", &folder).run(env!("CARGO_BIN_EXE_kneepoint"), &["demo"]);
    session.started();
    session.wait_for("metrics are simulated: M asks for them in step 5");
    session.keys("5");
    session.wait_for("not asked yet");
    session.keys("M");
    session.wait_for("ok (simulated by kneepoint demo)");
    session.wait_for("off +");
    assert!(!session.text().contains("refused"), "{}", session.text());
    session.keys("q");
    assert!(session.ends().success());
    session.assert_restored();
    session.wait_for("its simulated metrics ended with the demo");
}
