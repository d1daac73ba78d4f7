//! How long until the first frame, and from a key to its frame: prints a table, and fails where a budget is broken.
//!
//! `cargo bench --bench frame`. The start is measured twice: inside one process (text → workbench → frame), and from the
//! start of the program to its frame in a pty. Keys are measured on the drawing thread alone, as it never waits for
//! anything else; one run moves through tables, one through the graph.

#![expect(clippy::print_stdout, reason = "printing is what a benchmark is for")]

use kneepoint::tui::draw::Screen;
use kneepoint::tui::theme::Theme;
use kneepoint::workbench::{Effect, Key, KeyCode, Msg, Start, Workbench};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use ratatui::backend::CrosstermBackend;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

const SIZE: (u16, u16) = (120, 36);

/// Layers of components; every component calls some of the next layers, and the flows go through all of them.
fn review(components: usize, dependencies: usize) -> String {
    let mut text = String::from("format = 1\n\n[review]\ntitle = \"Generated\"\nsystem = \"generated\"\n");
    let kinds = ["service", "service", "database", "cache", "queue"];
    for index in 0..components {
        let kind = if index < components / 2 { "service" } else { kinds[index % kinds.len()] };
        let _ = write!(
            text,
            "\n[[component]]\nid = \"c{index:04}\"\nkind = \"{kind}\"\nservice_time = \"{}ms\"\nreplicas = {}\nworkers = 16\n",
            2 + index % 9,
            1 + index % 5
        );
    }
    let mut random = 7_u64;
    let mut seen = std::collections::HashSet::new();
    while seen.len() < dependencies {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let from = (random >> 33) as usize % (components - 1);
        let reach = (components - from - 1).min(40);
        let to = from + 1 + (random >> 13) as usize % reach;
        if seen.insert((from, to)) {
            let _ = write!(
                text,
                "\n[[dependency]]\nfrom = \"c{from:04}\"\nto = \"c{to:04}\"\nmode = \"sync\"\ntimeout = \"300ms\"\n"
            );
        }
    }
    for flow in 0..10 {
        let _ = write!(
            text,
            "\n[[flow]]\nid = \"f{flow}\"\nentry = \"c{flow:04}\"\nrate = \"{}/s\"\ncalls = [\n",
            10 * (flow + 1)
        );
        let mut calls: Vec<_> = seen.iter().filter(|(from, _)| *from == flow).collect();
        calls.sort();
        for (from, to) in calls {
            let _ = writeln!(text, "  {{ from = \"c{from:04}\", to = \"c{to:04}\" }},");
        }
        text.push_str("]\n");
    }
    text
}

fn open(text: &str) -> Workbench {
    Workbench::new(Start {
        text: text.to_owned(),
        path: Some("generated.review.toml".into()),
        on_disk: Some(text.to_owned()),
        recovered: None,
        offers: Vec::new(),
        greeting: None,
        today: jiff::civil::date(2026, 11, 23),
        custom: std::sync::Arc::default(),
    })
}

/// The `q`-th part of some times.
fn quantile(times: &mut [Duration], q: f64) -> f64 {
    times.sort();
    let place = ((times.len() - 1) as f64 * q).round() as usize;
    times[place].as_secs_f64() * 1000.0
}

struct Table {
    failed: bool,
}

impl Table {
    fn row(&mut self, what: &str, p50: f64, p99: f64, budget: f64) {
        let verdict = if p99 <= budget { "" } else { "  over" };
        self.failed |= p99 > budget;
        println!("{what:<58} {p50:>8.2} {p99:>8.2} {budget:>8.0}{verdict}");
    }
}

fn main() {
    let mut table = Table { failed: false };
    println!("{:<58} {:>8} {:>8} {:>8}", "milliseconds", "p50", "p99", "budget");
    let small = review(200, 320);
    let mut times: Vec<_> = (0..40)
        .map(|_| {
            let start = Instant::now();
            let mut bench = open(&small);
            bench.update(Msg::Resize(SIZE.0, SIZE.1));
            let mut screen =
                Screen::new(CrosstermBackend::new(std::io::sink()), Theme { colour: true }, SIZE.0, SIZE.1);
            let _ = screen.draw(&bench.view());
            start.elapsed()
        })
        .collect();
    table.row(
        "text to first frame, 200 components, in process",
        quantile(&mut times, 0.5),
        quantile(&mut times, 0.99),
        30.0,
    );
    let mut times: Vec<_> = (0..40).map(|_| start_in_pty(&small)).collect();
    table.row(
        "start to first frame, 200 components, in a pty",
        quantile(&mut times, 0.5),
        quantile(&mut times, 0.99),
        30.0,
    );

    let large = review(1_000, 1_600);
    for (what, keys) in [
        (
            "key to frame, 1,000 components: tables",
            vec!["2", "j", "j", "l", "k", "pgdn", "end", "3", "j", "pgdn", "f", "j", "p", "c", "1", "j"],
        ),
        (
            "key to frame, 1,000 components: graph",
            vec!["g", "l", "j", "h", "k", "n", "l", "j", "n", "n", "+", "l", "_", "F", "b", "L", "H"],
        ),
        (
            "key to frame, 1,000 components: edit a cell and undo",
            vec!["2", "enter", "x", "y", "enter", "u", "j", "o", "j", "esc"],
        ),
        (
            "key to frame, 1,000 components: search",
            vec!["/", "c", "0", "4", "2", "backspace", "esc", ":", "s", "a", "esc"],
        ),
    ] {
        let (mut times, mut slowest) = keys_to_frames(&large, &keys, 20);
        table.row(what, quantile(&mut times, 0.5), quantile(&mut times, 0.99), 16.0);
        slowest.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
        let told: Vec<_> =
            slowest.iter().take(3).map(|(time, key)| format!("{key} {:.1}", time.as_secs_f64() * 1000.0)).collect();
        println!("    slowest: {}", told.join(", "));
    }
    if table.failed {
        std::process::exit(1);
    }
}

/// Presses keys again and again; background work is done between them, off the clock.
fn keys_to_frames(text: &str, keys: &[&'static str], rounds: usize) -> (Vec<Duration>, Vec<(Duration, &'static str)>) {
    let mut bench = open(text);
    let mut screen = Screen::new(CrosstermBackend::new(std::io::sink()), Theme { colour: true }, SIZE.0, SIZE.1);
    let mut waiting = bench.start();
    waiting.extend(bench.update(Msg::Resize(SIZE.0, SIZE.1)));
    let _ = screen.draw(&bench.view());
    let (mut times, mut named) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        for name in keys {
            while let Some(effect) = waiting.pop() {
                if let Effect::Work(_, job) = effect
                    && let Some(done) = job.run(&AtomicBool::new(false))
                {
                    waiting.extend(bench.update(Msg::Done(done)));
                }
            }
            let _ = screen.draw(&bench.view());
            let Some(key) = Key::parse(name) else { continue };
            let start = Instant::now();
            waiting = bench.update(Msg::Key(key));
            let _ = screen.draw(&bench.view());
            times.push(start.elapsed());
            named.push((start.elapsed(), *name));
        }
        waiting.extend(bench.update(Msg::Key(Key::plain(KeyCode::Esc))));
    }
    (times, named)
}

/// From the start of the program to the first text of its frame in a pty.
fn start_in_pty(text: &str) -> Duration {
    let Ok(dir) = tempfile::tempdir() else { return Duration::MAX };
    let path = dir.path().join("generated.review.toml");
    if std::fs::write(&path, text).is_err() {
        return Duration::MAX;
    }
    let size = PtySize { rows: SIZE.1, cols: SIZE.0, pixel_width: 0, pixel_height: 0 };
    let Ok(pair) = native_pty_system().openpty(size) else { return Duration::MAX };
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kneepoint"));
    command.arg(&path);
    command.env("TERM", "xterm-256color");
    command.env("KNEEPOINT_STATE_DIR", dir.path().join("state"));
    let (Ok(mut reader), Ok(mut writer)) = (pair.master.try_clone_reader(), pair.master.take_writer()) else {
        return Duration::MAX;
    };
    let start = Instant::now();
    let Ok(mut child) = pair.slave.spawn_command(command) else { return Duration::MAX };
    let mut seen = Vec::new();
    let mut buffer = vec![0; 65_536];
    let mark = b"If load doubles";
    while !seen.windows(mark.len()).any(|window| window == mark) {
        match reader.read(&mut buffer) {
            Ok(count @ 1..) => seen.extend_from_slice(&buffer[..count]),
            _ => return Duration::MAX,
        }
    }
    let took = start.elapsed();
    drop(pair.slave);
    let _ = writer.write_all(b"q");
    let drain = std::thread::spawn(move || while matches!(reader.read(&mut buffer), Ok(1..)) {});
    let _ = child.wait();
    drop((writer, pair.master));
    let _ = drain.join();
    took
}
